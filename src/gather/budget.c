#include "gather/budget.h"

#include <stdlib.h>

#include "base/hash.h"
#include "dns/name.h"

#define ROWS_LEAST ((size_t)1 << 12)
#define ROWS_MOST ((size_t)1 << 20) /* 8 MiB; half of it is what a month may hold */
#define ZONES 65536  /* a power of two; zones that share a place share its room */
#define SOURCES 4096 /* a power of two, more than there can be */

struct budget {
	budget_fill_fn fill; /* NULL once it was called */
	void *arg;
	uint64_t *rows; /* hashes; 0: free */
	size_t row_count, row_room;
	int32_t month; /* the latest: rows of earlier ones may be forgotten */
	int64_t day;   /* the latest; what comes late is charged to it, too */
	uint16_t days[SOURCES], zones[ZONES]; /* rows taken on that day */
};

int budget_new(budget_fill_fn fill, void *arg, struct budget **ret)
{
	struct budget *b = calloc(1, sizeof(*b));
	uint64_t *rows = calloc(ROWS_LEAST, sizeof(*rows));
	if (b == NULL || rows == NULL) {
		free(b);
		free(rows);
		return YORE_ENOMEM;
	}
	b->fill = fill;
	b->arg = arg;
	b->rows = rows;
	b->row_room = ROWS_LEAST;
	b->day = INT64_MIN;
	*ret = b;
	return 0;
}

void budget_free(struct budget *b)
{
	if (b == NULL)
		return;
	free(b->rows);
	free(b);
}

static int64_t day_of(int64_t s)
{
	return s / 86400; /* nothing is older than 1990 */
}

/* ---- rows that are there ---- */

static uint64_t row_hash(const struct budget_row *row)
{
	/* servers have one row for all months */
	uint64_t month = row->server ? 0 : (uint64_t)when_month(row->time_s);
	uint64_t h = hash_mix(hash_keyed(row->base.at, row->base.len), month);
	return h ? h : 1;
}

/* Its place, or the free one where it would go. */
static uint64_t *find(const struct budget *b, uint64_t hash)
{
	size_t i = hash & (b->row_room - 1);
	while (b->rows[i] != 0 && b->rows[i] != hash)
		i = (i + 1) & (b->row_room - 1);
	return &b->rows[i];
}

/* Half of the places stay free. false: it is as large as it may be, or memory is out. */
static bool grow(struct budget *b)
{
	uint64_t *old = b->rows;
	size_t room = b->row_room;
	if (room >= ROWS_MOST)
		return false;
	uint64_t *rows = calloc(room * 2, sizeof(*rows));
	if (rows == NULL)
		return false;
	b->rows = rows;
	b->row_room = room * 2;
	for (size_t i = 0; i < room; i++)
		if (old[i] != 0)
			*find(b, old[i]) = old[i];
	free(old);
	return true;
}

static bool add(struct budget *b, uint64_t hash)
{
	if (b->row_count * 2 >= b->row_room && !grow(b))
		return false;
	*find(b, hash) = hash;
	b->row_count++;
	return true;
}

/* ---- what a day took ---- */

/* The row of a server does not say why. */
static uint16_t *of_day(struct budget *b, const struct budget_row *row)
{
	uint16_t source = row->server ? SOURCE_NONE : row->source;
	return &b->days[source & (SOURCES - 1)];
}

static uint16_t *of_zone(struct budget *b, const struct budget_row *row)
{
	struct bytes z = name_suffix(row->owner, 2);
	uint64_t source = row->server ? SOURCE_NONE : row->source;
	return &b->zones[hash_mix(hash_keyed(z.at, z.len), source) & (ZONES - 1)];
}

/* Time goes on: what belongs to days and months before is of no use any more. */
static void turn(struct budget *b, const struct budget_row *row)
{
	int64_t day = day_of(row->time_s);
	if (day <= b->day)
		return;
	b->day = day;
	memset(b->days, 0, sizeof(b->days));
	memset(b->zones, 0, sizeof(b->zones));
	if (when_month(row->time_s) <= b->month)
		return;
	b->month = when_month(row->time_s);
	memset(b->rows, 0, b->row_room * sizeof(*b->rows));
	b->row_count = 0;
}

void budget_known(struct budget *b, const struct budget_row *row)
{
	uint64_t hash = row_hash(row);
	if ((!row->server && when_month(row->time_s) < b->month) ||
	    *find(b, hash) == hash || !add(b, hash) || day_of(row->time_s) != b->day)
		return;
	uint16_t *day = of_day(b, row), *zone = of_zone(b, row);
	*day += *day < BUDGET_DAY;
	*zone += *zone < BUDGET_ZONE;
}

bool budget_take(struct budget *b, const struct budget_row *row)
{
	turn(b, row);
	if (b->fill != NULL) {
		budget_fill_fn fill = b->fill;
		b->fill = NULL;
		fill(b, b->arg);
	}
	uint64_t hash = row_hash(row);
	if (*find(b, hash) == hash)
		return true;
	uint16_t *day = of_day(b, row), *zone = of_zone(b, row);
	if (*day >= BUDGET_DAY || *zone >= BUDGET_ZONE || !add(b, hash))
		return false;
	++*day;
	++*zone;
	return true;
}
