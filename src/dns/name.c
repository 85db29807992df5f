#include "dns/name.h"

#include "dns/name_read.h"

static int decompress(struct bytes msg, size_t *offset, uint8_t *out, bool lower)
{
	uint8_t room[NAME_READ_ROOM];
	int n = name_read(msg, offset, room, lower);
	if (n > 0)
		memcpy(out, room, (size_t)n);
	return n;
}

int name_decompress(struct bytes msg, size_t *offset, uint8_t out[NAME_WIRE_MAX])
{
	return decompress(msg, offset, out, true);
}

int name_decompress_case(struct bytes msg, size_t *offset, uint8_t out[NAME_WIRE_MAX])
{
	return decompress(msg, offset, out, false);
}

bool name_wire_valid(struct bytes wire)
{
	size_t at = 0;
	if (wire.len == 0 || wire.len > NAME_WIRE_MAX)
		return false;
	while (at < wire.len && wire.at[at] != 0) {
		if (wire.at[at] > 63)
			return false;
		at += (size_t)wire.at[at] + 1;
	}
	return at + 1 == wire.len;
}

int name_of_wire(struct bytes wire, struct name *ret)
{
	if (!name_wire_valid(wire))
		return YORE_EMALFORMED;
	ret->len = (uint8_t)wire.len;
	memcpy(ret->wire, wire.at, wire.len);
	name_lower(ret->wire, wire.len);
	return 0;
}

void name_lower(uint8_t *wire, size_t len)
{
	size_t i = 0;
	for (; i + 16 <= len; i += 16)
		name_copy_block(wire + i, wire + i, true);
	for (; i < len; i++)
		wire[i] = octet_lower(wire[i]);
}

unsigned name_labels(struct bytes wire)
{
	unsigned n = 0;
	for (size_t at = 0; at < wire.len && wire.at[at] != 0; n++)
		at += (size_t)wire.at[at] + 1;
	return n;
}

struct bytes name_suffix(struct bytes wire, unsigned labels)
{
	unsigned have = name_labels(wire);
	size_t at = 0;
	for (; have > labels; have--)
		at += (size_t)wire.at[at] + 1;
	return BYTES(wire.at + at, wire.len - at);
}

struct bytes name_parent(struct bytes wire)
{
	size_t skip = wire.len > 1 ? (size_t)wire.at[0] + 1 : 0;
	return BYTES(wire.at + skip, wire.len - skip);
}

bool name_within(struct bytes wire, struct bytes zone)
{
	if (zone.len > wire.len)
		return false;
	size_t top = wire.len - zone.len;
	if (memcmp(wire.at + top, zone.at, zone.len) != 0)
		return false;
	/* the octets agree; do they begin at a label? */
	size_t at = 0;
	while (at < top)
		at += (size_t)wire.at[at] + 1;
	return at == top;
}

size_t name_reverse(struct bytes wire, uint8_t *out)
{
	if (wire.len == 0)
		return 0;
	size_t to = wire.len - 1;
	out[to] = 0;
	for (size_t at = 0; wire.at[at] != 0;) {
		size_t n = (size_t)wire.at[at] + 1;
		to -= n;
		memcpy(out + to, wire.at + at, n);
		at += n;
	}
	return wire.len;
}

/* Where each label begins. */
static unsigned name_starts(struct bytes wire, uint8_t starts[NAME_LABELS_MAX + 1])
{
	unsigned n = 0;
	for (size_t at = 0; at < wire.len && wire.at[at] != 0 && n < NAME_LABELS_MAX;
	     n++) {
		starts[n] = (uint8_t)at;
		at += (size_t)wire.at[at] + 1;
	}
	return n;
}

int name_compare(struct bytes a, struct bytes b)
{
	uint8_t as[NAME_LABELS_MAX + 1], bs[NAME_LABELS_MAX + 1];
	unsigned an = name_starts(a, as), bn = name_starts(b, bs);

	while (an > 0 && bn > 0) {
		const uint8_t *al = a.at + as[--an], *bl = b.at + bs[--bn];
		int r = bytes_compare(BYTES(al + 1, al[0]), BYTES(bl + 1, bl[0]));
		if (r != 0)
			return r;
	}
	return an > 0 ? 1 : bn > 0 ? -1 : 0;
}
