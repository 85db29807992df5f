/* How a segment gets into the spool: first its file, then the ledger. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "exchange/spool_own.h"

#define SERVERS_MAX (256u << 20) /* octets of the rows of one segment's servers */

/* ---- the ledger ---- */

/* Rows of servers, held to be given once more. */
struct held_rows {
	struct segment_rows pull;
	struct segment_rows *from; /* while they are collected */
	const struct erased *erased;
	bool year;	 /* rows of a year's shelf */
	struct buf rows; /* key and value, each with its length in front */
	struct reader give;
};

static void hold(struct held_rows *h, struct bytes key, struct bytes value)
{
	buf_u32be(&h->rows, (uint32_t)key.len);
	buf_put_bytes(&h->rows, key);
	buf_u32be(&h->rows, (uint32_t)value.len);
	buf_put_bytes(&h->rows, value);
}

static int collect(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct held_rows *h = (struct held_rows *)self;
	int r;
	do
		r = h->from->next(h->from, key, value);
	while (r == 1 && key->len &&
	       erased_has(h->erased, *key, *value, key_suffix_len(key->at[0], !h->year)));
	if (r == 1 && key->at[0] == TABLE_SERVER)
		hold(h, *key, *value);
	return h->rows.err < 0 ? h->rows.err : r;
}

static int give(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct held_rows *h = (struct held_rows *)self;
	if (reader_left(&h->give) == 0)
		return 0;
	*key = reader_take(&h->give, reader_u32(&h->give));
	*value = reader_take(&h->give, reader_u32(&h->give));
	return h->give.err ? h->give.err : 1;
}

static int enter(struct spool *s, const struct segment_meta *meta, struct held_rows *h,
		 struct fault *f)
{
	h->pull.next = give;
	h->give = (struct reader){0};
	if (h->rows.len > 0)
		h->give = reader_of(buf_bytes(&h->rows));
	return store_commit(s->ledger, meta, &h->pull, f);
}

/* Is every input where the segment begins? */
static int check_positions(struct spool *s, const struct segment_meta *meta,
			   struct fault *f)
{
	for (size_t i = 0; i < meta->entry_count; i++) {
		const struct ledger_entry *e = &meta->entries[i];
		struct ledger_entry last;
		int r = store_position(s->ledger, meta->shelf, &e->input, &last, f);
		if (r < 0)
			return r;
		if ((r == 1 ? last.to.packets : 0) != e->from)
			return fault_set(f, YORE_ESTALE,
					 "spool: input %s is not at packet %" PRIu64,
					 e->name, e->from);
	}
	return 0;
}

/* ---- committing ---- */

static int point(const char *step, struct fault *f)
{
	int r = io_point(step);
	return r < 0 ? fault_set(f, r, "spool: stopped at %s; nothing is lost", step) : 0;
}

static int write_file(struct spool *s, struct bytes octets, struct fault *f)
{
	char name[WIRE_NAME_LEN + 1], file[SPOOL_FILE_MAX + 8], tmp[SPOOL_PATH_MAX],
	    path[SPOOL_PATH_MAX];
	wire_name(octets, name);
	snprintf(file, sizeof(file), "%020" PRIu64 "-%s", s->serial, name);
	spool_path(s, "tmp", file, tmp);
	spool_path(s, "out", file, path);
	int fd = io_open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0600, f);
	if (fd < 0)
		return fd;
	int r = io_write_all(fd, octets.at, octets.len, tmp, f);
	if (r == 0 && fsync(fd) < 0)
		r = fault_set(f, yore_error_of_errno(errno), "%s: %s", tmp,
			      strerror(errno));
	close(fd);
	if (r == 0)
		r = point("spool.written", f);
	if (r == 0)
		r = io_rename(tmp, path, f);
	if (r < 0)
		unlink(tmp);
	else
		s->serial++;
	return r;
}

/* All of it, or what the policy lets go. */
static int write_wire(struct spool *s, const struct segment_meta *meta,
		      struct segment_rows *rows, struct buf *out, struct fault *f)
{
	struct share_filter filter;
	struct segment_meta leaving;
	uint64_t count;
	if (s->policy == NULL)
		return wire_write(meta, NULL, rows, out, &count, f);
	struct ledger_entry *entries = calloc(meta->entry_count, sizeof(*entries));
	if (entries == NULL)
		return fault_set(f, YORE_ENOMEM, "spool: out of memory");
	share_meta(meta, entries, &leaving);
	share_filter_init(&filter, s->policy, meta, rows);
	int r = wire_write(&leaving, &s->policy->terms, &filter.pull, out, &count, f);
	free(entries);
	return r;
}

int spool_commit(void *arg, const struct segment_meta *meta, struct segment_rows *rows,
		 struct fault *f)
{
	struct spool *s = arg;
	struct held_rows h = {.pull = {collect},
			      .from = rows,
			      .erased = &s->erased,
			      .year = meta->shelf[0] == 'y'};
	struct buf octets;
	int r = check_positions(s, meta, f);
	if (r < 0)
		return r;
	if (s->most_octets && spool_octets(s, "out") > s->most_octets)
		return fault_set(f, YORE_EFULL, "%s: the spool is full", s->dir);
	buf_init(&octets, SPOOL_SEGMENT_MAX);
	buf_init(&h.rows, SERVERS_MAX);
	r = write_wire(s, meta, &h.pull, &octets, f);
	pthread_mutex_lock(&s->lock);
	if (r == 0)
		r = write_file(s, buf_bytes(&octets), f);
	if (r == 0) {
		s->waiting++;
		pthread_cond_signal(&s->more);
	}
	pthread_mutex_unlock(&s->lock);
	if (r == 0)
		r = point("spool.out", f);
	if (r == 0)
		r = enter(s, meta, &h, f);
	buf_release(&octets);
	buf_release(&h.rows);
	return r;
}

int spool_enter_again(struct spool *s, const char *file, struct fault *f)
{
	struct wire_reader *w;
	struct held_rows h = {0};
	struct buf octets;
	struct bytes key;
	struct span span;
	uint8_t value[SPAN_WIRE_MAX];
	buf_init(&octets, SPOOL_SEGMENT_MAX);
	buf_init(&h.rows, SERVERS_MAX);
	int r = spool_read(s, "out", file, &octets, f);
	if (r == 0)
		r = wire_open(buf_bytes(&octets), f, &w);
	if (r == 0) {
		const struct segment_meta *meta = &wire_head(w)->meta;
		bool behind = check_positions(s, meta, NULL) == 0;
		while (behind && (r = wire_next(w, &key, &span, f)) == 1 &&
		       key.at[0] == TABLE_SERVER) {
			int64_t base = when_month_start(
			    (int32_t)strtol(meta->shelf + 1, NULL, 10) * 12);
			size_t n = span_encode(&span, base, value);
			hold(&h, key, BYTES(value, n));
		}
		if (r >= 0)
			r = behind ? enter(s, meta, &h, f) : 0;
		wire_close(w);
	}
	buf_release(&octets);
	buf_release(&h.rows);
	return r == YORE_ESTALE || r == YORE_EEXIST ? 0 : r;
}
