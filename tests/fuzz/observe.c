/*
 * Messages on their way through belief. The input is a row of them: how(1), length(2),
 * octets. how: bit 0 from the server; bits 1-2 which server; bits 3-4 seconds later;
 * bit 5 over TCP. Laws: every message is in one row of the counters; what is believed is
 * well formed, in a bailiwick that its owner lies in.
 */
#include "dns/rdata.h"
#include "law.h"
#include "observe/observe.h"

static uint64_t history;

static void one_record(const struct rrset *s)
{
	struct reader r = reader_of(s->rdata);
	struct bytes rdata;
	while (rdataset_next(&r, &rdata))
		LAW(rdata_valid(s->type, rdata), "rdata of type %u is canonical",
		    s->type);
}

static int check(const struct sighting *s, size_t count, void *arg)
{
	for (size_t i = 0; i < count; i++) {
		const struct rrset *set = &s[i].set;
		LAW(name_wire_valid(set->owner), "an owner is a name");
		LAW(rdataset_valid(set->rdata) && rdataset_count(set->rdata) > 0,
		    "a set is sorted, without duplicates, not empty");
		LAW(set->bailiwick == BAILIWICK_ABSENT ||
			set->bailiwick <= name_labels(set->owner),
		    "an owner lies in its bailiwick");
		LAW(!type_is_meta(set->type), "type %u is data", set->type);
		LAW((s[i].kind == SIGHTING_SUSPICIOUS) == (s[i].server != NULL),
		    "evidence names its server");
		LAW((s[i].kind == SIGHTING_HISTORY) == (set->source < SOURCE_FIRST_NAMED),
		    "only the history has plain sources");
		LAW(s[i].ttl <= INT32_MAX, "TTL %u", s[i].ttl);
		history += s[i].kind == SIGHTING_HISTORY;
		if (s[i].kind != SIGHTING_NEGATIVE)
			one_record(set);
	}
	return 0;
}

static int learnt(const struct addr *server, struct bytes zone, int64_t time_s,
		  uint32_t input, uint64_t number, void *arg)
{
	LAW(name_wire_valid(zone) && (server->len == 4 || server->len == 16),
	    "a server and its zone");
	return 0;
}

static struct datagram datagram_of(uint8_t how, struct bytes payload, int64_t *now_us)
{
	static const struct addr client = {4, {192, 0, 2, 1}};
	static const struct addr servers[4] = {{4, {198, 41, 0, 4}},
					       {4, {198, 51, 100, 1}},
					       {4, {203, 0, 113, 1}},
					       {16, {0x20, 1, 0xd, 0xb8}}};
	const struct addr *server = &servers[how >> 1 & 3];
	bool back = how & 1;
	*now_us += (int64_t)(how >> 3 & 3) * 30000000;
	return (struct datagram){.time_us = *now_us,
				 .src = back ? *server : client,
				 .dst = back ? client : *server,
				 .src_port = back ? 53 : 40000,
				 .dst_port = back ? 40000 : 53,
				 .transport = how >> 5 & 1,
				 .number = 1,
				 .payload = payload};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct observe_options o = {.memory = 1 << 16, .accept_all = size & 1};
	struct observe_sink sink = {check, learnt, NULL};
	struct input in = {data, size};
	struct observer *ob;
	int64_t now_us = 1420070400000000;
	history = 0;
	if (observer_new(&o, &sink, &ob) < 0)
		return 0;
	while (in.left > 0) {
		uint8_t how = feed_u8(&in);
		struct bytes payload = feed_bytes(&in, feed_u16(&in));
		struct datagram d = datagram_of(how, payload, &now_us);
		LAW(observer_datagram(&d, ob) == 0, "nothing stops the chain");
	}
	const struct observe_counters *c = observer_counters(ob);
	LAW(observe_counters_balance(c), "every message is in one row");
	LAW(c->rrsets == history, "%llu sets counted, %llu told",
	    (unsigned long long)c->rrsets, (unsigned long long)history);
	observer_free(ob);
	return 0;
}
