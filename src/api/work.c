/* Workers for what takes long, so that connections' threads never wait. */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/visit.h"

#define NICENESS 5
#define QUICK_MS 1000 /* what was estimated too low */

/* The link to the first that came, or to the first quick one. */
static struct visit **first_of(struct work_queue *q, bool only_quick)
{
	struct visit **at = &q->first;
	while (*at && only_quick && !(*at)->call.feed->quick)
		at = &(*at)->next;
	return at;
}

static struct visit *take(struct work_queue *q, bool only_quick)
{
	struct visit **at;
	pthread_mutex_lock(&q->lock);
	while (*(at = first_of(q, only_quick)) == NULL && !q->stopping)
		pthread_cond_wait(&q->wake, &q->lock);
	struct visit *v = *at;
	if (v) {
		*at = v->next;
		if (*at == NULL)
			q->last = at;
		q->waiting[v->call.feed->quick]--;
		v->next_running = q->running;
		v->previous_running = NULL;
		if (q->running)
			q->running->previous_running = v;
		q->running = v;
		atomic_store(&v->worker_ms, clock_ms());
		if (q->stopping)
			atomic_store(&v->call.feed->stop, 1);
	}
	pthread_mutex_unlock(&q->lock);
	return v;
}

static void put_back(struct work_queue *q, struct visit *v)
{
	pthread_mutex_lock(&q->lock);
	if (v->previous_running)
		v->previous_running->next_running = v->next_running;
	else
		q->running = v->next_running;
	if (v->next_running)
		v->next_running->previous_running = v->previous_running;
	atomic_store(&v->worker_ms, 0);
	pthread_mutex_unlock(&q->lock);
}

static void fill_first_or_next(struct visit *v)
{
	struct call *c = &v->call;
	if (!v->started) {
		v->started = true;
		v->more = service_first(c);
		return;
	}
	buf_clear(&c->reply);
	v->sent = 0;
	v->more = c->feed->fill(c->feed, &c->reply, FEED_ENOUGH);
}

static void fill(struct visit *v)
{
	fill_first_or_next(v);
	if (clock_ms() - atomic_load(&v->worker_ms) > QUICK_MS)
		v->call.feed->quick = false;
}

static void *work(struct work_queue *q, bool only_quick)
{
	struct visit *v;
	/* what takes long gives way to look-ups; its threads for searching inherit it */
	(void)!setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
	while ((v = take(q, only_quick)) != NULL) {
		struct metrics *m = &v->server->service->metrics;
		struct MHD_Connection *c = v->connection;
		atomic_fetch_sub(&m->heavy_waiting, 1);
		atomic_fetch_add(&m->heavy_running, 1);
		fill(v);
		atomic_fetch_sub(&m->heavy_running, 1);
		put_back(q, v);
		MHD_resume_connection(c); /* the visit is no longer ours */
	}
	return NULL;
}

static void *work_any(void *q)
{
	return work(q, false);
}

static void *work_quick(void *q)
{
	return work(q, true);
}

int work_start(struct work_queue *q, unsigned threads, unsigned waiting_max)
{
	*q = (struct work_queue){.waiting_max = waiting_max};
	q->last = &q->first;
	q->threads = calloc(threads + 1, sizeof(*q->threads));
	if (q->threads == NULL)
		return YORE_ENOMEM;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->wake, NULL);
	while (q->thread_count <= threads &&
	       pthread_create(&q->threads[q->thread_count], NULL,
			      q->thread_count < threads ? work_any : work_quick, q) == 0)
		q->thread_count++;
	return q->thread_count ? 0 : YORE_EAGAIN;
}

void work_stop(struct work_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopping = true;
	for (struct visit *v = q->running; v; v = v->next_running)
		atomic_store(&v->call.feed->stop, 1);
	pthread_cond_broadcast(&q->wake);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < q->thread_count; i++)
		pthread_join(q->threads[i], NULL);
	q->thread_count = 0;
}

void work_release(struct work_queue *q)
{
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->wake);
	free(q->threads);
}

bool work_push(struct work_queue *q, struct visit *v)
{
	pthread_mutex_lock(&q->lock);
	unsigned *waiting = &q->waiting[v->call.feed->quick];
	bool good = !q->stopping && *waiting < q->waiting_max;
	if (good) {
		MHD_suspend_connection(v->connection);
		v->next = NULL;
		*q->last = v;
		q->last = &v->next;
		(*waiting)++;
		atomic_fetch_add(&v->server->service->metrics.heavy_waiting, 1);
		pthread_cond_broadcast(&q->wake); /* not each takes each */
	}
	pthread_mutex_unlock(&q->lock);
	return good;
}

void work_hurry(struct work_queue *q, int64_t now_ms, int64_t most_ms)
{
	pthread_mutex_lock(&q->lock);
	for (struct visit *v = q->running; v; v = v->next_running)
		if (now_ms - atomic_load(&v->worker_ms) > most_ms)
			atomic_store(&v->call.feed->stop, 1);
	pthread_mutex_unlock(&q->lock);
}
