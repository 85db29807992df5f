/*
 * The records of a message as RRsets: same owner and type (and type covered, for
 * signatures), wherever in the message they stand, so that a record counts once however
 * often it is repeated. Class IN only, never pseudo-records; both are counted.
 *
 * All memory is kept from message to message.
 */
#ifndef YORE_OBSERVE_GROUP_H
#define YORE_OBSERVE_GROUP_H

#include "dns/message.h"
#include "record/record.h"

struct group {
	struct bytes owner;
	uint16_t type, covered;
	uint32_t ttl;	      /* highest */
	uint32_t first, last; /* chain of records, by place in message.rr */
	uint32_t count;
	uint32_t packed_at, packed_len; /* in groups.packed */
};

struct groups {
	struct group *group; /* in order of first appearance */
	unsigned count, room;
	uint32_t *next;	     /* of each record: the next one of its group */
	uint32_t *slots;     /* of large messages: group + 1 by hash */
	struct bytes *rdata; /* of one set, while it is packed */
	struct buf packed;
	uint64_t class_other, meta; /* records left out, added up */
};

void groups_init(struct groups *g);
void groups_release(struct groups *g);
int groups_of(struct groups *g, const struct message *m) YORE_MUST_CHECK;

static inline struct bytes group_packed(const struct groups *g, const struct group *one)
{
	return BYTES(g->packed.at + one->packed_at, one->packed_len);
}

#endif
