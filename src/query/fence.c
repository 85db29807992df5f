#include "query/fence.h"

static int read_when(const char *text, const char *what, int64_t now_s, int32_t tz_s,
		     bool end, struct fault *f, int64_t *ret)
{
	if (text == NULL || *text == '\0')
		return 0;
	if (when_parse(text, now_s, tz_s, end, ret) < 0)
		return fault_set(f, YORE_EMALFORMED,
				 "%s '%.80s': not a time; write 2015-07-01, "
				 "2015-07-01T12:00:00Z, -90d or epoch seconds",
				 what, text);
	return 0;
}

static int check_order(int64_t from_s, int64_t to_s, struct fault *f)
{
	if (from_s == WHEN_UNKNOWN || to_s == WHEN_UNKNOWN || from_s <= to_s)
		return 0;
	char a[WHEN_TEXT_MAX], b[WHEN_TEXT_MAX];
	when_text(from_s, a);
	when_text(to_s, b);
	return fault_set(f, YORE_EMALFORMED, "fence: begins at %s, behind its end %s", a,
			 b);
}

int fence_parse(const char *from, const char *to, int64_t now_s, int32_t tz_s,
		struct fault *f, struct fence *ret)
{
	struct fence fence = FENCE_OPEN;
	int r = read_when(from, "from", now_s, tz_s, false, f, &fence.from_s);
	if (r == 0)
		r = read_when(to, "to", now_s, tz_s, true, f, &fence.to_s);
	if (r == 0)
		r = check_order(fence.from_s, fence.to_s, f);
	if (r == 0)
		*ret = fence;
	return r;
}

int fence_on(const char *day, int64_t now_s, int32_t tz_s, struct fault *f,
	     struct fence *ret)
{
	int r = fence_parse(day, day, now_s, tz_s, f, ret);
	if (r == 0)
		ret->seen = true;
	return r;
}

int bounds_parse(const char *after, const char *before, bool complete, int64_t now_s,
		 int32_t tz_s, struct fault *f, struct bounds *ret)
{
	int64_t a = WHEN_UNKNOWN, b = WHEN_UNKNOWN;
	struct bounds bounds = BOUNDS_OPEN;
	int r = read_when(after, "after", now_s, tz_s, false, f, &a);
	if (r == 0)
		r = read_when(before, "before", now_s, tz_s, true, f, &b);
	if (r == 0)
		r = check_order(a, b, f);
	if (r < 0)
		return r;
	if (complete) {
		bounds.first_after_s = a;
		bounds.last_before_s = b;
	} else {
		bounds.last_after_s = a;
		bounds.first_before_s = b;
	}
	*ret = bounds;
	return 0;
}

bool fence_has(const struct fence *f, int64_t s)
{
	return s != WHEN_UNKNOWN && (f->from_s == WHEN_UNKNOWN || s >= f->from_s) &&
	       (f->to_s == WHEN_UNKNOWN || s <= f->to_s);
}

/* One date only stands for both ends; no date passes open fences only. */
static bool settle(int64_t *first_s, int64_t *last_s)
{
	if (*first_s == WHEN_UNKNOWN)
		*first_s = *last_s;
	if (*last_s == WHEN_UNKNOWN)
		*last_s = *first_s;
	return *first_s != WHEN_UNKNOWN;
}

bool fence_passes(const struct fence *f, int64_t first_s, int64_t last_s)
{
	if (fence_is_open(f))
		return true;
	if (!settle(&first_s, &last_s))
		return false;
	if (f->strict)
		return fence_has(f, first_s) && fence_has(f, last_s);
	return (f->from_s == WHEN_UNKNOWN || last_s >= f->from_s) &&
	       (f->to_s == WHEN_UNKNOWN || first_s <= f->to_s);
}

bool bounds_pass(const struct bounds *b, int64_t first_s, int64_t last_s)
{
	if (b->first_before_s == WHEN_UNKNOWN && b->first_after_s == WHEN_UNKNOWN &&
	    b->last_before_s == WHEN_UNKNOWN && b->last_after_s == WHEN_UNKNOWN)
		return true;
	if (!settle(&first_s, &last_s))
		return false;
	return (b->first_before_s == WHEN_UNKNOWN || first_s <= b->first_before_s) &&
	       (b->first_after_s == WHEN_UNKNOWN || first_s >= b->first_after_s) &&
	       (b->last_before_s == WHEN_UNKNOWN || last_s <= b->last_before_s) &&
	       (b->last_after_s == WHEN_UNKNOWN || last_s >= b->last_after_s);
}

bool fence_saw(const struct fence *f, int32_t month, const struct span *row)
{
	if (fence_has(f, row->first_s) || fence_has(f, row->last_s))
		return true;
	if (month == 0 || row->days == 0)
		return false;
	/*
	 * Neither end lies inside, so only days strictly between them can, if the row
	 * begins before the fence and ends behind it: a day that the fence cuts in two
	 * proves nothing about the part inside.
	 */
	if (f->from_s == WHEN_UNKNOWN || f->to_s == WHEN_UNKNOWN ||
	    row->first_s >= f->from_s || row->last_s <= f->to_s)
		return false;
	int64_t start = when_month_start(month);
	for (unsigned d = 0; d < 31; d++) {
		int64_t from = start + (int64_t)d * 86400;
		if ((row->days >> d & 1) && fence_has(f, from) &&
		    fence_has(f, from + 86399))
			return true;
	}
	return false;
}

bool fence_touches_month(const struct fence *f, int32_t month)
{
	return (f->from_s == WHEN_UNKNOWN || month >= when_month(f->from_s)) &&
	       (f->to_s == WHEN_UNKNOWN || month <= when_month(f->to_s));
}

void fence_put(struct buf *out, const struct fence *f)
{
	char t[WHEN_TEXT_MAX];
	if (fence_is_open(f)) {
		buf_puts(out, "any time");
		return;
	}
	if (f->from_s == WHEN_UNKNOWN) {
		when_text(f->to_s, t);
		buf_printf(out, "until %s", t);
	} else {
		when_text(f->from_s, t);
		buf_printf(out, f->to_s == WHEN_UNKNOWN ? "since %s" : "%s", t);
		if (f->to_s != WHEN_UNKNOWN) {
			when_text(f->to_s, t);
			buf_printf(out, " .. %s", t);
		}
	}
	buf_puts(out, f->seen	  ? ", seen inside"
		      : f->strict ? ", wholly inside"
				  : ", overlapping");
}
