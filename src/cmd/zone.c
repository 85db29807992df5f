#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/io.h"
#include "cmd/zone.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "+02:00", "+0200", "+02" */
static int fixed_offset(const char *s, int32_t *ret)
{
	const char *p = s + 1;
	if (!is_digit(p[0]) || !is_digit(p[1]))
		return YORE_EMALFORMED;
	int hours = (p[0] - '0') * 10 + p[1] - '0', minutes = 0;
	p += 2;
	p += *p == ':';
	if (*p) {
		if (!is_digit(p[0]) || !is_digit(p[1]) || p[2])
			return YORE_EMALFORMED;
		minutes = (p[0] - '0') * 10 + p[1] - '0';
	}
	if (hours > 14 || minutes > 59)
		return YORE_EMALFORMED;
	*ret = (*s == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return 0;
}

/* The C library takes any unknown name for UTC, so look for its file first. */
static bool is_known(const char *name)
{
	char path[256];
	if (strstr(name, "..") || *name == '/' || *name == '\0')
		return false;
	int n = snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	return n > 0 && (size_t)n < sizeof(path) && io_exists(path) == 1;
}

static int32_t offset_at(int64_t local_s)
{
	struct civil c = when_civil(local_s);
	struct tm tm = {.tm_year = c.year - 1900,
			.tm_mon = c.month - 1,
			.tm_mday = c.day,
			.tm_hour = c.hour,
			.tm_min = c.minute,
			.tm_sec = c.second,
			.tm_isdst = -1};
	time_t t = mktime(&tm);
	return (int32_t)(local_s - (int64_t)t);
}

int zone_offset(const char *zone, int64_t local_s, int32_t *ret)
{
	if (zone == NULL || strcmp(zone, "UTC") == 0 || strcmp(zone, "Z") == 0) {
		*ret = 0;
		return 0;
	}
	if (*zone == '+' || *zone == '-')
		return fixed_offset(zone, ret);
	if (strcmp(zone, "local") != 0) {
		if (!is_known(zone))
			return YORE_EMALFORMED;
		setenv("TZ", zone, 1);
	}
	tzset();
	*ret = offset_at(local_s);
	return 0;
}
