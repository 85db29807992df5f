/* TCP: the law of net/stream.h under random cuts and orders, then each thing it says. */
#include "net/stream.h"
#include "tap.h"
#include "unit/net/pack.h"

#define MESSAGES 2000

static uint8_t octets[400000]; /* a stream: lengths and messages */
static size_t stream_len;
static size_t begins[MESSAGES + 1]; /* where each message's length stands */
static unsigned message_count;

static uint64_t heard_hash[4096];
static int64_t heard_us[4096];
static uint64_t heard_number;
static unsigned heard_count;
static int sink_result;

static uint64_t hash_of(struct bytes b)
{
	uint64_t h = 1469598103934665603u;
	for (size_t i = 0; i < b.len; i++)
		h = (h ^ b.at[i]) * 1099511628211u;
	return h;
}

static int listen(const struct datagram *d, void *arg)
{
	if (heard_count < 4096) {
		heard_us[heard_count] = d->time_us;
		heard_hash[heard_count++] = hash_of(d->payload);
	}
	heard_number = d->number;
	return sink_result;
}

/* A response that looks like one, of `len` octets (12 or more). */
static void put_message(size_t len)
{
	uint8_t *at = octets + stream_len;
	store_u16be(at, (uint16_t)len);
	for (size_t i = 0; i < len; i++)
		at[2 + i] = (uint8_t)below(256);
	memcpy(at + 4, "\x81\x80\0\1\0\0\0\0\0\0", 10);
	if (len >= 12 + 7 + 4)
		memcpy(at + 14, "\1a\1b\0\0\1\0\1", 9);
	else if (len >= 17)
		memcpy(at + 14, "\0\0\1\0\1", 5);
	else
		at[7] = 0; /* no question */
	begins[message_count++] = stream_len;
	stream_len += 2 + len;
	begins[message_count] = stream_len;
}

static void make_stream(unsigned count)
{
	stream_len = message_count = 0;
	while (message_count < count)
		put_message(17 + below(below(4) ? 300 : below(8) ? 4000 : 40000));
}

static struct bytes message_at(unsigned i)
{
	return BYTES(octets + begins[i] + 2, begins[i + 1] - begins[i] - 2);
}

static struct decode_counters counters;
static struct streams *streams;

static void start(struct stream_limits l)
{
	if (l.octets == 0)
		l.octets = (size_t)32 << 20;
	if (l.streams == 0)
		l.streams = 100;
	if (l.age_us == 0)
		l.age_us = 120000000;
	if (l.hole_age_us == 0)
		l.hole_age_us = 5000000;
	counters = (struct decode_counters){0};
	heard_count = 0;
	sink_result = 0;
	if (streams_new(&l, &counters, listen, NULL, &streams) < 0)
		printf("not ok - no memory\n");
}

static void stop(void)
{
	streams_drop_all(streams);
	is_int(streams_octets(streams), 0, "no octets are kept at the end");
	streams_free(streams);
}

static uint32_t initial = 1000; /* sequence number of the SYN */
static uint16_t port = 4000;
static int64_t now = 1000000;
static uint64_t number;

static int push_flags(size_t at, size_t len, uint8_t flags)
{
	uint8_t *copy = malloc(len + 1);
	memcpy(copy, octets + at, len);
	struct segment s = {.time_us = now,
			    .number = ++number,
			    .src = (const uint8_t *)SERVER4,
			    .dst = (const uint8_t *)CLIENT4,
			    .addr_len = 4,
			    .flags = flags,
			    .src_port = 53,
			    .dst_port = port,
			    .src_serves = true,
			    .sequence = initial + 1 + (uint32_t)at,
			    .octets = BYTES(copy, len)};
	int r = streams_add(streams, &s);
	free(copy);
	return r;
}

static int push(size_t at, size_t len)
{
	return push_flags(at, len, 0);
}

static void syn(void)
{
	struct segment s = {.time_us = now,
			    .number = ++number,
			    .src = (const uint8_t *)SERVER4,
			    .dst = (const uint8_t *)CLIENT4,
			    .addr_len = 4,
			    .flags = SEGMENT_SYN,
			    .src_port = 53,
			    .dst_port = port,
			    .src_serves = true,
			    .sequence = initial};
	if (streams_add(streams, &s) < 0)
		printf("not ok - SYN\n");
}

static bool heard_all(unsigned from, unsigned to)
{
	if (heard_count != to - from)
		return false;
	for (unsigned i = from; i < to; i++)
		if (heard_hash[i - from] != hash_of(message_at(i)))
			return false;
	return true;
}

