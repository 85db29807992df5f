/*
 * The descriptor table: one row a type, the fields its RDATA is made of. Internal to
 * dns/. type.c takes the mnemonics from it, rdata*.c everything else.
 *
 * A kind of field is a row too (rdata_field.c): how it is checked and copied off the
 * wire, how it prints, how it is read back. What depends on an octet in front of it
 * (gateways, host identities) is one field with its own three functions.
 */
#ifndef YORE_DNS_RDATA_FORM_H
#define YORE_DNS_RDATA_FORM_H

#include "dns/rdata.h"

enum field {
	F_END,
	F_U8,
	F_U16,
	F_U32,
	F_U64,
	F_NAME,	     /* lower-cased in canonical form */
	F_NAME_KEEP, /* spelling kept: not in the list of RFC 4034 6.2 */
	F_NAMES,     /* none or more, spelling kept, to the end */
	F_IP4,
	F_IP6,
	F_STRING,      /* a character-string */
	F_STRING_OPT,  /* none or one */
	F_STRINGS,     /* one or more, to the end */
	F_TAG,	       /* a character-string without quotes: letters and digits */
	F_QUOTED,      /* the rest, in quotes */
	F_HEX,	       /* the rest, one octet at least */
	F_BASE64,      /* the rest, one octet at least */
	F_BASE64_DASH, /* the rest, - when there is none */
	F_SALT,	       /* length octet, hex, - when empty */
	F_HASH32,      /* length octet, base32hex */
	F_ALGORITHM,   /* a number; its mnemonic is read too (RFC 4034 A.1) */
	F_TTL,	       /* seconds; 1h30m is read too */
	F_TYPE,
	F_TIME,	     /* YYYYMMDDHHmmSS, RFC 4034 3.2 */
	F_CERT_TYPE, /* RFC 4398 2.1 */
	F_SCHEME,    /* RFC 9859 */
	F_TYPES,     /* type bitmaps, RFC 4034 4.1.2 */
	F_NXT,	     /* one bitmap of types below 128, RFC 2535 5.2 */
	F_PORTS,     /* protocol and ports, RFC 1035 3.4.2 */
	F_LOCATOR,   /* 64 bits as four groups of hex, RFC 6742 */
	F_EUI48,
	F_EUI64,
	F_NSAP,
	F_ATM,
	F_LOC,
	F_APL,
	F_SVC_PARAMS,
	F_IPSECKEY,
	F_AMTRELAY,
	F_HIP,
	F_A6,
	F_OPAQUE, /* no presentation form of its own: \# (RFC 3597) */
	FIELD_KINDS
};

enum {
	FORM_PARTS = 1, /* its names and addresses belong in the index by rdata */
	FORM_DNSSEC = 2,
};

#define FORM_FIELDS_MAX 9

struct rdata_form {
	char mnemonic[11];
	uint8_t flags;
	uint8_t field[FORM_FIELDS_MAX + 1]; /* enum field, ended by F_END */
};

/* Never NULL: types without a row (and meta types) are opaque, with an empty mnemonic. */
const struct rdata_form *rdata_form(uint16_t type);

/* The registered types in ascending order: 0 begins, 0 is also the end. */
uint16_t rdata_form_next(uint16_t type);

/* --- wire to canonical wire --- */

struct canon {
	struct bytes msg; /* what compression pointers point into */
	size_t at, end;	  /* the rdata that is left in it */
	uint8_t *out;	  /* NULL: only check that the input is canonical already */
	size_t len, room;
	int err;
};

/* Copies n octets; false (err set) when they are not there or do not fit. */
bool canon_copy(struct canon *c, size_t n);
bool canon_fail(struct canon *c);
bool canon_name(struct canon *c, bool lower);
static inline size_t canon_left(const struct canon *c)
{
	return c->end - c->at;
}
static inline uint8_t canon_peek(const struct canon *c, size_t i)
{
	return i < canon_left(c) ? c->msg.at[c->at + i] : 0;
}

/* --- canonical wire to text --- */

struct put {
	struct buf *out;
	struct reader in;
	bool begun; /* something was printed: the next token needs a blank */
};

void put_gap(struct put *p); /* before every token */
bool put_name(struct put *p);
void put_quoted(struct buf *out, struct bytes s);
void put_number(struct put *p, uint64_t v);

/* --- text to canonical wire --- */

struct token {
	const char *at, *end; /* raw: with escapes, without the enclosing quotes */
	bool quoted;
};

struct parse {
	const char *at, *end;
	struct buf *out;
	struct bytes origin; /* of names without a final dot; empty: the root */
	int err;
};

bool parse_token(struct parse *p, struct token *ret); /* false at the end or on error */
bool parse_more(struct parse *p);		      /* is there a token? */
bool parse_fail(struct parse *p);
bool parse_number(struct parse *p, uint64_t max, uint64_t *ret);
bool parse_name(struct parse *p, bool lower);
bool parse_string(struct parse *p);
/* Up to room octets of a token with escapes undone; -1 when broken or too long. */
int token_octets(const struct token *t, uint8_t *out, size_t room);
/* The token as a C string when it is plain and shorter than room. */
bool token_plain(const struct token *t, char *out, size_t room);
bool token_is(const struct token *t, const char *word); /* without regard to case */
bool token_number(const struct token *t, uint64_t max, uint64_t *ret);
bool token_type(const struct token *t, uint16_t *ret);

/* --- kinds of field --- */

struct field_kind {
	bool (*canon)(struct canon *c);
	bool (*put)(struct put *p); /* false: no faithful text, print \# instead */
	bool (*parse)(struct parse *p);
	uint8_t fixed; /* octets, when canon is NULL */
};

extern const struct field_kind field_kinds[FIELD_KINDS];

#define FIELD(name)                         \
	bool name##_canon(struct canon *c); \
	bool name##_put(struct put *p);     \
	bool name##_parse(struct parse *p)
FIELD(types);
FIELD(nxt);
FIELD(ports);
FIELD(loc);
FIELD(apl);
FIELD(svc_params);
FIELD(ipseckey);
FIELD(amtrelay);
FIELD(hip);
FIELD(a6);
FIELD(atm);
#undef FIELD
bool locator_put(struct put *p);
bool locator_parse(struct parse *p);
bool eui48_put(struct put *p);
bool eui48_parse(struct parse *p);
bool eui64_put(struct put *p);
bool eui64_parse(struct parse *p);
bool nsap_put(struct put *p);
bool nsap_parse(struct parse *p);
bool time_put(struct put *p);
bool time_parse(struct parse *p);

/* --- names and addresses inside --- */

struct parts {
	struct reader in;
	rdata_part_fn each;
	void *arg;
};

struct bytes reader_name(struct reader *r); /* an uncompressed name */
void parts_svc_params(struct parts *p);
void parts_ipseckey(struct parts *p);
void parts_amtrelay(struct parts *p);
void parts_hip(struct parts *p);

#endif
