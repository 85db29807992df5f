#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "query/literal.h"
#include "query/pattern.h"

/*
 * What one match may cost. The step limit ends nested quantifiers after about a
 * millisecond; heap and depth hold for the interpreter, the JIT has a fixed stack.
 */
#define MATCH_STEPS 100000
#define MATCH_DEPTH 2000
#define MATCH_HEAP_KIB 1024

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
	bool jit;		    /* compiled for it: matched without asking again */
	struct name zone, zone_dot; /* len 0: the text shows nothing */
	char prefix[64];
	char literal[LITERAL_MAX];
	char *regex; /* what was compiled */
};

static int compile(struct pattern *p, const char *text, struct fault *f)
{
	int code;
	PCRE2_SIZE at;
	uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY |
			   PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
	p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &code,
				&at, NULL);
	if (p->code == NULL) {
		PCRE2_UCHAR why[160] = "";
		pcre2_get_error_message(code, why, sizeof(why));
		return fault_set(f, YORE_EMALFORMED,
				 "pattern: %s at character %zu; nothing was asked",
				 (const char *)why, (size_t)at + 1);
	}
	p->data = pcre2_match_data_create(1, NULL);
	p->context = pcre2_match_context_create(NULL);
	if (p->data == NULL || p->context == NULL)
		return fault_set(f, YORE_ENOMEM, "pattern: out of memory");
	pcre2_set_match_limit(p->context, MATCH_STEPS);
	pcre2_set_depth_limit(p->context, MATCH_DEPTH);
	pcre2_set_heap_limit(p->context, MATCH_HEAP_KIB);
	/* where the system forbids writable code this fails and the interpreter is used
	 */
	size_t size = 0; /* 0 as well where the pattern itself declines */
	p->jit = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0 &&
		 pcre2_pattern_info(p->code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
	return 0;
}

/* ---- globs ---- */

#define NOT_CLOSED "a [ that is not closed"
#define NO_OCTET "a \\DDD that is no octet"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The octet at *s, escaped as in zone files or not; -1: \DDD that is none. */
static int take_octet(const char **s)
{
	const char *p = *s;
	if (*p != '\\' || p[1] == '\0') { /* a last \ stands for itself */
		*s = p + 1;
		return (unsigned char)*p;
	}
	if (!is_digit(p[1])) {
		*s = p + 2;
		return (unsigned char)p[1];
	}
	if (!is_digit(p[2]) || !is_digit(p[3]))
		return -1;
	int v = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
	*s = p + 4;
	return v < 256 ? v : -1;
}

static void put_literal(struct buf *out, int c)
{
	if (c <= ' ' || c > '~') {
		buf_printf(out, "\\x%02x", (unsigned)c);
		return;
	}
	if (strchr("\\^$.[]|()?*+{}/#-", c))
		buf_putc(out, '\\');
	buf_putc(out, c);
}

/* The class at *s, or what is wrong with it. */
static const char *put_class(struct buf *out, const char **s)
{
	const char *p = *s + 1;
	buf_putc(out, '[');
	if (*p == '!' || *p == '^') {
		buf_putc(out, '^');
		p++;
	}
	if (*p == ']')
		return NOT_CLOSED;
	while (*p && *p != ']') {
		if (*p == '-' && p[1] && p[1] != ']') {
			buf_putc(out, *p++);
			continue;
		}
		int c = take_octet(&p);
		if (c < 0)
			return NO_OCTET;
		put_literal(out, c);
	}
	if (*p != ']')
		return NOT_CLOSED;
	buf_putc(out, ']');
	*s = p + 1;
	return NULL;
}

/* What stands at *s, or what is wrong with it. */
static const char *put_piece(struct buf *out, const char **s)
{
	if (**s == '*') {
		buf_puts(out, ".*");
		*s += strspn(*s, "*");
		return NULL;
	}
	if (**s == '?') {
		buf_putc(out, '.');
		++*s;
		return NULL;
	}
	if (**s == '[')
		return put_class(out, s);
	int c = take_octet(s);
	if (c < 0)
		return NO_OCTET;
	put_literal(out, c);
	return NULL;
}

static int glob_to_regex(const char *s, struct buf *out, struct fault *f)
{
	const char *whole = s;
	buf_puts(out, "^");
	while (*s) {
		const char *at = s, *wrong = put_piece(out, &s);
		if (wrong)
			return fault_set(f, YORE_EMALFORMED,
					 "glob: %s at character %zu; nothing was asked",
					 wrong, (size_t)(at - whole) + 1);
	}
	buf_puts(out, "$");
	return out->err;
}

/* ---- what the text of a regular expression shows ---- */

static bool escaped(const char *text, const char *at)
{
	size_t n = 0;
	while (at > text && at[-1] == '\\') {
		n++;
		at--;
	}
	return n & 1;
}

static bool plain_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Alternation, options and quoting would each need a parser to see through. */
static bool opaque(const char *text)
{
	return strchr(text, '|') || strstr(text, "(?") || strstr(text, "(*") ||
	       strstr(text, "\\Q") || strstr(text, "\\E");
}

