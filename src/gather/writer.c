#include "gather/writer.h"

#include <stdio.h>
#include <sys/random.h>

#include "gather/asked.h"
#include "gather/collapse.h"
#include "gather/rows.h"
#include "store/shelf.h"

static void count(struct writer *w, const struct rows *r)
{
	pthread_mutex_lock(&w->lock);
	w->counters.segments++;
	w->counters.rrsets += r->order.rrset_count;
	w->counters.rrs += r->rdata;
	w->counters.names += r->order.name_count;
	w->counters.heads_left_out += r->order.heads_left_out;
	w->counters.rows += r->rows;
	w->counters.octets += r->octets;
	pthread_mutex_unlock(&w->lock);
}

static struct segment_meta name_segment(struct writer *w, const struct parcel *p,
					unsigned shelf)
{
	const struct covered *c = &p->covered[shelf];
	struct segment_meta meta = {
	    .sequence = w->sequence++, .entries = c->entries, .entry_count = c->count};
	memcpy(meta.shelf, p->window->shelves[shelf].name, sizeof(meta.shelf));
	memcpy(meta.origin, w->origin, sizeof(meta.origin));
	return meta;
}

static int write_asked(struct writer *w, const struct parcel *p, unsigned shelf)
{
	struct asked_rows rows;
	struct segment_meta meta = name_segment(w, p, shelf);
	int r = asked_rows_init(&rows, p->window, shelf);
	if (r < 0)
		return fault_set(&w->fault, r, "sorting %llu rows for %s: %s",
				 (unsigned long long)p->window->shelves[shelf].rows,
				 meta.shelf, yore_strerror(r));
	r = w->sink.commit(w->sink.arg, &meta, &rows.pull, &w->fault);
	pthread_mutex_lock(&w->lock);
	w->counters.segments += r == 0;
	w->counters.rows += rows.given;
	w->counters.octets += rows.octets;
	pthread_mutex_unlock(&w->lock);
	asked_rows_release(&rows);
	return r;
}

static int write_shelf(struct writer *w, const struct parcel *p, unsigned shelf)
{
	struct rows rows;
	const struct covered *c = &p->covered[shelf];
	if (c->count == 0)
		return 0;
	if (shelf_who_month(p->window->shelves[shelf].name))
		return write_asked(w, p, shelf);
	int r = rows_init(&rows, p->window, shelf);
	if (r < 0)
		return fault_set(&w->fault, r, "sorting %llu rows for %s: %s",
				 (unsigned long long)p->window->shelves[shelf].rows,
				 p->window->shelves[shelf].name, yore_strerror(r));
	struct segment_meta meta = name_segment(w, p, shelf);
	r = w->sink.commit(w->sink.arg, &meta, &rows.pull, &w->fault);
	if (r == 0)
		count(w, &rows);
	rows_release(&rows);
	return r;
}

static int collapse(struct writer *w, struct window *window)
{
	struct collapse_counters c = {0};
	int r = window_collapse(window, w->collapse, w->keeps, &w->collapsed, &c);
	if (r < 0)
		return fault_set(&w->fault, r, "collapsing junk names: %s",
				 yore_strerror(r));
	pthread_mutex_lock(&w->lock);
	w->counters.collapsed_zones += c.zones;
	w->counters.collapsed_rrsets += c.rows;
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static int write_parcel(struct writer *w, struct parcel *p)
{
	int r = collapse(w, p->window);
	for (unsigned i = 0; i < p->window->shelf_count; i++) {
		if (r == 0)
			r = write_shelf(w, p, i);
		covered_release(&p->covered[i]);
	}
	window_clear(p->window);
	return r;
}

static void *run(void *arg)
{
	struct writer *w = arg;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->parcel.window == NULL && !w->stop)
			pthread_cond_wait(&w->changed, &w->lock);
		if (w->parcel.window == NULL)
			break;
		pthread_mutex_unlock(&w->lock);
		int r = write_parcel(w, &w->parcel);
		pthread_mutex_lock(&w->lock);
		if (w->result == 0)
			w->result = r;
		w->parcel.window = NULL;
		atomic_store(&w->busy, false);
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int window_writer_init(struct writer *w, const struct segment_sink *sink,
		       uint32_t collapse)
{
	*w = (struct writer){.sink = *sink, .collapse = collapse};
	if (getrandom(w->origin, sizeof(w->origin), 0) != sizeof(w->origin))
		return YORE_EIO;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		return YORE_ENOMEM;
	w->begun = true;
	return 0;
}

void window_writer_release(struct writer *w)
{
	if (!w->begun)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	w->begun = false;
}

int window_writer_wait(struct writer *w, struct fault *f)
{
	pthread_mutex_lock(&w->lock);
	while (w->parcel.window != NULL)
		pthread_cond_wait(&w->changed, &w->lock);
	int r = w->result;
	if (r < 0 && f != NULL)
		*f = w->fault;
	pthread_mutex_unlock(&w->lock);
	if (r < 0 && f != NULL && f->code == 0)
		fault_set(f, r, "writing a segment: %s", yore_strerror(r));
	return r;
}

void window_writer_give(struct writer *w, const struct parcel *p)
{
	pthread_mutex_lock(&w->lock);
	w->parcel = *p;
	atomic_store(&w->busy, true);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}
