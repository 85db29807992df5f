/* What gather writes, whatever the windows, is what a plain list of sightings merges to.
 */
#include "dns/rdata.h"
#include "ledger_sink.h"

#define PACKETS 20000
#define SECOND 1000000

static uint64_t state;
static uint32_t dice(uint32_t sides)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % sides);
}

static const struct {
	const char *type, *rdata;
} pool[] = {
    {"A", "192.0.2.%u"},
    {"A", "198.51.100.%u"},
    {"AAAA", "2001:db8::%x"},
    {"CNAME", "target%u.example.net."},
    {"NS", "ns%u.example.org."},
    {"MX", "10 mail%u.example.com."},
    {"TXT", "\"text %u\""},
    {"SRV", "0 1 443 host%u.example."},
    {"SOA", "ns%u.example. hostmaster.example. 1 2 3 4 5"},
    {"HTTPS", "1 . alpn=h2 ipv4hint=192.0.2.%u,192.0.2.1"},
};

/* A sighting that lives until the next one; sets of one to three records. */
struct example {
	struct sighting s;
	struct name owner;
	struct buf rdata[3], set;
};

static void example_init(struct example *e)
{
	buf_init(&e->set, 1 << 16);
	for (int i = 0; i < 3; i++)
		buf_init(&e->rdata[i], 1 << 16);
}

static void example_release(struct example *e)
{
	buf_release(&e->set);
	for (int i = 0; i < 3; i++)
		buf_release(&e->rdata[i]);
}

static void example_make(struct example *e, uint64_t number)
{
	char text[128];
	struct bytes rdata[3];
	unsigned kind = dice(10), n = 1 + dice(3);
	uint16_t type = 0;
	snprintf(text, sizeof(text), "host%u.zone%u.example", dice(40), dice(30));
	if (name_of_text(text, &e->owner) < 0 || type_of_text(pool[kind].type, &type) < 0)
		printf("# bad example\n");
	buf_clear(&e->set);
	for (unsigned i = 0; i < n; i++) {
		buf_clear(&e->rdata[i]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), pool[kind].rdata, dice(200));
#pragma GCC diagnostic pop
		if (rdata_of_text(type, text, &e->rdata[i]) < 0)
			printf("# bad rdata %s\n", text);
		rdata[i] = buf_bytes(&e->rdata[i]);
	}
	if (rdataset_pack(rdata, n, &e->set) < 0)
		printf("# bad set\n");
	e->s = (struct sighting){/* December 2014 to February 2015 */
				 .time_s = 1417392000 + dice(90 * 86400),
				 .ttl = 60 * dice(5),
				 .span_flags = dice(20) == 0 ? SPAN_PARTIAL : 0,
				 .input = dice(2),
				 .number = number,
				 .set = {.owner = name_bytes(&e->owner),
					 .type = type,
					 .source = (uint16_t)(SOURCE_ABOVE + dice(2)),
					 .bailiwick = dice(2) ? 2 : BAILIWICK_ABSENT,
					 .rdata = buf_bytes(&e->set)}};
}

/* ---- the reference ---- */

struct reference {
	struct kept *to;
	const char *shelf;
	int32_t month;
	struct span span;
};

static void one_base(struct bytes base, void *arg)
{
	struct reference *r = arg;
	struct buf key;
	buf_init(&key, 1 << 20);
	buf_put_bytes(&key, base);
	key_put_month(&key, r->month);
	kept_add(r->to, r->shelf, buf_bytes(&key), &r->span);
	buf_release(&key);
}

static void refer(struct kept *to, const struct sighting *s, uint32_t sensor)
{
	char shelf[16];
	struct reference r = {to, shelf, when_month(s->time_s),
			      span_of_sighting(s->time_s, s->ttl)};
	struct buf key;
	struct reader set = reader_of(s->set.rdata);
	struct bytes rdata;
	snprintf(shelf, sizeof(shelf), "y%04d", when_month_year(r.month));
	r.span.flags = s->span_flags;
	span_add_sensor(&r.span, sensor);
	buf_init(&key, 1 << 20);
	key_rrset(&key, &s->set);
	one_base(buf_bytes(&key), &r);
	buf_clear(&key);
	if (s->set.bailiwick != BAILIWICK_ABSENT)
		r.span.flags |= SPAN_PROVEN;
	struct buf scratch;
	buf_init(&scratch, 1 << 20);
	while (rdataset_next(&set, &rdata))
		key_rdata_each(&s->set, rdata, &scratch, one_base, &r);
	buf_release(&scratch);
	key_name(&key, s->set.owner);
	struct span name = {
	    .first_s = s->time_s, .last_s = s->time_s, .count = 1, .ttl_min = UINT32_MAX};
	kept_add(to, shelf, buf_bytes(&key), &name);
	buf_release(&key);
}

