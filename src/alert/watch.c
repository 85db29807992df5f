#include <stdio.h>
#include <stdlib.h>

#include "alert/watch_own.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "record/asked.h"

static int stamp_list(struct watcher *w, struct fault *f)
{
	struct stat st;
	if (stat(w->list, &st) < 0)
		return fault_set(f, YORE_ENOENT, "%s: no such list", w->list);
	w->changed = st.st_mtim;
	w->size = st.st_size;
	return 0;
}

int watch_open(const struct watch_options *o, struct fault *f, struct watcher **ret)
{
	struct watcher *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return YORE_ENOMEM;
	pthread_mutex_init(&w->lock, NULL);
	pthread_mutex_init(&w->committing, NULL);
	w->o = *o;
	w->o.list = w->o.journal = w->o.clients = w->o.webhook =
	    NULL; /* the caller's; ours are elsewhere */
	w->journal.fd = w->clients.fd = -1;
	buf_init(&w->line, 1 << 20);
	snprintf(w->list, sizeof(w->list), "%s", o->list);
	int r = stamp_list(w, f);
	if (r == 0)
		r = indicators_load(&w->set, o->list, o->now(), f);
	if (r == 0)
		r = journal_open(&w->journal, o->journal, f);
	if (r == 0)
		r = delivery_open(&w->delivery, o->journal, o->syslog, o->webhook, f);
	if (r == 0 && o->clients != NULL) {
		w->apart = true;
		r = journal_open(&w->clients, o->clients, f);
		if (r == 0)
			r = delivery_open(&w->clients_delivery, o->clients, o->syslog,
					  o->webhook, f);
	}
	if (r < 0) {
		watch_close(w);
		return r;
	}
	*ret = w;
	return 0;
}

void watch_close(struct watcher *w)
{
	if (w == NULL)
		return;
	indicators_release(&w->set);
	journal_close(&w->journal);
	delivery_close(&w->delivery);
	if (w->apart) {
		journal_close(&w->clients);
		delivery_close(&w->clients_delivery);
	}
	free(w->hunted.at);
	buf_release(&w->line);
	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->committing);
	free(w);
}

const struct watch_counters *watch_counters(const struct watcher *w)
{
	return &w->n;
}

size_t watch_indicators(const struct watcher *w)
{
	return w->set.count;
}

/* ---- raising ---- */

#define ANSWERED "answered"
#define UNBELIEVED "unbelieved"

struct raising {
	struct watcher *w;
	const struct watch_event *e;
	struct fault *f;
	int raised;
};

static uint64_t key_of_record(const struct indicator *i, const struct watch_event *e,
			      const char *outcome)
{
	uint64_t h = hash_fixed(e->owner.at, e->owner.len, i->id);
	h = hash_fixed(e->rdata.at, e->rdata.len, h ^ e->type);
	return hash_fixed(outcome, strlen(outcome), h);
}

static uint64_t key_of_client(const struct indicator *i, const struct watch_event *e)
{
	int64_t day = e->last_s / 86400;
	uint64_t h = hash_fixed(e->client->at, 16, i->id ^ e->client->len);
	return hash_fixed(&day, sizeof(day), h);
}

static void put_text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

static void put_time(struct json *j, const char *key, int64_t s)
{
	char t[WHEN_TEXT_MAX];
	if (s == WHEN_UNKNOWN)
		return;
	when_text(s, t);
	put_text(j, key, t);
}

static void put_record(struct json *j, const struct watch_event *e)
{
	struct buf b;
	char type[TYPE_TEXT_MAX];
	buf_init(&b, 1 << 20);
	name_put_chomped(&b, e->owner);
	put_text(j, "rrname", buf_str(&b));
	if (e->type) {
		type_text(e->type, type);
		put_text(j, "rrtype", type);
	}
	buf_clear(&b);
	if (e->rdata.len) {
		rdata_put(&b, e->type, e->rdata);
		put_text(j, "rdata", buf_str(&b));
	}
	buf_release(&b);
}

