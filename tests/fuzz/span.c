/* Three values of one row: how long the first two are, then all of them. */
#include "record/span.h"

#include "law.h"

#define BASE INT64_C(1435708800)

static bool read_one(struct bytes wire, int64_t base_s, struct span *ret)
{
	uint8_t again[SPAN_WIRE_MAX];
	if (span_decode(wire, base_s, ret) < 0)
		return false;
	LAW(span_equal(ret, ret), "equal to itself");
	size_t n = span_encode(ret, base_s, again);
	LAW(n == wire.len && memcmp(again, wire.at, n) == 0, "one span, one encoding");
	return true;
}

static struct span merged(struct span a, const struct span *b)
{
	span_merge(&a, b);
	return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	size_t n1 = feed_u8(&f), n2 = feed_u8(&f);
	struct bytes w1 = feed_bytes(&f, n1), w2 = feed_bytes(&f, n2);
	struct bytes w3 = feed_bytes(&f, f.left);
	struct span a, b, c;
	read_one(w1, BASE, &a);
	if (!read_one(w1, 0, &a) || !read_one(w2, 0, &b))
		return 0;
	struct span ab = merged(a, &b), ba = merged(b, &a);
	LAW(span_equal(&ab, &ba), "merge commutes");
	uint8_t wire[SPAN_WIRE_MAX];
	struct span back;
	size_t n = span_encode(&ab, 0, wire);
	LAW(span_decode(BYTES(wire, n), 0, &back) == 0 && span_equal(&back, &ab),
	    "a merged span reads back");
	if (!read_one(w3, 0, &c))
		return 0;
	struct span bc = merged(b, &c), left = merged(ab, &c), right = merged(a, &bc);
	LAW(span_equal(&left, &right), "merge associates");
	return 0;
}
