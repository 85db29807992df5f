/* Times: against the C library's calendar, and every text that is understood. */
#include <time.h>

#include "base/when.h"
#include "tap.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define NOW 1445257862 /* 2015-10-19 12:31:02 UTC */

static void test_calendar(void)
{
	int bad = 0;
	for (int64_t s = -99999999999; s < 99999999999; s += 86399 * 97) {
		time_t t = (time_t)s;
		struct tm tm;
		gmtime_r(&t, &tm);
		struct civil c = when_civil(s);
		bad += c.year != tm.tm_year + 1900 || c.month != tm.tm_mon + 1 ||
		       c.day != tm.tm_mday || c.hour != tm.tm_hour ||
		       c.minute != tm.tm_min || c.second != tm.tm_sec ||
		       when_of_civil(&c) != s || when_day(s) != (unsigned)tm.tm_mday ||
		       when_month(s) != (tm.tm_year + 1900) * 12 + tm.tm_mon;
		if (c.year > 0)
			bad += when_month_start(when_month(s)) > s ||
			       when_month_start(when_month(s) + 1) <= s;
	}
	is_int(bad, 0, "the calendar is the C library's, there and back");
	ok(when_month(INT64_MAX) > when_month(1) &&
	       when_month(INT64_MIN) < when_month(1) && when_civil(INT64_MAX).year > 9999,
	   "times beyond all sense have a month of their own");
	is_int(when_month_year(2015 * 12 + 11), 2015, "a month's year");
}

static const struct {
	const char *text;
	const char *begin, *end; /* NULL: refused; end NULL: as begin */
} texts[] = {
    {"2015", "2015-01-01T00:00:00Z", "2015-12-31T23:59:59Z"},
    {"2015-07", "2015-07-01T00:00:00Z", "2015-07-31T23:59:59Z"},
    {"2015-12", "2015-12-01T00:00:00Z", "2015-12-31T23:59:59Z"},
    {"2016-02", "2016-02-01T00:00:00Z", "2016-02-29T23:59:59Z"},
    {"2015-07-01", "2015-07-01T00:00:00Z", "2015-07-01T23:59:59Z"},
    {"2015-07-01 12", "2015-07-01T12:00:00Z", "2015-07-01T12:59:59Z"},
    {"2015-07-01 12:30", "2015-07-01T12:30:00Z", "2015-07-01T12:30:59Z"},
    {"2015-07-01 12:30:15", "2015-07-01T12:30:15Z", NULL},
    {"2015-07-01T12:30:15Z", "2015-07-01T12:30:15Z", NULL},
    {"2015-07-01t12:30:15z", "2015-07-01T12:30:15Z", NULL},
    {"2015-07-01T12:30:15.999Z", "2015-07-01T12:30:15Z", NULL},
    {"2015-07-01T12:30:15+02:00", "2015-07-01T10:30:15Z", NULL},
    {"2015-07-01T12:30:15-0130", "2015-07-01T14:00:15Z", NULL},
    {"2015-07-01T12:30:15 +02", "2015-07-01T10:30:15Z", NULL},
    {"2015-07-01T23:59:60Z", "2015-07-02T00:00:00Z", NULL},
    {"2016-02-29", "2016-02-29T00:00:00Z", "2016-02-29T23:59:59Z"},
    {"1445257862", "2015-10-19T12:31:02Z", NULL},
    {"0", "1970-01-01T00:00:00Z", NULL},
    {"-90d", "2015-07-21T12:31:02Z", NULL},
    {"-3h", "2015-10-19T09:31:02Z", NULL},
    {"-2w", "2015-10-05T12:31:02Z", NULL},
    {"-86400", "2015-10-18T12:31:02Z", NULL},
    {"24w", "2015-05-04T12:31:02Z", NULL},
    {"1d12h", "2015-10-18T00:31:02Z", NULL},
    {"now", "2015-10-19T12:31:02Z", NULL},
    {"today", "2015-10-19T00:00:00Z", "2015-10-19T23:59:59Z"},
    {"yesterday", "2015-10-18T00:00:00Z", "2015-10-18T23:59:59Z"},
    {"", NULL, NULL},
    {"-", NULL, NULL},
    {"tomorrow", NULL, NULL},
    {"2015-13", NULL, NULL},
    {"2015-00-01", NULL, NULL},
    {"2015-02-29", NULL, NULL},
    {"2015-04-31", NULL, NULL},
    {"2015-7-1", NULL, NULL},
    {"2015-07-01T24:00:00Z", NULL, NULL},
    {"2015-07-01T12:60", NULL, NULL},
    {"2015-07-01x", NULL, NULL},
    {"2015-07-01T12:30:15+25:00", NULL, NULL},
    {"2015-07-01T12:30:15+01:60", NULL, NULL},
    {"2015-07-01T12:30:15.Z", NULL, NULL},
    {"-90x", NULL, NULL},
    {"-9223372036854775807w", NULL, NULL},
    {"99999999999999999999", NULL, NULL},
    {"1.5", NULL, NULL},
};

static void test_texts(void)
{
	for (size_t i = 0; i < ROWS(texts); i++) {
		for (int end = 0; end < 2; end++) {
			int64_t s = 77;
			char text[WHEN_TEXT_MAX];
			int r = when_parse(texts[i].text, NOW, 0, end, &s);
			if (texts[i].begin == NULL) {
				ok(r == YORE_EMALFORMED && s == 77, "refused: '%s'",
				   texts[i].text);
				continue;
			}
			when_text(s, text);
			is_str(r < 0 ? "refused" : text,
			       end && texts[i].end ? texts[i].end : texts[i].begin,
			       texts[i].text);
		}
	}
	int64_t s;
	char text[WHEN_TEXT_MAX];
	ok(when_parse("2015-07-01", NOW, 7200, false, &s) == 0 && when_text(s, text) &&
	       strcmp(text, "2015-06-30T22:00:00Z") == 0,
	   "a zone for text without one");
	ok(when_parse("2015-07-01T00:00:00Z", NOW, 7200, false, &s) == 0 &&
	       when_text(s, text) && strcmp(text, "2015-07-01T00:00:00Z") == 0,
	   "is not for text that names one");
	ok(when_parse("today", NOW + 12 * 3600, 7200, false, &s) == 0 &&
	       when_text(s, text) && strcmp(text, "2015-10-19T22:00:00Z") == 0,
	   "today begins where one is");
	when_text_plain(NOW, text);
	is_str(text, "2015-10-19 12:31:02", "plain");
	when_date_text(NOW, text);
	is_str(text, "2015-10-19", "a date");
}

int main(void)
{
	test_calendar();
	test_texts();
	return tap_done();
}
