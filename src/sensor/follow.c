#include "sensor/follow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "sensor/follow_files.h"
#include "sys/signals.h"

#define EVERY_USUAL_US ((int64_t)10 * 1000000)
#define SETTLED_USUAL_US ((int64_t)60 * 1000000)
#define SOON_US ((int64_t)300000) /* more of the same is likely to come at once */
#define BATCH_FILES 64
#define BATCH_OCTETS ((int64_t)4 << 30)
/* A pass may take this share of the time at most, however large the files are. */
#define REST_PER_PASS 4

struct follow {
	const struct follow_options *o;
	const struct follow_hooks *hooks;
	struct follow_files files;
	int notify; /* inotify, -1: looking now and then is all there is */
	const char *batch[BATCH_FILES + 1];
	size_t numbers[BATCH_FILES + 1];			/* of files.at */
	int64_t sizes[BATCH_FILES + 1], times[BATCH_FILES + 1]; /* before the pass */
	size_t batch_count, marked;	      /* of these, taken by the pass */
	uint64_t latest_device, latest_inode; /* the file that goes with the next pass */
	unsigned asked;
};

static int64_t clock_us(clockid_t which)
{
	struct timespec t;
	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool asked_to_end(struct follow *w)
{
	if (w->hooks->asked != NULL)
		w->asked |= w->hooks->asked(w->hooks->arg);
	return w->asked & SIGNAL_END;
}

static int on_progress(const struct import_progress *p, void *arg)
{
	struct follow *w = arg;
	if (w->hooks->beat != NULL)
		w->hooks->beat(w->hooks->arg);
	return asked_to_end(w) ? YORE_EAGAIN : 0;
}

/* ---- what goes with a pass ---- */

static int oldest_first(const void *a, const void *b, void *arg)
{
	const struct follow_files *files = arg;
	const struct follow_file *x = &files->at[*(const size_t *)a];
	const struct follow_file *y = &files->at[*(const size_t *)b];
	if (x->modified_ns != y->modified_ns)
		return x->modified_ns < y->modified_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

static void choose_of(struct follow *w, const size_t *order, size_t n)
{
	int64_t octets = 0;
	for (size_t i = 0; i < n && w->batch_count < BATCH_FILES; i++) {
		const struct follow_file *x = &w->files.at[order[i]];
		if (octets > 0 && octets + x->size > BATCH_OCTETS)
			break;
		octets += x->size;
		w->sizes[w->batch_count] = x->size;
		w->times[w->batch_count] = x->modified_ns;
		w->numbers[w->batch_count++] = order[i];
	}
}

/* The latest file of the pass before, unless it is in this one anyway. */
static void add_context(struct follow *w)
{
	for (size_t i = 0; i < w->files.count; i++) {
		const struct follow_file *x = &w->files.at[i];
		if (x->device != w->latest_device || x->inode != w->latest_inode)
			continue;
		for (size_t j = 0; j < w->batch_count; j++)
			if (w->numbers[j] == i)
				return;
		w->sizes[w->batch_count] = x->taken_size;
		w->times[w->batch_count] = x->taken_ns;
		w->numbers[w->batch_count++] = i;
		return;
	}
}

/* Files that are new or have grown, the oldest first: 0 none. */
static int choose(struct follow *w)
{
	size_t *order = malloc((w->files.count + 1) * sizeof(*order));
	size_t n = 0;
	if (order == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < w->files.count; i++)
		if (follow_file_changed(&w->files.at[i]) && w->files.at[i].size > 0)
			order[n++] = i;
	qsort_r(order, n, sizeof(*order), oldest_first, &w->files);
	w->batch_count = 0;
	choose_of(w, order, n);
	free(order);
	if (w->batch_count > 0)
		add_context(w);
	for (size_t i = 0; i < w->batch_count; i++)
		w->batch[i] = w->files.at[w->numbers[i]].path;
	return (int)w->batch_count;
}

/* ---- one pass ---- */

static const struct import_file *result_of(const struct import_summary *s,
					   const char *path)
{
	for (size_t i = 0; i < s->file_count; i++)
		if (s->files[i].path == path)
			return &s->files[i];
	return NULL;
}

/* Taken as far as it reached before the pass: what came meanwhile makes it differ. */
static void mark(struct follow *w, const struct import_summary *s)
{
	w->marked = 0;
	int64_t latest_us = WHEN_UNKNOWN;
	for (size_t i = 0; i < w->batch_count; i++) {
		struct follow_file *x = &w->files.at[w->numbers[i]];
		const struct import_file *r = result_of(s, w->batch[i]);
		if (r == NULL || r->status == IMPORT_NOT_BEGUN ||
		    (r->status == IMPORT_FAILED && r->err != YORE_ENOENT))
			continue;
		x->taken_size = w->sizes[i];
		x->taken_ns = w->times[i];
		w->marked++;
		if (r->status == IMPORT_DONE && r->last_us != WHEN_UNKNOWN &&
		    (latest_us == WHEN_UNKNOWN || r->last_us > latest_us)) {
			latest_us = r->last_us;
			w->latest_device = x->device;
			w->latest_inode = x->inode;
		}
	}
}

/* A file that is still being written ends inside a record: nothing is wrong with it. */
static void forgive_growing(struct follow *w, struct import_summary *s, int64_t now_us)
{
	int64_t settled = w->o->settled_us ? w->o->settled_us : SETTLED_USUAL_US;
	for (size_t i = 0; i < w->batch_count; i++) {
		struct import_file *r =
		    (struct import_file *)(uintptr_t)result_of(s, w->batch[i]);
		if (r != NULL && now_us - w->times[i] / 1000 < settled)
			r->damage[0] = '\0';
	}
}

static int pass(struct follow *w, struct fault *f)
{
	struct import_options io = w->o->import;
	struct import_summary s = {0};
	int64_t now_us = clock_us(CLOCK_REALTIME);
	io.files = w->batch;
	io.file_count = w->batch_count;
	/* rotated files of several writers overlap; what is in them tells them apart */
	io.again = true;
	io.unfinished = true;
	io.now_s = now_us / 1000000;
	io.progress = on_progress;
	io.progress_arg = w;
	int r = import_run(&io, &s, f);
	forgive_growing(w, &s, now_us);
	if (r == 0)
		mark(w, &s);
	if (w->hooks->passed != NULL)
		w->hooks->passed(&s, w->hooks->arg);
	import_summary_release(&s);
	if (r == 0 && w->o->note != NULL)
		r = follow_files_write(&w->files, w->o->note, f);
	return r;
}

/* ---- waiting ---- */

static void watch_folder(const char *path, void *arg)
{
	struct follow *w = arg;
	/* the same folder again changes nothing; too many: looking now and then helps */
	if (w->notify >= 0)
		inotify_add_watch(w->notify, path,
				  IN_CLOSE_WRITE | IN_MOVED_TO | IN_MODIFY | IN_CREATE |
				      IN_ONLYDIR);
}

/* True when a file was finished: then there is no need to wait for the hour. */
static bool take_events(struct follow *w)
{
	_Alignas(struct inotify_event) char room[16384];
	bool finished = false;
	for (ssize_t n; (n = read(w->notify, room, sizeof(room))) > 0;)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e =
			    (const struct inotify_event *)(room + at);
			finished |= e->mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE |
					       IN_Q_OVERFLOW);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	return finished;
}

static void wait_for_more(struct follow *w, int64_t least_us)
{
	int64_t began = clock_us(CLOCK_MONOTONIC);
	int64_t every = w->o->every_us ? w->o->every_us : EVERY_USUAL_US;
	int64_t until = began + (every > least_us ? every : least_us);
	struct pollfd fds[2] = {{.fd = w->notify, .events = POLLIN},
				{.fd = w->hooks->asked_fd, .events = POLLIN}};
	while (!asked_to_end(w) && !(w->asked & SIGNAL_RELOAD)) {
		int64_t now = clock_us(CLOCK_MONOTONIC), left = until - now;
		if (left <= 0)
			break;
		poll(fds, 2, (int)(left > 1000000 ? 1000 : left / 1000 + 1));
		if (w->hooks->beat != NULL)
			w->hooks->beat(w->hooks->arg);
		if (w->notify >= 0 && take_events(w) && until > now + SOON_US &&
		    now + SOON_US > began + least_us)
			until = now + SOON_US;
	}
	if ((w->asked & SIGNAL_RELOAD) && w->hooks->reload != NULL)
		w->hooks->reload(w->hooks->arg);
	w->asked &= ~(unsigned)SIGNAL_RELOAD;
}

static int rounds(struct follow *w, struct fault *f)
{
	bool began_once = false;
	for (;;) {
		int64_t began = clock_us(CLOCK_MONOTONIC);
		int r = follow_files_scan(&w->files, w->o->places, w->o->place_count,
					  watch_folder, w, f);
		if (r == 0)
			r = choose(w);
		size_t chosen = r > 0 ? (size_t)r : 0;
		if (r > 0)
			r = pass(w, f);
		if (asked_to_end(w))
			return 0;
		/* a file that went away meanwhile, or is not ours to read yet */
		if (r == YORE_ENOENT || r == YORE_EACCESS)
			r = began_once ? 0 : r;
		if (r < 0)
			return r;
		began_once = true;
		if (chosen >= BATCH_FILES && w->marked > 0) /* more is waiting */
			continue;
		if (w->o->once && (chosen == 0 || w->marked == 0))
			return 0;
		if (!w->o->once)
			wait_for_more(w, (clock_us(CLOCK_MONOTONIC) - began) *
					     REST_PER_PASS);
		if (asked_to_end(w))
			return 0;
	}
}

int follow_run(const struct follow_options *o, const struct follow_hooks *hooks,
	       struct fault *f)
{
	struct follow w = {.o = o, .hooks = hooks};
	struct fault own = {0};
	w.notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (o->note != NULL)
		follow_files_read(&w.files, o->note);
	int r = rounds(&w, &own);
	if (w.notify >= 0)
		close(w.notify);
	follow_files_release(&w.files);
	if (r < 0 && f != NULL)
		*f = own;
	return r;
}
