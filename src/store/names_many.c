/* Several runs read as one, in order, each name once. */
#include <stdlib.h>

#include "store/names_runs.h"

/* The next name of a scan; 0 and no head at its end. */
static int advance(struct names_many *m, size_t scan)
{
	int r = names_scan_next(&m->scans[scan], &m->heads[scan]);
	if (r < 0)
		m->runs->files[scan]->bad = true;
	return r;
}

/* The one at `at` to where its name belongs; all behind it are in order. */
static void sink(struct names_many *m, size_t at)
{
	uint8_t scan = m->order[at];
	for (; at + 1 < m->live; at++) {
		uint8_t next = m->order[at + 1];
		if (bytes_compare(m->heads[scan], m->heads[next]) <= 0)
			break;
		m->order[at] = next;
	}
	m->order[at] = scan;
}

static void take_out(struct names_many *m, size_t at)
{
	m->live--;
	memmove(m->order + at, m->order + at + 1, m->live - at);
}

/* Those that gave the last name go on, from the last of them to the first. */
static int go_on(struct names_many *m)
{
	while (m->stale) {
		size_t at = m->stale - 1;
		int r = advance(m, m->order[at]);
		if (r < 0)
			return r;
		m->stale--;
		if (r == 1)
			sink(m, at);
		else
			take_out(m, at);
	}
	return 0;
}

void names_many_init(struct names_many *m, struct names_runs *runs, struct bytes lo,
		     struct bytes hi, struct bytes literal)
{
	m->runs = runs;
	m->failed = 0;
	for (size_t i = 0; i < runs->count; i++) {
		names_scan_init(&m->scans[i], runs->files[i], lo, hi, literal);
		m->order[i] = (uint8_t)i;
	}
	/* all have "given" what is before lo */
	m->live = m->stale = runs->count;
}

int names_many_next(struct names_many *m, struct bytes *name)
{
	int r = m->failed ? m->failed : go_on(m);
	if (r < 0) {
		m->failed = r;
		return r;
	}
	if (m->live == 0)
		return 0;
	*name = m->heads[m->order[0]];
	m->stale = 1;
	while (m->stale < m->live && bytes_equal(m->heads[m->order[m->stale]], *name))
		m->stale++;
	return 1;
}

/* Those that stand before it go there; they are the first ones. */
void names_many_seek(struct names_many *m, struct bytes lo)
{
	size_t n = m->stale;
	while (n < m->live && bytes_compare(m->heads[m->order[n]], lo) < 0)
		n++;
	for (size_t i = 0; i < n; i++)
		names_scan_seek(&m->scans[m->order[i]], lo);
	m->stale = n;
}

void names_many_release(struct names_many *m)
{
	for (size_t i = 0; m->runs && i < m->runs->count; i++)
		names_scan_release(&m->scans[i]);
}
