#include "remote/tlp.h"

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

const char *tlp_text(enum tlp t)
{
	return words[t].text;
}
