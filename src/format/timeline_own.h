/* What the parts of the timeline share; internal to format/. */
#ifndef YORE_FORMAT_TIMELINE_OWN_H
#define YORE_FORMAT_TIMELINE_OWN_H

#include "base/arena.h"
#include "format/formats.h"
#include "format/put.h"

#define ROWS_HELD 2000
#define LABEL_MOST 44
#define DAY_S 86400
#define COLUMNS_MOST 400

enum { BOLD = 1, DIM = 2, SEEN = 32 };
enum mark { MARK_NONE, MARK_BETWEEN, MARK_STATED, MARK_SEEN };

struct bar {
	char *name, *label; /* name: what stands above bars of the same one */
	int64_t first_s, last_s;
	struct month_seen *months;
	size_t month_count;
	struct stated *stated; /* none: from first to last */
	size_t stated_count;
	uint64_t hash; /* of name, label and source */
	uint16_t source;
};

struct timeline {
	struct arena arena;
	struct bar bars[ROWS_HELD];
	size_t count;
	uint64_t more;
	struct buf text;
	int64_t from_s, to_s; /* of the axis */
	unsigned label_width, columns;
	bool show_name;
};

static inline void timeline_colour(struct writer *w, int code)
{
	if (w->options.colour)
		buf_printf(w->out, "\033[%dm", code);
}

/* timeline_axis.c: where moments are, once the bars are there and columns is chosen. */
void timeline_choose_axis(struct timeline *t);
void timeline_fill_marks(const struct timeline *t, const struct bar *b, uint8_t *marks);
void timeline_put_axis(struct writer *w); /* with the fence below */

/* timeline_group.c: what a bar is of, when it is not a record's. */
void timeline_put_network(struct buf *out, const struct result *r); /* or its type */
/* The bar of this name, label and source; NULL: none yet. */
struct bar *timeline_find(struct timeline *t, uint64_t hash, const char *name,
			  const char *label, uint16_t source);
/* What is known of `b` becomes part of `into`. ENOMEM. */
int timeline_merge(struct timeline *t, struct bar *into, const struct bar *b);

/* timeline_months.c: instead of bars, a line for each month and source. */
void timeline_put_months(struct writer *w);

#endif
