/* IEEE 802.11 data frames, and the headers that capture drivers put before them. */
#include "net/walk.h"

/* Frame control, first octet: type and subtype; second: flags. */
#define TYPE_DATA 0x08
#define TYPE_MASK 0x0c
#define SUBTYPE_NO_DATA 0x40
#define SUBTYPE_QOS 0x80
#define FLAG_TO_DS 0x01
#define FLAG_FROM_DS 0x02
#define FLAG_PROTECTED 0x40
#define FLAG_ORDER 0x80
#define QOS_AMSDU 0x80

static size_t header_len(const uint8_t *h)
{
	size_t n = 24;
	if ((h[1] & FLAG_TO_DS) && (h[1] & FLAG_FROM_DS))
		n += 6;
	if (h[0] & SUBTYPE_QOS)
		n += h[1] & FLAG_ORDER ? 6 : 2;
	return n;
}

static enum layer data_frame(struct walk *w, bool padded)
{
	const uint8_t *h = walk_want(w, 24);
	if (h == NULL)
		return WALK_END(w, malformed);
	if ((h[0] & TYPE_MASK) != TYPE_DATA || (h[0] & SUBTYPE_NO_DATA) ||
	    (h[1] & FLAG_PROTECTED))
		return WALK_END(w, not_ip);
	size_t n = header_len(h);
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	bool amsdu =
	    (h[0] & SUBTYPE_QOS) && (h[n - (h[1] & FLAG_ORDER ? 6 : 2)] & QOS_AMSDU);
	if (amsdu) /* several packets in a frame: never seen in the clear */
		return WALK_END(w, not_ip);
	if (padded)
		n = (n + 3) & ~(size_t)3;
	if (walk_want(w, n) == NULL)
		return WALK_END(w, malformed);
	w->at += n;
	return LAYER_LLC;
}

enum layer walk_wifi(struct walk *w)
{
	return data_frame(w, false);
}

/* The flags field of a radiotap header, 0 when it has none: radiotap.org. */
static uint8_t radiotap_flags(const uint8_t *h, size_t len)
{
	uint32_t present = (uint32_t)h[7] << 24 | h[6] << 16 | h[5] << 8 | h[4];
	size_t at = 8;
	for (uint32_t p = present; p & 0x80000000; at += 4) {
		if (at + 4 > len)
			return 0;
		p = (uint32_t)h[at + 3] << 24;
	}
	if (present & 1) /* TSFT: eight octets, aligned */
		at = ((at + 7) & ~(size_t)7) + 8;
	return (present & 2) && at < len ? h[at] : 0;
}

enum layer walk_radiotap(struct walk *w)
{
	const uint8_t *h = walk_want(w, 8);
	size_t len = h ? (size_t)(h[3] << 8 | h[2]) : 0;
	if (len < 8 || walk_want(w, len) == NULL)
		return WALK_END(w, malformed);
	uint8_t flags = radiotap_flags(h, len);
	w->at += len;
	if (flags & 0x40) /* bad checksum: not what was sent */
		return WALK_END(w, malformed);
	return data_frame(w, flags & 0x20);
}
