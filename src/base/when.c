#include "base/when.h"

#include <stdio.h>

#define DAY_S 86400

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a day in the proleptic Gregorian calendar; years begin in
 * March, so that the leap day is the last. */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = floor_div(year, 400);
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Two million years, so that years and months fit their types. */
#define DAYS_MOST ((int64_t)1 << 30)

static void date_of(int64_t days, struct civil *c)
{
	if (days > DAYS_MOST)
		days = DAYS_MOST;
	if (days < -DAYS_MOST)
		days = -DAYS_MOST;
	days += 719468;
	int64_t era = floor_div(days, 146097);
	int64_t of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0: March */
	c->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	c->month = (int)(month < 10 ? month + 3 : month - 9);
	c->year = (int)(year + era * 400 + (c->month <= 2));
}

struct civil when_civil(int64_t s)
{
	struct civil c = {0};
	int64_t days = floor_div(s, DAY_S), rest = s - days * DAY_S;
	date_of(days, &c);
	c.hour = (int)(rest / 3600);
	c.minute = (int)(rest / 60 % 60);
	c.second = (int)(rest % 60);
	return c;
}

int64_t when_of_civil(const struct civil *c)
{
	return days_of(c->year, c->month, c->day) * DAY_S + c->hour * 3600 +
	       c->minute * 60 + c->second;
}

int32_t when_month(int64_t s)
{
	struct civil c = {0};
	date_of(floor_div(s, DAY_S), &c);
	return c.year * 12 + c.month - 1;
}

int64_t when_month_start(int32_t month)
{
	return days_of(month / 12, month % 12 + 1, 1) * DAY_S;
}

unsigned when_day(int64_t s)
{
	struct civil c = {0};
	date_of(floor_div(s, DAY_S), &c);
	return (unsigned)c.day;
}

/* What snprintf returned, as the length that stands in out. */
static size_t length_of(int n)
{
	return n < 0 ? 0 : n < WHEN_TEXT_MAX ? (size_t)n : WHEN_TEXT_MAX - 1;
}

static size_t put(int64_t s, const char *between, const char *zone,
		  char out[WHEN_TEXT_MAX])
{
	struct civil c = when_civil(s);
	return length_of(snprintf(out, WHEN_TEXT_MAX, "%04d-%02d-%02d%s%02d:%02d:%02d%s",
				  c.year, c.month, c.day, between, c.hour, c.minute,
				  c.second, zone));
}

size_t when_text(int64_t s, char out[WHEN_TEXT_MAX])
{
	return put(s, "T", "Z", out);
}

size_t when_text_plain(int64_t s, char out[WHEN_TEXT_MAX])
{
	return put(s, " ", "", out);
}

size_t when_date_text(int64_t s, char out[WHEN_TEXT_MAX])
{
	struct civil c = when_civil(s);
	return length_of(
	    snprintf(out, WHEN_TEXT_MAX, "%04d-%02d-%02d", c.year, c.month, c.day));
}
