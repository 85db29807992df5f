/* What waits in a spool, and what becomes of it: sent, refused, sent once more. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "exchange/spool_own.h"

uint64_t spool_waiting(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t n = s->waiting;
	pthread_mutex_unlock(&s->lock);
	return n;
}

int spool_first(struct spool *s, struct spooled *ret, struct fault *f)
{
	struct spool_listing l;
	pthread_mutex_lock(&s->lock);
	int r = spool_list(s, "out", &l, f);
	s->waiting = l.count;
	pthread_mutex_unlock(&s->lock);
	if (r == 0 && l.count) {
		memcpy(ret->file, l.at[0], SPOOL_FILE_MAX);
		memcpy(ret->name, ret->file + 21, WIRE_NAME_LEN + 1);
		buf_init(&ret->octets, SPOOL_SEGMENT_MAX);
		r = spool_read(s, "out", ret->file, &ret->octets, f);
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
	struct spool_listing l;
	uint64_t total = spool_octets(s, "sent");
	if (total <= s->keep_octets || spool_list(s, "sent", &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.count && total > s->keep_octets; i++) {
		char path[SPOOL_PATH_MAX];
		struct stat st;
		spool_path(s, "sent", l.at[i], path);
		if (stat(path, &st) == 0 && unlink(path) == 0)
			total -= (uint64_t)st.st_size;
	}
	free(l.at);
}

static int leave(struct spool *s, const struct spooled *g, const char *to,
		 struct fault *f)
{
	pthread_mutex_lock(&s->lock);
	int r = spool_move(s, "out", to, g->file, f);
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
	char path[SPOOL_PATH_MAX], file[SPOOL_FILE_MAX + 8];
	snprintf(file, sizeof(file), "%s.why", g->file);
	spool_path(s, "refused", file, path);
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
	buf_init(&octets, SPOOL_SEGMENT_MAX);
	if (spool_read(s, "sent", file, &octets, NULL) == 0 &&
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

/* What was sent from the i-th on waits again; the lock is held. */
static int back(struct spool *s, const struct spool_listing *l, size_t i, struct fault *f)
{
	int moved = 0, r = 0;
	for (; r == 0 && i < l->count; i++, moved++)
		r = spool_move(s, "sent", "out", l->at[i], f);
	s->waiting += (uint64_t)moved;
	return r < 0 ? r : moved;
}

int spool_back(struct spool *s, const char *shelf, const struct input_id *input,
	       uint64_t packets, struct fault *f)
{
	struct spool_listing l;
	pthread_mutex_lock(&s->lock);
	int r = spool_list(s, "sent", &l, f);
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
	struct spool_listing l;
	pthread_mutex_lock(&s->lock);
	int r = spool_list(s, "sent", &l, f);
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
	struct spool_listing l;
	struct buf octets;
	pthread_mutex_lock(&s->lock);
	int r = spool_list(s, "sent", &l, f);
	pthread_mutex_unlock(&s->lock);
	if (r == 0 && n < l.count) {
		memcpy(file, l.at[l.count - 1 - n], SPOOL_FILE_MAX);
		buf_init(&octets, SPOOL_SEGMENT_MAX);
		r = spool_read(s, "sent", file, &octets, f);
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
