/* Made-up RRs: the same ones each time. */
#include "traffic.h"

#include <stdio.h>

#include "base/hash.h"

uint64_t traffic_mix(uint64_t a, uint64_t salt)
{
	return hash_mix(a + 0x1234567, salt * 0x9e3779b97f4a7c15u);
}

/* Few zones have most names: a power law over `of` values. */
uint64_t traffic_skewed(uint64_t h, uint64_t of)
{
	double u = (double)(h >> 11) / (double)(1ull << 53);
	return (uint64_t)(u * u * u * (double)of);
}

static size_t put_label(uint8_t *p, const char *text)
{
	size_t n = strlen(text);
	p[0] = (uint8_t)n;
	memcpy(p + 1, text, n);
	return n + 1;
}

static const char *const tops[] = {"com", "net", "org", "de", "info", "ru", "fr", "io"};
static const char *const hosts[] = {"www", "mail", "api", "cdn", "ns1", "img", "app"};

size_t traffic_zone(uint8_t *p, uint64_t zone)
{
	char text[32];
	uint64_t h = traffic_mix(zone, 5);
	snprintf(text, sizeof(text), "%.*s%llx", (int)(2 + h % 5), "kolibri",
		 (unsigned long long)(h >> 8) %
		     (zone < 100000 ? 0xffffff : 0xffffffffff));
	size_t n = put_label(p, text);
	n += put_label(p + n, tops[h % 8]);
	p[n] = 0;
	return n + 1;
}

uint64_t traffic_names(uint64_t all)
{
	return all * 6 / 10 + 1;
}

uint64_t traffic_zones(uint64_t names)
{
	return names / 4 + 1000;
}

/* Name number n of `all`. */
size_t traffic_owner(uint64_t n, uint64_t all, uint8_t out[256])
{
	char text[40];
	uint64_t h = traffic_mix(n, 1);
	size_t at = 0;
	if (h % 40 == 0) { /* the zone of a million names */
		snprintf(text, sizeof(text), "u%llx",
			 (unsigned long long)traffic_mix(n, 2));
		at = put_label(out, text);
		return at + traffic_zone(out + at, 0);
	}
	if (h % 3 == 0) {
		snprintf(text, sizeof(text), "%s", hosts[traffic_mix(n, 2) % 7]);
		at = put_label(out, text);
	} else if (h % 3 == 1) {
		snprintf(text, sizeof(text), "%08llx", (unsigned long long)n);
		at = put_label(out, text);
	}
	return at + traffic_zone(out + at, 1 + traffic_skewed(traffic_mix(n, 3),
							      traffic_zones(all)));
}

/* ---- names that rotate: each twentieth RR, twenty of these a name ---- */

#define ROTATING_EACH 20
#define ROTATING_AT 7
#define POOL 20
#define POOL_OF_MONTH 10
#define ADDRESSES 4

bool traffic_rotates(uint64_t u)
{
	return u % ROTATING_EACH == ROTATING_AT;
}

uint64_t traffic_rotating(uint64_t v)
{
	return v - v % ROTATING_EACH + ROTATING_AT;
}

/* Four places in the pool, ascending: `own` and others of this month. */
static void choose(unsigned own, uint64_t start, uint64_t spin, unsigned ret[ADDRESSES])
{
	uint32_t chosen = 1u << own;
	for (unsigned n = 1; n < ADDRESSES; spin = traffic_mix(spin, 15)) {
		uint32_t bit = 1u << (start + spin % POOL_OF_MONTH) % POOL;
		n += !(chosen & bit);
		chosen |= bit;
	}
	for (unsigned i = 0, n = 0; i < POOL && n < ADDRESSES; i++)
		if (chosen >> i & 1)
			ret[n++] = i;
}

void traffic_rotation(uint64_t u, int32_t month, uint64_t spin, struct made *m)
{
	uint64_t number = u / ROTATING_EACH, name = number / POOL;
	unsigned own = (unsigned)(number % POOL), at[ADDRESSES];
	uint32_t pool = 0x17000000 + ((uint32_t)traffic_mix(name, 12) & 0xffffe0);
	char text[40];
	snprintf(text, sizeof(text), "edge%llx", (unsigned long long)name);
	size_t n = put_label(m->owner, text);
	n += traffic_zone(m->owner + n, 2 + name % 40);
	m->set = (struct rrset){.bailiwick = 1, .source = SOURCE_ABOVE, .type = 1};
	m->set.owner = BYTES(m->owner, n);
	choose(own, (uint64_t)month * 3 + name, spin, at);
	for (unsigned i = 0; i < ADDRESSES; i++) {
		store_u16be(m->rdata + 6 * i, 4);
		store_u32be(m->rdata + 6 * i + 2, pool + at[i]);
		if (at[i] == own)
			m->single = BYTES(m->rdata + 6 * i + 2, 4);
	}
	m->set.rdata = BYTES(m->rdata, 6 * ADDRESSES);
}

