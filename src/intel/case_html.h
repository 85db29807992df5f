/* report.html, within itself: the bars of time (case_html_time.c). */
#ifndef YORE_INTEL_CASE_HTML_H
#define YORE_INTEL_CASE_HTML_H

#include "intel/case.h"

struct axis {
	int64_t from_s, to_s;
};

/* Everything of one indicator, and the window, fits on it. */
struct axis html_axis(const struct investigation *q, size_t subject);
void html_scale(struct buf *out, const struct axis *x);
void html_bar(struct buf *out, const struct axis *x, const struct line *l,
	      const struct window *w);
void html_day(struct buf *out, int64_t s);

#endif
