/* Stated spans in a window: what a row holds itself and what is kept beside it. */
#include <stdlib.h>

#include "gather/window.h"
#include "tap.h"

#define KEYS 40
#define SPANS 4000

static uint64_t state = 1;

static uint32_t pick(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

static struct span any_span(bool interval, uint32_t sensor, int64_t base_s)
{
	struct span s = {.first_s = base_s + pick(1000),
			 .count = pick(50),
			 .ttl_min = pick(4) ? pick(100) : UINT32_MAX};
	s.last_s = s.first_s + pick(2000000);
	s.ttl_max = s.ttl_min == UINT32_MAX ? 0 : s.ttl_min + pick(100);
	s.days = interval ? 0 : 1u << pick(31);
	s.flags = interval ? SPAN_INTERVAL : pick(2) ? SPAN_PARTIAL : 0;
	if (sensor && !interval && pick(10))
		span_add_sensor(&s, sensor);
	if (pick(50) == 0)
		span_add_sensor(&s, 99);
	if (pick(50) == 0)
		s.first_at = (struct span_place){7, 1 + pick(9)};
	if (interval && pick(20) == 0)
		s.first_s = WHEN_UNKNOWN;
	if (interval && pick(20) == 0)
		s.last_s = WHEN_UNKNOWN;
	if (interval && pick(40) == 0)
		s.first_s = -5;
	if (interval && pick(40) == 0)
		s.last_s = 5000000000;
	return s;
}

/* Rows by key: the number is all there is of it. */
static struct bytes key_of(uint8_t room[16], unsigned n, bool interval)
{
	memset(room, 0, 16);
	room[0] = TABLE_RRSET;
	memcpy(room + 1, "\3com", 5);
	room[6] = 0;
	room[7] = 1;
	room[8] = BAILIWICK_ABSENT;
	room[9] = 1;
	room[11] = 2;
	room[13] = (uint8_t)n;
	room[14] = interval ? 0 : 7; /* the month, or the end of a time */
	return BYTES(room, 15);
}

static void test_merge(bool interval, uint32_t sensor)
{
	struct window w;
	struct span want[KEYS];
	bool there[KEYS] = {false};
	int r = window_init(&w, 4 << 20, 4 << 20, sensor);
	int shelf = window_shelf(&w, interval ? 0 : 2015);
	int64_t base = interval ? 0 : when_month_start(2015 * 12 + 6);
	unsigned wrong = 0, narrow = 0, rows = 0;
	ok(r == 0 && shelf >= 0, "a window");
	for (unsigned i = 0; i < SPANS && r == 0; i++) {
		uint8_t room[16];
		/* most keys get a few spans only, and some never one that is wide */
		unsigned n = pick(4) ? pick(KEYS / 2) : pick(KEYS);
		struct bytes key = key_of(room, n, interval);
		struct span s = any_span(interval, sensor, base);
		if (n % 2)
			s = (struct span){.first_s = base + pick(9),
					  .last_s = base + 10 + pick(9),
					  .count = 1,
					  .days = interval ? 0 : 1,
					  .ttl_min = 1,
					  .ttl_max = 1,
					  .flags = interval ? SPAN_INTERVAL : 0};
		if (n % 2 && sensor && !interval)
			span_add_sensor(&s, sensor);
		r = window_merge(&w, window_hash(key, (unsigned)shelf), (unsigned)shelf,
				 key, &s);
		if (there[n])
			span_merge(&want[n], &s);
		else
			want[n] = s;
		there[n] = true;
	}
	ok(r == 0, "%d spans", SPANS);
	for (uint32_t u = window_next(&w, 0); u; u = window_next(&w, u)) {
		const struct row *row = window_row(&w, u);
		struct span got;
		window_span(&w, row, &got);
		wrong += !span_equal(&got, &want[row->key[13]]);
		narrow += !row->wide;
		rows++;
	}
	ok(rows == KEYS && wrong == 0, "each row is the merge of its spans (%u wrong)",
	   wrong);
	ok(narrow >= KEYS / 2 && narrow < KEYS, "%u of %u rows say it themselves", narrow,
	   rows);
	window_release(&w);
}

int main(void)
{
	test_merge(true, 0);
	test_merge(true, 55);
	test_merge(false, 0);
	test_merge(false, 55);
	return tap_done();
}
