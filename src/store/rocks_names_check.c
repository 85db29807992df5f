/* Are runs of names whole, and is every name of table N in one of them? */
#include <stdio.h>
#include <stdlib.h>

#include "record/key.h"
#include "store/names_runs.h"
#include "store/rocks.h"

#define MEND "nothing is lost, patterns read table N; mend it with yore db compact"

static void say_bad(int error, const struct names_run *n, say_fn say, void *arg)
{
	char line[200];
	snprintf(line, sizeof(line), "the file of names (%llx-%llx): %s; " MEND,
		 (unsigned long long)n->from, (unsigned long long)n->to,
		 yore_strerror(error));
	say(line, arg);
}

static int read_run(const char *path)
{
	struct names_file *n;
	struct names_scan s;
	struct bytes name;
	uint64_t count = 0;
	int r = names_open(path, NULL, &n);
	if (r < 0)
		return r;
	names_scan_init(&s, n, BYTES(NULL, 0), BYTES(NULL, 0), BYTES(NULL, 0));
	while ((r = names_scan_next(&s, &name)) == 1)
		count++;
	if (r == 0 && count != n->names)
		r = YORE_ECORRUPT;
	names_scan_release(&s);
	names_put(n);
	return r;
}

/* Both ascend, and runs may have more. How many names are in N only; negative: read no
   farther. */
static int64_t missing(struct names_many *many, struct shelf_iter *it)
{
	struct bytes key, value, name, has = {0};
	int64_t count = 0;
	int r, more = names_many_next(many, &has);
	while ((r = it->ops->next(it, &key, &value)) != 0) {
		if (r < 0 && r != YORE_ECORRUPT)
			return r;
		if (r < 0 || key_name_read(key, &name) < 0)
			continue; /* told already */
		while (more == 1 && bytes_compare(has, name) < 0)
			more = names_many_next(many, &has);
		if (more < 0)
			return more;
		count += more == 0 || !bytes_equal(has, name);
	}
	return count;
}

static int64_t compare(struct engine *e, const char *shelf, struct names_runs *runs)
{
	static const uint8_t lo = TABLE_NAME, hi = TABLE_NAME + 1;
	struct stretch s = {.lo = BYTES(&lo, 1), .hi = BYTES(&hi, 1), .whole = true};
	struct names_many *many = calloc(1, sizeof(*many));
	struct shelf_iter *it;
	if (many == NULL)
		return 0;
	int64_t n = e->ops->iter(e, shelf, &s, NULL, &it);
	if (n == 0) {
		names_many_init(many, runs, BYTES(NULL, 0), BYTES(NULL, 0),
				BYTES(NULL, 0));
		n = missing(many, it);
		names_many_release(many);
		it->ops->close(it);
	}
	free(many);
	return n;
}

static void check_coverage(struct rocks *r, const char *shelf, const char *folder,
			   say_fn say, void *arg)
{
	struct names_runs *runs;
	struct handle *h;
	char line[200];
	uint64_t bad = 0;
	if (rocks_get(r, shelf, false, NULL, &h) < 0)
		return;
	uint64_t upto = rocks_names_upto(h->db);
	rocks_put(h);
	if (names_runs_open(folder, upto, &bad, NULL, &runs) < 0)
		return; /* a hole is no damage */
	int64_t n = compare(&r->engine, shelf, runs);
	bool same = rocks_get(r, shelf, false, NULL, &h) == 0;
	if (same) { /* nothing came in between */
		same = rocks_names_upto(h->db) == upto;
		rocks_put(h);
	}
	names_runs_put(runs);
	if (n <= 0 || !same)
		return;
	snprintf(line, sizeof(line),
		 "the file of names: %lld names are missing in it, so patterns do not "
		 "find them; mend it with yore db compact",
		 (long long)n);
	say(line, arg);
}

void rocks_names_check(struct engine *e, const char *shelf, say_fn say, void *arg)
{
	struct rocks *r = (struct rocks *)e;
	char folder[ROCKS_PATH], path[NAMES_PATH];
	struct names_list l;
	bool good = true;
	rocks_names_folder(r, shelf, folder);
	names_list(folder, &l);
	for (size_t i = 0; i < l.count; i++) {
		names_run_path(folder, &l.at[i], path);
		int error = read_run(path);
		if (error == 0 || error == YORE_ENOENT)
			continue;
		good = false;
		say_bad(error, &l.at[i], say, arg);
	}
	if (good && l.count)
		check_coverage(r, shelf, folder, say, arg);
}
