/*
 * Shelves by name: which kind one is, and what that says of the rows on it.
 *
 *   yYYYY      sighting rows of a year: R and D keys end in the month (1 octet), values
 *              are written against the month's start (N and B: the year's start)
 *   any other  R and D keys end in a time of 5 octets, values are written against 0.
 *              "intervals": the time_first that the input stated. Private shelves
 *              (negative, suspicious): the first second of the month of the row. Rows
 *              of who asked (shelves of a month, "who-2015-07") have no suffix.
 *
 * Names are [a-z][a-z0-9-]*, so that a name can be a folder and be part of one.
 */
#ifndef YORE_STORE_SHELF_H
#define YORE_STORE_SHELF_H

#include "record/asked.h"
#include "store/store.h"

#define SHELF_INTERVALS "intervals"
/* Who asked: a shelf a month, "who-2015-07", and a folder of what goes with them. */
#define WHO_FOLDER "who"

bool shelf_name_good(const char *name);
void shelf_of_year(int year, char ret[SHELF_MAX]);
int shelf_year(const char *name);	 /* 0: not a year's */
bool shelf_is_history(const char *name); /* a year's, or the intervals */

void shelf_of_who(int32_t month, char ret[SHELF_MAX]);
int32_t shelf_who_month(const char *name); /* 0: not one of these */

/* What goes from a shelf has to go from the disk: EREFUSED where the shelf is a link,
   whose target would stay. dir: of the database; NULL: there is none. */
int shelf_is_no_link(const char *dir, const char *shelf, struct fault *f) YORE_MUST_CHECK;

/* The octets of a value that are its span. */
static inline struct bytes shelf_span(uint8_t table, struct bytes value)
{
	return table_is_asked(table) ? asked_value_span(value) : value;
}

/* What reading its rows needs, worked out once. */
struct shelf_form {
	bool dated; /* a year's */
	bool interval;
	int32_t month;	    /* January of the year */
	int64_t starts[13]; /* seconds; [0] of the year, [m] of month m */
};
void shelf_form_init(struct shelf_form *f, const char *name);

/* Splits a whole key and decodes the value; ECORRUPT when either breaks the format. */
int shelf_row(const struct shelf_form *f, struct bytes key, struct bytes value,
	      struct store_row *ret) YORE_MUST_CHECK;

/* The same without the value: base and month only. Of every row that is read. */
static inline int shelf_key(const struct shelf_form *f, struct bytes key,
			    struct bytes *base, int32_t *month)
{
	size_t suffix = key.len ? key_suffix_len(key.at[0], !f->dated) : 0;
	if (key.len <= suffix)
		return YORE_ECORRUPT;
	const uint8_t *p = key.at + key.len - suffix;
	int32_t m = 0;
	if (suffix && f->dated) {
		if (*p < 1 || *p > 12)
			return YORE_ECORRUPT;
		m = f->month + *p - 1;
	} else if (suffix && !f->interval) {
		m = when_month((int64_t)p[0] << 32 | load_u32be(p + 1));
	}
	*base = BYTES(key.at, key.len - suffix);
	*month = m;
	return 0;
}

/* What a value of this key was written against. */
static inline int64_t shelf_base(const struct shelf_form *f, uint8_t table, int32_t month)
{
	if (!f->dated)
		return 0;
	return key_suffix_len(table, false) ? f->starts[month - f->month + 1]
					    : f->starts[0];
}

#endif
