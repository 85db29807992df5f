#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "exchange/spool.h"
#include "store/erased.h"

#define PATH_ROOM 4096
#define KEEP_DEFAULT ((uint64_t)1 << 30)
#define WIRE_ROOM (WIRE_OCTETS_MAX + (8u << 20))

struct spool {
	char *dir;
	int lock_fd;
	struct store *ledger;
	const struct share_policy *policy;
	struct erased erased; /* leaves nobody any more */
	uint64_t keep_octets, most_octets, serial;
	pthread_mutex_t lock; /* of the folders' content and serial */
	pthread_cond_t more;
	uint64_t waiting;
};

static void path_in(const struct spool *s, const char *folder, const char *file,
		    char out[PATH_ROOM])
{
	snprintf(out, PATH_ROOM, "%s/%s%s%s", s->dir, folder, *file ? "/" : "", file);
}

/* ---- listing a folder, by serial ---- */

struct listing {
	char (*at)[SPOOL_FILE_MAX];
	size_t count, room;
};

static bool is_segment(const char *file)
{
	return strlen(file) == SPOOL_FILE_MAX - 1 && file[20] == '-' &&
	       strspn(file, "0123456789") == 20 && wire_name_good(file + 21);
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int list(const struct spool *s, const char *folder, struct listing *ret,
		struct fault *f)
{
	char path[PATH_ROOM];
	struct dirent *e;
	*ret = (struct listing){0};
	path_in(s, folder, "", path);
	DIR *d = opendir(path);
	if (d == NULL)
		return fault_set(f, yore_error_of_errno(errno), "%s: %s", path,
				 strerror(errno));
	int r = 0;
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (!is_segment(e->d_name))
			continue;
		if (ret->count == ret->room) {
			size_t room = ret->room ? 2 * ret->room : 64;
			void *at = realloc(ret->at, room * sizeof(*ret->at));
			if (at == NULL) {
				r = fault_set(f, YORE_ENOMEM, "spool: out of memory");
				break;
			}
			ret->at = at;
			ret->room = room;
		}
		memcpy(ret->at[ret->count++], e->d_name, SPOOL_FILE_MAX);
	}
	closedir(d);
	if (ret->count)
		qsort(ret->at, ret->count, sizeof(*ret->at), compare_files);
	return r;
}

static int read_segment(const struct spool *s, const char *folder, const char *file,
			struct buf *ret, struct fault *f)
{
	char path[PATH_ROOM];
	path_in(s, folder, file, path);
	return io_read_file(path, WIRE_ROOM, ret, f);
}

static int move(const struct spool *s, const char *from, const char *to, const char *file,
		struct fault *f)
{
	char a[PATH_ROOM], b[PATH_ROOM];
	path_in(s, from, file, a);
	path_in(s, to, file, b);
	return io_rename(a, b, f);
}

static uint64_t octets_in(const struct spool *s, const char *folder)
{
	struct listing l;
	uint64_t total = 0;
	if (list(s, folder, &l, NULL) == 0)
		for (size_t i = 0; i < l.count; i++) {
			char path[PATH_ROOM];
			struct stat st;
			path_in(s, folder, l.at[i], path);
			if (stat(path, &st) == 0)
				total += (uint64_t)st.st_size;
		}
	free(l.at);
	return total;
}

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

