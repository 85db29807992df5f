/* What the parts of gather/gather.h share; internal to gather/. */
#ifndef YORE_GATHER_GATHER_OWN_H
#define YORE_GATHER_GATHER_OWN_H

#include "gather/asked.h"
#include "gather/gather.h"
#include "gather/inputs.h"
#include "gather/window.h"
#include "gather/writer.h"

/* Sightings that wait for the memory they were asked to touch. */
#define PENDING 64
#define PENDING_OCTETS ((size_t)64 << 10)

struct pending {
	uint64_t hash;
	uint32_t key_at, key_len;
	unsigned shelf;
	struct window_sighting what;
	bool stated; /* a span of the place in spans instead */
};

/* The month and shelf of the latest sighting: nearly always those of the next one. */
struct place {
	int64_t start_s, end_s; /* of the month */
	int32_t month;
	int shelf;
};

struct gather {
	struct gather_options o;
	struct window windows[2];
	struct window *window; /* the one being filled */
	struct inputs inputs;
	struct budget *budget; /* of evidence */
	struct writer writer;
	bool singles; /* the site has zones whose sets are kept as single records */
	struct gather_counters c;
	struct place place;
	struct gather_source *source; /* the latest */
	uint32_t source_input;
	uint64_t mark; /* its mark on place.shelf */
	struct {
		int shelf;     /* of the window; -1: not yet looked for */
		uint64_t mark; /* of source */
	} private[SIGHTING_KINDS];
	struct asked_place asked;
	struct fault asked_fault;
	struct pending pending[PENDING];
	struct span spans[PENDING];
	unsigned pending_count;
	struct buf keys; /* theirs */
	struct buf key;	 /* of one row at a time */
	size_t early;	 /* handed over from here on when the writer has nothing to do */
	int64_t window_began_us;
};

/* What waits goes into the window. */
int gather_settle(struct gather *g);

/* asked.c: shelves of who asked for what the window covers of inputs that have clients.
 */
int gather_asked_shelves(struct gather *g);

#endif
