/* snoop files, version 2: RFC 1761. All fields are big-endian. */
#include "capture/format.h"

#include <stdlib.h>

#define FILE_HEADER 16
#define RECORD_HEADER 24

/* Datalink types of RFC 1761 that have a LINKTYPE_ value. */
static const struct datalink {
	uint32_t snoop, link;
} datalinks[] = {{0, 1}, {2, 6}, {4, 1}, {8, 10}};

static int snoop_knows(struct bytes head)
{
	return bytes_begins(head, BYTES_LIT("snoop\0\0\0"));
}

static int snoop_open(struct source *s, struct fault *f)
{
	const uint8_t *h = intake_peek(&s->in, FILE_HEADER);
	uint32_t *link = calloc(1, sizeof(*link));
	if (link == NULL)
		return fault_set(f, YORE_ENOMEM, "out of memory");
	s->own = link;
	if (h == NULL) {
		source_cut(s, 0, "the file header");
		return 0;
	}
	if (load_u32be(h + 8) != 2)
		return fault_set(f, YORE_EUNSUPPORTED, "snoop version %u is not known",
				 load_u32be(h + 8));
	for (size_t i = 0; i < sizeof(datalinks) / sizeof(*datalinks); i++) {
		if (datalinks[i].snoop != load_u32be(h + 12))
			continue;
		*link = datalinks[i].link;
		intake_pass(&s->in, FILE_HEADER);
		return 0;
	}
	return fault_set(f, YORE_EUNSUPPORTED, "snoop datalink type %u is not known",
			 load_u32be(h + 12));
}

static int snoop_next(struct source *s, struct frame *ret)
{
	uint64_t start = s->in.passed;
	const uint8_t *h = intake_peek(&s->in, RECORD_HEADER);
	if (h == NULL)
		return intake_left(&s->in) == 0 && s->in.broken[0] == '\0'
			   ? 0
			   : source_cut(s, start, "a record header");
	uint32_t wire = load_u32be(h), len = load_u32be(h + 4), whole = load_u32be(h + 8);
	if (len > FRAME_MOST || whole > FRAME_MOST + RECORD_HEADER ||
	    whole < len + RECORD_HEADER)
		return source_damage(s, start, "a record of %u octets states %u octets",
				     whole, len);
	h = intake_peek(&s->in, whole);
	if (h == NULL)
		return source_cut(s, start, "a record");
	ret->time_us = (int64_t)load_u32be(h + 16) * 1000000 + load_u32be(h + 20);
	ret->link = *(const uint32_t *)s->own;
	ret->wire_len = wire;
	ret->octets = BYTES(h + RECORD_HEADER, len);
	intake_pass(&s->in, whole);
	return 1;
}

static void snoop_close(struct source *s)
{
	free(s->own);
}

const struct format format_snoop = {"snoop", snoop_knows, snoop_open, snoop_next,
				    snoop_close};