static void put_alert(struct buf *out, const struct indicator *i,
		      const struct watch_event *e, uint64_t key, int64_t now_s)
{
	struct json j;
	char text[ADDR_TEXT_MAX];
	json_init(&j, out);
	json_open(&j, '{');
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)key);
	put_text(&j, "key", text); /* first: alert/journal.c looks for it there */
	put_time(&j, "time", now_s);
	put_text(&j, "indicator", i->text);
	if (*i->label)
		put_text(&j, "label", i->label);
	put_record(&j, e);
	put_time(&j, "first", e->first_s);
	put_time(&j, "last", e->last_s);
	if (e->count) {
		json_key(&j, "count");
		json_u64(&j, e->count);
	}
	put_text(&j, "outcome", e->outcome);
	if (e->source)
		put_text(&j, "source", e->source);
	if (e->sensor)
		put_text(&j, "sensor", e->sensor);
	if (e->pseudonym) {
		struct buf b;
		buf_init(&b, 64);
		buf_putc(&b, '~');
		buf_hex(&b, BYTES(e->client->at, 8));
		put_text(&j, "client", buf_str(&b));
		buf_release(&b);
	} else if (e->client) {
		addr_text(e->client, text);
		put_text(&j, "client", text);
	}
	json_key(&j, "retro");
	json_bool(&j, e->retro);
	json_close(&j, '}');
}

static int raise_one(const struct indicator *i, void *arg)
{
	struct raising *r = arg;
	struct watcher *w = r->w;
	uint64_t key =
	    r->e->client ? key_of_client(i, r->e) : key_of_record(i, r->e, r->e->outcome);
	/* evidence against a record that is believed all the same is no other record */
	bool again = !r->e->client && strcmp(r->e->outcome, UNBELIEVED) == 0 &&
		     journal_has(&w->journal, key_of_record(i, r->e, ANSWERED));
	struct journal *journal = w->apart && r->e->client ? &w->clients : &w->journal;
	int new = again ? 0 : journal_key(journal, key);
	if (new <= 0) {
		w->n.known += new == 0;
		return new;
	}
	buf_clear(&w->line);
	put_alert(&w->line, i, r->e, key, w->o.now());
	if (w->line.err)
		return w->line.err;
	int err = journal_line(journal, buf_bytes(&w->line), r->f);
	if (err < 0)
		return err;
	if (w->o.raised)
		w->o.raised(buf_bytes(&w->line), w->o.raised_arg);
	w->n.alerts++;
	r->raised++;
	return 0;
}

int watch_event(struct watcher *w, const struct watch_event *e, struct fault *f)
{
	struct raising r = {w, e, f, 0};
	pthread_mutex_lock(&w->lock);
	w->n.records++;
	int err = indicators_record(&w->set, e->owner, e->type, e->rdata, e->last_s,
				    raise_one, &r);
	pthread_mutex_unlock(&w->lock);
	return err < 0 ? err : r.raised;
}

int watch_sync(struct watcher *w, struct fault *f)
{
	pthread_mutex_lock(&w->lock);
	int r = journal_sync(&w->journal, f);
	if (r == 0 && w->apart)
		r = journal_sync(&w->clients, f);
	pthread_mutex_unlock(&w->lock);
	return r;
}

/* ---- what is committed ---- */

struct looking { /* a segment's rows on their way */
	struct segment_rows rows;
	struct segment_rows *from;
	struct watcher *w;
	const struct segment_meta *meta;
	struct fault *f;
};

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(text + n - m, end) == 0;
}

/* The source of what is suspicious says why: "below.rewritten" (observe/suspect.h). */
static const char *outcome_of(const char *shelf, const char *source)
{
	if (strcmp(shelf, "negative") == 0)
		return "negative";
	if (strcmp(shelf, "suspicious") != 0)
		return ANSWERED;
	return ends_in(source, ".rewritten") || ends_in(source, ".redirected")
		   ? "rewritten"
		   : UNBELIEVED;
}

