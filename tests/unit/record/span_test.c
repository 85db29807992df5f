/* Spans: merging has no order, encoding is one to one. */
#include "record/span.h"
#include "tap.h"

static uint64_t state = 88172645463325252u;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static unsigned below(unsigned n)
{
	return (unsigned)(any() >> 16) % n;
}

#define BASE 1435708800 /* 2015-07-01 */

static struct span random_span(void)
{
	struct span s = {.count = 1, .ttl_min = UINT32_MAX};
	s.first_s = BASE + below(31 * 86400);
	s.last_s = s.first_s;
	if (below(2)) {
		s.count = below(4) ? 1 + below(1000) : any();
		s.last_s = s.first_s + below(86400 * 40);
	}
	if (below(30) == 0)
		s.first_s = WHEN_UNKNOWN;
	if (below(30) == 0)
		s.last_s = WHEN_UNKNOWN;
	if (below(20) == 0)
		s.first_s = (int64_t)(any() >> 20) - (1ll << 42);
	unsigned shape = below(4);
	if (shape == 0)
		s.days = 1u << below(31);
	else if (shape == 1)
		s.days = (uint32_t)any() & 0x7fffffff;
	else if (shape == 2 && s.first_s >= BASE && s.first_s < BASE + 31 * 86400)
		s.days = 1u << ((s.first_s - BASE) / 86400);
	if (below(4)) {
		s.ttl_min = below(4) ? below(100000) : (uint32_t)any();
		s.ttl_max = below(2) ? s.ttl_min : UINT32_MAX - below(10);
		if (s.ttl_max < s.ttl_min)
			s.ttl_max = s.ttl_min;
	}
	if (below(4) == 0)
		s.flags |= SPAN_PARTIAL;
	if (below(4) == 0)
		s.flags |= SPAN_PROVEN;
	if (below(8) == 0)
		s.flags |= SPAN_INTERVAL;
	for (unsigned n = below(3) ? 0 : below(9); n > 0; n--)
		span_add_sensor(&s, 1 + below(12));
	if (below(3) == 0) {
		s.first_at = (struct span_place){below(3), 1 + below(4)};
		s.last_at =
		    below(2) ? s.first_at : (struct span_place){below(3), 1 + below(4)};
		if (below(8) == 0)
			s.first_at = (struct span_place){0};
	}
	return s;
}

static struct span merged(struct span a, const struct span *b)
{
	span_merge(&a, b);
	return a;
}

static void test_merge_laws(void)
{
	int commutes = 0, associates = 0, itself = 0;
	for (int i = 0; i < 100000; i++) {
		struct span a = random_span(), b = random_span(), c = random_span();
		struct span ab = merged(a, &b), ba = merged(b, &a);
		commutes += !span_equal(&ab, &ba);
		struct span bc = merged(b, &c);
		struct span left = merged(ab, &c), right = merged(a, &bc);
		associates += !span_equal(&left, &right);
		struct span twice = merged(a, &a);
		twice.count = a.count;
		itself += !span_equal(&twice, &a);
	}
	is_int(commutes, 0, "merge commutes");
	is_int(associates, 0, "merge associates");
	is_int(itself, 0, "a span merged with itself changes its count only");
}

static void test_merge(void)
{
	struct span a = span_of_sighting(BASE + 100, 300);
	struct span b = span_of_sighting(BASE + 2 * 86400, 60);
	struct span m = merged(a, &b);
	ok(m.first_s == BASE + 100 && m.last_s == BASE + 2 * 86400, "first and last");
	is_int(m.count, 2, "counts add");
	is_int(m.days, 5, "days of both");
	ok(m.ttl_min == 60 && m.ttl_max == 300, "TTLs of both");
	a.count = UINT64_MAX - 1;
	m = merged(a, &(struct span){.count = 5, .ttl_min = 1});
	ok(m.count == UINT64_MAX, "counts stay at the top");
	ok(m.ttl_min == 300 && m.ttl_max == 300, "no TTL known takes none away");

	struct span i = {.first_s = 50, .last_s = 90, .count = 7, .flags = SPAN_INTERVAL};
	struct span j = {.first_s = 60, .last_s = 95, .count = 4, .flags = SPAN_INTERVAL};
	m = merged(i, &j);
	ok(m.count == 7 && m.first_s == 50 && m.last_s == 95,
	   "of intervals the greatest count and last");
	m = merged(a, &j);
	ok(m.count == 4 && (m.flags & SPAN_INTERVAL), "an interval's count stands");
	i.first_s = WHEN_UNKNOWN;
	m = merged(i, &j);
	is_int(m.first_s, 60, "an unknown first takes the known one");

	struct span s = {0};
	for (uint32_t h = 20; h > 0; h--)
		span_add_sensor(&s, h);
	span_add_sensor(&s, 3);
	ok(s.sensor_count == SPAN_SENSORS && s.sensors[0] == 1 && s.sensors[5] == 6 &&
	       (s.flags & SPAN_SENSORS_MORE),
	   "the lowest sensors stay, and that there were more");
	struct span six = {0};
	for (uint32_t h = 0; h < 6; h++)
		span_add_sensor(&six, h + 1);
	ok(six.sensor_count == 6 && !(six.flags & SPAN_SENSORS_MORE), "six fit");
	is_int(sensor_hash("a"), sensor_hash("a"), "a sensor's hash is stable");
	ok(sensor_hash("a") != sensor_hash("b") && sensor_hash("") != 0, "and its own");
}

