/* What the parts of the text table share: its lines as cells, and its shape. */
#ifndef YORE_FORMAT_TEXT_OWN_H
#define YORE_FORMAT_TEXT_OWN_H

#include "base/arena.h"
#include "dns/type.h"
#include "format/format.h"

#define HELD_ROWS 500

struct line { /* one row of the table, as cells */
	char *name, **data;
	size_t data_count;
	int64_t first_s, last_s;
	uint64_t count;
	char type[TYPE_TEXT_MAX];
	const char *source;
	bool unproven, address, by_rdata, zone;
	unsigned hop;
	int32_t month;
	uint32_t days;
	struct month_seen *months;
	size_t month_count;
	struct span_place first_at, last_at;
};

struct text {
	struct arena arena;
	struct line lines[HELD_ROWS];
	size_t held;
	bool streaming;
	struct buf scratch;
	/* columns */
	unsigned time_width, name_width, count_width, type_width, data_width;
	unsigned source_width;
	bool show_name, show_data, show_source, show_hop, month_view;
	bool any_unproven, any_zone;
};

/* text_cells.c */
unsigned text_columns(const char *s); /* of a screen */
unsigned text_digits(uint64_t v);
int text_fill_line(struct writer *w, const struct result *r, struct line *l);

/* text_shape.c: which columns there are and how wide, from the lines that are held.
 * all: no more lines will come. */
void text_choose_widths(struct writer *w, bool all);
/* What stands left of the name. */
unsigned text_fixed_width(const struct text *t, unsigned time_width);

#endif
