/*
 * pcapng files: draft-ietf-opsawg-pcapng. Sections in either byte order, each with its
 * own interfaces; Enhanced, Simple and the old Packet Block. Other blocks are passed
 * over by their length. A Simple Packet has no time: its time_us is 0, which what
 * follows refuses as a date outside the sane range.
 */
#include <stdlib.h>

#include "capture/format.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define INTERFACES_MOST 65536		       /* in a section */
#define BLOCK_MOST (FRAME_MOST + (128u << 10)) /* one with a frame: and its options */
#define TIME_MOST ((int64_t)1 << 60)	       /* differences of two never overflow */
#define OPTION_TSRESOL 9
#define OPTION_TSOFFSET 14

struct interface {
	uint32_t link, snaplen;
	uint8_t tsresol;
	int64_t tsoffset_s;
};

struct pcapng {
	bool big;
	struct interface *interfaces;
	uint32_t count, room;
};

/* A block in view: body without the three fields around it. */
struct block {
	uint32_t type, total;
	uint64_t start;
	struct bytes body;
};

static int pcapng_knows(struct bytes head)
{
	return head.len >= 12 && load_u32be(head.at) == BLOCK_SECTION &&
	       (load_u32be(head.at + 8) == BYTE_ORDER_MAGIC ||
		load_u32be(head.at + 8) == __builtin_bswap32(BYTE_ORDER_MAGIC));
}

static int pcapng_open(struct source *s, struct fault *f)
{
	s->own = calloc(1, sizeof(struct pcapng));
	return s->own ? 0 : fault_set(f, YORE_ENOMEM, "out of memory");
}

static int add_interface(struct pcapng *p, const struct interface *i)
{
	if (p->count == INTERFACES_MOST)
		return YORE_ELIMIT;
	if (p->count == p->room) {
		uint32_t room = p->room ? p->room * 2 : 8;
		struct interface *grown =
		    realloc(p->interfaces, room * sizeof(*p->interfaces));
		if (grown == NULL)
			return YORE_ENOMEM;
		p->interfaces = grown;
		p->room = room;
	}
	p->interfaces[p->count++] = *i;
	return 0;
}

static void read_option(const struct pcapng *p, struct interface *i, uint16_t code,
			struct bytes v)
{
	if (code == OPTION_TSRESOL && v.len >= 1)
		i->tsresol = v.at[0];
	if (code == OPTION_TSOFFSET && v.len >= 8) {
		uint64_t lo = order_u32(v.at + (p->big ? 4 : 0), p->big);
		uint64_t hi = order_u32(v.at + (p->big ? 0 : 4), p->big);
		i->tsoffset_s = (int64_t)(hi << 32 | lo);
	}
}

static int read_interface(struct source *s, const struct block *b)
{
	struct pcapng *p = s->own;
	if (b->body.len < 8)
		return source_damage(s, b->start, "an interface block of %u octets",
				     b->total);
	struct interface i = {.link = order_u16(b->body.at, p->big),
			      .snaplen = order_u32(b->body.at + 4, p->big),
			      .tsresol = 6};
	struct reader r = reader_of(b->body);
	reader_skip(&r, 8);
	while (reader_left(&r) >= 4) {
		const uint8_t *o = r.at;
		uint16_t code = order_u16(o, p->big), len = order_u16(o + 2, p->big);
		reader_skip(&r, 4);
		struct bytes v = reader_take(&r, len);
		if (code == 0 || r.err)
			break;
		read_option(p, &i, code, v);
		reader_skip(&r, (4 - len % 4) % 4);
	}
	int e = add_interface(p, &i);
	if (e == YORE_ELIMIT)
		return source_damage(s, b->start, "more than %u interfaces in a section",
				     INTERFACES_MOST);
	return e;
}

static int read_section(struct source *s, const struct block *b)
{
	struct pcapng *p = s->own;
	uint16_t major = b->body.len >= 6 ? order_u16(b->body.at + 4, p->big) : 0;
	p->count = 0;
	if (b->body.len < 16)
		return source_damage(s, b->start, "a section header of %u octets",
				     b->total);
	if (major != 1)
		return source_damage(s, b->start, "a section of version %u", major);
	return 0;
}

static int64_t time_of(const struct interface *i, uint64_t ticks)
{
	unsigned e = i->tsresol & 0x7f;
	__int128 us;
	if (i->tsresol & 0x80) {
		us = e < 64 ? ((__int128)ticks * 1000000) >> e : 0;
	} else {
		us = ticks;
		for (unsigned k = e; k < 6; k++)
			us *= 10;
		for (unsigned k = 6; k < e && us != 0; k++)
			us /= 10;
	}
	us += (__int128)i->tsoffset_s * 1000000;
	if (us > TIME_MOST)
		return TIME_MOST;
	return us < -TIME_MOST ? -TIME_MOST : (int64_t)us;
}

