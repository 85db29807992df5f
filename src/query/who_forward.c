#include <stdlib.h>

#include "base/hash.h"
#include "query/who_forward.h"

#define DAYS 32
#define ROWS_MOST ((uint64_t)1 << 22) /* of one client, looked at for the mark */

/*
 * Distinct names of a day, counted until there are enough of them. Rows of a client come
 * by name.
 */
static int count_names(struct who_marks *m, const struct asked_client *c, bool *ret)
{
	uint64_t names[DAYS] = {0};
	uint8_t name[255], before[255];
	size_t before_len = 0;
	uint32_t days = 0;
	int64_t first_day = when_month_start(m->month) / 86400;
	struct buf lo, hi;
	struct cursor *cursor;
	struct store_row row;
	buf_init(&lo, 64);
	buf_init(&hi, 64);
	key_client_prefix(&lo, c);
	buf_put_bytes(&hi, buf_bytes(&lo));
	key_after(&hi);
	struct scan scan = {.table = TABLE_CLIENT,
			    .lo = buf_bytes(&lo),
			    .hi = buf_bytes(&hi),
			    .exact_owner = true,
			    .shelf = m->shelf};
	*ret = false;
	int e = store_scan(m->store, &scan, m->fault, &cursor);
	bool open = e == 0;
	for (uint64_t n = 0; open && !*ret && n < ROWS_MOST; n++) {
		struct asked_key k;
		e = cursor_next(cursor, &row);
		if (e == YORE_ECORRUPT)
			continue;
		if (e <= 0 || key_asked_read(row.base, name, &k) < 0)
			break;
		if (k.name.len != before_len || memcmp(name, before, before_len) != 0) {
			memcpy(before, name, k.name.len);
			before_len = k.name.len;
			days = 0;
		}
		uint64_t day = (uint64_t)(k.day - first_day) % DAYS;
		names[day] += !(days >> day & 1);
		days |= 1u << day;
		*ret = names[day] >= m->most;
	}
	if (open)
		cursor_close(cursor);
	buf_release(&lo);
	buf_release(&hi);
	return e == YORE_ECORRUPT || e >= 0 ? 0 : e;
}

static int grow_marks(struct who_marks *m)
{
	size_t room = m->room ? 2 * m->room : 256;
	struct who_mark *at = calloc(room, sizeof(*at));
	if (at == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < m->room; i++) {
		const struct who_mark *one = &m->at[i];
		size_t to = hash_keyed(one->client.at, one->client.len) & (room - 1);
		if (one->client.len == 0)
			continue;
		while (at[to].client.len)
			to = (to + 1) & (room - 1);
		at[to] = *one;
	}
	free(m->at);
	m->at = at;
	m->room = room;
	return 0;
}

int who_forwards(struct who_marks *m, const struct asked_client *c, bool *ret)
{
	int e = 0;
	if (2 * m->count >= m->room)
		e = grow_marks(m);
	if (e < 0)
		return e;
	size_t i = hash_keyed(c->at, c->len) & (m->room - 1);
	while (m->at[i].client.len && !who_same_client(&m->at[i].client, c))
		i = (i + 1) & (m->room - 1);
	if (m->at[i].client.len == 0) {
		bool forwards;
		e = count_names(m, c, &forwards);
		m->at[i] = (struct who_mark){*c, forwards};
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
