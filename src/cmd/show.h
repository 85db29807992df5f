/*
 * How records are shown: view, order, limit and format; and showing them.
 *
 * A terminal gets a table, a pipe gets COF lines, unless a format is named.
 */
#ifndef YORE_CMD_SHOW_H
#define YORE_CMD_SHOW_H

#include "cmd/command.h"
#include "format/format.h"

struct show_options {
	const char *format, *separator;
	unsigned view; /* 1 + index of rrset|rr|month, as enum view */
	bool gravel;   /* dnsdbq's -g: the month view */
	struct option_list sort;
	bool ascending, descending;
	uint64_t limit, offset;
	const char *cursor;
	unsigned colour; /* enum colour_choice */
	bool days, by_month, defang, sensors, places;
	bool quiet;
};
extern const struct option_row show_rows[];

struct show {
	struct invocation *in;
	const struct format *format;
	struct format_options options;
	struct fence fence; /* what the timeline marks */
	struct writer writer;
	bool open;
};

/* View, sort, limit and offset into the question. A status, said when not OK. */
int show_apply(const struct invocation *in, const struct show_options *o,
	       struct query *q);
/* Chooses the format; q->view must be settled. A status. */
int show_init(struct show *s, struct invocation *in, const struct show_options *o,
	      const struct query *q);
/* For people: each term of a batch gets its own, with a heading. */
bool show_is_table(const struct show *s);
/* 0, or an error of the writer. The writer is opened by the first row, or by end. */
int show_row(struct show *s, const struct result *r);
int show_end(struct show *s, const struct answer_counters *c);
void show_release(struct show *s);

#endif