/* A frame of an Enhanced (or old) Packet Block; `fixed` octets stand before its data. */
static int read_packet(struct source *s, const struct block *b, struct frame *ret)
{
	const struct pcapng *p = s->own;
	const uint8_t *h = b->body.at;
	const size_t fixed = 20;
	if (b->body.len < fixed)
		return source_damage(s, b->start, "a packet block of %u octets",
				     b->total);
	uint32_t which =
	    b->type == BLOCK_ENHANCED ? order_u32(h, p->big) : order_u16(h, p->big);
	if (which >= p->count)
		return source_damage(s, b->start, "a packet of interface %u of %u", which,
				     p->count);
	uint32_t len = order_u32(h + 12, p->big);
	if (len > b->body.len - fixed || len > FRAME_MOST)
		return source_damage(s, b->start, "a packet block of %u states %u octets",
				     b->total, len);
	const struct interface *i = &p->interfaces[which];
	uint64_t ticks =
	    (uint64_t)order_u32(h + 4, p->big) << 32 | order_u32(h + 8, p->big);
	ret->time_us = i->tsresol == 6 && i->tsoffset_s == 0 && ticks <= TIME_MOST
			   ? (int64_t)ticks
			   : time_of(i, ticks);
	ret->link = i->link;
	ret->wire_len = order_u32(h + 16, p->big);
	ret->octets = BYTES(h + fixed, len);
	return 1;
}

static int read_simple(struct source *s, const struct block *b, struct frame *ret)
{
	const struct pcapng *p = s->own;
	if (b->body.len < 4 || p->count == 0)
		return source_damage(s, b->start, "a simple packet block %s",
				     p->count ? "too short" : "without an interface");
	const struct interface *i = &p->interfaces[0];
	uint32_t wire = order_u32(b->body.at, p->big), len = wire;
	if (i->snaplen != 0 && len > i->snaplen)
		len = i->snaplen;
	if (len > b->body.len - 4)
		len = (uint32_t)b->body.len - 4;
	ret->time_us = 0;
	ret->link = i->link;
	ret->wire_len = wire;
	ret->octets = BYTES(b->body.at + 4, len);
	return 1;
}

/* Type, length and byte order of the next block: 1, 0 at the end, or damage. */
static int read_block_head(struct source *s, struct block *b)
{
	struct pcapng *p = s->own;
	b->start = s->in.passed;
	const uint8_t *h = intake_peek(&s->in, 12);
	if (h == NULL)
		return intake_left(&s->in) == 0 && s->in.broken[0] == '\0'
			   ? 0
			   : source_cut(s, b->start, "a block");
	if (load_u32be(h) == BLOCK_SECTION) { /* the same in both orders */
		p->big = load_u32be(h + 8) == BYTE_ORDER_MAGIC;
		if (!p->big && order_u32(h + 8, false) != BYTE_ORDER_MAGIC)
			return source_damage(s, b->start, "a section of no byte order");
	}
	b->type = order_u32(h, p->big);
	b->total = order_u32(h + 4, p->big);
	if (b->total < 12 || b->total % 4 != 0)
		return source_damage(s, b->start, "a block states %u octets", b->total);
	return 1;
}

static bool block_is_read(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_PACKET ||
	       type == BLOCK_SIMPLE || type == BLOCK_ENHANCED;
}

/* Brings a block into view, or passes over it (body empty) when it is none of ours. */
static int read_block(struct source *s, struct block *b)
{
	struct pcapng *p = s->own;
	int r = read_block_head(s, b);
	if (r <= 0)
		return r;
	b->body = BYTES(NULL, 0);
	if (!block_is_read(b->type)) {
		if (!intake_skip(&s->in, b->total))
			return source_cut(s, b->start, "a block");
		return 1;
	}
	if (b->total > BLOCK_MOST)
		return source_damage(s, b->start, "a block states %u octets", b->total);
	const uint8_t *h = intake_peek(&s->in, b->total);
	if (h == NULL)
		return source_cut(s, b->start, "a block");
	if (order_u32(h + b->total - 4, p->big) != b->total)
		return source_damage(s, b->start, "a block with two different lengths");
	b->body = BYTES(h + 8, b->total - 12);
	return 1;
}

static int pcapng_next(struct source *s, struct frame *ret)
{
	for (;;) { /* ends with the input: every block takes 12 octets or more */
		struct block b = {0};
		int r = read_block(s, &b);
		if (r <= 0)
			return r;
		if (b.body.at == NULL)
			continue;
		if (b.type == BLOCK_ENHANCED || b.type == BLOCK_PACKET)
			r = read_packet(s, &b, ret);
		else if (b.type == BLOCK_SIMPLE)
			r = read_simple(s, &b, ret);
		else
			r = b.type == BLOCK_SECTION ? read_section(s, &b)
						    : read_interface(s, &b);
		if (r < 0 || s->over)
			return r;
		intake_pass(&s->in, b.total);
		if (r == 1)
			return 1;
	}
}

static void pcapng_close(struct source *s)
{
	struct pcapng *p = s->own;
	if (p != NULL)
		free(p->interfaces);
	free(p);
}

const struct format format_pcapng = {"pcapng", pcapng_knows, pcapng_open, pcapng_next,
				     pcapng_close};