static void test_codec_laws(void)
{
	int round = 0, longest = 0, based = 0;
	for (int i = 0; i < 100000; i++) {
		struct span s = random_span(), back;
		uint8_t wire[SPAN_WIRE_MAX], again[SPAN_WIRE_MAX];
		size_t n = span_encode(&s, BASE, wire);
		if (n > (size_t)longest)
			longest = (int)n;
		round += span_decode(BYTES(wire, n), BASE, &back) < 0 ||
			 !span_equal(&s, &back);
		/* two values of one key merge without knowing the base */
		struct span t = random_span(), x, y;
		uint8_t wire2[SPAN_WIRE_MAX];
		size_t n2 = span_encode(&t, BASE, wire2);
		if (span_decode(BYTES(wire, n), 0, &x) < 0 ||
		    span_decode(BYTES(wire2, n2), 0, &y) < 0) {
			based++;
			continue;
		}
		span_merge(&x, &y);
		size_t n3 = span_encode(&x, 0, again);
		struct span direct = merged(s, &t), through;
		based += span_decode(BYTES(again, n3), BASE, &through) < 0 ||
			 !span_equal(&direct, &through);
	}
	is_int(round, 0, "encode then decode gives the same span");
	is_int(based, 0, "values merge without their base");
	ok(longest <= SPAN_WIRE_MAX, "the longest takes %d octets", longest);
}

/* What decode takes is exactly what encode writes. */
static void test_strict(void)
{
	int bad = 0, taken = 0;
	for (int i = 0; i < 300000; i++) {
		uint8_t wire[SPAN_WIRE_MAX], again[SPAN_WIRE_MAX];
		struct span s = random_span();
		size_t n = span_encode(&s, BASE, wire);
		for (unsigned k = 1 + below(3); k > 0; k--)
			wire[below((unsigned)n)] = (uint8_t)any();
		if (below(4) == 0)
			n = below((unsigned)n + 1);
		if (span_decode(BYTES(wire, n), BASE, &s) < 0)
			continue;
		taken++;
		bad += span_encode(&s, BASE, again) != n || memcmp(wire, again, n) != 0;
	}
	is_int(bad, 0, "whatever is decoded encodes to the same octets");
	ok(taken > 1000, "%d of the damaged ones were spans", taken);

	struct span s = {.count = 99};
	static const struct {
		const char *what;
		struct bytes wire;
	} rows[] = {
	    {"nothing", BYTES_LIT("")},
	    {"a head alone", BYTES_LIT("\x01")},
	    {"a long form of zero", BYTES_LIT("\x01\x80\x00")},
	    {"octets behind", BYTES_LIT("\x01\x05\x05")},
	    {"a count of one the long way", BYTES_LIT("\x00\x05\x00\x01")},
	    {"a second octet that says nothing", BYTES_LIT("\x81\x00\x05")},
	    {"seven sensors", BYTES_LIT("\x21\x05\x07"
					"1111222233334444555566667777")},
	    {"sensors not ascending", BYTES_LIT("\x21\x05\x02"
						"22221111")},
	    {"both kinds of TTL", BYTES_LIT("\x19\x05\x05\x05")},
	    {"a varint of eleven octets",
	     BYTES_LIT("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
	    {"a time beyond all",
	     BYTES_LIT("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(span_decode(rows[i].wire, BASE, &s) == YORE_EMALFORMED &&
		       s.count == 99,
		   "refused: %s", rows[i].what);
}

static void test_small(void)
{
	uint8_t wire[SPAN_WIRE_MAX];
	struct span s = span_of_sighting(BASE + 20 * 86400, 300);
	ok(span_encode(&s, BASE, wire) <= 6, "a row seen once takes a handful");
	s = merged(s, &s);
	s.count = 1000;
	s.last_s += 86400 * 5;
	s.days = 0x3f << 20;
	ok(span_encode(&s, BASE, wire) <= 12, "one seen every day not many more");
	is_int(s.days, 0x3f00000, "days");
	is_int(span_of_sighting(BASE - 1, 0).days, 1 << 29, "June has thirty days");
}

int main(void)
{
	test_merge_laws();
	test_merge();
	test_codec_laws();
	test_strict();
	test_small();
	return tap_done();
}
