/* The way of one datagram through the rules; see observe/observe.h. */
#include "observe/observe.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "observe/bailiwick.h"
#include "observe/group.h"
#include "observe/match.h"
#include "observe/negative.h"

#define HEADER_LEN 12
#define MEMORY_DEFAULT ((size_t)64 << 20)
#define QUERY_AGE_US 60000000
#define EARLIEST_US 631152000000000 /* 1990-01-01 */
#define PORT_DNS 53

struct observer {
	struct observe_options o;
	struct observe_sink sink;
	struct observe_counters c;
	struct message_parser *parser;
	struct match_table match;
	struct bailiwick bailiwick;
	struct groups groups;
	struct sighting *sightings;
	unsigned sighting_room;
	const struct datagram *now; /* the message whose records teach */
	uint16_t negative_source[VANTAGE_AUTH + 1][NEGATIVE_NODATA + 1];
};

static int learnt(const struct addr *server, struct bytes zone, void *arg)
{
	struct observer *ob = arg;
	const struct datagram *d = ob->now;
	if (ob->sink.server == NULL)
		return 0;
	return ob->sink.server(server, zone, d->time_us / 1000000, d->input, d->number,
			       ob->sink.arg);
}

static void set_defaults(struct observe_options *o)
{
	if (o->memory == 0)
		o->memory = MEMORY_DEFAULT;
	if (o->query_age_us == 0)
		o->query_age_us = QUERY_AGE_US;
	if (o->earliest_us == 0)
		o->earliest_us = EARLIEST_US;
	if (o->latest_us == 0)
		o->latest_us = INT64_MAX;
	if (o->port_count == 0)
		o->ports[o->port_count++] = PORT_DNS;
}

static int name_sources(struct observer *ob)
{
	static const char *const vantages[] = {"above", "above", "below", "auth"};
	static const char *const kinds[] = {"", "nxdomain", "nodata"};
	int r = 0;
	for (int v = VANTAGE_AUTO; v <= VANTAGE_AUTH; v++)
		for (int k = NEGATIVE_NXDOMAIN; k <= NEGATIVE_NODATA && r == 0; k++) {
			char name[SOURCE_NAME_MAX + 1];
			snprintf(name, sizeof(name), "%s.%s", vantages[v], kinds[k]);
			r = source_of_name(name, &ob->negative_source[v][k]);
		}
	return r;
}

/* The parser's scratch apart, half of the memory is for queries, a quarter for servers.
 */
int observer_new(const struct observe_options *o, const struct observe_sink *sink,
		 struct observer **ret)
{
	struct observer *ob = calloc(1, sizeof(*ob));
	if (ob == NULL)
		return YORE_ENOMEM;
	ob->o = *o;
	ob->sink = *sink;
	set_defaults(&ob->o);
	groups_init(&ob->groups);
	ob->parser = message_parser_new(0);
	int r = ob->parser ? name_sources(ob) : YORE_ENOMEM;
	if (r == 0)
		r = match_init(&ob->match, ob->o.memory / 2, ob->o.query_age_us);
	if (r == 0)
		r = bailiwick_init(&ob->bailiwick, ob->o.memory / 4, learnt, ob);
	if (r < 0) {
		observer_free(ob);
		return r;
	}
	bailiwick_root_hints(&ob->bailiwick);
	*ret = ob;
	return 0;
}

void observer_free(struct observer *ob)
{
	if (ob == NULL)
		return;
	message_parser_free(ob->parser);
	match_release(&ob->match);
	bailiwick_release(&ob->bailiwick);
	groups_release(&ob->groups);
	free(ob->sightings);
	free(ob);
}

int observer_teach(struct observer *ob, const struct addr *server, struct bytes zone)
{
	bailiwick_teach(&ob->bailiwick, server, zone);
	return 0;
}

const struct observe_counters *observer_counters(const struct observer *ob)
{
	/* the two that the table keeps are copied when somebody looks */
	struct observe_counters *c = (struct observe_counters *)&ob->c;
	c->query_evicted = ob->match.evicted;
	c->query_expired = ob->match.expired;
	c->server_full = ob->bailiwick.full;
	c->class_other = ob->groups.class_other;
	c->meta = ob->groups.meta;
	return c;
}

/* ---- what is believed of a response ---- */

/*
 * Recursive service answers a stub that wants it (RD) and says that it gives it (RA).
 * Resolvers ask authoritative servers without RD; one that was asked with RD and does
 * not give recursion is authoritative too.
 */
static uint8_t vantage_of(const struct observer *ob, const struct datagram *d,
			  const struct message *m)
{
	if (ob->o.vantage != VANTAGE_AUTO)
		return ob->o.vantage;
	if (d->vantage != VANTAGE_AUTO)
		return d->vantage;
	return (m->flags & FLAG_RD) && (m->flags & FLAG_RA) ? VANTAGE_BELOW
							    : VANTAGE_ABOVE;
}

