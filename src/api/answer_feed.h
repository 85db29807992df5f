/*
 * Feeds over one answer of the history. The shape says what rows look like and what
 * stands before and behind them; the feed does the pulling, the limit and the cursor.
 */
#ifndef YORE_API_ANSWER_FEED_H
#define YORE_API_ANSWER_FEED_H

#include "api/ask.h"

struct answer_feed;

#define ROW_STOP 1

struct shape {
	size_t state;	/* octets, zeroed */
	bool own_limit; /* makes other rows of them and counts those */
	/* 0, negative; row also ROW_STOP: no more, the limit is reached */
	int (*begin)(struct answer_feed *f, struct buf *out);
	int (*row)(struct answer_feed *f, struct buf *out, const struct result *r);
	int (*end)(struct answer_feed *f, struct buf *out);
	void (*release)(struct answer_feed *f);
};

enum answer_end {
	END_WHOLE,
	END_LIMITED, /* rows were cut by the limit */
	END_FAILED,  /* feed.fault says what */
};

struct answer_feed {
	struct feed feed;
	struct ask *ask; /* owned */
	struct store *store;
	struct answer *answer;
	const struct shape *shape;
	void *state;
	uint64_t limit;	 /* rows; shapes that count by themselves turn it up */
	uint64_t cursor; /* of the row given last */
	bool began, ended, found_after;
	enum answer_end end;
};

/* Takes the ask. An answer that cannot be asked leaves its error in the call. */
struct answer_feed *answer_feed_new(struct call *c, struct ask *a,
				    const struct shape *shape);
/* The same and puts it into the call. */
void call_answer(struct call *c, struct ask *a, const struct shape *shape,
		 const char *mime);

/* DNSDB's stream: begin, obj lines, and always a last line that says how it ended. */
extern const struct shape shape_saf;
/* What the format writes and nothing else. */
extern const struct shape shape_plain;
/* DNSDB's flexible search: owner and type, or rdata, each once, in a SAF stream. */
extern const struct shape shape_flex;
/* One object that sums up: as a line, or in a SAF stream. */
extern const struct shape shape_summary, shape_summary_saf;
/* The last line of a SAF stream. */
void saf_put_end(const struct answer_feed *f, struct buf *out);

#endif