/* --- the law --- */

struct cut {
	size_t at, len;
};

static unsigned cut_up(struct cut *cuts, unsigned longest)
{
	unsigned n = 0;
	for (size_t at = 0; at < stream_len;) {
		size_t len = 1 + below(longest);
		if (at + len > stream_len)
			len = stream_len - at;
		cuts[n++] = (struct cut){at, len};
		at += len;
	}
	return n;
}

/* Shuffles within blocks, so that no more than the ceilings allow waits. */
static void disturb(struct cut *cuts, unsigned n, unsigned block)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned first = i - i % block,
			 many = n - first < block ? n - first : block;
		unsigned j = first + below(many);
		struct cut c = cuts[i];
		cuts[i] = cuts[j];
		cuts[j] = c;
	}
}

static void test_law(void)
{
	static struct cut cuts[400000];
	int bad = 0;
	for (unsigned round = 0; round < 400; round++) {
		make_stream(1 + below(12));
		start((struct stream_limits){0});
		initial = round % 4 ? below(1u << 31) * 2 : UINT32_MAX - below(3000);
		static const unsigned longest[] = {1, 3, 20, 500, 1460, 60000};
		unsigned most = longest[below(6)];
		if (stream_len / most > 20000)
			most = 500;
		unsigned n = cut_up(cuts, most);
		if (round % 3)
			disturb(cuts, n, 1 + below(stream_len > 200000 ? 3 : 60));
		syn();
		for (unsigned i = 0; i < n; i++) {
			push(cuts[i].at, cuts[i].len);
			if (below(6) == 0) { /* once more, cut in another way */
				size_t at = cuts[below(i + 1)].at;
				size_t len = 1 + below(most);
				bool known = at + len <= cuts[i].at;
				if (known)
					push(at, len);
			}
			if (below(40) == 0)
				syn();
		}
		if (!heard_all(0, message_count)) {
			printf("# round %u: %u of %u messages; %zu octets, %u cuts, %llu "
			       "holes\n",
			       round, heard_count, message_count, stream_len, n,
			       (unsigned long long)counters.tcp_hole);
			bad++;
		}
		bad += counters.tcp_hole || counters.tcp_lost_octets ||
		       counters.messages_tcp != message_count;
		streams_free(streams);
	}
	is_int(bad, 0, "400 streams, cut and disturbed: the same messages in order");
}

/* All in one segment; one octet each; the length apart; SYN with data. */
static void test_shapes(void)
{
	make_stream(5);
	start((struct stream_limits){0});
	syn();
	push(0, stream_len);
	ok(heard_all(0, 5), "five messages in one segment");
	stop();

	start((struct stream_limits){0});
	syn();
	for (size_t i = 0; i < stream_len; i++)
		push(i, 1);
	ok(heard_all(0, 5), "an octet at a time");
	stop();

	start((struct stream_limits){0});
	syn();
	for (unsigned i = 0; i < 5; i++) {
		push(begins[i], 2);
		push(begins[i] + 2, begins[i + 1] - begins[i] - 2);
	}
	ok(heard_all(0, 5), "the length in a segment of its own");
	stop();

	start((struct stream_limits){0});
	push_flags(0, stream_len, 0);
	ok(heard_all(0, 5), "no SYN: a segment that begins like a message");
	stop();

	start((struct stream_limits){0});
	initial--; /* a SYN takes a number of its own */
	push_flags(0, stream_len, SEGMENT_SYN);
	initial++;
	ok(heard_all(0, 5), "data with the SYN");
	stop();

	start((struct stream_limits){0});
	push(0, begins[2]);
	syn();
	push(begins[2], stream_len - begins[2]);
	ok(heard_all(0, 5), "a SYN that comes late changes nothing");
	stop();

	start((struct stream_limits){0});
	syn();
	push_flags(0, stream_len, SEGMENT_FIN);
	push_flags(0, stream_len, SEGMENT_FIN);
	ok(heard_all(0, 5), "a retransmission behind FIN is taken once");
	is_int(counters.tcp_duplicate, 1, "and counted");
	stop();

	start((struct stream_limits){0});
	syn();
	push(0, begins[3] + 7);
	push_flags(begins[3] + 7, 0, SEGMENT_RST);
	ok(heard_all(0, 3), "RST ends it; what was unfinished is lost");
	is_int(counters.tcp_lost_octets, 7, "and counted");
	stop();
}

