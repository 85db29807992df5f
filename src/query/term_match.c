#include "dns/rdata.h"
#include "query/term.h"

/* The labels with dots between them, nothing escaped. out has room for 256. */
static size_t plain_text(struct bytes wire, bool final_dot, uint8_t *out)
{
	size_t n = 0;
	for (size_t i = 0; i < wire.len && wire.at[i];) {
		size_t len = wire.at[i++];
		if (len > wire.len - i)
			break;
		if (n)
			out[n++] = '.';
		memcpy(out + n, wire.at + i, len);
		n += len;
		i += len;
	}
	if (final_dot)
		out[n++] = '.';
	return n;
}

static bool begins_with_labels(struct bytes owner, struct bytes stem)
{
	return bytes_begins(owner, BYTES(stem.at, stem.len - 1));
}

static int pattern_wants_name(const struct term *t, struct bytes name)
{
	uint8_t text[NAME_WIRE_MAX + 1];
	struct name zone;
	pattern_zone(t->pattern, t->final_dot, &zone);
	if (zone.len > 1 && !name_within(name, name_bytes(&zone)))
		return 0;
	size_t n = plain_text(name, t->final_dot, text);
	return pattern_match(t->pattern, BYTES(text, n));
}

int term_wants_owner(const struct term *t, struct bytes owner)
{
	struct addr a;
	switch (t->kind) {
	case TERM_NAME:
		return bytes_equal(owner, name_bytes(&t->name));
	case TERM_ZONE:
		return name_within(owner, name_bytes(&t->name));
	case TERM_STEM:
		return begins_with_labels(owner, name_bytes(&t->name));
	case TERM_ADDR:
		return name_to_addr(owner, &a) == 0 && addr_range_has(&t->range, &a);
	case TERM_REGEX:
	case TERM_GLOB:
		return pattern_wants_name(t, owner);
	case TERM_RAW:
		return bytes_equal(owner, BYTES(t->raw, t->raw_len));
	}
	return 0;
}

struct part_search {
	const struct term *term;
	bool found;
};

static void look_at_part(enum rdata_part part, struct bytes value, void *arg)
{
	struct part_search *s = arg;
	const struct term *t = s->term;
	struct name n;
	if (s->found)
		return;
	if (part == RDATA_ADDR4 || part == RDATA_ADDR6) {
		struct addr a = addr_of(value.at, (uint8_t)value.len);
		s->found = t->kind == TERM_ADDR && addr_range_has(&t->range, &a);
	} else if (t->kind != TERM_ADDR && name_of_wire(value, &n) == 0) {
		s->found = term_wants_owner(t, name_bytes(&n)) == 1;
	}
}

static int pattern_wants_rdata(const struct term *t, uint16_t type, struct bytes rdata)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	rdata_put(&text, type, rdata);
	struct bytes b = buf_bytes(&text);
	if (!t->final_dot && b.len > 1 && b.at[b.len - 1] == '.')
		b.len--;
	int r = text.err ? text.err : pattern_match(t->pattern, b);
	buf_release(&text);
	return r;
}

int term_wants_rdata(const struct term *t, uint16_t type, struct bytes rdata)
{
	if (t->kind == TERM_RAW)
		return bytes_equal(rdata, BYTES(t->raw, t->raw_len));
	if (t->kind == TERM_REGEX || t->kind == TERM_GLOB)
		return pattern_wants_rdata(t, type, rdata);
	struct part_search s = {.term = t};
	rdata_parts(type, rdata, look_at_part, &s);
	return s.found;
}
