/*
 * What an input is, whatever it is called: hash of sensor, link type and first packet;
 * then, packet by packet, a chained hash, kept at every power of two. By these a file is
 * found in the ledger, a cut copy is recognised, and another file that only begins with
 * the same packet is told apart (it becomes another branch of the same identity).
 */
#ifndef YORE_SENSOR_IDENTITY_H
#define YORE_SENSOR_IDENTITY_H

#include "net/frame.h"
#include "store/store.h"

#define IDENTITY_PREFIX 12 /* the octets before the branch */

/* Branch 0; sensor may be "". */
void identity_of(const char *sensor, const struct frame *first, struct input_id *ret);
uint32_t identity_branch(const struct input_id *id);
void identity_set_branch(struct input_id *id, uint32_t branch);

/* One more packet. */
void position_step(struct input_position *p, const struct frame *f);

/*
 * Does a file that came as far as `at` agree with what the ledger says of one that came
 * as far as `known`? Looked at once when at.packets == known.packets, and at the end of
 * a file that is shorter: then only the checkpoints up to its length can say.
 */
bool position_agrees(const struct input_position *at, const struct input_position *known);

/* Where the shelves stand with each branch of an identity. */
struct known_shelf {
	uint32_t branch;
	bool refuted; /* of its branch: a different file */
	bool ended;   /* who asked: open questions were told as unanswered there */
	char shelf[SHELF_MAX];
	struct input_position to;
};

/* What a commit says of itself in its counters when it told of open questions. */
#define IDENTITY_ENDED "who.ended=1\n"

struct known {
	struct known_shelf *at;
	size_t count;
	uint64_t most; /* packets, over all branches */
};

int known_ask(struct store *s, const struct input_id *id, struct known *ret,
	      struct fault *f) YORE_MUST_CHECK;
void known_release(struct known *k);

/* Call after each packet up to `most`, and once at the end; refutes what disagrees. */
void known_compare(struct known *k, const struct input_position *at, bool end);
/* The lowest branch that is not refuted, else one that is not used yet. */
uint32_t known_branch(const struct known *k);

#endif
