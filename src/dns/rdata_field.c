/* The kinds of field that need no more than a few lines each, and the table of all. */
#include <stdio.h>

#include "base/addr.h"
#include "base/when.h"
#include "dns/rdata_code.h"
#include "dns/rdata_form.h"
#include "dns/type.h"

/* --- numbers --- */

static bool u8_put(struct put *p)
{
	put_number(p, reader_u8(&p->in));
	return true;
}

static bool u16_put(struct put *p)
{
	put_number(p, reader_u16(&p->in));
	return true;
}

static bool u32_put(struct put *p)
{
	put_number(p, reader_u32(&p->in));
	return true;
}

static bool u64_put(struct put *p)
{
	put_number(p, reader_u64(&p->in));
	return true;
}

static bool u8_parse(struct parse *p)
{
	uint64_t v = 0;
	if (parse_number(p, UINT8_MAX, &v))
		buf_putc(p->out, (int)v);
	return p->err == 0;
}

static bool u16_parse(struct parse *p)
{
	uint64_t v = 0;
	if (parse_number(p, UINT16_MAX, &v))
		buf_u16be(p->out, (uint16_t)v);
	return p->err == 0;
}

static bool u32_parse(struct parse *p)
{
	uint64_t v = 0;
	if (parse_number(p, UINT32_MAX, &v))
		buf_u32be(p->out, (uint32_t)v);
	return p->err == 0;
}

static bool u64_parse(struct parse *p)
{
	uint64_t v = 0;
	if (parse_number(p, UINT64_MAX, &v))
		buf_u64be(p->out, v);
	return p->err == 0;
}

static uint64_t unit_seconds(char c)
{
	switch (c | 32) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 604800;
	default:
		return 0;
	}
}

/* 1w2d3h4m5s, as BIND's master files have it. */
static bool span_number(const struct token *t, uint64_t *ret)
{
	uint64_t sum = 0, v = 0;
	bool digit = false;
	for (const char *at = t->at; at < t->end; at++) {
		if (*at >= '0' && *at <= '9') {
			v = v * 10 + (uint64_t)(*at - '0');
			digit = true;
		} else if (digit && unit_seconds(*at)) {
			sum += v * unit_seconds(*at);
			v = 0;
			digit = false;
		} else {
			return false;
		}
		if (v > UINT32_MAX || sum > UINT32_MAX)
			return false;
	}
	*ret = sum;
	return !digit && t->at < t->end;
}

static bool ttl_parse(struct parse *p)
{
	struct token t;
	uint64_t v = 0;
	if (!parse_token(p, &t) ||
	    (!token_number(&t, UINT32_MAX, &v) && !span_number(&t, &v)))
		return parse_fail(p);
	buf_u32be(p->out, (uint32_t)v);
	return true;
}

/* --- numbers with mnemonics --- */

struct mnemonic {
	uint16_t value;
	const char *text;
};