static uint16_t source_of(uint8_t vantage)
{
	switch (vantage) {
	case VANTAGE_BELOW:
		return SOURCE_BELOW;
	case VANTAGE_AUTH:
		return SOURCE_AUTH;
	default:
		return SOURCE_ABOVE;
	}
}

static int sighting_room(struct observer *ob, unsigned n)
{
	if (n <= ob->sighting_room)
		return 0;
	unsigned room = n < 64 ? 64 : n * 2;
	struct sighting *s = realloc(ob->sightings, room * sizeof(*s));
	if (s == NULL)
		return YORE_ENOMEM;
	ob->sightings = s;
	ob->sighting_room = room;
	return 0;
}

enum judgement { BELIEVED, DISBELIEVED };

/* Of one RRset above the resolver. known: -1 when the server is not for the question. */
static enum judgement judge(struct observer *ob, const struct bailiwick_server *server,
			    int question_zone, struct bytes owner, uint8_t *bailiwick)
{
	int zone = server ? bailiwick_of(&ob->bailiwick, server, owner) : -1;
	if (zone >= 0) {
		*bailiwick = (uint8_t)zone;
		ob->c.inside++;
		return BELIEVED;
	}
	*bailiwick = BAILIWICK_ABSENT;
	if (question_zone >= 0 && !ob->o.bailiwick_off) {
		ob->c.outside++;
		return DISBELIEVED;
	}
	ob->c.unproven++;
	return BELIEVED;
}

/* What was inside its bailiwick teaches: names of servers before their addresses. */
static int learn(struct observer *ob, const struct sighting *s, unsigned n)
{
	int r = 0;
	for (unsigned i = 0; i < n && r == 0; i++)
		if (s[i].set.type == TYPE_NS && s[i].set.bailiwick != BAILIWICK_ABSENT)
			r = bailiwick_learn_ns(&ob->bailiwick, s[i].set.owner,
					       s[i].set.rdata);
	for (unsigned i = 0; i < n && r == 0; i++)
		if ((s[i].set.type == TYPE_A || s[i].set.type == TYPE_AAAA) &&
		    s[i].set.bailiwick != BAILIWICK_ABSENT)
			r = bailiwick_learn_addr(&ob->bailiwick, s[i].set.owner,
						 s[i].set.rdata);
	return r;
}

/* One response on its way through the rules. */
struct believing {
	struct observer *ob;
	const struct datagram *d;
	const struct message *m;
	const struct bailiwick_server *server; /* NULL: not known, or not above */
	int question_zone;
	uint8_t vantage;
	struct sighting base;
	unsigned count; /* of ob->sightings */
};

static struct sighting *add_sighting(struct believing *b, struct bytes owner,
				     uint16_t type)
{
	uint8_t bailiwick = BAILIWICK_ABSENT;
	if (b->vantage == VANTAGE_ABOVE &&
	    judge(b->ob, b->server, b->question_zone, owner, &bailiwick) == DISBELIEVED)
		return NULL;
	struct sighting *s = &b->ob->sightings[b->count++];
	*s = b->base;
	s->set.owner = owner;
	s->set.type = type;
	s->set.bailiwick = bailiwick;
	return s;
}

static void add_sets(struct believing *b)
{
	const struct groups *groups = &b->ob->groups;
	for (unsigned i = 0; i < groups->count; i++) {
		const struct group *g = &groups->group[i];
		struct sighting *s = add_sighting(b, g->owner, g->type);
		if (s == NULL)
			continue;
		s->set.rdata = group_packed(groups, g);
		s->ttl = g->ttl;
	}
	b->ob->c.rrsets += b->count;
}

/* Judged like a record of the name, but counted for itself. */
static void add_negative(struct believing *b)
{
	static const uint8_t nothing[2] = {0, 0};
	struct observer *ob = b->ob;
	struct observe_counters before = ob->c;
	if (ob->o.negative_off)
		return;
	struct negative n = negative_of(b->m);
	if (n.kind == NEGATIVE_NOT)
		return;
	struct sighting *s = add_sighting(b, n.name, b->m->question.type);
	ob->c = before;
	if (s == NULL)
		return;
	ob->c.negative++;
	s->kind = SIGHTING_NEGATIVE;
	s->set.source = ob->negative_source[b->vantage][n.kind];
	s->set.rdata = BYTES(nothing, sizeof(nothing));
	s->ttl = n.ttl;
}

