#include "cmd/select.h"
#include "cmd/zone.h"

#define AT(field) offsetof(struct time_options, field)

const struct option_row time_rows[] = {
    {"from", 0, OPTION_TEXT, AT(from), "TIME",
     "begin of the time asked about: 2015-07-01, 2015-07-01T12:00:00Z, -90d, epoch"},
    {"to", 0, OPTION_TEXT, AT(to), "TIME",
     "end of it; a day, month or year means its last second"},
    {"strict", 0, OPTION_FLAG, AT(strict), NULL,
     "only records wholly inside that time, from first seen to last"},
    {"seen", 0, OPTION_FLAG, AT(seen), NULL,
     "only records really seen on a day inside it"},
    {"on", 0, OPTION_TEXT, AT(on), "DAY",
     "only records really seen on this day (or month, or year)"},
    {"after", 'A', OPTION_TEXT, AT(after), "TIME", "last seen at TIME or later (dnsdbq)"},
    {"before", 'B', OPTION_TEXT, AT(before), "TIME",
     "first seen at TIME or earlier (dnsdbq)"},
    {"complete", 'c', OPTION_FLAG, AT(complete), NULL,
     "with -A and -B: the whole record lies between them"},
    {"tz", 0, OPTION_TEXT, AT(tz), "ZONE",
     "the zone times are given in: +02:00, Europe/Berlin, local; output is always UTC"},
    {NULL},
};

/* The offset depends on the time and the time on the offset: first read it as UTC. */
static int offset_of(const struct time_options *t, const char *text, int64_t now_s,
		     int32_t *ret, struct fault *f)
{
	int64_t local_s = now_s;
	if (text && *text && when_parse(text, now_s, 0, false, &local_s) < 0)
		local_s = now_s; /* fence_parse will say what is wrong */
	if (zone_offset(t->tz, local_s, ret) < 0)
		return fault_set(f, YORE_EMALFORMED,
				 "--tz '%.60s' is no zone; write +02:00, Europe/Berlin "
				 "or local",
				 t->tz);
	return 0;
}

int time_fence(const struct time_options *t, const char *from, const char *to,
	       int64_t now_s, struct fault *f, struct fence *ret)
{
	struct fence begin, end;
	int32_t from_tz, to_tz;
	int r = offset_of(t, from, now_s, &from_tz, f);
	if (r == 0)
		r = offset_of(t, to, now_s, &to_tz, f);
	if (r == 0 && from_tz == to_tz)
		return fence_parse(from, to, now_s, from_tz, f, ret);
	if (r == 0)
		r = fence_parse(from, NULL, now_s, from_tz, f, &begin);
	if (r == 0)
		r = fence_parse(NULL, to, now_s, to_tz, f, &end);
	if (r < 0)
		return r;
	begin.to_s = end.to_s;
	if (from && to && begin.from_s > begin.to_s)
		return fault_set(f, YORE_EMALFORMED, "fence: begins behind its end");
	*ret = begin;
	return 0;
}

static int64_t known(int64_t a, int64_t b)
{
	return a != WHEN_UNKNOWN ? a : b;
}

struct fence time_window(const struct query *q)
{
	struct fence w = q->fence;
	const struct bounds *b = &q->bounds;
	if (!fence_is_open(&w))
		return w;
	w.from_s = known(b->first_after_s, b->last_after_s);
	w.to_s = known(b->last_before_s, b->first_before_s);
	return w;
}
