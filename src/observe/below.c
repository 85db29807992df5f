#include "observe/below.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "dns/name.h"

#define WAYS 8 /* places a server may have, one behind the other */

void below_release(struct below *b)
{
	free(b->at);
	b->at = NULL;
}

/* Worth a place no longer: nothing was counted, nothing is known of it. */
static bool is_idle(const struct below_server *s)
{
	return s->count == 0 && !s->asks && !s->watched;
}

/* Its place, or a free (or idle) one made its own when `make`; NULL: none. */
static struct below_server *find(struct below *b, const struct addr *a, bool make)
{
	struct below_server *place = NULL;
	if (b->at == NULL && make)
		b->at = calloc(BELOW_SERVERS, sizeof(*b->at));
	if (b->at == NULL)
		return NULL;
	uint64_t h = hash_keyed(a->at, sizeof(a->at)) ^ a->len;
	for (unsigned i = 0; i < WAYS; i++) {
		struct below_server *s = &b->at[(h + i) & (BELOW_SERVERS - 1)];
		if (addr_equal(&s->addr, a))
			return s;
		if (place == NULL && (s->addr.len == 0 || is_idle(s)))
			place = s;
	}
	if (!make || place == NULL)
		return NULL;
	*place = (struct below_server){.addr = *a};
	return place;
}

/* A forwarder or another resolver: what it asks for, its own clients have asked. */
static bool asks_for_others(struct below *b, const struct site *site,
			    const struct addr *client)
{
	struct below_server *s = find(b, client, false);
	if (s == NULL || !s->served)
		return site != NULL && site_is_resolver(site, client);
	s->asks = true;
	return true;
}

void below_answered(struct below *b, const struct site *site, const struct datagram *d,
		    const struct message *m)
{
	bool tells = d->vantage != VANTAGE_AUTO;
	int doh = site ? site_doh(site, m->question.name) : -1;
	if (!tells && asks_for_others(b, site, &d->dst))
		return;
	if (doh >= 0) {
		b->doh[doh]++;
		b->any_doh = true;
	}
	struct below_server *s = d->src.len ? find(b, &d->src, true) : NULL;
	if (s == NULL) {
		b->others++;
		return;
	}
	if (!s->served)
		s->watched = tells || (site && site_is_resolver(site, &d->src));
	s->served = true;
	s->count++;
}

void below_asks_on(struct below *b, const struct addr *resolver)
{
	if (resolver->len == 0 || addr_equal(&b->latest, resolver))
		return;
	struct below_server *s = find(b, resolver, true);
	if (s == NULL)
		return;
	s->asks = true;
	b->latest = *resolver;
}

/* ---- telling ---- */

static int most_first(const void *a, const void *b)
{
	const struct below_server *x = *(struct below_server *const *)a;
	const struct below_server *y = *(struct below_server *const *)b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return addr_compare(&x->addr, &y->addr);
}

static void put_server(const struct below_server *s, struct buf *out)
{
	char text[ADDR_TEXT_MAX];
	addr_text(&s->addr, text);
	buf_printf(out, "below.%s.%s=%" PRIu64 "\n",
		   s->watched || s->asks ? "watched" : "asked", text, s->count);
}

static void tell_servers(struct below *b, struct buf *out)
{
	struct below_server *busy[BELOW_SERVERS];
	size_t n = 0;
	for (size_t i = 0; b->at != NULL && i < BELOW_SERVERS; i++)
		if (b->at[i].count > 0)
			busy[n++] = &b->at[i];
	qsort(busy, n, sizeof(busy[0]), most_first);
	for (size_t i = 0; i < n; i++) {
		if (i < BELOW_SERVERS_TOLD)
			put_server(busy[i], out);
		else
			b->others += busy[i]->count;
		busy[i]->count = 0;
	}
	if (b->others > 0)
		buf_printf(out, "below.others=%" PRIu64 "\n", b->others);
	b->others = 0;
}

static void tell_names(struct below *b, const struct site *site, struct buf *out)
{
	size_t told = 0;
	uint64_t more = 0;
	for (size_t i = 0; i < site_doh_count(site); i++) {
		char text[NAME_TEXT_MAX];
		if (b->doh[i] > 0 && told++ < BELOW_NAMES_TOLD) {
			size_t n = name_text(site_doh_name(site, (int)i), text);
			buf_printf(out, "below.doh.%.*s=%" PRIu64 "\n", (int)n - 1, text,
				   b->doh[i]);
		} else {
			more += b->doh[i];
		}
		b->doh[i] = 0;
	}
	if (more > 0)
		buf_printf(out, "below.doh=%" PRIu64 "\n", more);
	b->any_doh = false;
}

void below_tell(struct below *b, const struct site *site, struct buf *out)
{
	tell_servers(b, out);
	if (b->any_doh && site != NULL)
		tell_names(b, site, out);
}
