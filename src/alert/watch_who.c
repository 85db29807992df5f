/* Clients that asked for what is watched for; see alert/watch.h. */
#include <stdio.h>
#include <stdlib.h>

#include "alert/watch_own.h"
#include "dns/type.h"
#include "query/who.h"

/* A question of a client, and each address that it was sent to. */
static int look_at_question(struct watcher *w, const struct asked_key *k,
			    const struct asked_value *v, bool retro, struct fault *f)
{
	struct addr client = {.len = k->client.len};
	memcpy(client.at, k->client.at, sizeof(client.at));
	struct watch_event e = {.owner = k->name,
				.type = k->type,
				.rdata = BYTES("", 0),
				.first_s = v->span.first_s,
				.last_s = v->span.last_s,
				.count = v->span.count,
				.client = &client,
				.pseudonym = k->client.len == PSEUDONYM_LEN,
				.retro = retro};
	e.outcome = k->outcome == ASKED_UNANSWERED ? "unanswered"
		    : k->outcome == RCODE_NXDOMAIN ? "nxdomain"
		    : k->outcome == RCODE_NOERROR  ? "answered"
						   : "failed";
	int r = 0;
	if (v->count == 0)
		return watch_event(w, &e, f);
	for (unsigned i = 0; i < v->count && r >= 0; i++) {
		e.type = v->addrs[i].len == 4 ? TYPE_A : TYPE_AAAA;
		e.rdata = BYTES(v->addrs[i].at, v->addrs[i].len);
		r = watch_event(w, &e, f);
	}
	return r;
}

int watch_asked(struct watcher *w, struct bytes key, struct bytes value, struct fault *f)
{
	struct asked_key k;
	struct asked_value v;
	uint8_t name[255];
	if (key.at[0] != TABLE_ASKED || key_asked_read(key, name, &k) < 0 ||
	    asked_value_read(value, &v) < 0)
		return 0; /* by client it is the same once more */
	return look_at_question(w, &k, &v, false, f);
}

struct hunting_who {
	struct watcher *w;
	struct fault *f;
};

static int on_who(const struct who_row *row, void *arg)
{
	struct hunting_who *h = arg;
	if (atomic_load(&h->w->stopped))
		return 1; /* the next run does it again */
	int r = look_at_question(h->w, &row->key, &row->value, true, h->f);
	return r < 0 ? r : 0;
}

/* A pattern belongs to one thread, and records are committed meanwhile. */
static int take_terms(struct watcher *w, bool all, struct term *terms, size_t *n)
{
	int r = 0;
	for (size_t i = 0; i < w->set.count && r == 0; i++) {
		const struct indicator *one = &w->set.at[i];
		if (!all && watch_was_hunted(w, one->id))
			continue;
		struct term t = one->term; /* its octets are borrowed */
		if (t.pattern != NULL)
			r = pattern_clone(one->term.pattern, &t.pattern);
		if (r == 0)
			terms[(*n)++] = t;
	}
	return r;
}

int watch_retro_who(struct watcher *w, struct store *s, bool all, struct fault *f)
{
	char path[4200];
	struct who_about about = {0};
	struct hunting_who h = {w, f};
	struct term *terms = calloc(w->set.count + 1, sizeof(*terms));
	size_t n = 0;
	if (terms == NULL)
		return YORE_ENOMEM;
	snprintf(path, sizeof(path), "%s.hunted", w->journal.path);
	watch_load_hunted(w, path);
	int r = take_terms(w, all, terms, &n);
	struct who_query q = {.terms = terms,
			      .term_count = n,
			      .fence = FENCE_OPEN,
			      .unmarked = true,
			      .now_s = w->o.now()};
	if (r == 0 && n)
		r = who_ask(s, &q, on_who, &h, &about, f);
	who_about_release(&about);
	for (size_t i = 0; i < n; i++)
		if (terms[i].pattern)
			pattern_free(terms[i].pattern);
	free(terms);
	return r == 0 ? watch_sync(w, f) : r;
}

int watch_expire(struct watcher *w, int64_t since_s, struct fault *f)
{
	if (!w->apart)
		return 0;
	pthread_mutex_lock(&w->lock);
	int r = journal_expire(&w->clients, since_s, f);
	pthread_mutex_unlock(&w->lock);
	return r;
}
