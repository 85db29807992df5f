#include "query/search.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/key.h"

/* Names begin with the length of their first label and then its text. */
#define LENGTHS_APART 24 /* shorter labels are cut by their first character, too */
static const char cuts[] = "\0"
			   "02468acegikmoqsuwy";
#define CUTS (sizeof(cuts) - 1)
#define TASKS ((LENGTHS_APART)*CUTS + 1)
#define TASKS_AHEAD 64 /* found by so many tasks may wait to be taken */

struct task {
	uint8_t lo[3], hi[3];
	uint8_t lo_len, hi_len;
	struct buf found; /* length octet and name, one after the other */
	bool done;
};

struct worker {
	struct search *search;
	pthread_t thread;
	bool started;
	struct term term; /* with a pattern of its own */
	struct answer_counters counters;
	struct fault fault;
};

struct search {
	struct walk_options options;
	struct task tasks[TASKS];
	size_t next;	/* to be taken by a worker */
	size_t current; /* being given */
	struct buf giving;
	size_t given;
	int err;
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct worker workers[SEARCH_THREADS_MOST];
	unsigned worker_count;
};

unsigned search_threads(unsigned wanted)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (wanted == 0)
		wanted = cores > 0 ? (unsigned)cores : 1;
	return wanted > SEARCH_THREADS_MOST ? SEARCH_THREADS_MOST : wanted;
}

/* ---- the tasks: [lo, hi) without a gap, the first from the table's beginning ---- */

static void make_tasks(struct search *s)
{
	size_t n = 0;
	for (unsigned len = 0; len < LENGTHS_APART; len++)
		for (size_t c = 0; c < CUTS; c++, n++) {
			struct task *t = &s->tasks[n];
			t->lo[0] = TABLE_NAME;
			t->lo[1] = (uint8_t)len;
			t->lo[2] = (uint8_t)cuts[c];
			t->lo_len = 3;
		}
	s->tasks[n] = (struct task){.lo = {TABLE_NAME, LENGTHS_APART}, .lo_len = 2};
	s->tasks[0].lo_len = 1;
	for (n = 0; n < TASKS; n++) {
		struct task *t = &s->tasks[n];
		buf_init(&t->found, SEARCH_KEPT + NAME_WIRE_MAX + 1);
		if (n + 1 < TASKS) {
			memcpy(t->hi, t[1].lo, sizeof(t->hi));
			t->hi_len = t[1].lo_len;
		} else {
			t->hi[0] = TABLE_NAME + 1;
			t->hi_len = 1;
		}
	}
}

/* ---- workers ---- */

