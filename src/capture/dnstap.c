#include "capture/dnstap.h"

#include <stdlib.h>

#include "capture/dnstap.pb-c.h"

/*
 * protobuf-c copies each field and keeps unknown ones. Its memory is a block that starts
 * anew with each message, so a message costs no malloc, and one made of nothing but
 * unknown fields meets a ceiling.
 */
#define SCRATCH ((size_t)1 << 20)
#define EVENT_MESSAGE 1

struct dnstap {
	ProtobufCAllocator allocator;
	size_t used;
	struct dnstap_counters counters;
	_Alignas(16) uint8_t scratch[SCRATCH];
};

static const struct kind {
	uint8_t vantage;
	bool response, known;
} kinds[] = {
    [1] = {VANTAGE_AUTH, false, true},	 [2] = {VANTAGE_AUTH, true, true},
    [3] = {VANTAGE_ABOVE, false, true},	 [4] = {VANTAGE_ABOVE, true, true},
    [5] = {VANTAGE_BELOW, false, true},	 [6] = {VANTAGE_BELOW, true, true},
    [7] = {VANTAGE_ABOVE, false, true},	 [8] = {VANTAGE_ABOVE, true, true},
    [9] = {VANTAGE_BELOW, false, true},	 [10] = {VANTAGE_BELOW, true, true},
    [11] = {VANTAGE_BELOW, false, true}, [12] = {VANTAGE_BELOW, true, true},
};

#define TRANSPORT_KIND_UDP 1
#define TRANSPORT_KIND_DNSCRYPT_UDP 5

static void *scratch_alloc(void *arg, size_t n)
{
	struct dnstap *t = arg;
	size_t step = (n + 15) & ~(size_t)15;
	if (step < n || step > SCRATCH - t->used)
		return NULL;
	void *p = t->scratch + t->used;
	t->used += step;
	return p;
}

static void scratch_free(void *arg, void *p)
{
}

int dnstap_new(struct dnstap **ret)
{
	struct dnstap *t = malloc(sizeof(*t));
	if (t == NULL)
		return YORE_ENOMEM;
	t->allocator = (ProtobufCAllocator){scratch_alloc, scratch_free, t};
	t->used = 0;
	t->counters = (struct dnstap_counters){0};
	*ret = t;
	return 0;
}

void dnstap_free(struct dnstap *t)
{
	free(t);
}

static const YoreTap__Exchange *unpack(struct dnstap *t, struct bytes message)
{
	static const YoreTap__Exchange none = YORE_TAP__EXCHANGE__INIT;
	t->used = 0;
	const YoreTap__Event *e =
	    yore_tap__event__unpack(&t->allocator, message.len, message.at);
	if (e == NULL)
		return NULL;
	return e->kind == EVENT_MESSAGE && e->exchange != NULL ? e->exchange : &none;
}

static int64_t time_of(const YoreTap__Exchange *e)
{
	bool answered = e->has_answered_s;
	uint64_t s = answered ? e->answered_s : e->has_asked_s ? e->asked_s : 0;
	uint32_t ns = answered ? e->answered_ns : e->asked_ns;
	if (s == 0 || s > INT64_MAX / 2000000 || ns >= 1000000000)
		return 0;
	return (int64_t)s * 1000000 + ns / 1000;
}

int64_t dnstap_time(struct dnstap *t, struct bytes message)
{
	const YoreTap__Exchange *e = unpack(t, message);
	return e == NULL ? 0 : time_of(e);
}

/* An address of the wrong length is none. */
static struct addr addr_from(ProtobufCBinaryData b)
{
	if (b.len != 4 && b.len != 16)
		return (struct addr){0};
	return addr_of(b.data, (uint8_t)b.len);
}

/* A producer may leave one side out (it listens on any address); both tell nothing. */
static bool addresses(const YoreTap__Exchange *e, struct addr *client,
		      struct addr *server)
{
	*client = addr_from(e->client);
	*server = addr_from(e->server);
	if (client->len == 0 && server->len == 0)
		return false;
	if (client->len == 0)
		client->len = server->len;
	if (server->len == 0)
		server->len = client->len;
	return client->len == server->len;
}

static int count(uint64_t *counter)
{
	++*counter;
	return 0;
}

int dnstap_datagram(struct dnstap *t, const struct frame *f, struct datagram *ret)
{
	struct dnstap_counters *c = &t->counters;
	c->messages++;
	const YoreTap__Exchange *e = unpack(t, f->octets);
	if (e == NULL)
		return count(&c->malformed);
	if (e->kind >= sizeof(kinds) / sizeof(*kinds) || !kinds[e->kind].known)
		return count(&c->other_kind);
	const struct kind *kind = &kinds[e->kind];
	ProtobufCBinaryData dns = kind->response ? e->response : e->query;
	count(kind->response ? &c->responses : &c->queries);
	if (dns.len == 0)
		return count(&c->empty);
	struct addr client, server;
	if (!addresses(e, &client, &server))
		return count(&c->no_address);
	uint16_t client_port = (uint16_t)e->client_port;
	uint16_t server_port = (uint16_t)e->server_port;
	int64_t time_us = time_of(e);
	bool udp = e->transport == TRANSPORT_KIND_UDP ||
		   e->transport == TRANSPORT_KIND_DNSCRYPT_UDP;
	*ret = (struct datagram){
	    .time_us = time_us ? time_us : f->time_us,
	    .src = kind->response ? server : client,
	    .dst = kind->response ? client : server,
	    .src_port = kind->response ? server_port : client_port,
	    .dst_port = kind->response ? client_port : server_port,
	    .transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP,
	    .vantage = kind->vantage,
	    .believed_pair = kind->response,
	    .input = f->input,
	    .number = f->number,
	    .payload = BYTES(dns.data, dns.len),
	};
	return 1;
}

const struct dnstap_counters *dnstap_counters(const struct dnstap *t)
{
	return &t->counters;
}
