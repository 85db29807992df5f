#include "observe/negative.h"

#define ALIASES_MAX 32

static bool same_name(struct bytes a, struct bytes b)
{
	return bytes_equal(a, b);
}

/* The answer section's record of this owner and type; NULL: none. */
static const struct rr *find(const struct message *m, struct bytes owner, uint16_t type)
{
	for (unsigned i = 0; i < m->rr_count && m->rr[i].section == SECTION_ANSWER; i++)
		if (m->rr[i].type == type && same_name(m->rr[i].owner, owner))
			return &m->rr[i];
	return NULL;
}

/* The end of the aliases. The bound makes a ring end. */
static struct bytes last_name(const struct message *m)
{
	struct bytes name = m->question.name;
	for (unsigned hops = 0; hops < ALIASES_MAX; hops++) {
		const struct rr *alias = find(m, name, TYPE_CNAME);
		if (alias == NULL)
			break;
		name = alias->rdata;
	}
	return name;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The SOA of the authority section; *ns: there are NS records and so it may refer. */
static const struct rr *authority(const struct message *m, bool *ns)
{
	const struct rr *soa = NULL;
	*ns = false;
	for (unsigned i = 0; i < m->rr_count; i++) {
		if (m->rr[i].section != SECTION_AUTHORITY)
			continue;
		if (m->rr[i].type == TYPE_SOA && m->rr[i].class == CLASS_IN)
			soa = &m->rr[i];
		else if (m->rr[i].type == TYPE_NS)
			*ns = true;
	}
	return soa;
}

static bool has_data(const struct message *m, struct bytes name)
{
	for (unsigned i = 0; i < m->rr_count && m->rr[i].section == SECTION_ANSWER; i++)
		if (m->rr[i].type != TYPE_CNAME && m->rr[i].type != TYPE_RRSIG &&
		    same_name(m->rr[i].owner, name))
			return true;
	return false;
}

struct negative negative_of(const struct message *m)
{
	struct negative n = {.kind = NEGATIVE_NOT};
	bool ns;
	if (m->qdcount != 1 || m->question.class != CLASS_IN ||
	    type_is_meta(m->question.type) || m->flags & FLAG_TC)
		return n;
	if (m->rcode != RCODE_NXDOMAIN && m->rcode != RCODE_NOERROR)
		return n;
	if (m->rcode == RCODE_NOERROR && m->rr_count > 0 &&
	    m->rr[0].section == SECTION_ANSWER && m->rr[0].type == m->question.type)
		return n; /* what most answers are */
	const struct rr *soa = authority(m, &ns);
	n.name = last_name(m);
	if (m->rcode == RCODE_NXDOMAIN)
		n.kind = NEGATIVE_NXDOMAIN;
	else if (m->question.type == TYPE_CNAME && find(m, m->question.name, TYPE_CNAME))
		return n;
	else if (!has_data(m, n.name) && (soa != NULL || !ns))
		n.kind = NEGATIVE_NODATA;
	/* aliases whose end was not looked up: nothing was said of it */
	if (n.kind == NEGATIVE_NODATA && soa == NULL && n.name.at != m->question.name.at)
		n.kind = NEGATIVE_NOT;
	if (soa != NULL && soa->rdata.len >= 20)
		n.ttl = least(soa->ttl, load_u32be(soa->rdata.at + soa->rdata.len - 4));
	return n;
}