/* The by-rdata rows of a set that holds one record under several keys count it once
 * each; a D row of one sighting is merged with itself in the reference never: so it
 * stands for what a set with a repeated head makes. */

static struct gather *begin(struct kept *k, size_t memory, uint64_t known)
{
	struct segment_sink sink = {kept_commit, k};
	struct gather_options o = {.memory = memory, .sensor = 77};
	struct gather *g;
	if (gather_new(&sink, &o, &g) < 0)
		printf("Bail out! no gather\n");
	for (uint32_t i = 0; i < 2; i++) {
		struct ledger_entry start = {.kind = "pcap"};
		start.input.octets[0] = (uint8_t)(i + 1);
		ok(gather_input(g, i, &start) == 0, "an input");
		if (known)
			ok(gather_known(g, i, "y2014", known) == 0, "known on a shelf");
	}
	return g;
}

static void tell(struct gather *g, uint64_t packets)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct input_position at = {.packets = packets};
		gather_progress(g, i, &at, 1417392000ll * SECOND, 1425081600ll * SECOND);
	}
}

/* Offers the packets 1..to; every `each` packets a hand-over if it is due or forced. */
static void offer(struct gather *g, uint64_t to, unsigned each, struct kept *reference)
{
	struct example e;
	struct fault f;
	int r = 0;
	state = 42;
	example_init(&e);
	for (uint64_t n = 1; n <= to && r == 0; n++) {
		if (gather_due(g, 0) || (each && n % each == 0)) {
			tell(g, n - 1);
			r = gather_hand_over(g, &f);
		}
		example_make(&e, n);
		if (r == 0)
			r = gather_sightings(&e.s, 1, g);
		if (reference)
			refer(reference, &e.s, 77);
	}
	tell(g, to);
	if (r == 0)
		r = gather_flush(g, &f);
	is_int(r, 0, "offered, flushed");
	example_release(&e);
}

static void test_windows(void)
{
	static const struct {
		size_t memory;
		unsigned each;
		const char *what;
	} ways[] = {{64 << 20, 0, "one large window"},
		    {1 << 20, 0, "as many small windows as the ceiling makes"},
		    {64 << 20, 777, "windows when somebody says so"}};
	static struct kept reference;
	for (size_t i = 0; i < 3; i++) {
		static struct kept k;
		struct gather *g = begin(&k, ways[i].memory, 0);
		offer(g, PACKETS, ways[i].each, i == 0 ? &reference : NULL);
		kept_merge(i == 0 ? &reference : &k);
		kept_merge(&k);
		ok(kept_equal(&k, &reference), "%s (%u segments): the reference's rows",
		   ways[i].what, k.segments);
		is_int(k.disordered, 0, "keys ascend, values decode");
		is_int(gather_counters(g)->sightings, PACKETS, "all taken");
		if (i > 0)
			ok(k.segments > 4, "there were several windows");
		gather_free(g);
		kept_release(&k);
	}
	kept_release(&reference);
}

/* The same offered again, or cut, or grown, adds what is new and nothing else. */
static void test_again(void)
{
	static struct kept once, twice;
	struct gather *g = begin(&once, 1 << 20, 0);
	offer(g, PACKETS, 0, NULL);
	gather_free(g);
	kept_merge(&once);
	g = begin(&twice, 1 << 20, 0);
	offer(g, PACKETS / 3, 0, NULL);
	gather_free(g);
	for (int again = 0; again < 2; again++) {
		struct segment_sink sink = {kept_commit, &twice};
		struct gather_options o = {.memory = 1 << 20, .sensor = 77};
		ok(gather_new(&sink, &o, &g) == 0, "once more");
		for (uint32_t i = 0; i < 2; i++) {
			struct ledger_entry start = {.kind = "pcap"};
			start.input.octets[0] = (uint8_t)(i + 1);
			ok(gather_input(g, i, &start) == 0, "an input");
			for (int y = 2014; y <= 2015; y++) {
				char shelf[8];
				snprintf(shelf, sizeof(shelf), "y%d", y);
				ok(gather_known(
				       g, i, shelf,
				       kept_position(&twice, shelf, &start.input)) == 0,
				   "where it stands");
			}
		}
		offer(g, PACKETS, 0, NULL);
		if (again)
			is_int(gather_counters(g)->already_there, PACKETS,
			       "the second time all is there already");
		gather_free(g);
	}
	kept_merge(&twice);
	ok(kept_equal(&once, &twice), "a grown input adds what is new");
	is_int(twice.stale, 0, "every segment at its position");
	kept_release(&once);
	kept_release(&twice);
}