static int believe(struct observer *ob, const struct datagram *d, const struct message *m,
		   uint64_t server_key)
{
	struct believing b = {.ob = ob, .d = d, .m = m, .question_zone = -1};
	b.vantage = vantage_of(ob, d, m);
	if (b.vantage == VANTAGE_ABOVE)
		b.server = bailiwick_find(&ob->bailiwick, server_key);
	if (b.server)
		b.question_zone =
		    bailiwick_of(&ob->bailiwick, b.server, m->question.name);
	b.base = (struct sighting){.time_s = d->time_us / 1000000,
				   .span_flags = m->flags & FLAG_TC ? SPAN_PARTIAL : 0,
				   .input = d->input,
				   .number = d->number};
	b.base.set.source = source_of(b.vantage);
	add_sets(&b);
	unsigned sets = b.count;
	add_negative(&b);
	if (b.server != NULL) {
		ob->now = d;
		int r = learn(ob, ob->sightings, sets);
		if (r < 0)
			return r;
	}
	return b.count ? ob->sink.sightings(ob->sightings, b.count, ob->sink.arg) : 0;
}

/* ---- messages ---- */

/* The answer section whatever its order and TTLs, and the rcode. Never 0. */
static uint32_t answer_hash(const struct message *m)
{
	uint64_t sum = m->rcode + 1u;
	for (unsigned i = 0; i < m->rr_count && m->rr[i].section == SECTION_ANSWER; i++)
		sum += hash_mix(hash_keyed(m->rr[i].rdata.at, m->rr[i].rdata.len),
				m->rr[i].type);
	uint32_t h = (uint32_t)(sum ^ sum >> 32);
	return h ? h : 1;
}

static void compare_answers(struct observer *ob, struct match_slot *query,
			    const struct message *m)
{
	uint32_t h = answer_hash(m);
	if (query->answer == 0)
		query->answer = h;
	else if (query->answer == h)
		ob->c.duplicate++;
	else
		ob->c.conflicting++;
}

static int response(struct observer *ob, const struct datagram *d, uint64_t key)
{
	struct match_slot *query = NULL;
	struct message m;
	uint64_t server_key = bailiwick_key(&d->src);
	bailiwick_prefetch(&ob->bailiwick, server_key);
	int r = message_parse(ob->parser, d->payload, &m, NULL);
	if (!ob->o.accept_all && !d->believed_pair) {
		query = key ? match_response(&ob->match, key, d->time_us) : NULL;
		if (query == NULL && r == 0 && m.qdcount != 1) {
			ob->c.no_question++;
			return 0;
		}
		if (query == NULL && r == 0) {
			ob->c.unmatched++;
			return 0;
		}
	}
	if (r == YORE_ELIMIT) {
		ob->c.bomb++;
		return 0;
	}
	if (r < 0) {
		ob->c.malformed++;
		return 0;
	}
	ob->c.responses++;
	if (query != NULL)
		compare_answers(ob, query, &m);
	r = groups_of(&ob->groups, &m);
	if (r == 0)
		r = sighting_room(ob, ob->groups.count + 1);
	return r < 0 ? r : believe(ob, d, &m, server_key);
}

static bool is_server_port(const struct observer *ob, uint16_t port)
{
	for (unsigned i = 0; i < ob->o.port_count; i++)
		if (ob->o.ports[i] == port)
			return true;
	return false;
}

/* dnstap says itself who is the server. */
static bool from_server(const struct observer *ob, const struct datagram *d)
{
	return is_server_port(ob, d->src_port) || d->believed_pair ||
	       d->vantage != VANTAGE_AUTO;
}

/* What keeps a message from being looked at, as the counter of that; NULL: nothing. */
static uint64_t *refusal(struct observer *ob, const struct datagram *d)
{
	struct observe_counters *c = &ob->c;
	if (d->time_us < ob->o.earliest_us || d->time_us > ob->o.latest_us)
		return &c->bad_date;
	if (d->snapped)
		return &c->snapped;
	if (d->payload.len < HEADER_LEN)
		return &c->malformed;
	uint16_t flags = load_u16be(d->payload.at + 2);
	if ((flags >> 11 & 15) != OPCODE_QUERY)
		return &c->opcode;
	if ((flags & FLAG_QR) && !from_server(ob, d))
		return &c->not_dns_port;
	return NULL;
}

int observer_datagram(const struct datagram *d, void *arg)
{
	struct observer *ob = arg;
	ob->c.messages++;
	uint64_t *refused = refusal(ob, d);
	if (refused != NULL) {
		++*refused;
		return 0;
	}
	bool is_response = d->payload.at[2] & 0x80;
	bool one_question = load_u16be(d->payload.at + 4) == 1;
	uint64_t key = 0;
	if (one_question && !ob->o.accept_all && !d->believed_pair)
		key = match_key(d, is_response);
	if (is_response) {
		if (key)
			match_prefetch(&ob->match, key);
		return response(ob, d, key);
	}
	if (one_question && key == 0 && !ob->o.accept_all && !d->believed_pair) {
		ob->c.malformed++;
		return 0;
	}
	ob->c.queries++;
	if (key)
		match_query(&ob->match, key, d->time_us);
	return 0;
}