static int look(struct looking *l, struct bytes key, struct bytes value)
{
	struct key_rrset_parts k;
	struct span span;
	/* shelves of years end their keys in a month, all others in a moment */
	uint64_t year = 0;
	bool stated = l->meta->shelf[0] != 'y' ||
		      num_u64(l->meta->shelf + 1, 9999, &year) < 0 || year == 0;
	size_t suffix = key_suffix_len(TABLE_RRSET, stated);
	if (key.len && table_is_asked(key.at[0]))
		return watch_asked(l->w, key, value, l->f);
	if (key.len <= suffix || key.at[0] != TABLE_RRSET ||
	    key_rrset_read(BYTES(key.at, key.len - suffix), &k) < 0)
		return 0;
	int64_t base = 0;
	if (!stated)
		base = when_month_start((int32_t)year * 12 + key.at[key.len - 1] - 1);
	if (span_decode(value, base, &span) < 0)
		return 0;
	struct watch_event e = {.owner = k.set.owner,
				.type = k.set.type,
				.first_s = span.first_s,
				.last_s = span.last_s,
				.count = span.count,
				.source = source_name(k.set.source)};
	e.outcome = outcome_of(l->meta->shelf, e.source);
	struct reader set = reader_of(k.set.rdata);
	int r = 0;
	if (reader_left(&set) == 0)
		return watch_event(l->w, &e, l->f);
	while (r >= 0 && rdataset_next(&set, &e.rdata))
		r = watch_event(l->w, &e, l->f);
	return r;
}

static int look_next(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct looking *l = (struct looking *)self;
	int r = l->from->next(l->from, key, value);
	if (r == 1) {
		int err = look(l, *key, *value);
		if (err < 0)
			return err;
	}
	if (r == 0) { /* all of it was looked at: durable before it is committed */
		int err = watch_sync(l->w, l->f);
		if (err < 0)
			return err;
	}
	return r;
}

static int look_commit(void *arg, const struct segment_meta *meta,
		       struct segment_rows *rows, struct fault *f)
{
	struct watcher *w = arg;
	struct looking l = {{look_next}, rows, w, meta, f};
	pthread_mutex_lock(&w->committing);
	int r = w->inner->commit(w->inner->arg, meta, &l.rows, f);
	pthread_mutex_unlock(&w->committing);
	return r;
}

struct segment_sink watch_sink(struct watcher *w, const struct segment_sink *inner)
{
	w->inner = inner;
	return (struct segment_sink){look_commit, w};
}

/* ---- the whole history ---- */

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

int watch_load_hunted(struct watcher *w, const char *path)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 30);
	if (w->hunted.at == NULL && io_exists(path) &&
	    io_read_file(path, (size_t)1 << 30, &b, NULL) == 0 && b.len % 8 == 0) {
		w->hunted.at = malloc(b.len + 8);
		if (w->hunted.at && b.len)
			memcpy(w->hunted.at, b.at, b.len);
		w->hunted.count = w->hunted.at ? b.len / 8 : 0;
	}
	buf_release(&b);
	return 0;
}

bool watch_was_hunted(const struct watcher *w, uint64_t id)
{
	return w->hunted.count &&
	       bsearch(&id, w->hunted.at, w->hunted.count, sizeof(id), by_id);
}

static int remember_hunted(struct watcher *w, const char *path, struct fault *f)
{
	uint64_t *ids = calloc(w->set.count + 1, sizeof(*ids));
	if (ids == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < w->set.count; i++)
		ids[i] = w->set.at[i].id;
	qsort(ids, w->set.count, sizeof(*ids), by_id);
	free(w->hunted.at);
	w->hunted = (struct hunted){ids, w->set.count};
	return io_replace(path, BYTES(ids, w->set.count * sizeof(*ids)), 0600, f);
}

/* The history's records that an indicator wants, through all shelves that may be asked.
 */
