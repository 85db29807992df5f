#include "store/shelf.h"

#include <stdio.h>
#include <sys/stat.h>

#define DAY_S ((int64_t)86400)
#define YEAR_LEN 5 /* "y2015" */

/* Folders of a database that are something else. */
static bool is_reserved(const char *name)
{
	static const char *const reserved[] = {"incoming", "rejected", "quarantine",
					       "raw",	   "spool",    "stage",
					       "scratch",  WHO_FOLDER};
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	return false;
}

bool shelf_name_good(const char *name)
{
	size_t n = 0;
	for (; name[n]; n++) {
		char c = name[n];
		bool letter = c >= 'a' && c <= 'z';
		if (!letter && (n == 0 || !((c >= '0' && c <= '9') || c == '-')))
			return false;
	}
	return n > 0 && n < SHELF_MAX && !is_reserved(name);
}

void shelf_of_year(int year, char ret[SHELF_MAX])
{
	snprintf(ret, SHELF_MAX, "y%04d", year);
}

int shelf_year(const char *name)
{
	int year = 0;
	if (name[0] != 'y' || strlen(name) != YEAR_LEN)
		return 0;
	for (int i = 1; i < YEAR_LEN; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		year = year * 10 + (name[i] - '0');
	}
	return year;
}

int32_t shelf_who_month(const char *name)
{
	int year = 0, month = 0;
	const char *p = name + sizeof(WHO_FOLDER);
	if (strncmp(name, WHO_FOLDER "-", sizeof(WHO_FOLDER)) != 0 || strlen(p) != 7 ||
	    p[4] != '-')
		return 0;
	for (int i = 0; i < 7; i++) {
		if (i == 4)
			continue;
		if (p[i] < '0' || p[i] > '9')
			return 0;
		int *part = i < 4 ? &year : &month;
		*part = *part * 10 + (p[i] - '0');
	}
	return year && month >= 1 && month <= 12 ? year * 12 + month - 1 : 0;
}

void shelf_of_who(int32_t month, char ret[SHELF_MAX])
{
	snprintf(ret, SHELF_MAX, WHO_FOLDER "-%04d-%02d", when_month_year(month),
		 month % 12 + 1);
}

bool shelf_is_history(const char *name)
{
	return shelf_year(name) || strcmp(name, SHELF_INTERVALS) == 0;
}

static const int64_t days_before[12] = {0,   31,  59,  90,  120, 151,
					181, 212, 243, 273, 304, 334};

void shelf_form_init(struct shelf_form *f, const char *name)
{
	int year = shelf_year(name);
	memset(f, 0, sizeof(*f));
	f->interval = strcmp(name, SHELF_INTERVALS) == 0;
	if (year == 0)
		return;
	f->dated = true;
	f->month = year * 12;
	f->starts[0] = when_month_start(f->month);
	/* made for every look-up: the calendar is asked for two days only */
	int64_t leap = when_month_start(f->month + 2) - f->starts[0] - 59 * DAY_S;
	for (int m = 0; m < 12; m++)
		f->starts[m + 1] =
		    f->starts[0] + days_before[m] * DAY_S + (m > 1 ? leap : 0);
}

int shelf_row(const struct shelf_form *f, struct bytes key, struct bytes value,
	      struct store_row *ret)
{
	struct bytes base;
	int32_t month;
	struct span span;
	if (shelf_key(f, key, &base, &month) < 0)
		return YORE_ECORRUPT;
	if (span_decode(shelf_span(key.at[0], value), shelf_base(f, key.at[0], month),
			&span) < 0)
		return YORE_ECORRUPT;
	*ret = (struct store_row){base, month, span, value};
	return 0;
}

int shelf_is_no_link(const char *dir, const char *shelf, struct fault *f)
{
	char path[4400];
	struct stat st;
	if (dir == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", dir, shelf);
	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	return fault_set(f, YORE_EREFUSED,
			 "%s is a link: what goes from it would stay where that points "
			 "to; nothing was removed; move the folder back there first",
			 path);
}
