#include "base/num.h"
#include "base/when.h"

#define DAY_S 86400

struct scanner {
	const char *at;
	bool good;
};

/* Exactly n digits. */
static int take_digits(struct scanner *s, unsigned n)
{
	int v = 0;
	for (unsigned i = 0; i < n && s->good; i++) {
		if (*s->at < '0' || *s->at > '9')
			s->good = false;
		else
			v = v * 10 + (*s->at++ - '0');
	}
	return v;
}

static bool take_char(struct scanner *s, const char *any)
{
	if (!s->good || *s->at == 0 || strchr(any, *s->at) == NULL)
		return false;
	s->at++;
	return true;
}

/* How much of a civil time was said: a text means all of its last named unit. */
enum said { SAID_YEAR, SAID_MONTH, SAID_DAY, SAID_HOUR, SAID_MINUTE, SAID_SECOND };

static enum said take_clock(struct scanner *s, struct civil *c)
{
	c->hour = take_digits(s, 2);
	if (!take_char(s, ":"))
		return SAID_HOUR;
	c->minute = take_digits(s, 2);
	if (!take_char(s, ":"))
		return SAID_MINUTE;
	c->second = take_digits(s, 2);
	if (take_char(s, ".,")) {
		take_digits(s, 1);
		while (s->good && *s->at >= '0' && *s->at <= '9')
			s->at++;
	}
	return SAID_SECOND;
}

static enum said take_civil(struct scanner *s, struct civil *c)
{
	*c = (struct civil){.month = 1, .day = 1};
	c->year = take_digits(s, 4);
	if (!take_char(s, "-"))
		return SAID_YEAR;
	c->month = take_digits(s, 2);
	if (!take_char(s, "-"))
		return SAID_MONTH;
	c->day = take_digits(s, 2);
	if (!take_char(s, "Tt "))
		return SAID_DAY;
	return take_clock(s, c);
}

/* "Z", "+02:00", "+0200", "+02"; seconds east of UTC. */
static int32_t take_zone(struct scanner *s, int32_t tz_s)
{
	if (take_char(s, "Zz"))
		return 0;
	bool west = *s->at == '-';
	if (!take_char(s, "+-"))
		return tz_s;
	int hours = take_digits(s, 2), minutes = 0;
	if (take_char(s, ":") || (*s->at >= '0' && *s->at <= '9'))
		minutes = take_digits(s, 2);
	s->good = s->good && hours < 24 && minutes < 60;
	int32_t east = hours * 3600 + minutes * 60;
	return west ? -east : east;
}

static bool civil_exists(const struct civil *c)
{
	if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > 31 || c->hour > 23 ||
	    c->minute > 59 || c->second > 60)
		return false;
	struct civil day = {.year = c->year, .month = c->month, .day = c->day};
	return when_civil(when_of_civil(&day)).day == c->day;
}

static int64_t last_second(const struct civil *c, enum said said)
{
	struct civil next = *c;
	int64_t s = when_of_civil(c);
	switch (said) {
	case SAID_YEAR:
		next.year++;
		return when_of_civil(&next) - 1;
	case SAID_MONTH:
		next.year += next.month == 12;
		next.month = next.month % 12 + 1;
		return when_of_civil(&next) - 1;
	case SAID_DAY:
		return s + DAY_S - 1;
	case SAID_HOUR:
		return s + 3599;
	case SAID_MINUTE:
		return s + 59;
	case SAID_SECOND:
		break;
	}
	return s;
}

static int parse_civil(const char *text, int32_t tz_s, bool end, int64_t *ret)
{
	struct scanner s = {text, true};
	struct civil c;
	enum said said = take_civil(&s, &c);
	if (said >= SAID_HOUR) {
		take_char(&s, " ");
		tz_s = take_zone(&s, tz_s);
	}
	if (!s.good || *s.at || !civil_exists(&c))
		return YORE_EMALFORMED;
	*ret = (end ? last_second(&c, said) : when_of_civil(&c)) - tz_s;
	return 0;
}

static int parse_word(const char *text, int64_t now_s, int32_t tz_s, bool end,
		      int64_t *ret)
{
	int64_t local = now_s + tz_s;
	int64_t midnight = local - ((local % DAY_S) + DAY_S) % DAY_S - tz_s;
	if (strcmp(text, "now") == 0)
		*ret = now_s;
	else if (strcmp(text, "today") == 0)
		*ret = midnight + (end ? DAY_S - 1 : 0);
	else if (strcmp(text, "yesterday") == 0)
		*ret = midnight - DAY_S + (end ? DAY_S - 1 : 0);
	else
		return YORE_EMALFORMED;
	return 0;
}

/* "-90d", "24w", and dnsdbq's runs of units: "1d12h". */
static int parse_ago(const char *text, int64_t now_s, int64_t *ret)
{
	int64_t ago = 0;
	const char *at = text + (*text == '-');
	if (*at == 0)
		return YORE_EMALFORMED;
	while (*at) {
		char piece[24];
		size_t n = strspn(at, "0123456789");
		int64_t s;
		n += at[n] != 0;
		if (n >= sizeof(piece))
			return YORE_EMALFORMED;
		memcpy(piece, at, n);
		piece[n] = 0;
		if (num_span(piece, &s) < 0 || __builtin_add_overflow(ago, s, &ago))
			return YORE_EMALFORMED;
		at += n;
	}
	return __builtin_sub_overflow(now_s, ago, ret) ? YORE_EMALFORMED : 0;
}

int when_parse(const char *text, int64_t now_s, int32_t tz_s, bool end, int64_t *ret)
{
	uint64_t epoch;
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 && *text != '-')
		return parse_word(text, now_s, tz_s, end, ret);
	if (*text == '-' ||
	    (digits < 20 && text[digits] && strchr("smhdwy", text[digits])))
		return parse_ago(text, now_s, ret);
	if (text[digits] == 0 && digits != 4) {
		if (num_u64(text, INT64_MAX, &epoch) < 0)
			return YORE_EMALFORMED;
		*ret = (int64_t)epoch;
		return 0;
	}
	return parse_civil(text, tz_s, end, ret);
}