static void test_failing(void)
{
	static struct kept k;
	struct fault f = {0};
	struct gather *g = begin(&k, 1 << 20, 0);
	struct example e;
	k.fail = YORE_EFULL;
	example_init(&e);
	example_make(&e, 1);
	ok(gather_sightings(&e.s, 1, g) == 0, "a sighting");
	tell(g, 1);
	is_int(gather_flush(g, &f), YORE_EFULL, "what the sink says is handed up");
	ok(f.code == YORE_EFULL && f.text[0], "with a line: %s", f.text);
	k.fail = 0;
	tell(g, 2);
	is_int(gather_flush(g, NULL), YORE_EFULL, "and nothing is written after it");
	is_int(k.segments, 0, "no segment");
	example_release(&e);
	gather_free(g);
	kept_release(&k);
}

/* Watched, and nothing seen: the ledger says so. */
static void test_silence(void)
{
	static struct kept k;
	struct gather *g = begin(&k, 1 << 20, 0);
	tell(g, 10);
	is_int(gather_flush(g, NULL), 0, "flushed");
	is_int(k.count, 0, "no rows");
	is_int(k.segments, 2, "a segment for the first and the last year");
	is_int(k.entry_count, 4, "two inputs in each");
	is_int(k.entries[0].e.to.packets, 10, "how far they are");
	tell(g, 10);
	is_int(gather_flush(g, NULL), 0, "flushed again");
	is_int(k.segments, 2, "no packet more, no segment more");
	gather_free(g);
	kept_release(&k);
}

static void test_server(void)
{
	static struct kept k;
	struct gather *g = begin(&k, 1 << 20, 0);
	struct addr a = addr_of("\xc0\0\2\1", 4), back;
	uint8_t zone[255];
	size_t len;
	ok(gather_server(&a, BYTES("\4test", 6), 1420070400, 0, 1, g) == 0, "a server");
	tell(g, 1);
	is_int(gather_flush(g, NULL), 0, "flushed");
	ok(k.count == 1 && k.rows[0].key.at[0] == TABLE_SERVER &&
	       key_server_read(k.rows[0].key, &back, zone, &len) == 0 &&
	       addr_equal(&a, &back) && len == 6,
	   "is a B row");
	ok(k.count == 1 && k.rows[0].span.first_s == 1420070400, "with its time");
	gather_free(g);
	kept_release(&k);
}

/* ---- records that others state ---- */

static void record_make(struct example *e, struct record *rec, int64_t first_s,
			int64_t last_s, uint64_t count, bool interval)
{
	example_make(e, 1);
	*rec = (struct record){.set = e->s.set,
			       .month = interval ? 0 : when_month(first_s),
			       .span = {.first_s = first_s,
					.last_s = last_s,
					.count = count,
					.ttl_min = 60,
					.ttl_max = 90}};
}

static const struct kept_row *rrset_row(const struct kept *k, const char *shelf, int nth)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->rows[i].key.at[0] == TABLE_RRSET &&
		    strcmp(k->rows[i].shelf, shelf) == 0 && nth-- == 0)
			return &k->rows[i];
	return NULL;
}