static const struct mnemonic algorithms[] = {
    {1, "RSAMD5"},
    {2, "DH"},
    {3, "DSA"},
    {5, "RSASHA1"},
    {6, "DSA-NSEC3-SHA1"},
    {7, "RSASHA1-NSEC3-SHA1"},
    {8, "RSASHA256"},
    {10, "RSASHA512"},
    {12, "ECC-GOST"},
    {13, "ECDSAP256SHA256"},
    {14, "ECDSAP384SHA384"},
    {15, "ED25519"},
    {16, "ED448"},
    {17, "SM2SM3"},
    {23, "ECC-GOST12"},
    {252, "INDIRECT"},
    {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
    {0, NULL},
};

static const struct mnemonic cert_types[] = {
    {1, "PKIX"},   {2, "SPKI"},	   {3, "PGP"},	 {4, "IPKIX"}, {5, "ISPKI"}, {6, "IPGP"},
    {7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"}, {254, "OID"}, {0, NULL},
};

static const struct mnemonic schemes[] = {{1, "NOTIFY"}, {0, NULL}};

static void put_mnemonic(struct put *p, const struct mnemonic *m, uint16_t v)
{
	while (m->text && m->value != v)
		m++;
	if (!m->text) {
		put_number(p, v);
		return;
	}
	put_gap(p);
	buf_puts(p->out, m->text);
}

static bool parse_mnemonic(struct parse *p, const struct mnemonic *m, uint16_t max,
			   uint64_t *ret)
{
	struct token t;
	if (!parse_token(p, &t))
		return parse_fail(p);
	for (; m->text; m++) {
		if (token_is(&t, m->text)) {
			*ret = m->value;
			return true;
		}
	}
	return token_number(&t, max, ret) ? true : parse_fail(p);
}

static bool algorithm_parse(struct parse *p)
{
	uint64_t v = 0;
	if (parse_mnemonic(p, algorithms, UINT8_MAX, &v))
		buf_putc(p->out, (int)v);
	return p->err == 0;
}

static bool cert_type_put(struct put *p)
{
	put_mnemonic(p, cert_types, reader_u16(&p->in));
	return true;
}

static bool cert_type_parse(struct parse *p)
{
	uint64_t v = 0;
	if (parse_mnemonic(p, cert_types, UINT16_MAX, &v))
		buf_u16be(p->out, (uint16_t)v);
	return p->err == 0;
}

static bool scheme_put(struct put *p)
{
	put_mnemonic(p, schemes, reader_u8(&p->in));
	return true;
}

static bool scheme_parse(struct parse *p)
{
	uint64_t v = 0;
	if (parse_mnemonic(p, schemes, UINT8_MAX, &v))
		buf_putc(p->out, (int)v);
	return p->err == 0;
}

static bool type_put(struct put *p)
{
	char text[TYPE_TEXT_MAX];
	type_text(reader_u16(&p->in), text);
	put_gap(p);
	buf_puts(p->out, text);
	return true;
}

static bool type_parse(struct parse *p)
{
	struct token t;
	uint16_t type;
	uint64_t v;
	if (!parse_token(p, &t))
		return parse_fail(p);
	if (!token_type(&t, &type)) {
		if (!token_number(&t, UINT16_MAX, &v))
			return parse_fail(p);
		type = (uint16_t)v;
	}
	buf_u16be(p->out, type);
	return true;
}

/* --- times of signatures (RFC 4034 3.2) --- */

bool time_put(struct put *p)
{
	struct civil c = when_civil(reader_u32(&p->in));
	put_gap(p);
	buf_printf(p->out, "%04d%02d%02d%02d%02d%02d", c.year, c.month, c.day, c.hour,
		   c.minute, c.second);
	return true;
}

static bool civil_number(const char *text, uint64_t *ret)
{
	struct civil c;
	char again[80];
	if (sscanf(text, "%4d%2d%2d%2d%2d%2d", &c.year, &c.month, &c.day, &c.hour,
		   &c.minute, &c.second) != 6)
		return false;
	if (c.year < 1970 || c.year > 2106 || c.month < 1 || c.month > 12)
		return false;
	int64_t s = when_of_civil(&c);
	if (s < 0 || s > UINT32_MAX)
		return false;
	/* the 31st of a short month comes back as another day */
	c = when_civil(s);
	snprintf(again, sizeof(again), "%04d%02d%02d%02d%02d%02d", c.year, c.month, c.day,
		 c.hour, c.minute, c.second);
	*ret = (uint64_t)s;
	return strcmp(text, again) == 0;
}

bool time_parse(struct parse *p)
{
	struct token t;
	char text[16];
	uint64_t v;
	if (!parse_token(p, &t) || !token_plain(&t, text, sizeof(text)))
		return parse_fail(p);
	bool good = strlen(text) == 14 ? civil_number(text, &v)
				       : token_number(&t, UINT32_MAX, &v);
	if (!good)
		return parse_fail(p);
	buf_u32be(p->out, (uint32_t)v);
	return true;
}

/* --- names and addresses --- */

static bool name_canon(struct canon *c)
{
	return canon_name(c, true);
}

static bool name_keep_canon(struct canon *c)
{
	return canon_name(c, false);
}

static bool names_canon(struct canon *c)
{
	while (canon_left(c) > 0) {
		if (!canon_name(c, false))
			return false;
	}
	return true;
}

static bool name_parse(struct parse *p)
{
	return parse_name(p, true);
}

static bool name_keep_parse(struct parse *p)
{
	return parse_name(p, false);
}

static bool names_put(struct put *p)
{
	while (reader_left(&p->in) > 0) {
		if (!put_name(p))
			return false;
	}
	return true;
}

static bool names_parse(struct parse *p)
{
	while (parse_more(p)) {
		if (!parse_name(p, false))
			return false;
	}
	return true;
}

static bool put_addr(struct put *p, uint8_t len)
{
	char text[ADDR_TEXT_MAX];
	struct bytes b = reader_take(&p->in, len);
	if (b.len == 0)
		return false;
	struct addr a = addr_of(b.at, len);
	put_gap(p);
	buf_put(p->out, text, addr_text(&a, text));
	return true;
}

static bool parse_addr(struct parse *p, uint8_t len)
{
	struct token t;
	char text[ADDR_TEXT_MAX + 8];
	struct addr a;
	if (!parse_token(p, &t) || !token_plain(&t, text, sizeof(text)) ||
	    addr_parse(text, &a) < 0 || a.len != len)
		return parse_fail(p);
	buf_put(p->out, a.at, len);
	return true;
}

static bool ip4_put(struct put *p)
{
	return put_addr(p, 4);
}

static bool ip6_put(struct put *p)
{
	return put_addr(p, 16);
}

static bool ip4_parse(struct parse *p)
{
	return parse_addr(p, 4);
}

static bool ip6_parse(struct parse *p)
{
	return parse_addr(p, 16);
}

/* --- character-strings and the rest --- */

static bool string_canon(struct canon *c)
{
	return canon_copy(c, (size_t)canon_peek(c, 0) + 1);
}

static bool string_opt_canon(struct canon *c)
{
	return canon_left(c) == 0 || string_canon(c);
}

/* An empty TXT breaks RFC 1035 3.3.14 but is sent; it harms nobody. */
static bool strings_canon(struct canon *c)
{
	while (canon_left(c) > 0) {
		if (!string_canon(c))
			return false;
	}
	return true;
}

static bool rest_canon(struct canon *c)
{
	return canon_copy(c, canon_left(c));
}

static bool string_put(struct put *p)
{
	struct bytes s = reader_take(&p->in, reader_u8(&p->in));
	put_gap(p);
	put_quoted(p->out, s);
	return true;
}

static bool strings_put(struct put *p)
{
	while (reader_left(&p->in) > 0 && p->in.err == 0)
		string_put(p);
	return true;
}

static bool string_opt_parse(struct parse *p)
{
	return !parse_more(p) || parse_string(p);
}

static bool strings_parse(struct parse *p)
{
	do {
		if (!parse_string(p))
			return false;
	} while (parse_more(p));
	return true;
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* RFC 8659 4.1: letters and digits, one at least. */
static bool tag_put(struct put *p)
{
	struct bytes s = reader_take(&p->in, reader_u8(&p->in));
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.at[i]))
			return false;
	}
	put_gap(p);
	buf_put_bytes(p->out, s);
	return s.len > 0;
}

