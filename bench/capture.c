/*
 * Makes a capture to measure with: always the same one for the same arguments.
 *
 *   capture [-n PACKETS] [-u NAMES] [-s SEED] [-t START] [-d SECONDS] OUT.pcap
 *
 * A resolver between stubs and authoritative servers: names drawn unevenly (few are asked
 * for all the time, most seldom), each zone on a provider's servers, referrals from the
 * root and the top down when a zone is met first, aliases into a content network,
 * rotating sets, names that do not exist, signatures, TCP, VLAN tags, IPv6, and traffic
 * that is no DNS. What is asked of a name always has the same answer but for rotation.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/rdata.h"
#include "dns/type.h"

#define TOPS 12
#define PROVIDERS 400
#define FRAME_MAX_OCTETS 1600
#define QUEUE (1u << 16) /* frames on their way; a power of two */

static const char *const tops[TOPS] = {"com", "com", "com", "net", "net",  "org",
				       "de",  "fr",  "jp",  "uk",  "info", "nl"};
static const char *const words[] = {"www",  "mail", "api",  "cdn",  "img", "app",
				    "shop", "news", "blog", "auth", "dev", "ns"};
#define WORDS (sizeof(words) / sizeof(*words))

static uint64_t seed = 1, state;

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* A property of thing `of`, always the same. */
static uint64_t trait(uint64_t of, unsigned which)
{
	return mix(mix(of ^ seed * 0x51ed2701u) + which);
}

static uint32_t dice(uint32_t sides)
{
	state += 0x9e3779b97f4a7c15u;
	return (uint32_t)((mix(state) >> 32) * sides >> 32);
}

/* ---- frames, in the order of their times ---- */

struct out_frame {
	int64_t time_us;
	uint16_t len;
	uint8_t octets[FRAME_MAX_OCTETS];
};

static struct out_frame *heap[QUEUE];
static uint32_t waiting;
static uint64_t written, wanted = 1000000;
static FILE *out;

static void write_first(void)
{
	struct out_frame *f = heap[0], *last = heap[--waiting];
	uint32_t head[4] = {(uint32_t)(f->time_us / 1000000),
			    (uint32_t)(f->time_us % 1000000), f->len, f->len};
	uint32_t i = 0;
	for (;;) {
		uint32_t c = 2 * i + 1;
		if (c >= waiting)
			break;
		if (c + 1 < waiting && heap[c + 1]->time_us < heap[c]->time_us)
			c++;
		if (last->time_us <= heap[c]->time_us)
			break;
		heap[i] = heap[c];
		i = c;
	}
	heap[i] = last;
	if (written++ < wanted) {
		fwrite(head, sizeof(head), 1, out);
		fwrite(f->octets, f->len, 1, out);
	}
	free(f);
}