static int collect(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct held_rows *h = (struct held_rows *)self;
	int r;
	do
		r = h->from->next(h->from, key, value);
	while (r == 1 && key->len &&
	       erased_has(h->erased, *key, *value, key_suffix_len(key->at[0], !h->year)));
	if (r == 1 && key->at[0] == TABLE_SERVER) {
		buf_u32be(&h->rows, (uint32_t)key->len);
		buf_put_bytes(&h->rows, *key);
		buf_u32be(&h->rows, (uint32_t)value->len);
		buf_put_bytes(&h->rows, *value);
	}
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

static int write_file(struct spool *s, struct bytes octets, struct fault *f)
{
	char name[WIRE_NAME_LEN + 1], file[SPOOL_FILE_MAX + 8], tmp[PATH_ROOM],
	    path[PATH_ROOM];
	wire_name(octets, name);
	snprintf(file, sizeof(file), "%020" PRIu64 "-%s", s->serial, name);
	path_in(s, "tmp", file, tmp);
	path_in(s, "out", file, path);
	int fd = io_open(tmp, O_WRONLY | O_CREAT | O_TRUNC, 0600, f);
	if (fd < 0)
		return fd;
	int r = io_write_all(fd, octets.at, octets.len, tmp, f);
	if (r == 0 && fsync(fd) < 0)
		r = fault_set(f, yore_error_of_errno(errno), "%s: %s", tmp,
			      strerror(errno));
	close(fd);
	if (r == 0)
		r = io_point("spool.written");
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

static int commit(void *arg, const struct segment_meta *meta, struct segment_rows *rows,
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
	if (s->most_octets && octets_in(s, "out") > s->most_octets)
		return fault_set(f, YORE_EFULL, "%s: the spool is full", s->dir);
	buf_init(&octets, WIRE_ROOM);
	buf_init(&h.rows, 256u << 20);
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
		r = io_point("spool.out");
	if (r == 0)
		r = enter(s, meta, &h, f);
	buf_release(&octets);
	buf_release(&h.rows);
	return r;
}

/* A segment that was written before a crash, and may not be in the ledger yet. */
static int enter_again(struct spool *s, const char *file, struct fault *f)
{
	struct wire_reader *w;
	struct held_rows h = {0};
	struct buf octets;
	struct bytes key;
	struct span span;
	uint8_t value[SPAN_WIRE_MAX];
	buf_init(&octets, WIRE_ROOM);
	buf_init(&h.rows, 256u << 20);
	int r = read_segment(s, "out", file, &octets, f);
	if (r == 0)
		r = wire_open(buf_bytes(&octets), f, &w);
	if (r == 0) {
		const struct segment_meta *meta = &wire_head(w)->meta;
		bool behind = check_positions(s, meta, NULL) == 0;
		while (behind && (r = wire_next(w, &key, &span, f)) == 1 &&
		       key.at[0] == TABLE_SERVER) {
			struct held_rows *to = &h;
			int64_t base = when_month_start(
			    (int32_t)strtol(meta->shelf + 1, NULL, 10) * 12);
			size_t n = span_encode(&span, base, value);
			buf_u32be(&to->rows, (uint32_t)key.len);
			buf_put_bytes(&to->rows, key);
			buf_u32be(&to->rows, (uint32_t)n);
			buf_put(&to->rows, value, n);
		}
		if (r >= 0)
			r = behind ? enter(s, meta, &h, f) : 0;
		wire_close(w);
	}
	buf_release(&octets);
	buf_release(&h.rows);
	return r == YORE_ESTALE || r == YORE_EEXIST ? 0 : r;
}

/* ---- opening ---- */

static void count_serials(struct spool *s, const struct listing *l)
{
	if (l->count == 0)
		return;
	uint64_t last = strtoull(l->at[l->count - 1], NULL, 10);
	if (last >= s->serial)
		s->serial = last + 1;
}

static int recover(struct spool *s, struct fault *f)
{
	struct listing out, sent;
	int r = list(s, "out", &out, f);
	if (r == 0) {
		r = list(s, "sent", &sent, f);
		count_serials(s, &out);
		if (r == 0)
			count_serials(s, &sent);
		free(sent.at);
	}
	for (size_t i = 0; i < out.count && r == 0; i++)
		r = enter_again(s, out.at[i], f);
	s->waiting = out.count;
	free(out.at);
	return r;
}

static int make_folders(struct spool *s, struct fault *f)
{
	static const char *const folders[] = {"out", "sent", "refused", "tmp"};
	char path[PATH_ROOM];
	for (size_t i = 0; i < 4; i++) {
		path_in(s, folders[i], "", path);
		if (i == 3)
			(void)io_remove_tree(path, NULL); /* half-written ones */
		int r = io_mkdirs(path, 0700, f);
		if (r < 0)
			return r;
	}
	return 0;
}

static int lock(struct spool *s, struct fault *f)
{
	char path[PATH_ROOM];
	int r = io_mkdirs(s->dir, 0700, f);
	if (r < 0)
		return r;
	path_in(s, "LOCK", "", path);
	s->lock_fd = io_open(path, O_RDWR | O_CREAT, 0600, f);
	if (s->lock_fd < 0)
		return s->lock_fd;
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return fault_set(f, YORE_ELOCKED,
				 "%s: another process uses this spool; give each its own",
				 s->dir);
	return 0;
}

static int open_ledger(struct spool *s, struct fault *f)
{
	char path[PATH_ROOM];
	struct store_options o = {.write = true, .create = true, .memory = 16u << 20};
	path_in(s, "ledger", "", path);
	int r = store_open(path, &o, f, &s->ledger);
	return r < 0 ? r : store_erased(s->ledger, &s->erased, f);
}

int spool_open(const struct spool_options *o, struct fault *f, struct spool **ret)
{
	struct spool *s = calloc(1, sizeof(*s));
	if (s)
		s->dir = strdup(o->dir);
	if (s == NULL || s->dir == NULL) {
		free(s);
		return fault_set(f, YORE_ENOMEM, "spool: out of memory");
	}
	s->lock_fd = -1;
	s->keep_octets = o->keep_octets ? o->keep_octets : KEEP_DEFAULT;
	s->most_octets = o->most_octets;
	s->policy = o->policy;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	int r = lock(s, f);
	if (r == 0)
		r = make_folders(s, f);
	if (r == 0)
		r = open_ledger(s, f);
	if (r == 0)
		r = recover(s, f);
	if (r < 0) {
		spool_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	store_close(s->ledger);
	erased_release(&s->erased);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->more);
	free(s->dir);
	free(s);
}

struct segment_sink spool_sink(struct spool *s)
{
	return (struct segment_sink){.commit = commit, .arg = s};
}

struct store *spool_ledger(struct spool *s)
{
	return s->ledger;
}

/* ---- sending ---- */

uint64_t spool_waiting(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t n = s->waiting;
	pthread_mutex_unlock(&s->lock);
	return n;
}

int spool_first(struct spool *s, struct spooled *ret, struct fault *f)
{
	struct listing l;
	pthread_mutex_lock(&s->lock);
	int r = list(s, "out", &l, f);
	s->waiting = l.count;
	pthread_mutex_unlock(&s->lock);
	if (r == 0 && l.count) {
		memcpy(ret->file, l.at[0], SPOOL_FILE_MAX);
		memcpy(ret->name, ret->file + 21, WIRE_NAME_LEN + 1);
		buf_init(&ret->octets, WIRE_ROOM);
		r = read_segment(s, "out", ret->file, &ret->octets, f);
		if (r == 0)
			r = 1;
		else
			buf_release(&ret->octets);
	}
	free(l.at);
	return r;
}

/* The oldest of what was sent go when there is too much of it. */
static void trim(struct spool *s)
{
	struct listing l;
	uint64_t total = octets_in(s, "sent");
	if (total <= s->keep_octets || list(s, "sent", &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.count && total > s->keep_octets; i++) {
		char path[PATH_ROOM];
		struct stat st;
		path_in(s, "sent", l.at[i], path);
		if (stat(path, &st) == 0 && unlink(path) == 0)
			total -= (uint64_t)st.st_size;
	}
	free(l.at);
}

static int leave(struct spool *s, const struct spooled *g, const char *to,
		 struct fault *f)
{
	pthread_mutex_lock(&s->lock);
	int r = move(s, "out", to, g->file, f);
	if (r == 0 && s->waiting)
		s->waiting--;
	pthread_mutex_unlock(&s->lock);
	return r;
}

int spool_sent(struct spool *s, const struct spooled *g, struct fault *f)
{
	int r = leave(s, g, "sent", f);
	if (r == 0)
		trim(s);
	return r;
}

int spool_refused(struct spool *s, const struct spooled *g, const char *why,
		  struct fault *f)
{
	char path[PATH_ROOM], file[SPOOL_FILE_MAX + 8];
	snprintf(file, sizeof(file), "%s.why", g->file);
	path_in(s, "refused", file, path);
	int r = io_replace(path, BYTES_STR(why), 0600, f);
	return r < 0 ? r : leave(s, g, "refused", f);
}

/* Does this segment bring the input of that shelf beyond so many packets? */
static bool goes_beyond(struct spool *s, const char *file, const char *shelf,
			const struct input_id *input, uint64_t packets)
{
	struct wire_head head = {0};
	struct buf octets;
	bool beyond = false;
	buf_init(&octets, WIRE_ROOM);
	if (read_segment(s, "sent", file, &octets, NULL) == 0 &&
	    wire_read_head(buf_bytes(&octets), &head, NULL) == 0 &&
	    strcmp(head.meta.shelf, shelf) == 0)
		for (size_t i = 0; i < head.meta.entry_count && !beyond; i++)
			beyond =
			    memcmp(&head.entries[i].input, input, sizeof(*input)) == 0 &&
			    head.entries[i].to.packets > packets;
	wire_head_release(&head);
	buf_release(&octets);
	return beyond;
}

/* What was sent from the i-th on waits again; gives the lock back. */
static int back(struct spool *s, const struct listing *l, size_t i, struct fault *f)
{
	int moved = 0, r = 0;
	for (; r == 0 && i < l->count; i++, moved++)
		r = move(s, "sent", "out", l->at[i], f);
	s->waiting += (uint64_t)moved;
	return r < 0 ? r : moved;
}

int spool_back(struct spool *s, const char *shelf, const struct input_id *input,
	       uint64_t packets, struct fault *f)
{
	struct listing l;
	pthread_mutex_lock(&s->lock);
	int r = list(s, "sent", &l, f);
	size_t i = 0;
	while (r == 0 && i < l.count && !goes_beyond(s, l.at[i], shelf, input, packets))
		i++;
	if (r == 0)
		r = back(s, &l, i, f);
	pthread_mutex_unlock(&s->lock);
	free(l.at);
	return r;
}

int spool_back_from(struct spool *s, const char *file, struct fault *f)
{
	struct listing l;
	pthread_mutex_lock(&s->lock);
	int r = list(s, "sent", &l, f);
	size_t i = 0;
	while (r == 0 && i < l.count && strcmp(l.at[i], file) < 0)
		i++;
	if (r == 0)
		r = back(s, &l, i, f);
	pthread_mutex_unlock(&s->lock);
	free(l.at);
	return r;
}

int spool_sent_head(struct spool *s, size_t n, struct wire_head *ret,
		    char file[SPOOL_FILE_MAX], struct fault *f)
{
	struct listing l;
	struct buf octets;
	pthread_mutex_lock(&s->lock);
	int r = list(s, "sent", &l, f);
	pthread_mutex_unlock(&s->lock);
	if (r == 0 && n < l.count) {
		memcpy(file, l.at[l.count - 1 - n], SPOOL_FILE_MAX);
		buf_init(&octets, WIRE_ROOM);
		r = read_segment(s, "sent", file, &octets, f);
		if (r == 0)
			r = wire_read_head(buf_bytes(&octets), ret, f);
		for (size_t i = 0; r == 0 && i < ret->meta.entry_count; i++)
			ret->entries[i].counters = (struct bytes){0};
		if (r == 0)
			r = 1;
		buf_release(&octets);
	}
	free(l.at);
	return r;
}

bool spool_await(struct spool *s, unsigned most_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += most_ms / 1000;
	until.tv_nsec += (long)(most_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&s->lock);
	while (s->waiting == 0 && pthread_cond_timedwait(&s->more, &s->lock, &until) == 0)
		;
	bool more = s->waiting > 0;
	pthread_mutex_unlock(&s->lock);
	return more;
}
