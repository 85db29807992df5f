/* Which runs there are, and what they cover. */
#include "store/names_runs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#define DIGITS 16
#define NAME_LEN (2 * DIGITS + 1)
/* An older run joins where it is at most so many times what is merged already. */
#define JOIN_RATIO 1
#define SMALL ((uint64_t)16 << 10) /* octets: below that all are of one size */

/* ---- names of files ---- */

static bool read_hex(const char *s, uint64_t *ret)
{
	*ret = 0;
	for (int i = 0; i < DIGITS; i++) {
		char c = s[i];
		unsigned v = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
			     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
						    : 16;
		if (v > 15)
			return false;
		*ret = *ret << 4 | v;
	}
	return true;
}

static bool is_run(const char *name, struct names_run *ret)
{
	return strlen(name) == NAME_LEN && name[DIGITS] == '-' &&
	       read_hex(name, &ret->from) && read_hex(name + DIGITS + 1, &ret->to) &&
	       ret->from < ret->to;
}

void names_run_path(const char *folder, const struct names_run *n, char ret[NAMES_PATH])
{
	snprintf(ret, NAMES_PATH, "%.4100s/%016llx-%016llx", folder,
		 (unsigned long long)n->from, (unsigned long long)n->to);
}

static int compare_runs(const void *a, const void *b)
{
	const struct names_run *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to == y->to ? 0 : x->to > y->to ? -1 : 1;
}

void names_list(const char *folder, struct names_list *ret)
{
	char path[NAMES_PATH];
	struct stat st;
	ret->count = 0;
	DIR *d = opendir(folder);
	struct dirent *e;
	while (d && (e = readdir(d)) && ret->count < NAMES_LIST_MOST) {
		struct names_run *n = &ret->at[ret->count];
		if (!is_run(e->d_name, n))
			continue;
		names_run_path(folder, n, path);
		if (stat(path, &st) < 0)
			continue; /* merged a moment ago */
		n->octets = (uint64_t)st.st_size;
		n->mark = names_mark(&st);
		ret->count++;
	}
	if (d)
		closedir(d);
	qsort(ret->at, ret->count, sizeof(ret->at[0]), compare_runs);
}

/* ---- coverage ---- */

size_t names_chain(const struct names_list *l, uint64_t from, uint64_t upto, uint64_t but,
		   struct names_run chain[NAMES_RUNS_MOST])
{
	size_t count = 0;
	uint64_t at = from;
	for (size_t i = 0; at < upto; count++) {
		const struct names_run *best = NULL;
		for (; i < l->count && l->at[i].from <= at; i++)
			if (l->at[i].to > at && l->at[i].mark != but &&
			    (best == NULL || l->at[i].to > best->to))
				best = &l->at[i];
		if (best == NULL || count == NAMES_RUNS_MOST)
			return 0;
		chain[count] = *best;
		at = best->to;
	}
	return count;
}

static uint64_t weight(const struct names_run *n)
{
	return n->octets < SMALL ? SMALL : n->octets;
}

size_t names_chain_due(const struct names_run *chain, size_t count)
{
	if (count <= NAMES_RUNS_FEW)
		return 0;
	uint64_t sum = weight(&chain[count - 1]);
	size_t n = 1;
	while (n < count && weight(&chain[count - 1 - n]) <= JOIN_RATIO * sum)
		sum += weight(&chain[count - 1 - n++]);
	return n > 1 ? n : 0;
}

/* ---- removing ---- */

void names_sweep(const char *folder, uint64_t upto)
{
	struct names_list l;
	char path[NAMES_PATH];
	uint64_t reached = 0;
	names_list(folder, &l);
	for (size_t i = 0; i < l.count; i++) {
		const struct names_run *n = &l.at[i];
		names_run_path(folder, n, path);
		if (n->to > upto || n->to <= reached)
			(void)unlink(path);
		else
			reached = n->to;
	}
}

void names_remove(const char *folder)
{
	if (unlink(folder) < 0) /* a file: of a version before */
		io_remove_tree(folder, NULL);
}

/* ---- opening ---- */

void names_runs_put(struct names_runs *n)
{
	if (n == NULL || atomic_fetch_sub(&n->users, 1) != 1)
		return;
	for (size_t i = 0; i < n->count; i++)
		names_put(n->files[i]);
	free(n);
}

uint64_t names_runs_bad(const struct names_runs *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->files[i]->bad)
			return n->files[i]->mark;
	return 0;
}

int names_runs_of(const char *folder, const struct names_run *chain, size_t count,
		  uint64_t *bad, struct fault *f, struct names_runs **ret)
{
	char path[NAMES_PATH];
	struct names_runs *n = calloc(1, sizeof(*n));
	if (n == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", folder);
	n->users = 1;
	for (; n->count < count; n->count++) {
		const struct names_run *one = &chain[n->count];
		names_run_path(folder, one, path);
		int e = names_open(path, f, &n->files[n->count]);
		if (e < 0) {
			*bad = e == YORE_ENOENT ? 0 : one->mark;
			names_runs_put(n);
			return e;
		}
	}
	n->upto = count ? chain[count - 1].to : 0;
	*ret = n;
	return 0;
}

/* A listing beside a merge may miss the old ones and the new one: then once more. */
int names_runs_open(const char *folder, uint64_t upto, uint64_t *bad, struct fault *f,
		    struct names_runs **ret)
{
	struct names_run chain[NAMES_RUNS_MOST];
	struct names_list l;
	int e = YORE_ENOENT;
	for (int tries = 0; tries < 3 && e == YORE_ENOENT; tries++) {
		names_list(folder, &l);
		size_t n = names_chain(&l, 0, upto, *bad, chain);
		if (n == 0 && l.count == 0)
			return YORE_ENOENT;
		if (n)
			e = names_runs_of(folder, chain, n, bad, f, ret);
	}
	return e;
}
