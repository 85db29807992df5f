/*
 * A message read the slow way: every name and every rdata for itself, nothing
 * remembered. What message_parse has to agree with, in unit tests and under the fuzzer.
 */
#ifndef YORE_TESTS_DNS_REFERENCE_H
#define YORE_TESTS_DNS_REFERENCE_H

#include <stdlib.h>

#include "dns/message.h"
#include "dns/rdata.h"

#define REFERENCE_ROOM 70000

/* Rdata that is kept as it stands: pseudo-records, other classes, updates without any. */
static inline bool reference_raw(uint16_t type, uint16_t class, size_t rdlen)
{
	if (type_is_meta(type))
		return true;
	return class != CLASS_IN &&
	       (rdlen == 0 || (class != CLASS_NONE && class != CLASS_ANY));
}

/* Compares one record with what stands at *at of msg; false: they differ. */
static inline bool reference_rr(struct bytes msg, size_t *at, const struct rr *rr,
				uint8_t *room)
{
	uint8_t owner[NAME_WIRE_MAX];
	int n = name_decompress(msg, at, owner);
	if (n < 0 || !bytes_equal(rr->owner, BYTES(owner, n)) || *at + 10 > msg.len)
		return false;
	const uint8_t *p = msg.at + *at;
	size_t rdlen = load_u16be(p + 8);
	*at += 10 + rdlen;
	if (rr->type != load_u16be(p) || rr->class != load_u16be(p + 2) ||
	    rr->ttl != load_u32be(p + 4) || *at > msg.len)
		return false;
	if (reference_raw(rr->type, rr->class, rdlen))
		return bytes_equal(rr->rdata, BYTES(p + 10, rdlen));
	n = rdata_canonical(msg, *at - rdlen, rdlen, rr->type, room, REFERENCE_ROOM);
	return n >= 0 && bytes_equal(rr->rdata, BYTES(room, n));
}

/* Is what the parser made of a message (or of its undamaged front) what stands there? */
static inline bool reference_agrees(struct bytes msg, const struct message *m)
{
	size_t at = 12;
	uint8_t name[NAME_WIRE_MAX], *room = malloc(REFERENCE_ROOM);
	bool good = msg.len >= 12;
	for (unsigned i = 0; good && i < m->qdcount; i++) {
		size_t from = at;
		int n = name_decompress(msg, &at, name);
		good = n > 0 && at + 4 <= msg.len;
		at += 4;
		if (!good || i > 0)
			continue;
		good = bytes_equal(m->question.name, BYTES(name, n)) &&
		       m->question.type == load_u16be(msg.at + at - 4) &&
		       m->question.class == load_u16be(msg.at + at - 2);
		n = name_decompress_case(msg, &from, name);
		good = good && bytes_equal(m->question.spelling, BYTES(name, n));
	}
	unsigned left[3];
	for (unsigned s = 0; good && s < 3; s++)
		left[s] = load_u16be(msg.at + 6 + 2 * s);
	for (unsigned i = 0, s = 0; good && i < m->rr_count; i++) {
		while (s < 3 && left[s] == 0)
			s++;
		good = s < 3 && left[s]-- > 0 && m->rr[i].section == s &&
		       reference_rr(msg, &at, &m->rr[i], room);
	}
	free(room);
	return good;
}

/* Could the slow way have read all of it? Then the parser should have as well. */
static inline bool reference_reads(struct bytes msg)
{
	size_t at = 12;
	uint8_t name[NAME_WIRE_MAX], *room = malloc(REFERENCE_ROOM);
	bool good = msg.len >= 12 && msg.len <= 65535;
	for (unsigned i = 0; good && i < load_u16be(msg.at + 4); i++) {
		good = name_decompress(msg, &at, name) > 0 && at + 4 <= msg.len;
		at += 4;
	}
	unsigned count = 0;
	for (unsigned s = 0; good && s < 3; s++)
		count += load_u16be(msg.at + 6 + 2 * s);
	for (; good && count > 0; count--) {
		good = name_decompress(msg, &at, name) > 0 && at + 10 <= msg.len;
		if (!good)
			break;
		const uint8_t *p = msg.at + at;
		size_t rdlen = load_u16be(p + 8);
		uint16_t type = load_u16be(p), class = load_u16be(p + 2);
		at += 10;
		good = at + rdlen <= msg.len &&
		       (reference_raw(type, class, rdlen) ||
			rdata_canonical(msg, at, rdlen, type, room, REFERENCE_ROOM) >= 0);
		at += rdlen;
	}
	free(room);
	return good;
}

#endif
