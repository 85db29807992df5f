#include "sensor/chain.h"

static void tell_row(struct budget *b, uint8_t table, const struct store_row *row)
{
	struct budget_row known = {.base = row->base, .time_s = row->span.first_s};
	struct key_rrset_parts parts;
	struct addr server;
	uint8_t owner[255];
	size_t len;
	if (table == TABLE_RRSET && key_rrset_read(row->base, &parts) == 0) {
		known.source = parts.set.source;
		known.owner = parts.set.owner;
	} else if (table == TABLE_SERVER &&
		   key_server_read(row->base, &server, owner, &len) == 0) {
		known.server = true;
		known.owner = BYTES(owner, len);
	} else {
		return;
	}
	budget_known(b, &known);
}

static int teach(struct chain *c, struct store *s, struct fault *f)
{
	static const uint8_t table = TABLE_SERVER;
	struct scan scan = {.table = TABLE_SERVER, .lo = BYTES(&table, 1)};
	struct cursor *cursor;
	struct store_row row;
	int r = store_scan(s, &scan, f, &cursor);
	if (r < 0)
		return r;
	while ((r = cursor_next(cursor, &row)) != 0) {
		struct addr server;
		uint8_t zone[255];
		size_t len;
		if (r == YORE_ECORRUPT) /* learnt again when it is seen again */
			continue;
		if (r < 0)
			break;
		if (key_server_read(row.base, &server, zone, &len) == 0)
			observer_teach(c->observer, &server, BYTES(zone, len));
	}
	cursor_close(cursor);
	return r;
}

/* The evidence that the store holds, for the day's budget; what cannot be read is seen
 * again and costs a little. */
static void tell_evidence(struct budget *b, void *arg)
{
	static const uint8_t tables[] = {TABLE_RRSET, TABLE_SERVER};
	for (size_t i = 0; i < sizeof(tables); i++) {
		struct scan scan = {.table = tables[i],
				    .lo = BYTES(&tables[i], 1),
				    .shelf = "suspicious"};
		struct cursor *cursor;
		struct store_row row;
		int r;
		if (store_scan(arg, &scan, NULL, &cursor) < 0)
			return;
		while ((r = cursor_next(cursor, &row)) == 1 || r == YORE_ECORRUPT)
			if (r == 1)
				tell_row(b, tables[i], &row);
		cursor_close(cursor);
	}
}

int chain_init(struct chain *c, const struct chain_options *o,
	       const struct segment_sink *sink, struct fault *f)
{
	*c = (struct chain){0};
	struct gather_options g = o->gather;
	g.site = o->observe.site;
	if (o->store != NULL && !o->observe.suspicious_off) {
		g.evidence_there = tell_evidence;
		g.evidence_arg = o->store;
	}
	int r = gather_new(sink, &g, &c->gather);
	struct observe_sink to = {gather_sightings, gather_server, c->gather,
				  o->who_asked ? gather_question : NULL};
	if (r == 0)
		r = observer_new(&o->observe, &to, &c->observer);
	if (r == 0)
		r = dnstap_new(&c->dnstap);
	if (r == 0)
		r = decoder_new(&o->net, observer_datagram, c->observer, &c->decoder);
	if (r < 0)
		fault_set(f, r, "making room for packets: %s", yore_strerror(r));
	else if (o->store != NULL)
		r = teach(c, o->store, f);
	if (r < 0)
		chain_release(c);
	return r;
}

void chain_release(struct chain *c)
{
	decoder_free(c->decoder);
	dnstap_free(c->dnstap);
	observer_free(c->observer);
	gather_free(c->gather);
	*c = (struct chain){0};
}

int chain_frame(struct chain *c, const struct frame *f)
{
	if (__builtin_expect(f->link != LINK_DNSTAP, 1))
		return decoder_frame(c->decoder, f);
	struct datagram d;
	int r = dnstap_datagram(c->dnstap, f, &d);
	return r == 1 ? observer_datagram(&d, c->observer) : r;
}

int chain_datagram(struct chain *c, const struct datagram *d)
{
	const struct frame now = {
	    .time_us = d->time_us, .input = d->input, .number = d->number};
	int r = decoder_clock(c->decoder, &now);
	return r < 0 ? r : observer_datagram(d, c->observer);
}

void chain_decoded(const struct chain *c, struct decode_counters *ret)
{
	*ret = c->beside;
	decode_counters_add(ret, decoder_counters(c->decoder));
}

/* Connections of encrypted DNS: what is inside of them is missing from the history. */
static void put_begun(struct buf *out, const char *name, uint64_t now, uint64_t *told)
{
	if (now > *told)
		buf_printf(out, "%s=%llu\n", name, (unsigned long long)(now - *told));
	*told = now;
}

void chain_losses(struct chain *c, struct buf *out)
{
	struct decode_counters sum, *net = &sum;
	chain_decoded(c, &sum);
	const struct observe_counters *observe = observer_counters(c->observer);
	const struct gather_counters *gather = gather_counters(c->gather);
#define X(stage, name)                                                                  \
	if (stage->name > c->told.stage##_##name)                                       \
		buf_printf(out, "%s.%s=%llu\n", #stage, #name,                          \
			   (unsigned long long)(stage->name - c->told.stage##_##name)); \
	c->told.stage##_##name = stage->name;
	CHAIN_LOSSES(X)
#undef X
	observer_tell_below(c->observer, out);
	put_begun(out, "below.dot", net->dot, &c->told.dot);
	put_begun(out, "below.doq", net->doq, &c->told.doq);
}
