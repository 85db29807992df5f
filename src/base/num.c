#include "base/num.h"

#include <stdlib.h>

/* Digits at *text; moves it behind them. */
static int digits(const char **text, uint64_t *ret)
{
	const char *p = *text;
	uint64_t v = 0;
	if (*p < '0' || *p > '9')
		return YORE_EMALFORMED;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (unsigned)(*p - '0'), &v))
			return YORE_ELIMIT;
	*text = p;
	*ret = v;
	return 0;
}

int num_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t v;
	int r = digits(&text, &v);
	if (r < 0)
		return r;
	if (*text)
		return YORE_EMALFORMED;
	if (v > max)
		return YORE_ELIMIT;
	*ret = v;
	return 0;
}

int num_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	uint64_t v;
	int r = digits(&text, &v);
	if (r < 0)
		return r;
	const char *u = *text ? strchr(units, *text >= 'a' ? *text - 32 : *text) : NULL;
	if (u) {
		unsigned shift = 10 * (unsigned)(u - units + 1);
		if (v > UINT64_MAX >> shift)
			return YORE_ELIMIT;
		v <<= shift;
		text++;
		if (*text == 'i')
			text++;
	}
	if (*text == 'B' || *text == 'b')
		text++;
	if (*text)
		return YORE_EMALFORMED;
	*ret = v;
	return 0;
}

static int64_t unit_seconds(char c)
{
	switch (c) {
	case 0:
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	case 'y':
		return 365 * 86400;
	}
	return 0;
}

int num_span(const char *text, int64_t *ret_s)
{
	uint64_t v;
	int r = digits(&text, &v);
	if (r < 0)
		return r;
	int64_t unit = unit_seconds(*text), s;
	if (unit == 0 || (*text && text[1]))
		return YORE_EMALFORMED;
	if (v > INT64_MAX || __builtin_mul_overflow((int64_t)v, unit, &s))
		return YORE_ELIMIT;
	*ret_s = s;
	return 0;
}
