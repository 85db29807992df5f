/* Erasing reaches what waits to be sent, what was sent and is kept, and the ledger. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "exchange/spool_own.h"
#include "exchange/wire_own.h"

struct erasing {
	const char *dir;
	const struct erased *list;
	struct fault *fault;
	int64_t changed;
};

/* The rows of a segment that stay. */
struct kept_rows {
	struct segment_rows pull;
	struct wire_reader *from;
	struct wire_base base;
	const struct erased *list;
	struct fault *fault;
	uint8_t value[SPAN_WIRE_MAX];
	uint64_t gone;
};

static int next_kept(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct kept_rows *k = (struct kept_rows *)self;
	struct span span;
	int r;
	while ((r = wire_next(k->from, key, &span, k->fault)) == 1) {
		if (erased_has(k->list, *key, BYTES(NULL, 0),
			       key_suffix_len(key->at[0], k->base.interval))) {
			k->gone++;
			continue;
		}
		*value = BYTES(k->value,
			       span_encode(&span, wire_base_s(&k->base, *key), k->value));
		return 1;
	}
	return r;
}

/* The segment without them: 1 something went, 0 nothing, negative. */
static int filter(struct erasing *x, struct bytes segment, struct buf *out)
{
	struct kept_rows k = {.pull = {next_kept}, .list = x->list, .fault = x->fault};
	uint64_t count;
	int r = wire_open(segment, x->fault, &k.from);
	if (r < 0)
		return r;
	const struct wire_head *head = wire_head(k.from);
	r = wire_base_of(head->meta.shelf, &k.base);
	if (r == 0)
		r = wire_write(&head->meta, &head->terms, &k.pull, out, &count, x->fault);
	wire_close(k.from);
	return r < 0 ? r : k.gone > 0;
}

static int put_back(struct erasing *x, const char *file, const char *path,
		    struct bytes octets)
{
	char name[WIRE_NAME_LEN + 1], to[SPOOL_PATH_MAX];
	wire_name(octets, name);
	snprintf(to, sizeof(to), "%.3900s/out/%.20s-%s", x->dir, file, name);
	int r = io_replace(to, octets, 0600, x->fault);
	if (r == 0 && unlink(path) < 0)
		r = fault_set(x->fault, yore_error_of_errno(errno), "cannot remove %s",
			      path);
	return r;
}

/* What waits is written anew; what was sent or refused goes. */
static int one_file(struct erasing *x, const char *folder, const char *file)
{
	char path[SPOOL_PATH_MAX];
	struct buf octets, out;
	snprintf(path, sizeof(path), "%.3600s/%s/%.255s", x->dir, folder, file);
	buf_init(&out, SPOOL_SEGMENT_MAX);
	int r = io_read_file(path, SPOOL_SEGMENT_MAX, &octets, x->fault);
	if (r < 0)
		return r;
	r = filter(x, buf_bytes(&octets), &out);
	if (r == 1 && strcmp(folder, "out") == 0)
		r = put_back(x, file, path, buf_bytes(&out));
	else if (r != 0) /* also one that cannot be read: who knows what is in it */
		r = unlink(path) < 0 ? fault_set(x->fault, yore_error_of_errno(errno),
						 "cannot remove %s", path)
				     : 0;
	else
		x->changed--;
	x->changed++;
	buf_release(&octets);
	buf_release(&out);
	return r;
}

/* SERIAL-SHA256, or that with something behind it. */
static bool is_segment(const char *file)
{
	return strlen(file) >= SPOOL_FILE_MAX - 1 && strspn(file, "0123456789") == 20 &&
	       file[20] == '-' && strchr(file + 21, '.') == NULL;
}

static int one_folder(struct erasing *x, const char *folder)
{
	char path[SPOOL_PATH_MAX];
	struct dirent **list;
	snprintf(path, sizeof(path), "%.4000s/%s", x->dir, folder);
	/* a list first: files are replaced on the way */
	int n = scandir(path, &list, NULL, alphasort), r = 0;
	for (int i = 0; i < n; i++) {
		if (r == 0 && is_segment(list[i]->d_name))
			r = one_file(x, folder, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return r;
}

int64_t spool_erase(const char *dir, const struct erasure *what, size_t count,
		    struct fault *f)
{
	static const char *const folders[] = {"out", "sent", "refused"};
	struct spool_options o = {.dir = dir};
	struct erased list = {0};
	struct erasing x = {.dir = dir, .list = &list, .fault = f};
	struct spool *s;
	int r = spool_open(&o, f, &s);
	if (r < 0)
		return r;
	int64_t rows;
	r = store_erase(spool_ledger(s), what, count, NULL, NULL, &rows, f);
	if (r == 0)
		r = store_erased(spool_ledger(s), &list, f);
	for (size_t i = 0; i < 3 && r == 0; i++)
		r = one_folder(&x, folders[i]);
	erased_release(&list);
	spool_close(s);
	return r < 0 ? r : x.changed;
}