/* ---- sets of two to four that stay: twelve RRs of each eighty ---- */

#define SETS_EACH 80

/* Where the set of RR u begins among its eighty, and behind it. */
static bool set_of_several(uint64_t u, unsigned *from, unsigned *to)
{
	static const uint8_t edges[] = {8, 10, 13, 17, 20};
	unsigned at = u % SETS_EACH;
	for (unsigned i = 0; i + 1 < sizeof(edges); i++)
		if (at >= edges[i] && at < edges[i + 1]) {
			*from = edges[i];
			*to = edges[i + 1];
			return true;
		}
	return false;
}

static size_t one_of_several(uint64_t u, unsigned of, uint8_t out[64])
{
	if (of == 2) { /* name servers */
		char text[8];
		snprintf(text, sizeof(text), "ns%u", (unsigned)(u % 4));
		size_t n = put_label(out, text);
		return n +
		       traffic_zone(out + n, 1 + traffic_mix(u / SETS_EACH, 9) % 5000);
	}
	/* neighbours, ascending */
	store_u32be(out, ((uint32_t)traffic_mix(u / SETS_EACH, 16) & ~127u) +
			     (uint32_t)(u % SETS_EACH));
	return 4;
}

static void several(uint64_t u, uint64_t names, unsigned from, unsigned to,
		    struct made *m)
{
	uint64_t begin = u - u % SETS_EACH + from, end = begin + to - from;
	size_t at = 0;
	m->set = (struct rrset){.bailiwick = 1, .source = SOURCE_ABOVE};
	m->set.type = to - from == 2 ? 2 : 1;
	m->set.owner = BYTES(
	    m->owner, traffic_owner(traffic_mix(begin, 8) % names, names, m->owner));
	for (uint64_t v = begin; v < end; v++) {
		size_t n = one_of_several(v, to - from, m->rdata + at + 2);
		store_u16be(m->rdata + at, (uint16_t)n);
		if (v == u)
			m->single = BYTES(m->rdata + at + 2, n);
		at += n + 2;
	}
	m->set.rdata = BYTES(m->rdata, at);
}

void traffic_rr(uint64_t u, uint64_t all, struct made *m)
{
	uint64_t h = traffic_mix(u, 7), names = traffic_names(all);
	unsigned from, to;
	size_t n = 0;
	if (traffic_rotates(u)) {
		traffic_rotation(u, 2023 * 12, 0, m);
		return;
	}
	if (set_of_several(u, &from, &to)) {
		several(u, names, from, to, m);
		return;
	}
	m->set = (struct rrset){.bailiwick = 1, .source = SOURCE_ABOVE};
	m->set.owner =
	    BYTES(m->owner, traffic_owner(traffic_mix(u, 8) % names, names, m->owner));
	uint64_t pick = h % 100;
	if (pick < 62) {
		m->set.type = 1;
		uint32_t a =
		    pick == 0 ? TRAFFIC_ADDRESS
		    : pick < 20
			? 0x0a000000 + (uint32_t)traffic_skewed(traffic_mix(u, 9), 20000)
			: (uint32_t)traffic_mix(u, 9);
		store_u32be(m->rdata + 2, a);
		n = 4;
	} else if (pick < 74) {
		m->set.type = 28;
		memcpy(m->rdata + 2, "\x20\x01\x0d\xb8", 4);
		store_u64be(m->rdata + 6, traffic_mix(u, 9) % 100000);
		store_u32be(m->rdata + 14, (uint32_t)traffic_mix(u, 10) % 64);
		n = 16;
	} else if (pick < 97) {
		m->set.type = pick < 86 ? 5 : pick < 92 ? 2 : 12;
		n = traffic_owner(traffic_mix(u, 9) % names, names, m->rdata + 2);
	} else {
		m->set.type = 16;
		n = (size_t)snprintf((char *)m->rdata + 3, 200,
				     "v=spf1 include:_spf%llx -all",
				     (unsigned long long)traffic_mix(u, 9));
		m->rdata[2] = (uint8_t)n++;
	}
	store_u16be(m->rdata, (uint16_t)n);
	m->set.rdata = BYTES(m->rdata, n + 2);
	m->single = BYTES(m->rdata + 2, n);
}
