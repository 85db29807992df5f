/*
 * The centre's side of uploads: octets of segments, in parts, until one is whole and is
 * what its name says; then it is taken (take.h). Parts wait in a folder; whatever is
 * offered again is recognised, so a sender may stop and go on anywhere. Thread-safe.
 */
#ifndef YORE_EXCHANGE_RECEIVER_H
#define YORE_EXCHANGE_RECEIVER_H

#include "exchange/take.h"

#define PART_MAX ((size_t)4 << 20) /* octets of one part */

struct receiver;

struct receiver_options {
	const char *dir;     /* for parts; made if it is not there */
	size_t parts_octets; /* ceiling of everything that waits; 0: 1 GiB */
	int64_t part_age_s;  /* parts nobody went on with go after; 0: a day */
};

int receiver_open(struct store *s, const struct receiver_options *o, struct fault *f,
		  struct receiver **ret) YORE_MUST_CHECK;
void receiver_close(struct receiver *r);

enum offer_state {
	OFFER_PART,  /* more is wanted, from `have` on */
	OFFER_TAKEN, /* whole: take says how it went */
	OFFER_BAD,   /* never to be sent again; the fault says why */
	OFFER_BUSY,  /* come again in wait_s */
	OFFER_NEWER, /* likewise: a program that knows this version may run here then */
};

struct offer {
	enum offer_state state;
	uint64_t have;
	enum take_result take;
	struct take_position position;
	unsigned wait_s;
	struct fault fault;
};

/* One part of the segment of that name, which has `size` octets in all. */
void receiver_offer(struct receiver *r, const char *name, uint64_t offset, uint64_t size,
		    struct bytes part, int64_t now_s, struct offer *ret);
/* How many octets of it are waiting. */
uint64_t receiver_have(struct receiver *r, const char *name);

#endif
