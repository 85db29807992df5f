/*
 * pcap files: draft-ietf-opsawg-pcap, and Kuznetzov's patch (magic a1b2cd34), whose
 * records carry eight more octets (interface, protocol, packet type).
 */
#include <stdlib.h>

#include "capture/format.h"

#define FILE_HEADER 24
#define RECORD_HEADER 16
#define RECORD_HEADER_MODIFIED 24

struct pcap {
	bool big;
	uint32_t link;
	uint32_t record_header;
	uint32_t fraction; /* divides the fraction of a second down to microseconds */
	enum { ORDER_AS_IS, ORDER_SWAPPED, ORDER_GREATER_IS_WIRE } lengths;
};

static const struct magic {
	uint32_t value;
	uint32_t record_header, fraction;
} magics[] = {
    {0xa1b2c3d4, RECORD_HEADER, 1},
    {0xa1b23c4d, RECORD_HEADER, 1000},
    {0xa1b2cd34, RECORD_HEADER_MODIFIED, 1},
};

static const struct magic *magic_of(const uint8_t *p, bool *big)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		for (int order = 0; order < 2; order++)
			if (order_u32(p, order) == magics[i].value) {
				*big = order;
				return &magics[i];
			}
	return NULL;
}

static int pcap_knows(struct bytes head)
{
	bool big;
	return head.len >= 4 && magic_of(head.at, &big) != NULL;
}

static int pcap_open(struct source *s, struct fault *f)
{
	const uint8_t *h = intake_peek(&s->in, FILE_HEADER);
	struct pcap *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return fault_set(f, YORE_ENOMEM, "out of memory");
	s->own = p;
	if (h == NULL) {
		source_cut(s, 0, "the file header");
		return 0;
	}
	const struct magic *m = magic_of(h, &p->big);
	uint16_t major = order_u16(h + 4, p->big), minor = order_u16(h + 6, p->big);
	if (major != 2)
		return fault_set(f, YORE_EUNSUPPORTED, "pcap version %u.%u is not known",
				 major, minor);
	/* before 2.3 the two lengths stood the other way round, in 2.3 either way */
	p->lengths = minor < 3	  ? ORDER_SWAPPED
		     : minor == 3 ? ORDER_GREATER_IS_WIRE
				  : ORDER_AS_IS;
	p->link = order_u32(h + 20, p->big) & 0xffff; /* above: length of the FCS */
	p->record_header = m->record_header;
	p->fraction = m->fraction;
	intake_pass(&s->in, FILE_HEADER);
	return 0;
}

static void order_lengths(const struct pcap *p, uint32_t *len, uint32_t *wire)
{
	if (p->lengths == ORDER_SWAPPED ||
	    (p->lengths == ORDER_GREATER_IS_WIRE && *len > *wire)) {
		uint32_t t = *len;
		*len = *wire;
		*wire = t;
	}
}

static int pcap_next(struct source *s, struct frame *ret)
{
	const struct pcap *p = s->own;
	uint64_t start = s->in.passed;
	const uint8_t *h = intake_peek(&s->in, p->record_header);
	if (h == NULL)
		return intake_left(&s->in) == 0 && s->in.broken[0] == '\0'
			   ? 0
			   : source_cut(s, start, "a record header");
	uint32_t len = order_u32(h + 8, p->big), wire = order_u32(h + 12, p->big);
	if (__builtin_expect(p->lengths != ORDER_AS_IS, 0))
		order_lengths(p, &len, &wire);
	if (len > FRAME_MOST)
		return source_damage(s, start, "a record states %u octets", len);
	h = intake_peek(&s->in, p->record_header + len);
	if (h == NULL)
		return source_cut(s, start, "a record");
	uint32_t fraction = order_u32(h + 4, p->big);
	ret->time_us = (int64_t)order_u32(h, p->big) * 1000000 +
		       (p->fraction == 1 ? fraction : fraction / p->fraction);
	ret->link = p->link;
	ret->wire_len = wire;
	ret->octets = BYTES(h + p->record_header, len);
	intake_pass(&s->in, p->record_header + len);
	return 1;
}

static void pcap_close(struct source *s)
{
	free(s->own);
}

const struct format format_pcap = {"pcap", pcap_knows, pcap_open, pcap_next, pcap_close};