static int hunt_one(struct watcher *w, struct store *s, const struct indicator *i,
		    const char *shelf, struct fault *f)
{
	struct query q = QUERY_ALL;
	struct answer *a;
	struct result result;
	q.terms = &i->term;
	q.term_count = 1;
	q.side = SIDE_BOTH;
	q.view = VIEW_RR;
	q.shelf = shelf;
	q.fence.from_s = i->from_s;
	q.fence.to_s = i->to_s;
	bool pattern = i->term.pattern != NULL;
	if (i->term.kind == TERM_ADDR)
		q.side = SIDE_RDATA;
	int r = answer_open(s, &q, f, &a);
	if (r < 0)
		return shelf && r == YORE_ENOENT ? 0 : r;
	if (pattern)
		pthread_mutex_lock(&w->lock);
	struct raising raising = {w, NULL, f, 0};
	while ((r = answer_next(a, &result)) == 1) {
		struct reader set = reader_of(result.set.rdata);
		struct watch_event e = {.owner = result.set.owner,
					.type = result.set.type,
					.first_s = result.span.first_s,
					.last_s = result.span.last_s,
					.count = result.span.count,
					.source = source_name(result.set.source),
					.retro = true};
		e.outcome = outcome_of(shelf ? shelf : "", e.source);
		raising.e = &e;
		bool more = rdataset_next(&set, &e.rdata);
		do {
			if (!pattern)
				pthread_mutex_lock(&w->lock);
			w->n.records++;
			r = raise_one(i, &raising);
			if (!pattern)
				pthread_mutex_unlock(&w->lock);
		} while (r >= 0 && more && (more = rdataset_next(&set, &e.rdata)));
		if (r < 0)
			break;
	}
	if (pattern)
		pthread_mutex_unlock(&w->lock);
	answer_close(a);
	return r;
}

int watch_retro(struct watcher *w, struct store *s, bool all, struct fault *f)
{
	char path[4200];
	int r = 0;
	snprintf(path, sizeof(path), "%s.hunted", w->journal.path);
	watch_load_hunted(w, path);
	for (size_t i = 0; i < w->set.count && r >= 0; i++) {
		if (atomic_load(&w->stopped))
			return watch_sync(w, f);
		if (!all && watch_was_hunted(w, w->set.at[i].id))
			continue;
		w->n.hunted++;
		r = hunt_one(w, s, &w->set.at[i], NULL, f);
		if (r >= 0)
			r = hunt_one(w, s, &w->set.at[i], "negative", f);
		if (r >= 0)
			r = hunt_one(w, s, &w->set.at[i], "suspicious", f);
	}
	if (r >= 0)
		r = watch_sync(w, f);
	return r < 0 ? r : remember_hunted(w, path, f);
}

void watch_stop(struct watcher *w)
{
	atomic_store(&w->stopped, true);
}

/* ---- a list that changes, alerts that leave ---- */

int watch_reload(struct watcher *w, struct fault *f)
{
	struct stat st;
	struct indicators fresh;
	if (stat(w->list, &st) < 0)
		return fault_set(f, YORE_ENOENT,
				 "%s: the list has gone; the old one stays", w->list);
	if (st.st_size == w->size && st.st_mtim.tv_sec == w->changed.tv_sec &&
	    st.st_mtim.tv_nsec == w->changed.tv_nsec)
		return 0;
	w->changed = st.st_mtim;
	w->size = st.st_size;
	int r = indicators_load(&fresh, w->list, w->o.now(), f);
	if (r < 0)
		return r;
	pthread_mutex_lock(&w->committing);
	pthread_mutex_lock(&w->lock);
	struct indicators old = w->set;
	w->set = fresh;
	pthread_mutex_unlock(&w->lock);
	pthread_mutex_unlock(&w->committing);
	indicators_release(&old);
	return 1;
}

int watch_deliver(struct watcher *w, struct fault *f)
{
	int r = watch_sync(w, f);
	if (r == 0)
		r = delivery_run(&w->delivery, &w->n.sent, f);
	if (r == 0 && w->apart)
		r = delivery_run(&w->clients_delivery, &w->n.sent, f);
	return r;
}
