/* What is believed of a response, and what is evidence; see observe/observe.h. */
#include "observe/observer_own.h"

/*
 * Recursive service answers a stub that wants it (RD) and says that it gives it (RA).
 * Resolvers ask authoritative servers without RD; one that was asked with RD and does
 * not give recursion is authoritative too.
 */
uint8_t observer_vantage(const struct observer *ob, const struct datagram *d,
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
	bool outside;	/* there were sets that are not believed */
	bool private;	/* or public names at private addresses */
	bool policy;	/* the resolver says that it answered for itself */
	bool rewritten; /* some set at least is its own */
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

/* Evidence: what was said, whatever is believed of it. */
static void add_evidence_of(struct believing *b, const struct rrset *said, uint32_t ttl,
			    enum suspicion why)
{
	struct observer *ob = b->ob;
	if (ob->o.suspicious_off)
		return;
	struct sighting *s = &ob->sightings[b->count++];
	*s = b->base;
	s->kind = SIGHTING_SUSPICIOUS;
	s->server = &b->d->src;
	s->set = *said;
	s->set.source = ob->suspect_source[b->vantage][why];
	s->set.bailiwick = BAILIWICK_ABSENT;
	s->ttl = ttl;
}

static void add_suspicious(struct believing *b, const struct group *g, enum suspicion why)
{
	struct rrset said = {
	    .owner = g->owner, .type = g->type, .rdata = group_packed(&b->ob->groups, g)};
	add_evidence_of(b, &said, g->ttl, why);
}

/*
 * Did the resolver put this set there? SUSPICION_COUNT: no. What a server says within its
 * own zone is the world's, also when it names the garden's address.
 */
static enum suspicion own_rewriting(const struct believing *b, const struct group *g,
				    uint8_t bailiwick)
{
	const struct site *site = b->ob->o.site;
	if (b->vantage == VANTAGE_AUTH || bailiwick != BAILIWICK_ABSENT)
		return SUSPICION_COUNT;
	if (b->policy || (site && site_rewrites(site, g->type, g->owner,
						group_packed(&b->ob->groups, g))))
		return SUSPICION_REWRITTEN;
	bool leads = g->type == TYPE_A || g->type == TYPE_AAAA || g->type == TYPE_CNAME;
	if (leads && b->vantage == VANTAGE_BELOW &&
	    denials_has(&b->ob->denials, b->d, g->owner))
		return SUSPICION_REDIRECTED;
	return SUSPICION_COUNT;
}

static void add_sets(struct believing *b)
{
	const struct groups *groups = &b->ob->groups;
	for (unsigned i = 0; i < groups->count; i++) {
		const struct group *g = &groups->group[i];
		struct sighting *s = add_sighting(b, g->owner, g->type);
		if (s == NULL) {
			b->outside = true;
			continue;
		}
		if (own_rewriting(b, g, s->set.bailiwick) != SUSPICION_COUNT) {
			b->ob->c.unproven -= b->vantage == VANTAGE_ABOVE;
			b->ob->c.rewritten++;
			b->rewritten = true;
			b->count--;
			continue;
		}
		s->set.rdata = group_packed(groups, g);
		s->ttl = g->ttl;
		if (g->type == TYPE_A || g->type == TYPE_AAAA)
			b->private |= suspect_private(&s->set);
	}
	b->ob->c.rrsets += b->count;
}

/* Behind the believed ones, so that what teaches stays together. */
static void add_evidence(struct believing *b, unsigned sets, bool conflicting)
{
	const struct groups *groups = &b->ob->groups;
	unsigned next = 0;
	for (unsigned i = 0; i < groups->count; i++) {
		const struct group *g = &groups->group[i];
		const struct sighting *s = &b->ob->sightings[next];
		bool believed = next < sets && s->set.owner.at == g->owner.at &&
				s->set.type == g->type &&
				s->set.rdata.at == group_packed(groups, g).at;
		next += believed;
		enum suspicion why = SUSPICION_COUNT;
		if (!believed)
			why = own_rewriting(b, g, BAILIWICK_ABSENT);
		if (!believed)
			add_suspicious(b, g,
				       why == SUSPICION_COUNT ? SUSPICION_OUTSIDE : why);
		else if (conflicting && b->m->rr[g->first].section == SECTION_ANSWER)
			add_suspicious(b, g, SUSPICION_CONFLICTING);
		if (believed && b->vantage != VANTAGE_AUTH && suspect_private(&s->set))
			add_suspicious(b, g, SUSPICION_PRIVATE);
	}
}

/* Judged like a record of the name, but counted for itself. */
static void add_negative(struct believing *b)
{
	static const uint8_t nothing[2] = {0, 0};
	struct observer *ob = b->ob;
	struct observe_counters before = ob->c;
	/* denials above are remembered for what is answered below */
	if (ob->o.negative_off && b->vantage != VANTAGE_ABOVE && !b->policy)
		return;
	struct negative n = negative_of(b->m);
	if (n.kind == NEGATIVE_NOT)
		return;
	if (b->policy) {
		struct rrset said = {.owner = n.name,
				     .type = b->m->question.type,
				     .rdata = BYTES(nothing, sizeof(nothing))};
		ob->c.rewritten++;
		add_evidence_of(b, &said, n.ttl, SUSPICION_REWRITTEN);
		return;
	}
	struct sighting *s = add_sighting(b, n.name, b->m->question.type);
	ob->c = before;
	if (s == NULL)
		return;
	if (b->vantage == VANTAGE_ABOVE && n.kind == NEGATIVE_NXDOMAIN)
		denials_note(&ob->denials, b->d, n.name, n.ttl);
	if (ob->o.negative_off) {
		b->count--;
		return;
	}
	ob->c.negative++;
	s->kind = SIGHTING_NEGATIVE;
	s->set.source = ob->negative_source[b->vantage][n.kind];
	s->set.rdata = BYTES(nothing, sizeof(nothing));
	s->ttl = n.ttl;
}

/* What a list leaves out has taught all the same. */
static void drop_unselected(struct believing *b)
{
	struct observer *ob = b->ob;
	unsigned to = 0;
	for (unsigned i = 0; i < b->count; i++) {
		const struct sighting *s = &ob->sightings[i];
		if (selection_wants_set(ob->o.selection, s->set.owner, s->set.type)) {
			ob->sightings[to++] = *s;
		} else if (s->kind == SIGHTING_HISTORY) {
			ob->c.skipped++;
			ob->c.rrsets--;
		}
	}
	b->count = to;
}

static int deliver(struct believing *b)
{
	struct observer *ob = b->ob;
	if (ob->o.selection != NULL)
		drop_unselected(b);
	return b->count ? ob->sink.sightings(ob->sightings, b->count, ob->sink.arg) : 0;
}

static struct believing begin(struct observer *ob, const struct datagram *d,
			      const struct message *m)
{
	struct believing b = {.ob = ob, .d = d, .m = m, .question_zone = -1};
	b.vantage = observer_vantage(ob, d, m);
	b.base = (struct sighting){.time_s = d->time_us / 1000000,
				   .span_flags = m->flags & FLAG_TC ? SPAN_PARTIAL : 0,
				   .input = d->input,
				   .number = d->number};
	b.base.set.source = source_of(b.vantage);
	return b;
}

/* Nobody asked: nothing of it is believed, all of it is evidence. */
int observer_disbelieve(struct observer *ob, const struct datagram *d,
			const struct message *m)
{
	struct believing b = begin(ob, d, m);
	for (unsigned i = 0; i < ob->groups.count; i++)
		add_suspicious(&b, &ob->groups.group[i], SUSPICION_UNMATCHED);
	return deliver(&b);
}

int observer_believe(struct observer *ob, const struct datagram *d,
		     const struct message *m, uint64_t server_key, bool conflicting)
{
	struct believing b = begin(ob, d, m);
	if (b.vantage == VANTAGE_ABOVE)
		b.server = bailiwick_find(&ob->bailiwick, server_key);
	if (b.server && m->qdcount > 0)
		b.question_zone =
		    bailiwick_of(&ob->bailiwick, b.server, m->question.name);
	if (b.vantage == VANTAGE_BELOW)
		below_answered(&ob->below, ob->o.site, d, m);
	else if (b.vantage == VANTAGE_ABOVE)
		below_asks_on(&ob->below, &d->dst);
	b.policy = b.vantage == VANTAGE_BELOW && policy_answered(m);
	add_sets(&b);
	unsigned sets = b.count;
	add_negative(&b);
	if (b.outside || conflicting || b.private || b.rewritten)
		add_evidence(&b, sets, conflicting);
	if (b.server != NULL) {
		ob->now = d;
		int r = learn(ob, ob->sightings, sets);
		if (r < 0)
			return r;
	}
	return deliver(&b);
}
