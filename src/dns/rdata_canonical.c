/*
 * Wire to canonical wire. The types that make up nearly all traffic have a short way
 * (quick); everything else, and everything that comes near the end of the room, walks
 * the fields of its row. A test holds the two to the same answers.
 */
#include "dns/name_read.h"
#include "dns/rdata_form.h"
#include "dns/type.h"

bool canon_fail(struct canon *c)
{
	if (c->err == 0)
		c->err = YORE_EMALFORMED;
	return false;
}

static bool canon_write(struct canon *c, const uint8_t *p, size_t n)
{
	if (n > c->room - c->len) {
		c->err = YORE_ELIMIT;
		return false;
	}
	if (c->out && n)
		memcpy(c->out + c->len, p, n);
	c->len += n;
	return true;
}

bool canon_copy(struct canon *c, size_t n)
{
	if (n > canon_left(c))
		return canon_fail(c);
	if (!canon_write(c, c->msg.at + c->at, n))
		return false;
	c->at += n;
	return true;
}

bool canon_name(struct canon *c, bool lower)
{
	uint8_t name[NAME_READ_ROOM];
	size_t from = c->at;
	int n = name_read(c->msg, &c->at, name, lower);

	if (n < 0 || c->at > c->end)
		return canon_fail(c);
	if (c->out == NULL &&
	    (c->at - from != (size_t)n || memcmp(c->msg.at + from, name, (size_t)n) != 0))
		return canon_fail(c);
	return canon_write(c, name, (size_t)n);
}

static int canon_walk(struct canon *c, const struct rdata_form *form)
{
	for (const uint8_t *f = form->field; *f != F_END; f++) {
		const struct field_kind *kind = &field_kinds[*f];
		if (!(kind->canon ? kind->canon(c) : canon_copy(c, kind->fixed)))
			return c->err;
	}
	return c->at == c->end ? 0 : YORE_EMALFORMED;
}

/* Octets as they are, then one name that ends the rdata. */
static inline int lead_and_name(struct bytes msg, size_t at, size_t rdlen, size_t lead,
				uint8_t *out)
{
	size_t end = at + rdlen;
	if (rdlen <= lead)
		return YORE_EMALFORMED;
	for (size_t i = 0; i < lead; i++)
		out[i] = msg.at[at + i];
	at += lead;
	int n = name_read(msg, &at, out + lead, true);
	if (n < 0 || at != end)
		return YORE_EMALFORMED;
	return (int)lead + n;
}

static int quick_soa(struct bytes msg, size_t at, size_t rdlen, uint8_t *out)
{
	size_t end = at + rdlen;
	int mname = name_read(msg, &at, out, true);
	if (mname < 0)
		return YORE_EMALFORMED;
	int rname = name_read(msg, &at, out + mname, true);
	if (rname < 0 || at + 20 != end)
		return YORE_EMALFORMED;
	memcpy(out + mname + rname, msg.at + at, 20);
	return mname + rname + 20;
}

static int quick_strings(struct bytes rdata, uint8_t *out)
{
	size_t at = 0;
	while (at < rdata.len)
		at += (size_t)rdata.at[at] + 1;
	if (at != rdata.len)
		return YORE_EMALFORMED;
	memcpy(out, rdata.at, rdata.len);
	return (int)rdata.len;
}

static inline int quick_fixed(struct bytes rdata, size_t n, uint8_t *out)
{
	if (rdata.len != n)
		return YORE_EMALFORMED;
	memcpy(out, rdata.at, n);
	return (int)n;
}

#define NOT_QUICK (-1000)

/* With QUICK_ROOM octets more in out than rdlen. */
#define QUICK_ROOM (2 * NAME_READ_ROOM + 32)
static inline int quick(struct bytes msg, size_t at, size_t rdlen, uint16_t type,
			uint8_t *out)
{
	struct bytes rdata = BYTES(msg.at + at, rdlen);
	switch (type) {
	case TYPE_A:
		return quick_fixed(rdata, 4, out);
	case TYPE_AAAA:
		return quick_fixed(rdata, 16, out);
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
		return lead_and_name(msg, at, rdlen, 0, out);
	case TYPE_MX:
		return lead_and_name(msg, at, rdlen, 2, out);
	case TYPE_SRV:
		return lead_and_name(msg, at, rdlen, 6, out);
	case TYPE_SOA:
		return quick_soa(msg, at, rdlen, out);
	case TYPE_TXT:
		return quick_strings(rdata, out);
	default:
		return NOT_QUICK;
	}
}

int rdata_canonical(struct bytes msg, size_t offset, size_t rdlen, uint16_t type,
		    uint8_t *out, size_t room)
{
	if (offset > msg.len || rdlen > msg.len - offset)
		return YORE_EMALFORMED;
	if (room >= rdlen + QUICK_ROOM) {
		int r = quick(msg, offset, rdlen, type, out);
		if (r != NOT_QUICK)
			return r;
	}
	struct canon c = {
	    .msg = msg,
	    .at = offset,
	    .end = offset + rdlen,
	    .out = out,
	    .room = room < RDATA_MAX ? room : RDATA_MAX,
	};
	int r = canon_walk(&c, rdata_form(type));
	return r < 0 ? r : (int)c.len;
}

bool rdata_valid(uint16_t type, struct bytes rdata)
{
	struct canon c = {.msg = rdata, .end = rdata.len, .room = RDATA_MAX};
	return canon_walk(&c, rdata_form(type)) == 0;
}

bool rdata_is_name(uint16_t type)
{
	const struct rdata_form *form = rdata_form(type);
	return (form->field[0] == F_NAME || form->field[0] == F_NAME_KEEP) &&
	       form->field[1] == F_END;
}
