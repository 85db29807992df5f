/*
 * Sightings to segments: one window in memory, merged by key, written when it is full
 * of memory or time, or when the caller says so. Two windows: while one is being
 * written by the writer's thread the other fills, and the memory ceiling covers both.
 *
 * For every input the window remembers from which packet to which it reaches, so that a
 * commit says exactly what it covers. Sightings of packets that a shelf already has
 * (its ledger's position) are left out: that is how a re-run adds nothing.
 */
#ifndef YORE_GATHER_GATHER_H
#define YORE_GATHER_GATHER_H

#include "gather/budget.h"
#include "observe/observe.h"
#include "record/pseudonym.h"
#include "store/store.h"

struct gather_options {
	size_t memory; /* both windows with their tables; 0: 256 MiB */
	int64_t
	    window_us;	 /* commit at least so often, by packet time; 0: never by time */
	uint32_t sensor; /* sensor_hash of --sensor, 0: not named */
	uint32_t collapse;     /* threshold of gather/collapse.h; 0: its default */
	int64_t asked_since_s; /* questions from before are not kept */
	struct pseudonyms *pseudonyms; /* clients are kept as these; NULL: as they are */
	/* Of evidence: tells the budget what is there already; NULL: nothing is. */
	budget_fill_fn evidence_there;
	void *evidence_arg;
	const struct site *site; /* zones kept in another way; NULL: none. Borrowed */
	bool places;		 /* keep where first and last of each record were seen */
};

struct gather_counters {
	uint64_t sightings,
	    already_there;		 /* taken; left out because the ledger has them */
	uint64_t rrsets, rrs, names;	 /* unique, summed over windows, as written */
	uint64_t segments, rows, octets; /* written */
	uint64_t collapsed_zones, collapsed_rrsets; /* see gather/collapse.h */
	uint64_t heads_left_out;      /* see KEY_HEADS_MAX in record/key.h */
	uint64_t suspicious_left_out; /* sightings, wholly or their server */
	uint64_t questions;	      /* of clients, taken */
	uint64_t questions_too_old;   /* older than they may be kept */
};

/* The same of the site from now on; waits for what is being written. */
struct gather;
int gather_know(struct gather *g, const struct site *site, struct fault *f);

/* Segments go to the sink: store_sink of an open store, an upload spool, a test. */
int gather_new(const struct segment_sink *sink, const struct gather_options *o,
	       struct gather **ret) YORE_MUST_CHECK;
void gather_free(struct gather *g); /* drops what was not flushed */

/*
 * Makes input number `input` known (frame.input): identity and where shelves stand.
 * May be called at any time before its first sighting; known is called from the first
 * packet's identity (sensor/ does that).
 */
int gather_input(struct gather *g, uint32_t input, const struct ledger_entry *start);
int gather_known(struct gather *g, uint32_t input, const char *shelf, uint64_t packets);

/* The reader's progress, once per frame batch: needed before a flush can say `to`. */
void gather_progress(struct gather *g, uint32_t input, const struct input_position *at,
		     int64_t first_us, int64_t last_us);

/* Losses by reason since the last hand-over ("name=value\n"), for the ledger's entry. */
void gather_losses(struct gather *g, uint32_t input, struct bytes lines);

/*
 * A sighting_fn. Negative and suspicious ones go to the shelves of these names, whose
 * keys end in the month's first second; the server that said something suspicious of a
 * name is a B row of its shelf (server, name). Both are bounded by the window, suspicious
 * ones by the day besides (gather/budget.h).
 */
int gather_sightings(const struct sighting *s, size_t count, void *g);
int gather_server(const struct addr *server, struct bytes zone, int64_t time_s,
		  uint32_t input, uint64_t number, void *g); /* a server_fn */

/*
 * A question_fn: to the shelf of its month, "who-2015-07". gather_fault tells why one
 * could not be kept (a key of pseudonyms that cannot be read).
 */
int gather_question(const struct asking *q, void *g);
const struct fault *gather_fault(const struct gather *g);

/*
 * A record as other tools and providers state it, with its own count, span, TTLs and
 * sensors. Month 0: an interval row (shelf "intervals", its span has SPAN_INTERVAL);
 * else a sighting row of the months of first and last: a span over more than one month
 * becomes a sighting at first_s and the rest of the count at last_s, since nothing is
 * known of what lies between. `number` counts lines, as packets above.
 * YORE_EMALFORMED: a sighting without first or last.
 */
int gather_record(struct gather *g, const struct record *r, uint32_t input,
		  uint64_t number);

/* The same of what is suspicious: its source says why (observe/suspect.h), which server
 * said it is not known. */
int gather_evidence(struct gather *g, const struct record *r, uint32_t input,
		    uint64_t number);

/*
 * Hands the window over to be written; flush waits for what is under way and returns its
 * result (YORE_ESTALE: see store_commit), after which nothing more is written.
 * gather_due: is the window full, or old, or is the writer idle and there is enough to
 * begin with? Ask before each packet is decoded (a message adds a bounded amount behind
 * full), and hand over only when gather_progress has told of the packets before.
 */
bool gather_due(const struct gather *g, int64_t now_us);
int gather_hand_over(struct gather *g, struct fault *f);
/* Nothing is being written, so handing over would not wait. */
bool gather_idle(const struct gather *g);
int gather_flush(struct gather *g, struct fault *f);
const struct gather_counters *gather_counters(const struct gather *g);

#endif
