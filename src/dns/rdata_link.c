/* Identifiers of lower layers: locators, EUI-48/64, NSAP and ATM addresses. */
#include "dns/rdata_code.h"
#include "dns/rdata_form.h"

/* Pairs (or more) of hex with a separator, exactly n octets. */
static bool put_groups(struct put *p, size_t n, size_t group, char separator)
{
	struct bytes b = reader_take(&p->in, n);
	if (b.len != n)
		return false;
	put_gap(p);
	for (size_t i = 0; i < n; i += group) {
		if (i > 0)
			buf_putc(p->out, separator);
		buf_hex(p->out, BYTES(b.at + i, group));
	}
	return true;
}

/* One group of up to `most` digits ending at the separator or the end. */
static const char *group_end(const char *at, const char *end, char separator, size_t most)
{
	const char *stop = at;
	while (stop < end && *stop != separator)
		stop++;
	return stop > at && (size_t)(stop - at) <= most ? stop : NULL;
}

static bool parse_groups(struct parse *p, size_t n, size_t group, char separator,
			 bool short_groups)
{
	static const char zeros[] = "0000";
	struct token t;
	if (!parse_token(p, &t))
		return parse_fail(p);
	const char *at = t.at;
	for (size_t i = 0; i < n; i += group) {
		struct code code = {.bits = 4};
		const char *stop = group_end(at, t.end, separator, group * 2);
		size_t lacking = stop ? group * 2 - (size_t)(stop - at) : 0;
		if (!stop || (lacking && !short_groups) ||
		    !code_read(&code, zeros, zeros + lacking, p->out) ||
		    !code_read(&code, at, stop, p->out))
			return parse_fail(p);
		bool last = i + group == n;
		if (last != (stop == t.end))
			return parse_fail(p);
		at = stop + 1;
	}
	return true;
}

bool locator_put(struct put *p)
{
	return put_groups(p, 8, 2, ':');
}

/* RFC 6742 2.1.2: leading zeros of a group may be left out. */
bool locator_parse(struct parse *p)
{
	return parse_groups(p, 8, 2, ':', true);
}

bool eui48_put(struct put *p)
{
	return put_groups(p, 6, 1, '-');
}

bool eui48_parse(struct parse *p)
{
	return parse_groups(p, 6, 1, '-', false);
}

bool eui64_put(struct put *p)
{
	return put_groups(p, 8, 1, '-');
}

bool eui64_parse(struct parse *p)
{
	return parse_groups(p, 8, 1, '-', false);
}

/* RFC 1706 5: 0x and hex; dots may stand anywhere between. */
bool nsap_put(struct put *p)
{
	struct bytes rest = reader_take(&p->in, reader_left(&p->in));
	put_gap(p);
	buf_puts(p->out, "0x");
	buf_hex(p->out, rest);
	return rest.len > 0;
}

static bool read_dotted(struct code *code, const char *at, const char *end,
			struct buf *out)
{
	for (; at < end; at++) {
		if (*at != '.' && !code_read(code, at, at + 1, out))
			return false;
	}
	return true;
}

bool nsap_parse(struct parse *p)
{
	struct code code = {.bits = 4};
	struct token t;
	if (!parse_token(p, &t) || t.end - t.at < 3 || t.at[0] != '0' ||
	    (t.at[1] | 32) != 'x' || !read_dotted(&code, t.at + 2, t.end, p->out) ||
	    code.digits == 0 || !code_end(&code))
		return parse_fail(p);
	return true;
}

/* ATM Name System 2.0, 5.5: format 0 is an AESA in hex, format 1 an E.164 number. */
bool atm_canon(struct canon *c)
{
	return canon_left(c) > 0 ? canon_copy(c, canon_left(c)) : canon_fail(c);
}

static bool all_digits(const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
	}
	return n > 0;
}

bool atm_put(struct put *p)
{
	uint8_t format = reader_u8(&p->in);
	struct bytes rest = reader_take(&p->in, reader_left(&p->in));
	put_gap(p);
	if (format == 0) {
		buf_hex(p->out, rest);
		return rest.len > 0;
	}
	buf_putc(p->out, '+');
	buf_put_bytes(p->out, rest);
	return format == 1 && all_digits(rest.at, rest.len);
}

bool atm_parse(struct parse *p)
{
	struct code code = {.bits = 4};
	struct token t;
	if (!parse_token(p, &t) || t.at == t.end)
		return parse_fail(p);
	if (*t.at == '+') {
		size_t n = (size_t)(t.end - t.at) - 1;
		buf_putc(p->out, 1);
		buf_put(p->out, t.at + 1, n);
		return all_digits((const uint8_t *)t.at + 1, n) ? true : parse_fail(p);
	}
	buf_putc(p->out, 0);
	if (!read_dotted(&code, t.at, t.end, p->out) || code.digits == 0 ||
	    !code_end(&code))
		return parse_fail(p);
	return true;
}