/* The literal end of a pattern that ends in $, lower case, into tail. */
static void literal_tail(const char *text, char *tail, size_t room)
{
	size_t len = strlen(text), n = 0;
	tail[0] = '\0';
	if (len == 0 || text[len - 1] != '$' || escaped(text, text + len - 1))
		return;
	const char *at = text + len - 1;
	while (at > text && n + 1 < room) {
		const char *c = at - 1;
		bool esc = escaped(text, c);
		if (esc ? !(*c == '.' || *c == '-' || *c == '_') : !plain_char(*c))
			break;
		tail[n++] = *c;
		at = esc ? c - 1 : c;
	}
	for (size_t i = 0; i < n / 2; i++) {
		char c = tail[i];
		tail[i] = tail[n - 1 - i];
		tail[n - 1 - i] = c;
	}
	tail[n] = '\0';
}

static void find_zone(const char *tail, struct name *ret)
{
	const char *dot = strchr(tail, '.');
	ret->len = 0;
	/* what stands before the first dot may be the end of a longer label */
	if (dot && dot[1] && name_of_text(dot + 1, ret) < 0)
		ret->len = 0;
}

static void find_prefix(const char *text, char *out, size_t room)
{
	size_t n = 0;
	out[0] = '\0';
	if (*text++ != '^')
		return;
	while (*text && n + 1 < room) {
		size_t skip = 0;
		if (*text == '\\' && (text[1] == '.' || text[1] == '-' || text[1] == '_'))
			skip = 1;
		else if (!plain_char(*text))
			break;
		char c = text[skip];
		out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
		text += skip + 1;
	}
	if (n && *text && strchr("*?{", *text))
		n--; /* the last one may be absent */
	out[n] = '\0';
}

static void look_into(struct pattern *p, const char *text)
{
	char tail[PATTERN_TEXT_MAX];
	p->zone.len = p->zone_dot.len = 0;
	if (opaque(text))
		return;
	find_prefix(text, p->prefix, sizeof(p->prefix));
	literal_tail(text, tail, sizeof(tail));
	size_t n = strlen(tail);
	if (n && tail[n - 1] == '.') {
		tail[n - 1] = '\0';
		find_zone(tail, &p->zone_dot);
	} else {
		find_zone(tail, &p->zone);
	}
}

int pattern_new(enum pattern_kind kind, const char *text, struct fault *f,
		struct pattern **ret)
{
	if (strlen(text) > PATTERN_TEXT_MAX)
		return fault_set(f, YORE_ELIMIT, "pattern: longer than %d characters",
				 PATTERN_TEXT_MAX);
	struct buf regex;
	buf_init(&regex, 4 * PATTERN_TEXT_MAX + 16);
	int r = 0;
	if (kind == PATTERN_GLOB)
		r = glob_to_regex(text, &regex, f);
	else
		buf_puts(&regex, text);
	struct pattern *p = r == 0 ? calloc(1, sizeof(*p)) : NULL;
	if (p == NULL) {
		buf_release(&regex);
		return r ? r : fault_set(f, YORE_ENOMEM, "pattern: out of memory");
	}
	r = compile(p, buf_str(&regex), f);
	if (r == 0) {
		look_into(p, buf_str(&regex));
		literal_of_regex(buf_str(&regex), p->literal);
	}
	p->regex = r == 0 ? strdup(buf_str(&regex)) : NULL;
	buf_release(&regex);
	if (r == 0 && p->regex == NULL)
		r = fault_set(f, YORE_ENOMEM, "pattern: out of memory");
	if (r < 0) {
		pattern_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_match_context_free(p->context);
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->code);
	free(p->regex);
	free(p);
}

int pattern_clone(const struct pattern *p, struct pattern **ret)
{
	struct pattern *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return YORE_ENOMEM;
	c->zone = p->zone;
	c->zone_dot = p->zone_dot;
	memcpy(c->prefix, p->prefix, sizeof(c->prefix));
	memcpy(c->literal, p->literal, sizeof(c->literal));
	c->regex = strdup(p->regex);
	int r = c->regex ? compile(c, c->regex, NULL) : YORE_ENOMEM;
	if (r < 0) {
		pattern_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

int pattern_match(struct pattern *p, struct bytes text)
{
	PCRE2_SPTR at = text.len ? text.at : (PCRE2_SPTR) "";
	int r = p->jit ? pcre2_jit_match(p->code, at, text.len, 0, 0, p->data, p->context)
		       : pcre2_match(p->code, at, text.len, 0, 0, p->data, p->context);
	if (r == PCRE2_ERROR_JIT_STACKLIMIT)
		r = pcre2_match(p->code, at, text.len, 0, PCRE2_NO_JIT, p->data,
				p->context);
	if (r >= 0)
		return 1;
	return r == PCRE2_ERROR_NOMATCH ? 0 : YORE_ELIMIT;
}

void pattern_zone(const struct pattern *p, bool final_dot, struct name *ret)
{
	const struct name *z = final_dot ? &p->zone_dot : &p->zone;
	*ret = *z;
	if (z->len == 0) {
		ret->len = 1;
		ret->wire[0] = 0;
	}
}

const char *pattern_prefix(const struct pattern *p)
{
	return p->prefix;
}

const char *pattern_source(const struct pattern *p)
{
	return p->regex;
}

const char *pattern_literal(const struct pattern *p)
{
	return p->literal;
}
