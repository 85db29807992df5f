/* What the parts of an import share; internal to sensor/. */
#ifndef YORE_SENSOR_IMPORT_OWN_H
#define YORE_SENSOR_IMPORT_OWN_H

#include "sensor/chain.h"
#include "sensor/feed.h"
#include "sensor/identity.h"
#include "sensor/import.h"

/* One file on its way. */
struct import_input {
	struct import_file *file;
	struct feed feed;
	struct input_id id;
	bool any;		/* it has a first packet (or line) */
	struct log *log;	/* NULL: a capture */
	struct known known;	/* of the ledger; marks are those of the chosen branch */
	uint64_t covered;	/* packets that the branch has on some shelf */
	uint64_t asked_covered; /* and on one of who asked */
	uint64_t
	    ended_at; /* there an earlier import told of open questions; 0: nowhere */
	struct input_position at;
	int64_t first_us, last_us; /* new ones since the last gather_progress */
	int64_t year_from_us, year_to_us;
	uint64_t year_mark; /* how far the shelf of this year is */
};

struct import {
	const struct import_options *o;
	struct import_summary *summary;
	struct import_input *inputs; /* in time order */
	size_t count;
	struct chain chain;
	struct buf losses;
	struct { /* records of logs, as observe counts those of packets */
		uint64_t skipped, rewritten;
	} lines;
	uint64_t total_octets, done_octets, packets;
	int64_t latest_us;
};

/* import_plan.c: which files, in which order; what the ledger knows of each. */
int import_open_all(struct import *im, struct fault *f) YORE_MUST_CHECK;
int import_look_up(struct import *im, struct import_input *in,
		   struct fault *f) YORE_MUST_CHECK;

/* import_overlap.c: YORE_EREFUSED when the sensor covered the input's time already. */
int import_check_overlap(struct import *im, struct import_input *in, int64_t first_us,
			 int64_t last_us, struct fault *f) YORE_MUST_CHECK;

/* import_line.c: other tools' logs. */
int import_open_log(struct import *im, struct import_input *in,
		    struct fault *f) YORE_MUST_CHECK; /* anew for each reading */
void import_close_log(struct import *im, struct import_input *in);
/* Reads the line of this frame; its time goes into the frame (0: none to be watched). */
int import_read_line(struct import *im, struct import_input *in, struct frame *frame,
		     struct log_line *ret, struct fault *f) YORE_MUST_CHECK;
int import_take_line(struct import *im, const struct frame *frame,
		     const struct log_line *line) YORE_MUST_CHECK;

void import_refuse(struct import_input *in, enum import_status status, int err,
		   const struct fault *f);

/* Whatever the branch: it is not yet known of files that come later. */
static inline bool import_same_input(const struct input_id *a, const struct input_id *b)
{
	return memcmp(a->octets, b->octets, IDENTITY_PREFIX) == 0;
}

#define IMPORT_EARLIEST_US 631152000000000 /* 1990-01-01 */
static inline bool import_sane(const struct import *im, int64_t time_us)
{
	return time_us >= IMPORT_EARLIEST_US && time_us <= im->latest_us;
}

#endif