static void test_records(void)
{
	static struct kept k;
	struct gather *g = begin(&k, 1 << 20, 0);
	struct example e;
	struct record rec;
	int64_t december = 1418000000, january = 1420500000;
	example_init(&e);
	record_make(&e, &rec, december, january, 10, false);
	ok(gather_record(g, &rec, 0, 1) == 0, "a sighting row over two months");
	record_make(&e, &rec, december, january, 7, true);
	ok(gather_record(g, &rec, 0, 2) == 0, "an interval");
	rec.span.count = 5;
	rec.span.last_s = january + 9;
	ok(gather_record(g, &rec, 0, 3) == 0, "the same, seen longer");
	rec.span.first_s = WHEN_UNKNOWN;
	ok(gather_record(g, &rec, 0, 4) == 0, "an interval without a first");
	rec.month = 1;
	is_int(gather_record(g, &rec, 0, 5), YORE_EMALFORMED, "a sighting without one");
	tell(g, 5);
	is_int(gather_flush(g, NULL), 0, "flushed");
	const struct kept_row *first = rrset_row(&k, "y2014", 0),
			      *second = rrset_row(&k, "y2015", 0),
			      *without = rrset_row(&k, "intervals", 0),
			      *interval = rrset_row(&k, "intervals", 1);
	ok(first && first->span.first_s == december && first->span.count == 1 &&
	       first->span.days == 1u << 7,
	   "one sighting in the first month");
	ok(second && second->span.last_s == january && second->span.count == 9,
	   "the rest in the last");
	ok(interval && interval->span.count == 7 &&
	       interval->span.last_s == january + 9 &&
	       interval->span.flags & SPAN_INTERVAL && interval->span.days == 0,
	   "intervals with one first are one: greatest count, latest last");
	ok(without && without->span.first_s == WHEN_UNKNOWN, "not known stays so");
	ok(first && first->span.sensor_count == 1 && first->span.sensors[0] == 77,
	   "the sensor is named");
	is_int(k.disordered, 0, "keys ascend");
	example_release(&e);
	gather_free(g);
	kept_release(&k);
}

/* A stated span and sightings of the same row in one window. */
static void test_mixed(void)
{
	static struct kept k;
	struct gather *g = begin(&k, 1 << 20, 0);
	struct example e;
	struct record rec;
	example_init(&e);
	record_make(&e, &rec, 1418000000, 1418000100, 10, false);
	e.s.time_s = 1418000050;
	e.s.input = 0;
	e.s.number = 1;
	ok(gather_sightings(&e.s, 1, g) == 0, "a sighting");
	ok(gather_record(g, &rec, 0, 2) == 0, "a record of the same row");
	e.s.number = 3;
	ok(gather_sightings(&e.s, 1, g) == 0, "a sighting");
	tell(g, 3);
	is_int(gather_flush(g, NULL), 0, "flushed");
	const struct kept_row *r = rrset_row(&k, "y2014", 0);
	ok(r && r->span.count == 12 && r->span.first_s == 1418000000 &&
	       r->span.last_s == 1418000100,
	   "are one row with the sum");
	ok(rrset_row(&k, "y2014", 1) == NULL, "and no other");
	example_release(&e);
	gather_free(g);
	kept_release(&k);
}

/* A storm of names that do not exist is one row, some samples, and the count. */
static void test_storm(void)
{
	static struct kept k;
	struct gather *g = begin(&k, 16 << 20, 0);
	struct name owner;
	uint16_t source = 0;
	uint64_t count = 0;
	size_t rows = 0;
	ok(source_of_name("above.nxdomain", &source) == 0, "a source");
	for (unsigned i = 0; i < 3000; i++) {
		char text[64];
		snprintf(text, sizeof(text), "x%u.storm.example", i);
		if (name_of_text(text, &owner) < 0)
			continue;
		struct sighting s = {.kind = SIGHTING_NEGATIVE,
				     .time_s = 1420070400 + i,
				     .number = i + 1,
				     .set = {.owner = name_bytes(&owner),
					     .type = TYPE_A,
					     .source = source,
					     .bailiwick = BAILIWICK_ABSENT,
					     .rdata = BYTES("\0\0", 2)}};
		if (gather_sightings(&s, 1, g) < 0)
			printf("# not taken\n");
	}
	tell(g, 3000);
	is_int(gather_flush(g, NULL), 0, "flushed");
	for (size_t i = 0; i < k.count; i++) {
		bool rrset = k.rows[i].key.at[0] == TABLE_RRSET;
		ok(!rrset || strcmp(k.rows[i].shelf, "negative") == 0,
		   "a row of negative answers");
		rows += rrset;
		count += rrset ? k.rows[i].span.count : 0;
	}
	ok(rows > 1 && rows < 20, "a storm of 3000 names is %zu rows", rows);
	is_int(count, 3000, "with all their counts");
	is_int(k.disordered, 0, "keys ascend, values decode");
	gather_free(g);
	kept_release(&k);
}

int main(void)
{
	test_windows();
	test_again();
	test_failing();
	test_silence();
	test_server();
	test_records();
	test_mixed();
	test_storm();
	return tap_done();
}
