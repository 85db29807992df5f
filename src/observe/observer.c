/* The way of one datagram through the rules; see observe/observe.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "observe/observer_own.h"

#define HEADER_LEN 12
#define MEMORY_DEFAULT ((size_t)64 << 20)
#define QUERY_AGE_US 60000000
#define EARLIEST_US 631152000000000 /* 1990-01-01 */
#define PORT_DNS 53
#define PARTS_MOST 256 /* of records with many; honest messages have some dozens */

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

static int name_source(const char *vantage, const char *what, uint16_t *ret)
{
	char name[SOURCE_NAME_MAX + 1];
	snprintf(name, sizeof(name), "%s.%s", vantage, what);
	return source_of_name(name, ret);
}

static int name_sources(struct observer *ob)
{
	static const char *const vantages[] = {"above", "above", "below", "auth"};
	static const char *const negatives[] = {"", "nxdomain", "nodata"};
	static const char *const suspicions[] = {
#define X(name, text) text,
	    SUSPICIONS(X)
#undef X
	};
	int r = 0;
	for (int v = VANTAGE_AUTO; v <= VANTAGE_AUTH; v++) {
		for (int k = NEGATIVE_NXDOMAIN; k <= NEGATIVE_NODATA && r == 0; k++)
			r = name_source(vantages[v], negatives[k],
					&ob->negative_source[v][k]);
		for (int k = 0; k < SUSPICION_COUNT && r == 0; k++)
			r = name_source(vantages[v], suspicions[k],
					&ob->suspect_source[v][k]);
	}
	return r;
}

static int init_questions(struct observer *ob)
{
	ob->questions = calloc(1, sizeof(*ob->questions));
	if (ob->questions == NULL)
		return YORE_ENOMEM;
	int r = questions_init(ob->questions, ob->o.memory / 4, ob->o.query_age_us,
			       ob->sink.question, ob->sink.arg);
	ob->questions->selection = ob->o.selection;
	return r;
}

/* The parser's scratch apart, half of the memory is for queries, a quarter for servers
 * and a quarter for questions of clients, if they are wanted. */
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
	if (r == 0 && sink->question != NULL)
		r = init_questions(ob);
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
	if (ob->questions)
		questions_release(ob->questions);
	free(ob->questions);
	denials_release(&ob->denials);
	below_release(&ob->below);
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
	c->questions = ob->questions ? ob->questions->told : 0;
	c->questions_early = ob->questions ? ob->questions->early : 0;
	return c;
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

/* Is it a second answer that differs? */
static bool compare_answers(struct observer *ob, struct match_slot *query,
			    const struct message *m)
{
	uint32_t h = answer_hash(m);
	bool first = query->answer == 0;
	if (first)
		query->answer = h;
	if (query->answer != h) {
		ob->c.conflicting++;
		return true;
	}
	ob->c.duplicate += !first;
	return false;
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

/* Sets of the message, and room for what may be told of them. */
static int make_sets(struct observer *ob, const struct message *m)
{
	int r = groups_of(&ob->groups, m);
	return r < 0 ? r : sighting_room(ob, 3 * ob->groups.count + 1);
}

static int unasked(struct observer *ob, const struct datagram *d, const struct message *m)
{
	if (m->qdcount != 1) {
		ob->c.no_question++;
		return 0;
	}
	ob->c.unmatched++;
	if (ob->o.suspicious_off)
		return 0;
	int r = make_sets(ob, m);
	return r < 0 ? r : observer_disbelieve(ob, d, m);
}

static void count_part(enum rdata_part part, struct bytes value, void *arg)
{
	++*(size_t *)arg;
}

/*
 * The history keeps a record under each name and address in it, so a message that is
 * full of them (service hints, rendezvous servers) would become many times its size.
 */
static bool expands(const struct message *m)
{
	size_t n = 0;
	for (unsigned i = 0; i < m->rr_count; i++) {
		uint16_t type = m->rr[i].type;
		if (type == TYPE_HTTPS || type == TYPE_SVCB || type == TYPE_HIP)
			rdata_parts(type, m->rr[i].rdata, count_part, &n);
	}
	return n > PARTS_MOST;
}

/* ---- who asked ---- */

/* A client's question as far as it can be told without the response. */
static bool is_below(const struct observer *ob, const struct datagram *d)
{
	if (ob->o.vantage != VANTAGE_AUTO)
		return ob->o.vantage == VANTAGE_BELOW;
	if (d->vantage != VANTAGE_AUTO)
		return d->vantage == VANTAGE_BELOW;
	return load_u16be(d->payload.at + 2) & FLAG_RD;
}

static int asked(struct observer *ob, const struct datagram *d)
{
	uint64_t key = is_below(ob, d) ? match_key(d, false) : 0;
	return key ? questions_asked(ob->questions, d, key) : 0;
}

static int answered(struct observer *ob, const struct datagram *d,
		    const struct message *m)
{
	uint64_t key = match_key(d, true);
	bool below = observer_vantage(ob, d, m) == VANTAGE_BELOW;
	bool alone = ob->o.accept_all || d->believed_pair;
	return key ? questions_answered(ob->questions, d, m, key, !below, alone) : 0;
}

int observer_end(struct observer *ob, uint32_t input, uint64_t number)
{
	return ob->questions ? questions_end(ob->questions, input, number) : 0;
}

void observer_forget_questions(struct observer *ob)
{
	if (ob->questions)
		questions_forget(ob->questions);
}

int observer_late(struct observer *ob, int64_t now_us, uint32_t input, uint64_t number)
{
	return ob->questions ? questions_age(ob->questions, now_us, input, number) : 0;
}

static int response(struct observer *ob, const struct datagram *d, uint64_t key)
{
	struct match_slot *query = NULL;
	struct message m;
	bool must_match = !ob->o.accept_all && !d->believed_pair;
	uint64_t server_key = bailiwick_key(&d->src);
	bailiwick_prefetch(&ob->bailiwick, server_key);
	int r = message_parse(ob->parser, d->payload, &m, NULL);
	if (r < 0) {
		ob->c.bomb += r == YORE_ELIMIT;
		ob->c.malformed += r != YORE_ELIMIT;
		return 0;
	}
	if (expands(&m)) {
		ob->c.bomb++;
		return 0;
	}
	if (must_match && key)
		query = match_response(&ob->match, key, d->time_us);
	if (must_match && query == NULL)
		return unasked(ob, d, &m);
	ob->c.responses++;
	if (ob->questions != NULL && (r = answered(ob, d, &m)) < 0)
		return r;
	bool conflicting = query != NULL && compare_answers(ob, query, &m);
	r = make_sets(ob, &m);
	return r < 0 ? r : observer_believe(ob, d, &m, server_key, conflicting);
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
	if (ob->o.selection != NULL) {
		bool back = flags & FLAG_QR;
		if (!selection_wants_message(ob->o.selection, back ? &d->src : &d->dst,
					     back ? &d->dst : &d->src))
			return &c->not_selected;
	}
	return NULL;
}

void observer_select(struct observer *ob, const struct selection *s)
{
	ob->o.selection = s;
	if (ob->questions)
		ob->questions->selection = s;
}

void observer_tell_below(struct observer *ob, struct buf *out)
{
	below_tell(&ob->below, ob->o.site, out);
}

void observer_know(struct observer *ob, const struct site *s)
{
	ob->o.site = s;
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
	return ob->questions != NULL && one_question ? asked(ob, d) : 0;
}
