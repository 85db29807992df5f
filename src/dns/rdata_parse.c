/*
 * Presentation form to canonical wire: the tokens of RFC 1035 5.1 (quotes, escapes,
 * parentheses, comments), then the fields of the type's row.
 */
#include <strings.h>

#include "base/num.h"
#include "dns/name_text.h"
#include "dns/rdata_code.h"
#include "dns/rdata_form.h"
#include "dns/type.h"

bool parse_fail(struct parse *p)
{
	if (p->err == 0)
		p->err = YORE_EMALFORMED;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '(' || c == ')';
}

bool parse_more(struct parse *p)
{
	while (p->at < p->end) {
		if (*p->at == ';') {
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		} else if (is_blank(*p->at)) {
			p->at++;
		} else {
			return true;
		}
	}
	return false;
}

/* Behind the quote that closes what *at is inside of; NULL if there is none. */
static const char *closing_quote(const char *at, const char *end)
{
	for (; at < end && *at != '"'; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
	}
	return at < end ? at + 1 : NULL;
}

static bool quoted_token(struct parse *p, struct token *ret)
{
	const char *behind = closing_quote(p->at + 1, p->end);
	if (!behind)
		return parse_fail(p);
	*ret = (struct token){p->at + 1, behind - 1, true};
	p->at = behind;
	return true;
}

bool parse_token(struct parse *p, struct token *ret)
{
	if (p->err || !parse_more(p))
		return false;
	if (*p->at == '"')
		return quoted_token(p, ret);
	const char *at = p->at;
	while (at < p->end && !is_blank(*at) && *at != ';') {
		if (*at == '"') { /* key="a value" */
			at = closing_quote(at + 1, p->end);
			if (!at)
				return parse_fail(p);
		} else {
			at += *at == '\\' && at + 1 < p->end ? 2 : 1;
		}
	}
	*ret = (struct token){p->at, at, false};
	p->at = at;
	return true;
}

int token_octets(const struct token *t, uint8_t *out, size_t room)
{
	size_t n = 0;
	for (const char *at = t->at; at < t->end;) {
		bool escaped;
		int c = text_octet(&at, t->end, &escaped);
		if (c < 0 || n == room)
			return -1;
		out[n++] = (uint8_t)c;
	}
	return (int)n;
}

bool token_plain(const struct token *t, char *out, size_t room)
{
	size_t n = (size_t)(t->end - t->at);
	if (n == 0 || n >= room || memchr(t->at, '\\', n) || memchr(t->at, 0, n))
		return false;
	memcpy(out, t->at, n);
	out[n] = 0;
	return true;
}

bool token_is(const struct token *t, const char *word)
{
	size_t n = (size_t)(t->end - t->at);
	return n == strlen(word) && strncasecmp(t->at, word, n) == 0;
}

bool token_number(const struct token *t, uint64_t max, uint64_t *ret)
{
	char text[24];
	return token_plain(t, text, sizeof(text)) && num_u64(text, max, ret) == 0;
}

bool token_type(const struct token *t, uint16_t *ret)
{
	char text[TYPE_TEXT_MAX];
	return token_plain(t, text, sizeof(text)) && type_of_text(text, ret) == 0;
}

bool parse_number(struct parse *p, uint64_t max, uint64_t *ret)
{
	struct token t;
	return parse_token(p, &t) && token_number(&t, max, ret) ? true : parse_fail(p);
}

/* Behind a name without a final dot stands the origin, and "@" is the origin itself. */
static bool add_origin(const struct token *t, struct bytes origin, struct name *n)
{
	const char *at = t->end - 1;
	unsigned escapes = 0;
	while (at - escapes > t->at && at[-1 - (long)escapes] == '\\')
		escapes++;
	if (*at == '.' && escapes % 2 == 0)
		return true;
	bool self = t->end - t->at == 1 && *at == '@';
	size_t keep = self ? 0 : n->len - 1u;
	if (keep + origin.len > NAME_WIRE_MAX)
		return false;
	memcpy(n->wire + keep, origin.at, origin.len);
	n->len = (uint8_t)(keep + origin.len);
	return true;
}

bool parse_name(struct parse *p, bool lower)
{
	struct token t;
	struct name n;
	if (!parse_token(p, &t) || t.at == t.end ||
	    name_of_text_range(t.at, t.end, lower, &n) < 0 ||
	    (p->origin.len && !add_origin(&t, p->origin, &n)))
		return parse_fail(p);
	buf_put(p->out, n.wire, n.len);
	return true;
}

bool parse_string(struct parse *p)
{
	struct token t;
	uint8_t octets[255];
	if (!parse_token(p, &t))
		return parse_fail(p);
	int n = token_octets(&t, octets, sizeof(octets));
	if (n < 0)
		return parse_fail(p);
	buf_putc(p->out, n);
	buf_put(p->out, octets, (size_t)n);
	return true;
}

static int parse_fields(struct parse *p, const struct rdata_form *form)
{
	for (const uint8_t *f = form->field; *f != F_END && p->err == 0; f++) {
		if (!field_kinds[*f].parse(p))
			return p->err ? p->err : YORE_EMALFORMED;
	}
	return p->err ? p->err : parse_more(p) ? YORE_EMALFORMED : 0;
}

/* What follows \# (RFC 3597 5): a length and so much hex, in words. */
static int parse_generic(struct parse *p)
{
	uint64_t len;
	size_t before = p->out->len;
	struct code code = {.bits = 4};
	struct token t;

	if (!parse_number(p, RDATA_MAX, &len))
		return YORE_EMALFORMED;
	while (parse_token(p, &t)) {
		if (!code_read(&code, t.at, t.end, p->out))
			return YORE_EMALFORMED;
	}
	bool whole = code_end(&code) && p->out->len - before == len;
	return p->err ? p->err : p->out->err || whole ? 0 : YORE_EMALFORMED;
}

static bool is_generic(struct parse *p)
{
	struct parse ahead = *p;
	struct token t;
	if (!parse_token(&ahead, &t) || t.quoted || !token_is(&t, "\\#"))
		return false;
	*p = ahead;
	return true;
}

/* Octets from \# may spell names in upper case; compressed they must not be. */
static int settle(uint16_t type, struct buf *ret, size_t before)
{
	size_t len = ret->len - before;
	if (len == 0)
		return rdata_valid(type, BYTES("", 0)) ? 0 : YORE_EMALFORMED;
	if (len > RDATA_MAX)
		return YORE_EMALFORMED;
	if (rdata_valid(type, BYTES(ret->at + before, len)))
		return 0;
	uint8_t *room = buf_room(ret, len);
	if (!room)
		return ret->err;
	int n = rdata_canonical(BYTES(ret->at + before, len), 0, len, type, room, len);
	if (n < 0 || (size_t)n != len)
		return YORE_EMALFORMED;
	memmove(ret->at + before, room, len);
	return 0;
}

int rdata_of_text_below(uint16_t type, const char *text, struct bytes origin,
			struct buf *ret)
{
	size_t before = ret->len;
	struct parse p = {
	    .at = text, .end = text + strlen(text), .out = ret, .origin = origin};
	int r = is_generic(&p) ? parse_generic(&p) : parse_fields(&p, rdata_form(type));

	if (r == 0)
		r = ret->err;
	if (r == 0)
		r = settle(type, ret, before);
	if (r < 0)
		ret->len = before;
	return r;
}

int rdata_of_text(uint16_t type, const char *text, struct buf *ret)
{
	return rdata_of_text_below(type, text, BYTES(NULL, 0), ret);
}