static bool quoted_put(struct put *p)
{
	put_gap(p);
	put_quoted(p->out, reader_take(&p->in, reader_left(&p->in)));
	return true;
}

static bool quoted_parse(struct parse *p)
{
	struct token t;
	if (!parse_token(p, &t))
		return parse_fail(p);
	uint8_t *room = buf_room(p->out, (size_t)(t.end - t.at) + 1);
	if (!room)
		return false;
	int n = token_octets(&t, room, (size_t)(t.end - t.at));
	if (n < 0)
		return parse_fail(p);
	p->out->len += (size_t)n;
	return true;
}

static bool hex_put(struct put *p)
{
	struct bytes rest = reader_take(&p->in, reader_left(&p->in));
	put_gap(p);
	buf_hex(p->out, rest);
	return rest.len > 0;
}

static bool base64_field_put(struct put *p)
{
	struct bytes rest = reader_take(&p->in, reader_left(&p->in));
	put_gap(p);
	base64_put(p->out, rest);
	return rest.len > 0;
}

static bool parse_code(struct parse *p, unsigned bits)
{
	struct code code = {.bits = bits};
	struct token t;
	while (parse_token(p, &t)) {
		if (!code_read(&code, t.at, t.end, p->out))
			return parse_fail(p);
	}
	return code.digits > 0 && code_end(&code) ? p->err == 0 : parse_fail(p);
}

static bool hex_parse(struct parse *p)
{
	return parse_code(p, 4);
}

static bool base64_parse(struct parse *p)
{
	return parse_code(p, 6);
}

static bool base64_dash_put(struct put *p)
{
	if (reader_left(&p->in) > 0)
		return base64_field_put(p);
	put_gap(p);
	buf_putc(p->out, '-');
	return true;
}

/* The next token is a lone dash: takes it. */
static bool parse_dash(struct parse *p)
{
	struct parse ahead = *p;
	struct token t;
	if (!parse_token(&ahead, &t) || !token_is(&t, "-"))
		return false;
	*p = ahead;
	return true;
}

static bool base64_dash_parse(struct parse *p)
{
	return parse_dash(p) || parse_code(p, 6);
}

/* --- NSEC3 (RFC 5155 3.3) --- */

static bool salt_put(struct put *p)
{
	struct bytes salt = reader_take(&p->in, reader_u8(&p->in));
	put_gap(p);
	if (salt.len)
		buf_hex(p->out, salt);
	else
		buf_putc(p->out, '-');
	return true;
}

