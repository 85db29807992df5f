#include "store/estimate.h"

#include "store/cursor.h"

struct estimating {
	struct engine *engine;
	const struct scan *scan;
	struct stretch stretch;
	unsigned sample;
	struct scan_cost *add;
	struct fault *fault;
};

static uint64_t octets_of(const struct estimating *x, const char *shelf, struct bytes hi)
{
	struct stretch s = {.lo = x->stretch.lo, .hi = hi};
	return x->engine->ops->octets ? x->engine->ops->octets(x->engine, shelf, &s) : 0;
}

/* The first rows are counted; how many more there are is told by what these took. */
static int count_rows(const struct estimating *x, const char *shelf, uint64_t octets)
{
	struct shelf_iter *it;
	struct bytes key, value;
	uint64_t n = 0;
	int r = x->engine->ops->iter(x->engine, shelf, &x->stretch, x->fault, &it);
	if (r < 0)
		return r == YORE_ENOENT ? 0 : r;
	while ((r = it->ops->next(it, &key, &value)) != 0) {
		if (r < 0 && r != YORE_ECORRUPT)
			break;
		n += r == 1;
		if (r != 1 || n < x->sample || octets == 0)
			continue;
		uint64_t part = octets_of(x, shelf, key);
		if (part && part < octets)
			n = (uint64_t)((double)n * (double)octets / (double)part);
		break;
	}
	x->add->rows += n;
	it->ops->close(it);
	return r < 0 && r != YORE_ECORRUPT ? r : 0;
}

static int one_shelf(const char *shelf, void *arg)
{
	struct estimating *x = arg;
	if (!scan_wants(x->scan, shelf))
		return 0;
	uint64_t octets = octets_of(x, shelf, x->stretch.hi);
	x->add->octets += octets;
	x->add->shelves++;
	return x->sample ? count_rows(x, shelf, octets) : 0;
}

int estimate_scan(struct engine *e, const struct scan *scan, unsigned sample,
		  struct scan_cost *add, struct fault *f)
{
	uint8_t lo = scan->table, hi = (uint8_t)(scan->table + 1);
	struct estimating x = {.engine = e,
			       .scan = scan,
			       .stretch = {.lo = scan->lo.len ? scan->lo : BYTES(&lo, 1),
					   .hi = scan->hi.len ? scan->hi : BYTES(&hi, 1)},
			       .sample = sample,
			       .add = add,
			       .fault = f};
	return e->ops->shelves(e, one_shelf, &x, f);
}
