#include "observe/rewriting.h"

#include <stdlib.h>

#include "base/hash.h"

#define DENIALS 16384 /* a power of two */
#define SECOND_US 1000000
#define KEPT_LEAST 5 /* seconds: no SOA said how long */
#define KEPT_MOST 900

/* RFC 8914 4: forged answer, blocked, censored, filtered. */
static bool says_policy(struct bytes options)
{
	enum { OPTION_EXTENDED_ERROR = 15 };
	struct reader r = reader_of(options);
	while (reader_left(&r) >= 4) {
		uint16_t code = reader_u16(&r);
		struct bytes data = reader_take(&r, reader_u16(&r));
		if (r.err || code != OPTION_EXTENDED_ERROR || data.len < 2)
			continue;
		uint16_t info = load_u16be(data.at);
		if (info == 4 || (info >= 15 && info <= 17))
			return true;
	}
	return false;
}

/*
 * A denial that claims authority and offers recursion, and brings no SOA: no zone was
 * asked, the resolver made it itself (unbound's policy zones and local denials, dnsmasq).
 */
static bool denies_itself(const struct message *m)
{
	unsigned i = 0;
	if ((m->flags & (FLAG_AA | FLAG_RA | FLAG_TC)) != (FLAG_AA | FLAG_RA) ||
	    (m->rcode != RCODE_NXDOMAIN && m->rcode != RCODE_NOERROR))
		return false;
	while (i < m->rr_count && m->rr[i].type == TYPE_OPT)
		i++;
	return i == m->rr_count;
}

bool policy_answered(const struct message *m)
{
	if (denies_itself(m))
		return true;
	/* the additional section comes last */
	for (unsigned i = m->rr_count; i-- > 0;) {
		const struct rr *rr = &m->rr[i];
		if (rr->section != SECTION_ADDITIONAL)
			break;
		if (rr->type == TYPE_SOA && rr->class == CLASS_IN)
			return true;
		if (rr->type == TYPE_OPT && says_policy(rr->rdata))
			return true;
	}
	return false;
}

void denials_release(struct denials *d)
{
	free(d->at);
	d->at = NULL;
}

/* The resolver: its address; dnstap names its server by where it comes from. */
static uint64_t key_of(const struct datagram *d, const struct addr *resolver,
		       struct bytes name)
{
	uint64_t who = d->vantage != VANTAGE_AUTO
			   ? d->input + 1u
			   : hash_keyed(resolver->at, sizeof(resolver->at));
	uint64_t key = hash_mix(hash_keyed(name.at, name.len), who);
	return key ? key : 1;
}

void denials_note(struct denials *d, const struct datagram *response, struct bytes name,
		  uint32_t ttl)
{
	if (d->at == NULL)
		d->at = calloc(DENIALS, sizeof(*d->at));
	if (d->at == NULL)
		return;
	uint64_t key = key_of(response, &response->dst, name);
	int64_t kept_s = ttl < KEPT_LEAST  ? KEPT_LEAST
			 : ttl > KEPT_MOST ? KEPT_MOST
					   : ttl;
	d->at[key & (DENIALS - 1)] =
	    (struct denial){key, response->time_us + kept_s * SECOND_US};
}

bool denials_has(const struct denials *d, const struct datagram *response,
		 struct bytes name)
{
	if (d->at == NULL)
		return false;
	uint64_t key = key_of(response, &response->src, name);
	const struct denial *one = &d->at[key & (DENIALS - 1)];
	return one->key == key && response->time_us <= one->until_us;
}
