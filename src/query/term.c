#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "dns/rdata.h"
#include "query/refang.h"
#include "query/term.h"

static int bad(struct fault *f, const char *text, const char *why)
{
	return fault_set(f, YORE_EMALFORMED, "term '%.200s': %s", text, why);
}

/* Wildcards of the language; `\*` is an octet of a name. */
static bool has_wildcard(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (strchr("*?[", *s))
			return true;
	}
	return false;
}

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* "1.2.3.999", "10-20.1" and "10.1/16" are slips of the pen; "1.2.3.999." is a name. */
static bool number_at_the_top(const char *s)
{
	const char *last = strrchr(s, '.');
	if (last == NULL || !isdigit((unsigned char)last[1]))
		return false;
	last += 1 + strspn(last + 1, "0123456789");
	return *last == '\0' || *last == '/' || *last == ',';
}

static int read_name(const char *s, const char *text, struct fault *f, struct name *ret)
{
	if (number_at_the_top(s))
		return bad(f, text,
			   "neither an address nor a name; put a final dot to "
			   "mean the name");
	for (const char *c = s; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return bad(f, text, "a control character in a name; write \\DDD");
		if (*c == '\\' && c[1])
			c++;
		else if (*c == ' ')
			return bad(f, text, "a blank in a name; write \\032");
		else if (*c == ':' && !refang_is_name(s))
			return bad(f, text, "neither an address nor a name");
	}
	int r = is_ascii(s) ? name_of_text(s, ret) : name_of_idn(s, ret);
	return r < 0 ? bad(f, text, "not a domain name") : 0;
}

static int parse_wild(char *s, const char *text, struct fault *f, struct term *ret)
{
	size_t n = strlen(s);
	if (strcmp(s, "*") == 0 || strcmp(s, "*.") == 0) {
		ret->kind = TERM_ZONE;
		ret->name.len = 1;
		ret->name.wire[0] = 0;
		return 0;
	}
	if (strncmp(s, "*.", 2) == 0 && !has_wildcard(s + 2)) {
		ret->kind = TERM_ZONE;
		return read_name(s + 2, text, f, &ret->name);
	}
	if (n > 3 && strcmp(s + n - 3, ".*.") == 0)
		n--; /* www.example.*. */
	if (n > 2 && s[n - 1] == '*' && s[n - 2] == '.' && s[n - 3] != '\\') {
		char last = s[n - 2];
		s[n - 2] = '\0';
		if (!has_wildcard(s)) {
			ret->kind = TERM_STEM;
			/* a stem of numbers is a reverse name or a label, never a slip */
			int r = is_ascii(s) ? name_of_text(s, &ret->name)
					    : name_of_idn(s, &ret->name);
			return r < 0 ? bad(f, text, "not a domain name") : 0;
		}
		s[n - 2] = last;
	}
	/* names are matched without their final dot */
	if (s[n - 1] == '.')
		s[n - 1] = '\0';
	int r = pattern_new(PATTERN_GLOB, s, f, &ret->pattern);
	ret->kind = TERM_GLOB;
	return r;
}

static int parse_raw(const char *hex, const char *text, struct fault *f, struct term *ret)
{
	size_t n = strlen(hex);
	if (n == 0 || n % 2)
		return bad(f, text, "raw: wants an even number of hexadecimal digits");
	ret->raw = malloc(n / 2);
	if (ret->raw == NULL)
		return fault_set(f, YORE_ENOMEM, "term: out of memory");
	ret->kind = TERM_RAW;
	ret->raw_len = n / 2;
	for (size_t i = 0; i < n; i++) {
		int c = tolower((unsigned char)hex[i]);
		if (!isxdigit(c))
			return bad(f, text, "raw: wants hexadecimal digits only");
		int v = c >= 'a' ? c - 'a' + 10 : c - '0';
		ret->raw[i / 2] = (uint8_t)(i % 2 ? ret->raw[i / 2] | v : v << 4);
	}
	return 0;
}

static int parse_plain(struct buf *b, const char *text, struct fault *f, struct term *ret)
{
	char *s = (char *)(uintptr_t)buf_str(b);
	if (*s == '\0')
		return bad(f, text, "empty");
	if (addr_range_parse(s, &ret->range) == 0) {
		ret->kind = TERM_ADDR;
		return 0;
	}
	if (has_wildcard(s))
		return parse_wild(s, text, f, ret);
	ret->kind = TERM_NAME;
	return read_name(s, text, f, &ret->name);
}

int term_parse(const char *text, struct fault *f, struct term *ret)
{
	struct term t = {0};
	size_t n = strlen(text);
	int r;
	if (n > TERM_TEXT_MAX)
		return fault_set(f, YORE_ELIMIT, "term: longer than %d characters",
				 TERM_TEXT_MAX);
	if (n > 2 && text[0] == '/' && text[n - 1] == '/' && text[1] != '/') {
		char *inside = strndup(text + 1, n - 2);
		if (inside == NULL)
			return fault_set(f, YORE_ENOMEM, "term: out of memory");
		r = term_of_pattern(PATTERN_REGEX, inside, false, f, &t);
		free(inside);
	} else if (strncasecmp(text, "raw:", 4) == 0) {
		r = parse_raw(text + 4, text, f, &t);
	} else {
		struct buf b;
		buf_init(&b, 2 * TERM_TEXT_MAX);
		r = refang(text, &b);
		t.refanged = r == 1;
		if (r == YORE_EMALFORMED)
			bad(f, text,
			    "not a prefix: what follows the address is no length of one");
		else
			r = r < 0 ? fault_set(f, r, "term: %s", yore_strerror(r))
				  : parse_plain(&b, text, f, &t);
		buf_release(&b);
	}
	if (r < 0) {
		term_release(&t);
		return r;
	}
	*ret = t;
	return 0;
}

int term_of_pattern(enum pattern_kind kind, const char *text, bool final_dot,
		    struct fault *f, struct term *ret)
{
	struct term t = {.kind = kind == PATTERN_GLOB ? TERM_GLOB : TERM_REGEX,
			 .final_dot = final_dot};
	int r = pattern_new(kind, text, f, &t.pattern);
	if (r == 0)
		*ret = t;
	return r;
}

int term_of_name(struct bytes wire, struct term *ret)
{
	struct term t = {.kind = TERM_NAME};
	int r = name_of_wire(wire, &t.name);
	if (r == 0)
		*ret = t;
	return r;
}

void term_release(struct term *t)
{
	if (t == NULL)
		return;
	pattern_free(t->pattern);
	free(t->raw);
	t->pattern = NULL;
	t->raw = NULL;
	t->raw_len = 0;
}

void term_put(struct buf *out, const struct term *t)
{
	static const char *const words[] = {
	    [TERM_NAME] = "name ",	 [TERM_ZONE] = "zone ",
	    [TERM_STEM] = "names from ", [TERM_ADDR] = "address ",
	    [TERM_REGEX] = "pattern",	 [TERM_GLOB] = "glob",
	    [TERM_RAW] = "octets "};
	if (t->kind == TERM_ADDR && !addr_equal(&t->range.lo, &t->range.hi))
		buf_puts(out, "addresses ");
	else
		buf_puts(out, words[t->kind]);
	if (t->kind == TERM_NAME || t->kind == TERM_ZONE || t->kind == TERM_STEM)
		name_put_chomped(out, name_bytes(&t->name));
	else if (t->kind == TERM_ADDR)
		addr_range_put(out, &t->range);
	else if (t->kind == TERM_RAW)
		buf_hex(out, BYTES(t->raw, t->raw_len));
}