static void test_times(void)
{
	make_stream(2);
	start((struct stream_limits){0});
	now = 1000000;
	syn();
	now = 2000000;
	push(5, begins[2] - 5); /* ahead of its hole */
	is_int(heard_count, 0, "nothing before the hole is filled");
	now = 3000000;
	push(0, 5);
	ok(heard_all(0, 2), "filled");
	is_int(heard_us[0], 3000000, "the first was complete when the hole was filled");
	is_int(heard_us[1], 2000000, "the second when its own octets came");
	is_int(heard_number, number,
	       "the number is that of the frame that brought it out");
	stop();
}

static void test_holes(void)
{
	make_stream(6);
	start((struct stream_limits){.hole_age_us = 1000000});
	now = 1000000;
	syn();
	push(0, begins[1]);
	push(begins[2], begins[3] - begins[2]); /* the second message is missing */
	is_int(heard_count, 1, "what is behind a hole waits");
	now += 1000000;
	push(begins[3], 1);
	is_int(heard_count, 1, "until it is older than its age");
	now += 1;
	push(begins[3] + 1, begins[4] - begins[3] - 1);
	is_int(heard_count, 3, "then it comes out");
	ok(heard_hash[1] == hash_of(message_at(2)) &&
	       heard_hash[2] == hash_of(message_at(3)),
	   "the messages behind the hole");
	is_int(counters.tcp_hole, 1, "one hole");
	is_int(counters.tcp_lost_octets, begins[2] - begins[1], "of so many octets");
	push(begins[1], begins[2] - begins[1]);
	is_int(heard_count, 3, "what comes later is too late");
	stop();

	/* a hole in the middle of a message: its beginning and its end are lost */
	start((struct stream_limits){.hole_age_us = 1000000});
	syn();
	push(0, begins[1] + 10);
	push(begins[1] + 15, begins[2] - begins[1] - 15);
	push(begins[2], begins[3] - begins[2]);
	streams_drop_all(streams);
	ok(heard_count == 2 && heard_hash[1] == hash_of(message_at(2)),
	   "the end of the input gives holes up as well");
	is_int(counters.tcp_lost_octets, begins[2] - begins[1], "all of one message");
	stop();

	/* sequence numbers that jump far are another life of the same ports */
	start((struct stream_limits){0});
	syn();
	push(0, begins[1]);
	initial += 1u << 30;
	push(begins[1], begins[2] - begins[1]);
	is_int(heard_count, 2, "a jump begins anew");
	is_int(counters.tcp_hole, 1, "and is told");
	initial += 77777;
	syn();
	push(0, begins[1]);
	ok(heard_count == 3 && heard_hash[2] == hash_of(message_at(0)),
	   "a new SYN begins a new stream");
	stop();
}

static void test_no_syn(void)
{
	make_stream(6);
	start((struct stream_limits){0});
	push(begins[1] - 9, 9 + begins[2] - begins[1]); /* begins inside a message */
	is_int(heard_count, 0, "no SYN, and no message begins here");
	is_int(counters.tcp_lost_octets, 9 + begins[2] - begins[1], "lost");
	push(begins[2], begins[4] - begins[2]);
	ok(heard_count == 2 && heard_hash[0] == hash_of(message_at(2)),
	   "but at the next segment one does");
	stop();

	/* a query's stream says nothing of a response's looks */
	start((struct stream_limits){0});
	octets[begins[0] + 4] &= 0x7f;
	push(0, begins[1]);
	is_int(heard_count, 0,
	       "a server's stream that begins with a query is not believed");
	octets[begins[0] + 4] |= 0x80;
	stop();
}

static void test_short(void)
{
	stream_len = message_count = 0;
	put_message(20);
	store_u16be(octets + stream_len, 11); /* shorter than a header */
	stream_len += 13;
	begins[message_count] = stream_len;
	put_message(30);
	store_u16be(octets + stream_len, 0);
	stream_len += 2;
	begins[message_count] = stream_len;
	put_message(40);
	for (int bytewise = 0; bytewise < 2; bytewise++) {
		start((struct stream_limits){0});
		syn();
		for (size_t i = 0; bytewise && i < stream_len; i++)
			push(i, 1);
		if (!bytewise)
			push(0, stream_len);
		is_int(heard_count, 3, "messages too short for a header are passed");
		is_int(counters.too_short_tcp, 2, "and counted");
		stop();
	}
	stream_len = message_count = 0;
	put_message(65535);
	put_message(65535);
	start((struct stream_limits){0});
	syn();
	for (size_t at = 0; at < stream_len; at += 1000)
		push(at, at + 1000 <= stream_len ? 1000 : stream_len - at);
	ok(heard_all(0, 2), "messages as long as the length can say");
	stop();
}

