/*
 * What a capture format is to this module: a row that recognises its first octets, opens
 * and gives frames. source.c owns the intake and the state; a format owns `own`.
 *
 * A format ends a damaged input with source_damage(), which says why, where (offset of
 * the record in the decompressed stream) and at which packet; then next returns 0.
 */
#ifndef YORE_CAPTURE_FORMAT_H
#define YORE_CAPTURE_FORMAT_H

#include "capture/intake.h"
#include "capture/source.h"

/* No frame is longer than this: tcpdump's own greatest snapshot length. */
#define FRAME_MOST ((uint32_t)256 << 10)

struct format {
	const char *name;
	/* 1: begins like this format, so open it; 0: something else */
	int (*knows)(struct bytes head);
	int (*open)(struct source *s, struct fault *f);
	int (*next)(struct source *s, struct frame *ret); /* as source_next */
	void (*close)(struct source *s);		  /* may be NULL */
};

extern const struct format format_pcap, format_pcapng, format_snoop, format_dnstap,
    format_lines;

struct source {
	struct intake in;
	const struct format *format;
	void *own;
	uint32_t input;
	bool over;
	struct source_state state;
};

/* Ends the input: `what` is wrong with the record that begins at offset `at`. */
int source_damage(struct source *s, uint64_t at, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* The end of the input inside a record that began at `at`: wanted more than there is. */
int source_cut(struct source *s, uint64_t at, const char *record);

/* What a file is that is no capture we read, and what to do; NULL when not known. */
const char *foreign_name(struct bytes head);

static inline uint16_t order_u16(const uint8_t *p, bool big)
{
	return big ? load_u16be(p) : (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t order_u32(const uint8_t *p, bool big)
{
	uint32_t v;
	memcpy(&v, p, 4);
	bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	return big == host_big ? v : __builtin_bswap32(v);
}

#endif
