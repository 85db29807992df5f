/*
 * Which records: terms, types, time. The options that query, export, timeline and the
 * others share, and the question (query/query.h) they make.
 */
#ifndef YORE_CMD_SELECT_H
#define YORE_CMD_SELECT_H

#include "cmd/command.h"
#include "query/query.h"

#define SELECT_TYPES_MAX 64
#define SELECT_SOURCES_MAX 64

struct select_options {
	struct option_list rrname, rdata, ip; /* -r -n -i */
	const char *types, *bailiwick, *sensor;
	struct option_list sources;
	bool subdomains, both, negative, suspicious;
};
extern const struct option_row select_rows[];

struct time_options {
	const char *from, *to, *on, *after, *before, *tz;
	bool strict, seen, complete;
};
extern const struct option_row time_rows[];

/*
 * A question with everything it points at. Fill it with select_options_apply, add terms,
 * then use .query; release when no answer is open any more.
 */
struct selection {
	struct query query;
	struct term *terms;
	size_t count, room;
	uint16_t types[SELECT_TYPES_MAX];
	uint16_t sources[SELECT_SOURCES_MAX];
};

/* Status; said when not OK. Terms of -r -n -i are added, others with selection_add. */
int selection_init(const struct invocation *in, const struct select_options *o,
		   const struct time_options *t, struct selection *ret);
int selection_add(struct selection *s, const char *text, struct fault *f);
void selection_clear(struct selection *s); /* forgets the terms */
void selection_release(struct selection *s);

/* Where "/TYPE" begins behind a name: a slash that is not escaped, and no digit behind it
   ("1.0/25.2.0.192.in-addr.arpa/PTR", "192.0.2.0/24/A"). NULL: there is none. */
const char *select_type_slash(const char *text);

/* Fences as --from and --to take them, in the zone of --tz. EMALFORMED. */
int time_fence(const struct time_options *t, const char *from, const char *to,
	       int64_t now_s, struct fault *f, struct fence *ret);
/* The time that was asked about, whichever options said it. */
struct fence time_window(const struct query *q);

#endif
