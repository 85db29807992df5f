/*
 * Times. Inside they are microseconds (`_us`) on the wire side and whole seconds (`_s`)
 * in records, both int64_t since 1970-01-01 UTC; leap seconds do not exist. A month is
 * an int32_t: year * 12 + (month - 1). "Now" is always an argument, never asked for
 * inside a library function.
 */
#ifndef YORE_BASE_WHEN_H
#define YORE_BASE_WHEN_H

#include "base/bytes.h"

#define WHEN_UNKNOWN INT64_MIN
#define WHEN_TEXT_MAX 40

struct civil {
	int year, month, day, hour, minute, second; /* month and day from 1 */
};

struct civil when_civil(int64_t s);
int64_t when_of_civil(const struct civil *c);
int32_t when_month(int64_t s);
int64_t when_month_start(int32_t month); /* seconds */
static inline int when_month_year(int32_t month)
{
	return (int)(month / 12);
}
unsigned when_day(int64_t s); /* day of the month, 1..31 */

/*
 * Text to seconds. Accepts epoch seconds; RFC 3339 with Z or offset; "2015-07-01",
 * "2015-07-01 12:00[:00]", "2015-07", "2015"; relative "-90d", "-3h", "-2w", "-86400"
 * (from now_s), "24w" as dnsdbq does (ago); "now", "today", "yesterday". tz_s is the
 * offset in seconds east of UTC for text without a zone (normally 0). With `end`, a text
 * that names a day, month, year, hour or minute means its last second.
 */
int when_parse(const char *text, int64_t now_s, int32_t tz_s, bool end,
	       int64_t *ret) YORE_MUST_CHECK;

size_t when_text(int64_t s, char out[WHEN_TEXT_MAX]);	    /* 2015-07-01T00:00:00Z */
size_t when_text_plain(int64_t s, char out[WHEN_TEXT_MAX]); /* 2015-07-01 00:00:00 */
size_t when_date_text(int64_t s, char out[WHEN_TEXT_MAX]);  /* 2015-07-01 */

#endif
