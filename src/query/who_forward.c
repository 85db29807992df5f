#include "query/who_forward.h"

#include <stdlib.h>

#include "base/hash.h"

#define ROWS_MOST ((uint64_t)1 << 20) /* of a client's day, looked at for the mark */

/* Distinct names of the day, counted until there are enough of them; rows come by name.
 */
static int count_names(struct who_marks *m, struct cursor *cursor, bool *ret)
{
	uint8_t name[255], before[255];
	size_t before_len = 0;
	uint64_t names = 0;
	int e = 1;
	*ret = false;
	for (uint64_t n = 0; !*ret && n < ROWS_MOST; n++) {
		struct store_row row;
		struct asked_key k;
		e = cursor_next(cursor, &row);
		if (e == YORE_ECORRUPT)
			continue;
		if (e <= 0 || key_asked_read(row.base, name, &k) < 0)
			break;
		if (k.name.len == before_len && memcmp(name, before, before_len) == 0)
			continue;
		memcpy(before, name, k.name.len);
		before_len = k.name.len;
		*ret = ++names >= m->most;
	}
	return e < 0 && e != YORE_ECORRUPT ? e : 0;
}

static int look(struct who_marks *m, const struct asked_client *c, uint16_t day,
		bool *ret)
{
	struct buf lo, hi;
	struct cursor *cursor;
	buf_init(&lo, 64);
	buf_init(&hi, 64);
	key_client_day_prefix(&lo, c, day);
	buf_put_bytes(&hi, buf_bytes(&lo));
	key_after(&hi);
	struct scan scan = {.table = TABLE_CLIENT,
			    .lo = buf_bytes(&lo),
			    .hi = buf_bytes(&hi),
			    .exact_owner = true,
			    .shelf = m->shelf};
	int e = store_scan(m->store, &scan, m->fault, &cursor);
	if (e == 0) {
		e = count_names(m, cursor, ret);
		cursor_close(cursor);
	}
	buf_release(&lo);
	buf_release(&hi);
	return e;
}

static size_t place(const struct who_marks *m, const struct asked_client *c, uint16_t day)
{
	size_t i =
	    (hash_keyed(c->at, c->len) ^ day * 0x9e3779b97f4a7c15u) & (m->room - 1);
	while (m->at[i].client.len &&
	       (m->at[i].day != day || !who_same_client(&m->at[i].client, c)))
		i = (i + 1) & (m->room - 1);
	return i;
}

static int grow(struct who_marks *m)
{
	struct who_marks more = *m;
	more.room = m->room ? 2 * m->room : 256;
	more.at = calloc(more.room, sizeof(*more.at));
	if (more.at == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < m->room; i++)
		if (m->at[i].client.len)
			more.at[place(&more, &m->at[i].client, m->at[i].day)] = m->at[i];
	free(m->at);
	*m = more;
	return 0;
}

int who_forwards(struct who_marks *m, const struct asked_client *c, uint16_t day,
		 bool *ret)
{
	int e = 2 * m->count >= m->room ? grow(m) : 0;
	if (e < 0)
		return e;
	size_t i = place(m, c, day);
	if (m->at[i].client.len == 0) {
		bool forwards = false;
		e = look(m, c, day, &forwards);
		m->at[i] = (struct who_mark){*c, day, forwards};
		m->count++;
	}
	*ret = m->at[i].forwarder;
	return e;
}

void who_marks_release(struct who_marks *m)
{
	free(m->at);
	m->at = NULL;
	m->room = m->count = 0;
}
