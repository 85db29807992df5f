#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/addr.h"
#include "cmd/batch.h"
#include "cmd/select.h"

#define LINE_OCTETS (1u << 16)

struct batch {
	FILE *in;
	char *path;
	unsigned long number;
	char line[LINE_OCTETS];
};

int batch_open(const char *path, struct fault *f, struct batch **ret)
{
	struct batch *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return fault_set(f, YORE_ENOMEM, "out of memory");
	b->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	b->in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (b->in == NULL || b->path == NULL) {
		int code = yore_error_of_errno(errno);
		fault_set(f, code, "%s: %s", path, strerror(errno));
		batch_close(b);
		return code;
	}
	*ret = b;
	return 0;
}

void batch_close(struct batch *b)
{
	if (b == NULL)
		return;
	if (b->in && b->in != stdin)
		fclose(b->in);
	free(b->path);
	free(b);
}

static const char separators[] = " \t,;\r\n";

/* Octets of ",32" behind an address, DNSDB's spelling of a prefix; ",2015" is a time. */
static size_t length_behind(const char *s, char *comma)
{
	static const char dnsdbq[] = "rdata/ip/";
	size_t digits = strspn(comma + 1, "0123456789");
	struct addr a;
	if (digits == 0 || digits > 3 ||
	    (comma[digits + 1] && !strchr(separators, comma[digits + 1])))
		return 0;
	if (strncmp(s, dnsdbq, sizeof(dnsdbq) - 1) == 0)
		s += sizeof(dnsdbq) - 1;
	*comma = '\0';
	int r = addr_parse(s, &a);
	*comma = ',';
	return r < 0 ? 0 : digits + 1;
}

/* The next column: cuts it off and moves on. Patterns between slashes may hold blanks. */
static char *column(char **at)
{
	char *s = *at + strspn(*at, separators), *end;
	if (*s == '\0' || *s == '#')
		return NULL;
	for (end = s; *end && !strchr(separators, *end); end++)
		if (*end == '\\' && end[1] && end[1] != '\n')
			end++;
	if (*s == '/') {
		char *slash = strrchr(s + 1, '/');
		if (slash)
			end = slash + 1;
	} else if (*end == ',') {
		end += length_behind(s, end);
	}
	*at = *end ? end + 1 : end;
	*end = '\0';
	return s;
}

/* rrset/name/NAME[/TYPE], as dnsdbq's -f takes it. */
static void take_dnsdbq(struct batch *b, struct batch_line *l)
{
	static const struct {
		const char *begins;
		char side;
	} forms[] = {{"rrset/name/", 'r'}, {"rdata/name/", 'n'}, {"rdata/ip/", 'n'}};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = strlen(forms[i].begins);
		if (strncmp(l->term, forms[i].begins, n) != 0)
			continue;
		l->term += n;
		l->side = forms[i].side;
		const char *slash = i < 2 ? select_type_slash(l->term) : NULL;
		if (slash) {
			b->line[slash - b->line] = '\0';
			l->type = slash + 1;
		}
		return;
	}
}

int batch_next(struct batch *b, struct batch_line *ret, struct fault *f)
{
	while (fgets(b->line, sizeof(b->line), b->in)) {
		char *at = b->line;
		b->number++;
		if (strchr(b->line, '\n') == NULL && !feof(b->in))
			return fault_set(f, YORE_ELIMIT,
					 "%s line %lu: longer than %u octets", b->path,
					 b->number, LINE_OCTETS);
		*ret = (struct batch_line){.number = b->number};
		ret->term = column(&at);
		if (ret->term == NULL)
			continue;
		ret->from = column(&at);
		ret->to = column(&at);
		take_dnsdbq(b, ret);
		return 1;
	}
	if (ferror(b->in))
		return fault_set(f, YORE_EIO, "%s line %lu: %s", b->path, b->number,
				 strerror(errno));
	return 0;
}