static void send_at(struct out_frame *f)
{
	if (waiting == QUEUE)
		write_first();
	uint32_t i = waiting++;
	for (; i && heap[(i - 1) / 2]->time_us > f->time_us; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = f;
}

/* ---- packets ---- */

struct flow {
	bool v6;
	uint16_t vlan; /* 0: none */
	uint8_t client[16], server[16];
	uint16_t port;
};

static size_t put_ethernet(uint8_t *p, const struct flow *f)
{
	size_t n = 12;
	memset(p, 2, 12);
	if (f->vlan) {
		store_u16be(p + 12, 0x8100);
		store_u16be(p + 14, f->vlan);
		n = 16;
	}
	store_u16be(p + n, f->v6 ? 0x86dd : 0x0800);
	return n + 2;
}

static size_t put_ip(uint8_t *p, const struct flow *f, bool back, uint8_t protocol,
		     size_t payload)
{
	const uint8_t *from = back ? f->server : f->client;
	const uint8_t *to = back ? f->client : f->server;
	if (f->v6) {
		memset(p, 0, 8);
		p[0] = 0x60;
		store_u16be(p + 4, (uint16_t)payload);
		p[6] = protocol;
		p[7] = 60;
		memcpy(p + 8, from, 16);
		memcpy(p + 24, to, 16);
		return 40;
	}
	memset(p, 0, 12);
	p[0] = 0x45;
	store_u16be(p + 2, (uint16_t)(20 + payload));
	p[8] = 60;
	p[9] = protocol;
	memcpy(p + 12, from, 4);
	memcpy(p + 16, to, 4);
	return 20;
}

static struct out_frame *frame_begin(const struct flow *f, bool back, uint8_t protocol,
				     size_t payload, int64_t time_us, uint8_t **at)
{
	struct out_frame *q = malloc(sizeof(*q));
	if (q == NULL)
		exit(1);
	size_t n = put_ethernet(q->octets, f);
	n += put_ip(q->octets + n, f, back, protocol, payload);
	q->time_us = time_us;
	q->len = (uint16_t)(n + payload);
	*at = q->octets + n;
	return q;
}

static void send_udp(const struct flow *f, bool back, const uint8_t *m, size_t n,
		     int64_t time_us)
{
	uint8_t *p;
	if (n > 1400)
		n = 1400;
	struct out_frame *q = frame_begin(f, back, 17, 8 + n, time_us, &p);
	store_u16be(p, back ? 53 : f->port);
	store_u16be(p + 2, back ? f->port : 53);
	store_u16be(p + 4, (uint16_t)(8 + n));
	store_u16be(p + 6, 0);
	memcpy(p + 8, m, n);
	send_at(q);
}

static void send_segment(const struct flow *f, bool back, uint16_t server_port,
			 uint32_t seq, uint8_t flags, const uint8_t *m, size_t n,
			 int64_t time_us)
{
	uint8_t *p;
	struct out_frame *q = frame_begin(f, back, 6, 20 + n, time_us, &p);
	memset(p, 0, 20);
	store_u16be(p, back ? server_port : f->port);
	store_u16be(p + 2, back ? f->port : server_port);
	store_u32be(p + 4, seq);
	p[12] = 0x50;
	p[13] = flags;
	if (n)
		memcpy(p + 20, m, n);
	send_at(q);
}

/* One message each way on a connection of its own; the answer in two segments. */
static void send_tcp(const struct flow *f, const uint8_t *question, size_t qn,
		     const uint8_t *answer, size_t an, int64_t time_us)
{
	uint8_t m[1500];
	send_segment(f, false, 53, 1000, 2, NULL, 0, time_us);
	send_segment(f, true, 53, 5000, 0x12, NULL, 0, time_us + 100);
	store_u16be(m, (uint16_t)qn);
	memcpy(m + 2, question, qn);
	send_segment(f, false, 53, 1001, 0x18, m, qn + 2, time_us + 200);
	store_u16be(m, (uint16_t)an);
	memcpy(m + 2, answer, an);
	size_t half = (an + 2) / 2;
	send_segment(f, true, 53, 5001, 0x10, m, half, time_us + 400);
	send_segment(f, true, 53, 5001 + (uint32_t)half, 0x18, m + half, an + 2 - half,
		     time_us + 420);
	send_segment(f, false, 53, 1003 + (uint32_t)qn, 0x11, NULL, 0, time_us + 600);
}

/* ---- messages ---- */

struct note { /* a name that was put, for compression */
	uint64_t hash;
	uint16_t at;
};

struct text_message {
	uint8_t at[2048];
	size_t len;
	struct note notes[64];
	unsigned note_count;
	unsigned section; /* 0: question, 1..3 */
};

static void put16(struct text_message *m, uint16_t v)
{
	store_u16be(m->at + m->len, v);
	m->len += 2;
}

static void put32(struct text_message *m, uint32_t v)
{
	store_u32be(m->at + m->len, v);
	m->len += 4;
}

/* A name as text, compressed as servers do. */
static void put_name(struct text_message *m, const char *name)
{
	while (*name != '\0') {
		uint64_t h = 1469598103934665603u;
		for (const char *p = name; *p; p++)
			h = (h ^ (uint8_t)*p) * 1099511628211u;
		for (unsigned i = 0; i < m->note_count; i++)
			if (m->notes[i].hash == h) {
				put16(m, (uint16_t)(0xc000 | m->notes[i].at));
				return;
			}
		if (m->note_count < 64)
			m->notes[m->note_count++] = (struct note){h, (uint16_t)m->len};
		size_t n = strcspn(name, ".");
		m->at[m->len++] = (uint8_t)n;
		memcpy(m->at + m->len, name, n);
		m->len += n;
		name += n + (name[n] == '.');
	}
	m->at[m->len++] = 0;
}

static void message_begin(struct text_message *m, uint16_t id, uint16_t flags,
			  const char *name, uint16_t type)
{
	m->len = m->note_count = m->section = 0;
	put16(m, id);
	put16(m, flags);
	put16(m, 1);
	memset(m->at + m->len, 0, 6);
	m->len += 6;
	put_name(m, name);
	put16(m, type);
	put16(m, CLASS_IN);
}

/* Owner, type, class, TTL; returns where the length goes. */
static size_t rr_begin(struct text_message *m, unsigned section, const char *owner,
		       uint16_t type, uint32_t ttl)
{
	uint8_t *count = m->at + 4 + 2 * section;
	store_u16be(count, (uint16_t)(load_u16be(count) + 1));
	put_name(m, owner);
	put16(m, type);
	put16(m, CLASS_IN);
	put32(m, ttl);
	put16(m, 0);
	return m->len;
}

static void rr_end(struct text_message *m, size_t from)
{
	store_u16be(m->at + from - 2, (uint16_t)(m->len - from));
}

static void rr_octets(struct text_message *m, unsigned section, const char *owner,
		      uint16_t type, uint32_t ttl, const void *p, size_t n)
{
	size_t from = rr_begin(m, section, owner, type, ttl);
	memcpy(m->at + m->len, p, n);
	m->len += n;
	rr_end(m, from);
}

static void rr_name(struct text_message *m, unsigned section, const char *owner,
		    uint16_t type, uint32_t ttl, int preference, const char *target)
{
	size_t from = rr_begin(m, section, owner, type, ttl);
	if (preference >= 0)
		put16(m, (uint16_t)preference);
	put_name(m, target);
	rr_end(m, from);
}

static void address4(uint64_t of, uint8_t a[4])
{
	uint64_t h = trait(of, 90);
	a[0] = (uint8_t)(11 + h % 200);
	a[1] = (uint8_t)(h >> 8);
	a[2] = (uint8_t)(h >> 16);
	a[3] = (uint8_t)(h >> 24);
}

static void address6(uint64_t of, uint8_t a[16])
{
	uint64_t h = trait(of, 91);
	memset(a, 0, 16);
	memcpy(a, "\x2a\0", 2);
	memcpy(a + 2, &h, 5);
	a[15] = (uint8_t)(h >> 40);
}

static void rr_address(struct text_message *m, unsigned section, const char *owner,
		       bool six, uint32_t ttl, uint64_t of)
{
	uint8_t a[16];
	if (six)
		address6(of, a);
	else
		address4(of, a);
	rr_octets(m, section, owner, six ? TYPE_AAAA : TYPE_A, ttl, a, six ? 16 : 4);
}

/* ---- the world ---- */

static uint32_t names = 150000, zones;
static uint8_t *zone_met;

static void zone_name(uint32_t z, char *to, size_t room)
{
	uint64_t h = trait(z, 1);
	snprintf(to, room, "%s%u%c.%s", words[h % WORDS], z, (char)('a' + h / 7 % 26),
		 tops[h / 999 % TOPS]);
}

static unsigned zone_top(uint32_t z)
{
	return (unsigned)(trait(z, 1) / 999 % TOPS);
}

static uint32_t zone_of(uint32_t name)
{
	double u = (double)(trait(name, 2) >> 11) / 9007199254740992.0;
	return name < zones ? name : (uint32_t)(zones * u * u);
}

static void host_name(uint32_t name, char *to, size_t room)
{
	char zone[64];
	zone_name(zone_of(name), zone, sizeof(zone));
	if (name < zones)
		snprintf(to, room, "www.%s", zone);
	else
		snprintf(to, room, "%s%u.%s", words[trait(name, 3) % WORDS], name, zone);
}

static void server_name(uint32_t provider, unsigned k, char *to, size_t room)
{
	snprintf(to, room, "ns%u.host%u.%s", k, provider, provider % 3 ? "net" : "com");
}

/* Few are asked for all the time: the square of a square. */
static uint32_t pick_name(void)
{
	double u = (double)dice(1u << 30) / (1u << 30);
	return (uint32_t)(u * u * u * names);
}

static void put_signature(struct text_message *m, unsigned section, const char *owner,
			  uint16_t covered, const char *signer, uint64_t of)
{
	uint8_t sig[64];
	size_t from = rr_begin(m, section, owner, TYPE_RRSIG, 300);
	put16(m, covered);
	put16(m, 13 << 8 | 2);
	put32(m, 300);
	put32(m, 1500000000);
	put32(m, 1400000000);
	put16(m, (uint16_t)trait(of, 20));
	put_name(m, signer);
	for (size_t i = 0; i < sizeof(sig); i += 8) {
		uint64_t h = trait(of, 21 + (unsigned)i);
		memcpy(sig + i, &h, 8);
	}
	memcpy(m->at + m->len, sig, sizeof(sig));
	m->len += sizeof(sig);
	rr_end(m, from);
}

/* NS records of a zone with the addresses of the servers. */
static void put_delegation(struct text_message *m, uint32_t z)
{
	char zone[64], server[64];
	uint32_t p = (uint32_t)(trait(z, 4) % PROVIDERS);
	zone_name(z, zone, sizeof(zone));
	for (unsigned k = 1; k <= 2; k++) {
		server_name(p, k, server, sizeof(server));
		rr_name(m, 2, zone, TYPE_NS, 172800, -1, server);
	}
	for (unsigned k = 1; k <= 2; k++) {
		server_name(p, k, server, sizeof(server));
		rr_address(m, 3, server, false, 172800, 1000000 + p * 4 + k);
	}
}

static void put_soa(struct text_message *m, uint32_t z)
{
	char zone[64], text[80];
	zone_name(z, zone, sizeof(zone));
	size_t from = rr_begin(m, 2, zone, TYPE_SOA, 900);
	server_name((uint32_t)(trait(z, 4) % PROVIDERS), 1, text, sizeof(text));
	put_name(m, text);
	snprintf(text, sizeof(text), "hostmaster.%s", zone);
	put_name(m, text);
	for (unsigned i = 0; i < 5; i++)
		put32(m, (uint32_t)trait(z, 30 + i) % 100000);
	rr_end(m, from);
}

static void put_addresses(struct text_message *m, const char *owner, bool six,
			  uint32_t ttl, uint64_t of)
{
	uint64_t h = trait(of, 5) % 100;
	unsigned n = h < 70 ? 1 : h < 88 ? 2 : 4, turn = dice(n);
	for (unsigned i = 0; i < n; i++)
		rr_address(m, 1, owner, six, ttl, of * 8 + (i + turn) % n);
}

static void put_answer(struct text_message *m, const char *name, uint32_t n, uint32_t z,
		       uint16_t type, bool below)
{
	char target[160];
	uint32_t ttl = below ? 1 + dice(300) : 300;
	if (trait(n, 6) % 4 == 0) { /* into a content network, whose sets rotate */
		snprintf(target, sizeof(target), "e%u.edge.net",
			 (unsigned)(trait(n, 7) % 5000));
		rr_name(m, 1, name, TYPE_CNAME, ttl, -1, target);
		if (below && (type == TYPE_A || type == TYPE_AAAA))
			for (unsigned i = 0; i < 3; i++)
				rr_address(m, 1, target, type == TYPE_AAAA, 20,
					   500000 + trait(n, 7) % 64 * 16 + dice(16));
		return;
	}
	switch (type) {
	case TYPE_A:
	case TYPE_AAAA:
		put_addresses(m, name, type == TYPE_AAAA, ttl, n);
		return;
	case TYPE_MX:
		snprintf(target, sizeof(target), "mail.%s", name);
		rr_name(m, 1, name, TYPE_MX, 3600, 10, target);
		return;
	case TYPE_HTTPS:
		rr_octets(m, 1, name, TYPE_HTTPS, 300, "\0\1\0\0\1\0\6\2h3\2h2", 13);
		return;
	default:
		target[0] = (char)snprintf(target + 1, sizeof(target) - 1,
					   "v=spf1 include:spf%u.example -all", n % 1000);
		rr_octets(m, 1, name, TYPE_TXT, 3600, target, (size_t)target[0] + 1);
	}
	if (trait(z, 8) % 8 == 0) {
		zone_name(z, target, sizeof(target));
		put_signature(m, 1, name, type, target, n);
	}
}

/* ---- exchanges ---- */

static void random_flow(struct flow *f, bool below)
{
	memset(f, 0, sizeof(*f));
	f->port = (uint16_t)(1024 + dice(60000));
	f->v6 = below && dice(100) < 30;
	f->vlan = below && dice(100) < 5 ? 100 : 0;
	if (f->v6) {
		f->client[0] = f->server[0] = 0xfd;
		store_u16be(f->client + 14, (uint16_t)dice(2000));
		f->server[15] = 53;
	} else {
		memcpy(f->client, below ? "\x0a\1\0\0" : "\xc6\x33\x64\x35", 4);
		if (below)
			store_u16be(f->client + 2, (uint16_t)dice(2000));
		memcpy(f->server, "\x0a\0\0\x35", 4);
	}
}

static void exchange(const struct flow *f, struct text_message *q, struct text_message *r,
		     bool tcp, int64_t time_us, int64_t rtt_us)
{
	if (tcp) {
		send_tcp(f, q->at, q->len, r->at, r->len, time_us);
		return;
	}
	send_udp(f, false, q->at, q->len, time_us);
	if (dice(100)) /* one in a hundred goes unanswered */
		send_udp(f, true, r->at, r->len, time_us + rtt_us);
}

static struct text_message question, response;

static void refer(const char *name, uint32_t z, bool root, int64_t time_us)
{
	struct flow f;
	uint16_t id = (uint16_t)dice(65536);
	char server[64];
	const char *top = tops[zone_top(z)];
	random_flow(&f, false);
	message_begin(&question, id, 0, name, TYPE_A);
	message_begin(&response, id, 0x8000, name, TYPE_A);
	if (root) {
		memcpy(f.server, "\xc6\x29\0\4", 4);
		snprintf(server, sizeof(server), "a.nic.%s", top);
		rr_name(&response, 2, top, TYPE_NS, 172800, -1, server);
		rr_address(&response, 3, server, false, 172800, 900000 + (uint8_t)top[0]);
	} else {
		address4(900000 + (uint8_t)top[0], f.server);
		put_delegation(&response, z);
	}
	exchange(&f, &question, &response, false, time_us, 20000);
}

static uint16_t pick_type(void)
{
	uint32_t d = dice(100);
	return d < 56	? TYPE_A
	       : d < 78 ? TYPE_AAAA
	       : d < 88 ? TYPE_HTTPS
	       : d < 94 ? TYPE_TXT
			: TYPE_MX;
}

static void ask(int64_t time_us)
{
	struct flow f;
	char name[128];
	uint32_t n = pick_name(), z = zone_of(n);
	bool below = dice(100) < 35, missing = trait(n, 9) % 5 == 0 && n >= zones;
	uint16_t id = (uint16_t)dice(65536), type = pick_type();
	host_name(n, name, sizeof(name));
	if (!below && !zone_met[z]) {
		zone_met[z] = 1;
		refer(name, z, true, time_us);
		refer(name, z, false, time_us + 21000);
		time_us += 42000;
	}
	random_flow(&f, below);
	if (!below)
		address4(1000000 + (uint32_t)(trait(z, 4) % PROVIDERS) * 4 + 1 + dice(2),
			 f.server);
	message_begin(&question, id, below ? 0x0100 : 0, name, type);
	message_begin(&response, id,
		      (uint16_t)((below ? 0x8180 : 0x8400) | (missing ? 3 : 0)), name,
		      type);
	if (missing) {
		put_soa(&response, z);
	} else {
		put_answer(&response, name, n, z, type, below);
		if (!below && trait(n, 10) % 2)
			put_delegation(&response, z);
	}
	exchange(&f, &question, &response, dice(100) == 0, time_us, below ? 500 : 20000);
}

static void other_traffic(int64_t time_us)
{
	struct flow f;
	uint8_t junk[1000];
	random_flow(&f, true);
	memset(junk, 0x5a, sizeof(junk));
	send_segment(&f, dice(2), 443, dice(1u << 30), 0x18, junk, 100 + dice(900),
		     time_us);
}

int main(int argc, char **argv)
{
	int64_t start_s = 1420070400, seconds = 0;
	int c;
	while ((c = getopt(argc, argv, "n:u:s:t:d:")) != -1) {
		uint64_t v = strtoull(optarg, NULL, 10);
		if (c == 'n')
			wanted = v;
		else if (c == 'u')
			names = (uint32_t)v;
		else if (c == 's')
			seed = v;
		else if (c == 't')
			start_s = (int64_t)v;
		else if (c == 'd')
			seconds = (int64_t)v;
		else
			return 2;
	}
	if (optind + 1 != argc || (out = fopen(argv[optind], "wb")) == NULL)
		return 2;
	setvbuf(out, NULL, _IOFBF, 1 << 20);
	static const uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
	fwrite(head, sizeof(head), 1, out);
	state = seed;
	zones = names / 8 + 16;
	names = names < zones ? zones : names;
	zone_met = calloc(zones, 1);
	if (seconds == 0)
		seconds = (int64_t)(wanted / 20000) + 1;
	double now = (double)start_s * 1e6, step = (double)seconds * 2e6 / (double)wanted;
	while (written + waiting < wanted) {
		while (waiting && heap[0]->time_us <= (int64_t)now)
			write_first();
		if (dice(10) == 0)
			other_traffic((int64_t)now);
		ask((int64_t)now);
		now += step * (0.5 + dice(1000) / 1000.0);
	}
	while (waiting)
		write_first();
	free(zone_met);
	return fclose(out) != 0;
}