/* Room for one more: at once, or when all in front was taken and this, too. */
static bool wait_for_room(struct search *s, struct task *t)
{
	if (t->found.len < SEARCH_KEPT)
		return true;
	pthread_mutex_lock(&s->lock);
	pthread_cond_broadcast(&s->changed);
	while (!s->stop && t->found.len >= SEARCH_KEPT)
		pthread_cond_wait(&s->changed, &s->lock);
	bool go_on = !s->stop;
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

static int keep(struct search *s, struct task *t, struct bytes owner)
{
	if (!wait_for_room(s, t))
		return YORE_EAGAIN; /* nobody wants the rest */
	pthread_mutex_lock(&s->lock);
	buf_putc(&t->found, (int)owner.len);
	buf_put_bytes(&t->found, owner);
	int err = t->found.err;
	pthread_mutex_unlock(&s->lock);
	return err;
}

static int try_name(struct worker *w, struct task *t, struct bytes base)
{
	struct bytes owner;
	if (key_name_read(base, &owner) < 0) {
		w->counters.damaged++;
		if (w->fault.code == 0)
			fault_set(&w->fault, YORE_ECORRUPT,
				  "query: a key of table N makes no sense and was left "
				  "out; run: yore db verify");
		return 0;
	}
	w->counters.names++;
	int r = term_wants_owner(&w->term, owner);
	if (r < 0)
		w->counters.pattern_limit++;
	return r == 1 ? keep(w->search, t, owner) : 0;
}

static int do_task(struct worker *w, struct task *t)
{
	struct walk_options o = w->search->options;
	struct bound b = {.lo = BYTES(t->lo, t->lo_len),
			  .hi = BYTES(t->hi, t->hi_len),
			  .names = true,
			  .literal = pattern_literal(w->term.pattern)};
	struct walk walk;
	o.counters = &w->counters;
	o.fault = &w->fault;
	walk_init(&walk, &o);
	int r = walk_open(&walk, &b);
	while (r == 0 && !__atomic_load_n(&w->search->stop, __ATOMIC_RELAXED)) {
		r = walk_base(&walk);
		if (r <= 0)
			break;
		r = try_name(w, t, buf_bytes(&walk.base));
	}
	walk_close(&walk);
	return r < 0 && r != YORE_EAGAIN ? r : 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct search *s = w->search;
	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->stop && s->next < TASKS && s->next > s->current + TASKS_AHEAD)
			pthread_cond_wait(&s->changed, &s->lock);
		if (s->stop || s->next == TASKS)
			break;
		struct task *t = &s->tasks[s->next++];
		pthread_mutex_unlock(&s->lock);
		int r = do_task(w, t);
		pthread_mutex_lock(&s->lock);
		t->done = true;
		if (r < 0 && s->err == 0)
			s->err = r;
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int start_worker(struct search *s, const struct term *term)
{
	struct worker *w = &s->workers[s->worker_count];
	w->search = s;
	w->term = *term;
	int r = pattern_clone(term->pattern, &w->term.pattern);
	if (r < 0)
		return r;
	s->worker_count++;
	w->started = pthread_create(&w->thread, NULL, work, w) == 0;
	return w->started ? 0 : YORE_ENOMEM;
}

int search_open(const struct walk_options *o, const struct term *term, unsigned threads,
		struct search **ret)
{
	struct search *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return YORE_ENOMEM;
	s->options = *o;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	buf_init(&s->giving, SEARCH_KEPT + NAME_WIRE_MAX + 1);
	make_tasks(s);
	int r = 0;
	for (unsigned i = 0; i < search_threads(threads) && r == 0; i++)
		r = start_worker(s, term);
	/* fewer threads than wanted are slower, not wrong */
	if (s->worker_count == 0 || !s->workers[0].started) {
		search_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* ---- taking ---- */

static void take_over(struct search *s, struct task *t)
{
	struct buf empty = s->giving;
	s->giving = t->found;
	t->found = empty;
	buf_clear(&t->found);
	s->given = 0;
}

/* Waits until there is something to give: 1, or 0 when all tasks are done. */
static int refill(struct search *s)
{
	int r = 0;
	pthread_mutex_lock(&s->lock);
	while (r == 0 && s->current < TASKS) {
		struct task *t = &s->tasks[s->current];
		if (t->found.len && (t->done || t->found.len >= SEARCH_KEPT)) {
			take_over(s, t);
			r = 1;
		} else if (t->done) {
			buf_release(&t->found);
			s->current++;
		} else {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		pthread_cond_broadcast(&s->changed);
	}
	if (r == 0)
		r = s->err;
	pthread_mutex_unlock(&s->lock);
	return r;
}

int search_next(struct search *s, struct bytes *owner)
{
	if (s->given == s->giving.len) {
		int r = refill(s);
		if (r <= 0)
			return r;
	}
	const uint8_t *p = s->giving.at + s->given;
	*owner = BYTES(p + 1, p[0]);
	s->given += 1u + p[0];
	return 1;
}

static void add_up(struct search *s, const struct worker *w)
{
	struct answer_counters *c = s->options.counters;
	c->rows += w->counters.rows;
	c->names += w->counters.names;
	walk_add_damage(c, &w->counters);
	c->pattern_limit += w->counters.pattern_limit;
	if (s->options.fault->code == 0)
		*s->options.fault = w->fault;
}

void search_close(struct search *s)
{
	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	__atomic_store_n(&s->stop, true, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < s->worker_count; i++) {
		if (s->workers[i].started)
			pthread_join(s->workers[i].thread, NULL);
		pattern_free(s->workers[i].term.pattern);
		add_up(s, &s->workers[i]);
	}
	for (size_t i = 0; i < TASKS; i++)
		buf_release(&s->tasks[i].found);
	buf_release(&s->giving);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