static void test_ceilings(void)
{
	make_stream(3);
	start((struct stream_limits){.streams = 8});
	for (port = 1; port <= 9; port++)
		push(0, begins[1] + 5);
	is_int(streams_count(streams), 8,
	       "the ninth stream of eight displaces the oldest");
	is_int(counters.tcp_full, 1, "counted");
	stop();

	start((struct stream_limits){.streams = 8});
	push(0, begins[1] + 5);
	for (port = 1000; port < 2000; port++)
		syn();
	port = 10;
	push(begins[1] + 5, begins[2] - begins[1] - 5);
	is_int(heard_count, 2, "a flood of SYNs displaces only its like");
	port = 4000;
	stop();

	int bad = 0;
	start((struct stream_limits){.octets = 100000, .streams = 50});
	for (int i = 0; i < 20000; i++) {
		port = (uint16_t)(1 + below(60));
		size_t at = below((unsigned)stream_len), len = 1 + below(1400);
		if (at + len > stream_len)
			len = stream_len - at;
		push_flags(at, len, below(10) ? 0 : (uint8_t)below(8));
		now += 1000;
		bad += streams_octets(streams) > 100000 || streams_count(streams) > 50;
	}
	is_int(bad, 0, "the ceilings hold at every step");
	port = 4000;
	stop();

	/* a length that claims much takes only what comes */
	start((struct stream_limits){0});
	syn();
	store_u16be(octets, 65535);
	push(0, 20);
	ok(streams_octets(streams) < 1000, "a great length alone takes no memory");
	stop();
}

/* What waits behind a hole is bounded in octets and in pieces. */
static void test_waiting(void)
{
	static const struct {
		size_t each;
		unsigned pieces;
	} ways[] = {{1400, 260}, {200, 600}};
	stream_len = message_count = 0;
	while (stream_len < 390000)
		put_message(198);
	for (int i = 0; i < 2; i++) {
		start((struct stream_limits){0});
		syn();
		for (unsigned k = 0; k < ways[i].pieces && heard_count == 0; k++)
			push(200 + k * ways[i].each, ways[i].each);
		ok(heard_count > 0 && counters.tcp_hole == 1,
		   "a hole is given up when too much waits: %u pieces of %zu",
		   ways[i].pieces, ways[i].each);
		stop();
	}
}

static void test_age(void)
{
	make_stream(3);
	start((struct stream_limits){.age_us = 10000000});
	now = 1000000;
	syn();
	push(0, begins[1] + 5);
	now += 10000001;
	struct frame f = {.time_us = now};
	is_int(streams_expire(streams, &f), 0, "time goes on");
	is_int(streams_count(streams), 0, "a stream too old is gone");
	ok(counters.tcp_expired == 1 && counters.tcp_lost_octets == 5,
	   "with what was unfinished");
	stop();

	start((struct stream_limits){.age_us = 10000000});
	syn();
	push(0, begins[1]);
	now += 10000001;
	f.time_us = now;
	streams_expire(streams, &f);
	ok(streams_count(streams) == 0 && counters.tcp_expired == 0,
	   "one that kept nothing is no loss");
	stop();
}

static void test_missing(void)
{
	make_stream(3);
	start((struct stream_limits){0});
	syn();
	struct segment s = {.time_us = now,
			    .number = ++number,
			    .src = (const uint8_t *)SERVER4,
			    .dst = (const uint8_t *)CLIENT4,
			    .addr_len = 4,
			    .src_port = 53,
			    .dst_port = port,
			    .src_serves = true,
			    .sequence = initial + 1,
			    .octets = BYTES(octets, begins[1] - 10),
			    .missing = 10};
	is_int(streams_add(streams, &s), 0, "a segment that the capture cut");
	is_int(heard_count, 0, "its message is lost");
	push(begins[1], begins[2] - begins[1]);
	is_int(heard_count, 1, "the next one is not");
	is_int(counters.tcp_hole, 1, "a hole");
	stop();
}

static void test_sink_error(void)
{
	make_stream(3);
	start((struct stream_limits){0});
	sink_result = -5;
	syn();
	is_int(push(0, stream_len), -5, "what the sink says is handed up");
	is_int(heard_count, 1, "at once");
	sink_result = 0;
	streams_free(streams);
	streams_free(NULL);
}

int main(void)
{
	test_law();
	initial = 1000;
	test_shapes();
	test_times();
	test_holes();
	test_no_syn();
	test_short();
	test_ceilings();
	test_waiting();
	test_age();
	test_missing();
	test_sink_error();
	return tap_done();
}
