#include "net/framing.h"

#define HEADER 12
#define QUESTION_LEAST 5 /* root, type, class */
#define RECORD_LEAST 11	 /* root, type, class, TTL, length */

static bool flags_plausible(uint16_t flags, enum framing_side side)
{
	bool response = flags & 0x8000;
	unsigned opcode = flags >> 11 & 15;
	if (side == FRAMING_QUERY && response)
		return false;
	if (side == FRAMING_RESPONSE && !response)
		return false;
	return opcode <= 6 && opcode != 3 && !(flags & 0x40); /* Z: RFC 1035 4.1.1 */
}

/* A question's name, type and class, as far as they are in view. */
static bool question_plausible(struct bytes q)
{
	size_t at = 0;
	while (at < q.len && q.at[at] != 0) {
		if (q.at[at] > 63 || at + q.at[at] > 254)
			return false;
		at += 1u + q.at[at];
	}
	if (at + 5 > q.len)
		return true; /* goes on out of view */
	uint16_t class = load_u16be(q.at + at + 3);
	return class == 1 || class == 3 || class == 4 || class >= 254;
}

bool framing_plausible(struct bytes b, enum framing_side side)
{
	if (b.len < FRAMING_LEAST)
		return false;
	size_t len = load_u16be(b.at);
	const uint8_t *h = b.at + 2;
	unsigned questions = load_u16be(h + 4);
	size_t records =
	    (size_t)load_u16be(h + 6) + load_u16be(h + 8) + load_u16be(h + 10);
	if (len < HEADER || questions > 1 || !flags_plausible(load_u16be(h + 2), side))
		return false;
	if (questions + records == 0 ||
	    HEADER + questions * QUESTION_LEAST + records * RECORD_LEAST > len)
		return false;
	size_t view = b.len - 2 < len ? b.len - 2 : len;
	return questions == 0 || question_plausible(BYTES(h + HEADER, view - HEADER));
}

bool framing_begins(struct bytes b, enum framing_side side)
{
	if (!framing_plausible(b, side))
		return false;
	size_t whole = 2u + load_u16be(b.at);
	if (whole >= b.len)
		return true;
	struct bytes rest = BYTES(b.at + whole, b.len - whole);
	if (rest.len < FRAMING_LEAST)
		return rest.len < 2 || load_u16be(rest.at) >= HEADER;
	return framing_plausible(rest, side);
}
