#include "cmd/packets_files.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES_MOST 1000000

static bool is_capture(const struct ledger_entry *e)
{
	static const char *const kinds[] = {"pcap", "pcapng", "snoop", "dnstap"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(e->kind, kinds[i]) == 0)
			return true;
	return false;
}

/* A listener's name is no file's. */
static bool is_file(const struct ledger_entry *e)
{
	return strncmp(e->name, "unix:", 5) != 0 && strncmp(e->name, "tcp:", 4) != 0 &&
	       strcmp(e->name, "stdin") != 0;
}

static int add(struct capture_files *l, const struct ledger_entry *e)
{
	/* the commits of one input stand together, so the last one is the likeliest */
	for (size_t i = l->count; i > 0; i--) {
		struct capture_file *x = &l->at[i - 1];
		if (memcmp(&x->id, &e->input, sizeof(x->id)) != 0)
			continue;
		if (e->first_us < x->first_us)
			x->first_us = e->first_us;
		if (e->last_us > x->last_us)
			x->last_us = e->last_us;
		return 0;
	}
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct capture_file *at = realloc(l->at, room * sizeof(*at));
		if (at == NULL || room > FILES_MOST)
			return YORE_ENOMEM;
		l->at = at;
		l->room = room;
	}
	struct capture_file *x = &l->at[l->count++];
	*x = (struct capture_file){
	    .id = e->input, .first_us = e->first_us, .last_us = e->last_us};
	snprintf(x->name, sizeof(x->name), "%s", e->name);
	return 0;
}

struct finding {
	const struct fence *fence;
	struct capture_files *files;
};

static bool overlaps(const struct fence *fence, const struct ledger_entry *e)
{
	return e->first_us != WHEN_UNKNOWN &&
	       (fence->from_s == WHEN_UNKNOWN || e->last_us / 1000000 >= fence->from_s) &&
	       (fence->to_s == WHEN_UNKNOWN || e->first_us / 1000000 <= fence->to_s);
}

static int on_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct finding *x = arg;
	if (!is_capture(e) || !is_file(e) || !overlaps(x->fence, e))
		return 0;
	return add(x->files, e);
}

static int by_time(const void *a, const void *b)
{
	const struct capture_file *x = a, *y = b;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return strcmp(x->name, y->name);
}

int capture_files_find(struct store *s, const struct fence *fence,
		       struct capture_files *ret, struct fault *f)
{
	*ret = (struct capture_files){0};
	struct finding x = {fence, ret};
	int r = store_ledger(s, NULL, on_entry, &x, f);
	if (r < 0) {
		capture_files_release(ret);
		return f->code ? r : fault_set(f, r, "ledger: %s", yore_strerror(r));
	}
	if (ret->count > 0)
		qsort(ret->at, ret->count, sizeof(*ret->at), by_time);
	return 0;
}

void capture_files_release(struct capture_files *l)
{
	free(l->at);
	*l = (struct capture_files){0};
}
