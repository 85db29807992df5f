#include "remote/tlp.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *text;
	enum tlp tlp;
} words[] = {
    {"clear", TLP_CLEAR},	  {"green", TLP_GREEN}, {"amber", TLP_AMBER},
    {"amber+strict", TLP_STRICT}, {"red", TLP_RED},	{"white", TLP_CLEAR},
    {"yellow", TLP_AMBER},
};

int tlp_of_text(const char *text, enum tlp *ret)
{
	if (strncasecmp(text, "tlp:", 4) == 0)
		text += 4;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i].text) == 0) {
			*ret = words[i].tlp;
			return 0;
		}
	}
	return YORE_EMALFORMED;
}

bool tlp_of_source(const char *source, enum tlp *ret)
{
	const char *at = strstr(source, ".tlp-");
	char text[16];
	if (at == NULL)
		return false;
	at += 5;
	size_t n = strcspn(at, ".");
	if (n >= sizeof(text))
		return false;
	memcpy(text, at, n);
	text[n] = '\0';
	char *dash = strchr(text, '-');
	if (dash)
		*dash = '+';
	return tlp_of_text(text, ret) == 0;
}

const char *tlp_text(enum tlp t)
{
	return words[t].text;
}
