/* A spool is opened: locked, its folders made, what a crash left half done made good. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/io.h"
#include "exchange/spool_own.h"

#define KEEP_DEFAULT ((uint64_t)1 << 30)

static void count_serials(struct spool *s, const struct spool_listing *l)
{
	if (l->count == 0)
		return;
	uint64_t last = strtoull(l->at[l->count - 1], NULL, 10);
	if (last >= s->serial)
		s->serial = last + 1;
}

static int recover(struct spool *s, struct fault *f)
{
	struct spool_listing out, sent;
	int r = spool_list(s, "out", &out, f);
	if (r == 0) {
		r = spool_list(s, "sent", &sent, f);
		count_serials(s, &out);
		if (r == 0)
			count_serials(s, &sent);
		free(sent.at);
	}
	for (size_t i = 0; i < out.count && r == 0; i++)
		r = spool_enter_again(s, out.at[i], f);
	s->waiting = out.count;
	free(out.at);
	return r;
}

static int make_folders(struct spool *s, struct fault *f)
{
	static const char *const folders[] = {"out", "sent", "refused", "tmp"};
	char path[SPOOL_PATH_MAX];
	for (size_t i = 0; i < 4; i++) {
		spool_path(s, folders[i], "", path);
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
	char path[SPOOL_PATH_MAX];
	int r = io_mkdirs(s->dir, 0700, f);
	if (r < 0)
		return r;
	spool_path(s, "LOCK", "", path);
	s->lock_fd = io_open(path, O_RDWR | O_CREAT, 0600, f);
	if (s->lock_fd < 0)
		return s->lock_fd;
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return fault_set(f, YORE_ELOCKED,
				 "%s: another process uses this spool; give each its own",
				 s->dir);
	return 0;
}

/* Of an earlier format, left by an earlier program: it holds positions only. */
static int renew_ledger(const char *path, struct fault *f)
{
	struct store_options o = {.memory = 16u << 20};
	struct upgrade done = {0};
	struct store *s;
	int r = store_open(path, &o, f, &s);
	if (r == YORE_ENOENT)
		return 0;
	if (r < 0)
		return r;
	unsigned format = store_format(s);
	store_close(s);
	return format < STORE_FORMAT ? store_upgrade(path, false, NULL, NULL, &done, f)
				     : 0;
}

static int open_ledger(struct spool *s, struct fault *f)
{
	char path[SPOOL_PATH_MAX];
	struct store_options o = {.write = true, .create = true, .memory = 16u << 20};
	spool_path(s, "ledger", "", path);
	int r = renew_ledger(path, f);
	if (r == 0)
		r = store_open(path, &o, f, &s->ledger);
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
	return (struct segment_sink){.commit = spool_commit, .arg = s};
}

struct store *spool_ledger(struct spool *s)
{
	return s->ledger;
}
