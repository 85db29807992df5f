#include <pthread.h>
#include <stdlib.h>

#include "api/quota.h"
#include "api/quota_file.h"

#define DAY_S 86400
#define SECOND_US 1000000

struct use {
	char id[KEY_ID_LEN + 1]; /* "" free */
	int64_t day, at_us;
	uint64_t used;
	double tokens;
	size_t line; /* in the file */
};

struct quota_table {
	pthread_mutex_t lock;
	struct use *slots;
	size_t count, room;	 /* room is a power of two, at least twice the count */
	struct quota_file *file; /* NULL: none */
	atomic_int unwritten;	 /* an error, told by quota_sync */
};

struct quota_table *quota_new(void)
{
	struct quota_table *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->room = 64;
	t->slots = calloc(t->room, sizeof(*t->slots));
	if (t->slots == NULL) {
		free(t);
		return NULL;
	}
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void quota_free(struct quota_table *t)
{
	if (t == NULL)
		return;
	pthread_mutex_destroy(&t->lock);
	quota_file_close(t->file);
	free(t->slots);
	free(t);
}

/* Ids are drawn by us, at random. */
static size_t slot_of(const struct quota_table *t, const char *id)
{
	size_t i = strtoul(id, NULL, 16) & (t->room - 1);
	while (t->slots[i].id[0] && strcmp(t->slots[i].id, id) != 0)
		i = (i + 1) & (t->room - 1);
	return i;
}

static bool grow(struct quota_table *t)
{
	struct quota_table more = {.room = 2 * t->room};
	more.slots = calloc(more.room, sizeof(*more.slots));
	if (more.slots == NULL)
		return false;
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i].id[0])
			more.slots[slot_of(&more, t->slots[i].id)] = t->slots[i];
	free(t->slots);
	t->slots = more.slots;
	t->room = more.room;
	return true;
}

static struct use *slot_made(struct quota_table *t, const char *id)
{
	size_t i = slot_of(t, id);
	if (t->slots[i].id[0])
		return &t->slots[i];
	if (2 * (t->count + 1) > t->room) {
		if (!grow(t))
			return NULL;
		i = slot_of(t, id);
	}
	t->count++;
	memcpy(t->slots[i].id, id, KEY_ID_LEN + 1);
	t->slots[i].line = QUOTA_FILE_NOWHERE;
	return &t->slots[i];
}

static struct use *use_of(struct quota_table *t, const struct key *k, int64_t now_us)
{
	struct use *u = slot_made(t, k->id);
	if (u == NULL)
		return NULL;
	if (u->at_us == 0) { /* its first request here */
		u->at_us = now_us;
		u->tokens = (double)(k->burst ? k->burst : k->rate);
	}
	int64_t day = now_us / SECOND_US / DAY_S;
	if (u->day != day) {
		u->day = day;
		u->used = 0;
	}
	return u;
}

static bool has_token(struct use *u, const struct key *k, int64_t now_us)
{
	double most = (double)(k->burst ? k->burst : k->rate);
	if (now_us > u->at_us)
		u->tokens += (double)(now_us - u->at_us) / SECOND_US * (double)k->rate;
	u->at_us = now_us;
	if (u->tokens > most)
		u->tokens = most;
	if (u->tokens < 1)
		return false;
	u->tokens -= 1;
	return true;
}

int quota_keep(struct quota_table *t, const char *path, int64_t now_s, struct fault *f)
{
	struct quota_line line;
	bool any = false;
	int r = quota_file_open(path, f, &t->file);
	if (r < 0)
		return r;
	for (size_t i = 0; (r = quota_file_line(t->file, i, &line)) != YORE_ENOENT; i++) {
		struct use *u = r == 1 ? slot_made(t, line.id) : NULL;
		if (r == 1 && u == NULL)
			return fault_set(f, YORE_ENOMEM, "%s: out of memory", path);
		if (u == NULL)
			continue;
		any = any || line.day == now_s / DAY_S;
		u->line = i;
		u->day = line.day;
		u->used = line.used;
	}
	if (any) /* else keys that are long gone would be kept for ever */
		return 0;
	for (size_t i = 0; i < t->room; i++)
		t->slots[i].line = QUOTA_FILE_NOWHERE;
	r = quota_file_clear(t->file);
	return r < 0 ? fault_set(f, r, "%s: cannot be emptied", path) : 0;
}

int quota_sync(struct quota_table *t, struct fault *f)
{
	if (t->file == NULL)
		return 0;
	int r = atomic_exchange(&t->unwritten, 0);
	if (r < 0)
		return fault_set(f, r,
				 "quotas cannot be written down (%s); a restart gives "
				 "them back",
				 yore_strerror(r));
	return quota_file_sync(t->file, f);
}

/* With t->lock. */
static void write_down(struct quota_table *t, struct use *u)
{
	struct quota_line line = {.day = u->day, .used = u->used};
	memcpy(line.id, u->id, sizeof(line.id));
	int r = quota_file_write(t->file, &u->line, &line);
	if (r < 0)
		atomic_store(&t->unwritten, r);
}

enum quota_verdict quota_take(struct quota_table *t, const struct key *k, int64_t now_us,
			      int64_t *wait_s)
{
	enum quota_verdict v = QUOTA_GOOD;
	*wait_s = 1;
	if (k->quota == 0 && k->rate == 0)
		return v;
	pthread_mutex_lock(&t->lock);
	struct use *u = use_of(t, k, now_us);
	if (u == NULL) {
		v = QUOTA_RATE;
	} else if (k->quota && u->used >= k->quota) {
		v = QUOTA_DAY;
		*wait_s = (u->day + 1) * DAY_S - now_us / SECOND_US;
	} else if (k->rate && !has_token(u, k, now_us)) {
		v = QUOTA_RATE;
	} else {
		u->used++;
		if (t->file && k->quota)
			write_down(t, u);
	}
	pthread_mutex_unlock(&t->lock);
	return v;
}

bool quota_look(struct quota_table *t, const struct key *k, int64_t now_s,
		struct quota_state *ret)
{
	if (k == NULL || k->quota == 0)
		return false;
	pthread_mutex_lock(&t->lock);
	struct use *u = use_of(t, k, now_s * SECOND_US);
	uint64_t used = u ? u->used : 0;
	pthread_mutex_unlock(&t->lock);
	*ret = (struct quota_state){.limit = k->quota,
				    .left = k->quota > used ? k->quota - used : 0,
				    .reset_s = (now_s / DAY_S + 1) * DAY_S};
	return true;
}
