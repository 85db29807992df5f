/*
 * Was anybody watching? From the ledger: which inputs covered the time asked about, so
 * that an empty answer says what it means.
 *
 * The commits of one input are one stretch from its first packet to its last; silences
 * shorter than five minutes, between inputs and at the ends of the window, are not gaps
 * (at the ends of a short window: than a twentieth of it).
 * An open end of the fence means the end of what was watched at all; so a question
 * without a fence is answered by whether there is any input. Years that were dropped
 * count as not watched, whatever inputs of later years reach back into them.
 */
#ifndef YORE_QUERY_COVERAGE_H
#define YORE_QUERY_COVERAGE_H

#include "query/fence.h"
#include "query/interval.h"
#include "store/store.h"

enum watched { WATCHED_NOT, WATCHED_PARTLY, WATCHED_WHOLLY };

struct coverage_input { /* a named sensor, or an input that names none */
	char name[256];
	bool is_sensor;
	unsigned permyriad; /* of the window */
	int64_t first_us, last_us;
	struct interval_set stretches;
};

struct coverage {
	enum watched watched;
	unsigned permyriad;	/* of the window, by anybody */
	struct interval window; /* as asked, open ends closed by what was watched */
	struct interval_set stretches; /* of all inputs, joined */
	struct coverage_input *inputs; /* those that touch the window, most first */
	size_t input_count;
	size_t input_total; /* in the ledger */
};

/* A file without its folder, for a line that people read. */
const char *coverage_short_name(const struct coverage_input *in);

int coverage_measure(struct store *s, const struct fence *fence, struct fault *f,
		     struct coverage *ret) YORE_MUST_CHECK;
/* Of who asked (shelves "who-2015-07"), from since_s on: what is older is not kept. */
int coverage_measure_who(struct store *s, const struct fence *fence, int64_t since_s,
			 struct fault *f, struct coverage *ret) YORE_MUST_CHECK;
void coverage_release(struct coverage *c);

/*
 * One line for people: "watched wholly (2 sensors: edge, resolver)", "watched 41.20 %
 * (1 file: a.pcap); longest gap 2015-07-03T..Z .. ", "not watched: ...".
 */
void coverage_put(struct buf *out, const struct coverage *c);

#endif