static bool hash32_put(struct put *p)
{
	struct bytes hash = reader_take(&p->in, reader_u8(&p->in));
	put_gap(p);
	base32hex_put(p->out, hash);
	return hash.len > 0;
}

/* One token of digits behind a length octet. */
static bool parse_counted(struct parse *p, unsigned bits)
{
	struct code code = {.bits = bits};
	struct token t;
	size_t at = p->out->len;
	buf_putc(p->out, 0);
	if (!parse_token(p, &t) || !code_read(&code, t.at, t.end, p->out) ||
	    code.digits == 0 || !code_end(&code) || p->out->len - at > 256)
		return parse_fail(p);
	if (p->out->err == 0)
		p->out->at[at] = (uint8_t)(p->out->len - at - 1);
	return true;
}

static bool salt_parse(struct parse *p)
{
	if (!parse_dash(p))
		return parse_counted(p, 4);
	buf_putc(p->out, 0);
	return true;
}

static bool hash32_parse(struct parse *p)
{
	return parse_counted(p, 5);
}

/* --- no form --- */

static bool opaque_put(struct put *p)
{
	return false;
}

static bool opaque_parse(struct parse *p)
{
	return parse_fail(p);
}

const struct field_kind field_kinds[FIELD_KINDS] = {
    [F_U8] = {NULL, u8_put, u8_parse, 1},
    [F_U16] = {NULL, u16_put, u16_parse, 2},
    [F_U32] = {NULL, u32_put, u32_parse, 4},
    [F_U64] = {NULL, u64_put, u64_parse, 8},
    [F_NAME] = {name_canon, put_name, name_parse, 0},
    [F_NAME_KEEP] = {name_keep_canon, put_name, name_keep_parse, 0},
    [F_NAMES] = {names_canon, names_put, names_parse, 0},
    [F_IP4] = {NULL, ip4_put, ip4_parse, 4},
    [F_IP6] = {NULL, ip6_put, ip6_parse, 16},
    [F_STRING] = {string_canon, string_put, parse_string, 0},
    [F_STRING_OPT] = {string_opt_canon, strings_put, string_opt_parse, 0},
    [F_STRINGS] = {strings_canon, strings_put, strings_parse, 0},
    [F_TAG] = {string_canon, tag_put, parse_string, 0},
    [F_QUOTED] = {rest_canon, quoted_put, quoted_parse, 0},
    [F_HEX] = {rest_canon, hex_put, hex_parse, 0},
    [F_BASE64] = {rest_canon, base64_field_put, base64_parse, 0},
    [F_BASE64_DASH] = {rest_canon, base64_dash_put, base64_dash_parse, 0},
    [F_SALT] = {string_canon, salt_put, salt_parse, 0},
    [F_HASH32] = {string_canon, hash32_put, hash32_parse, 0},
    [F_ALGORITHM] = {NULL, u8_put, algorithm_parse, 1},
    [F_TTL] = {NULL, u32_put, ttl_parse, 4},
    [F_TYPE] = {NULL, type_put, type_parse, 2},
    [F_TIME] = {NULL, time_put, time_parse, 4},
    [F_CERT_TYPE] = {NULL, cert_type_put, cert_type_parse, 2},
    [F_SCHEME] = {NULL, scheme_put, scheme_parse, 1},
    [F_TYPES] = {types_canon, types_put, types_parse, 0},
    [F_NXT] = {nxt_canon, nxt_put, nxt_parse, 0},
    [F_PORTS] = {ports_canon, ports_put, ports_parse, 0},
    [F_LOCATOR] = {NULL, locator_put, locator_parse, 8},
    [F_EUI48] = {NULL, eui48_put, eui48_parse, 6},
    [F_EUI64] = {NULL, eui64_put, eui64_parse, 8},
    [F_NSAP] = {rest_canon, nsap_put, nsap_parse, 0},
    [F_ATM] = {atm_canon, atm_put, atm_parse, 0},
    [F_LOC] = {loc_canon, loc_put, loc_parse, 0},
    [F_APL] = {apl_canon, apl_put, apl_parse, 0},
    [F_SVC_PARAMS] = {svc_params_canon, svc_params_put, svc_params_parse, 0},
    [F_IPSECKEY] = {ipseckey_canon, ipseckey_put, ipseckey_parse, 0},
    [F_AMTRELAY] = {amtrelay_canon, amtrelay_put, amtrelay_parse, 0},
    [F_HIP] = {hip_canon, hip_put, hip_parse, 0},
    [F_A6] = {a6_canon, a6_put, a6_parse, 0},
    [F_OPAQUE] = {rest_canon, opaque_put, opaque_parse, 0},
};
