/* A row of who asked: how long its key is, the key, then two values. */
#include "record/asked.h"

#include "law.h"

static bool read_key(struct bytes key)
{
	struct asked_key k;
	uint8_t name[255];
	uint16_t day;
	struct buf again;
	if (key_asked_read(key, name, &k) < 0)
		return false;
	LAW(key_asked_day(key, &day) == 0 && day == k.day, "the day alone is the same");
	LAW(key_shared_len(key) > 0 && key_shared_len(key) < key.len, "a part is shared");
	buf_init(&again, 1024);
	(key.at[0] == TABLE_CLIENT ? key_asked_client : key_asked)(&again, &k);
	LAW(bytes_equal(buf_bytes(&again), key), "one row, one key");
	buf_release(&again);
	return true;
}

static bool read_value(struct bytes wire, struct asked_value *ret)
{
	uint8_t out[ASKED_VALUE_MAX];
	struct asked_value back;
	if (asked_value_read(wire, ret) < 0)
		return false;
	LAW(ret->count <= ASKED_ADDRS, "addresses are bounded");
	LAW(asked_value_span(wire).len > 0, "its span can be found");
	size_t n = asked_value_encode(ret, out);
	LAW(asked_value_read(BYTES(out, n), &back) == 0, "what is written can be read");
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	size_t n = feed_u8(&f), m = feed_u8(&f);
	struct bytes key = feed_bytes(&f, n), w1 = feed_bytes(&f, m),
		     w2 = feed_bytes(&f, f.left);
	struct asked_value a, b;
	uint8_t ab[ASKED_VALUE_MAX], ba[ASKED_VALUE_MAX];
	read_key(key);
	if (!read_value(w1, &a) || !read_value(w2, &b))
		return 0;
	size_t x = row_value_merge(TABLE_ASKED, w1, w2, ab);
	size_t y = row_value_merge(TABLE_ASKED, w2, w1, ba);
	LAW(x == y && memcmp(ab, ba, x) == 0, "merging commutes");
	return 0;
}
