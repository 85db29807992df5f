/* Canonical wire to presentation form, and the names and addresses inside. */
#include "dns/name_text.h"
#include "dns/rdata_form.h"
#include "dns/type.h"

void put_gap(struct put *p)
{
	if (p->begun)
		buf_putc(p->out, ' ');
	p->begun = true;
}

struct bytes reader_name(struct reader *r)
{
	const uint8_t *from = r->at;
	size_t n = 0, left = reader_left(r);
	while (n < left && from[n] != 0) {
		if (from[n] > 63)
			n = left;
		else
			n += (size_t)from[n] + 1;
	}
	if (n >= left || n >= NAME_WIRE_MAX)
		r->err = YORE_EMALFORMED;
	return reader_take(r, n + 1);
}

bool put_name(struct put *p)
{
	struct bytes name = reader_name(&p->in);
	if (name.len == 0)
		return false;
	put_gap(p);
	name_put(p->out, name);
	return true;
}

void put_number(struct put *p, uint64_t v)
{
	put_gap(p);
	buf_u64(p->out, v);
}

void put_quoted(struct buf *out, struct bytes s)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		char text[4];
		buf_put(out, text, text_put_octet(text, s.at[i], false));
	}
	buf_putc(out, '"');
}

static void put_generic(struct buf *out, struct bytes rdata)
{
	buf_puts(out, "\\# ");
	buf_u64(out, rdata.len);
	if (rdata.len) {
		buf_putc(out, ' ');
		buf_hex(out, rdata);
	}
}

static bool put_fields(struct put *p, const struct rdata_form *form)
{
	for (const uint8_t *f = form->field; *f != F_END; f++) {
		if (!field_kinds[*f].put(p) || p->in.err)
			return false;
	}
	return reader_left(&p->in) == 0 && p->begun;
}

void rdata_put(struct buf *out, uint16_t type, struct bytes rdata)
{
	size_t before = out->len;
	struct put p = {.out = out, .in = reader_of(rdata)};
	if (!put_fields(&p, rdata_form(type))) {
		out->len = before;
		put_generic(out, rdata);
	}
}

static void part(struct parts *p, enum rdata_part kind, struct bytes value)
{
	if (value.len)
		p->each(kind, value, p->arg);
}

/* false: nothing of interest can follow */
static bool parts_field(struct parts *p, uint8_t field)
{
	switch (field) {
	case F_NAME:
	case F_NAME_KEEP:
		part(p, RDATA_NAME, reader_name(&p->in));
		return true;
	case F_IP4:
		part(p, RDATA_ADDR4, reader_take(&p->in, 4));
		return true;
	case F_IP6:
		part(p, RDATA_ADDR6, reader_take(&p->in, 16));
		return true;
	case F_STRING:
		reader_skip(&p->in, reader_u8(&p->in));
		return true;
	case F_IPSECKEY:
		parts_ipseckey(p);
		return false;
	case F_AMTRELAY:
		parts_amtrelay(p);
		return false;
	case F_HIP:
		parts_hip(p);
		return false;
	default:
		reader_skip(&p->in, field_kinds[field].fixed);
		return field_kinds[field].canon == NULL;
	}
}

/* The target "." means the owner itself, or no service (RFC 9460 2.5). */
static void parts_service(struct parts *p)
{
	reader_skip(&p->in, 2);
	struct bytes target = reader_name(&p->in);
	if (target.len > 1)
		part(p, RDATA_NAME, target);
	parts_svc_params(p);
}

void rdata_parts(uint16_t type, struct bytes rdata, rdata_part_fn each, void *arg)
{
	const struct rdata_form *form = rdata_form(type);
	struct parts p = {.in = reader_of(rdata), .each = each, .arg = arg};

	if (!(form->flags & FORM_PARTS))
		return;
	if (type == TYPE_SVCB || type == TYPE_HTTPS) {
		parts_service(&p);
		return;
	}
	for (const uint8_t *f = form->field; *f != F_END && p.in.err == 0; f++) {
		if (!parts_field(&p, *f))
			return;
	}
}

bool rdata_hides_its_end(uint16_t type)
{
	const struct rdata_form *form = rdata_form(type);
	uint8_t last = F_END;
	for (const uint8_t *f = form->field; *f != F_END; f++)
		last = *f;
	return !(form->flags & FORM_PARTS) &&
	       (last == F_NAME || last == F_NAME_KEEP || last == F_IP4 || last == F_A6 ||
		last == F_LOC);
}
