/* Who asked: keys there and back in both orders, values that merge without order. */
#include "dns/name.h"
#include "record/asked.h"
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

static struct addr random_addr(void)
{
	struct addr a = {.len = below(3) ? 4 : 16};
	a.at[0] = 198;
	a.at[a.len - 1] = (uint8_t)below(12);
	return a;
}

static struct asked_value random_value(void)
{
	struct asked_value v = {.span = {.ttl_min = UINT32_MAX, .count = 1 + below(9)}};
	v.span.first_s = 1435708800 + below(86400);
	v.span.last_s = v.span.first_s + below(1000);
	for (unsigned n = below(12); n > 0; n--) {
		struct addr a = random_addr();
		asked_value_add(&v, &a);
	}
	v.more |= below(20) == 0;
	return v;
}

static struct asked_value merged(struct asked_value a, const struct asked_value *b)
{
	asked_value_merge(&a, b);
	return a;
}

static bool same(const struct asked_value *a, const struct asked_value *b)
{
	uint8_t x[ASKED_VALUE_MAX], y[ASKED_VALUE_MAX];
	size_t n = asked_value_encode(a, x), m = asked_value_encode(b, y);
	return n == m && memcmp(x, y, n) == 0;
}

static void test_values(void)
{
	unsigned commutes = 0, associates = 0, back = 0, rows = 0, bounded = 0;
	const unsigned rounds = 20000;
	for (unsigned i = 0; i < rounds; i++) {
		struct asked_value a = random_value(), b = random_value(),
				   c = random_value(), read;
		struct asked_value ab = merged(a, &b), ba = merged(b, &a);
		struct asked_value bc = merged(b, &c), left = merged(ab, &c),
				   right = merged(a, &bc);
		uint8_t wa[ASKED_VALUE_MAX], wb[ASKED_VALUE_MAX], w[ASKED_VALUE_MAX];
		commutes += same(&ab, &ba);
		associates += same(&left, &right);
		bounded += left.count <= ASKED_ADDRS;
		struct bytes xa = BYTES(wa, asked_value_encode(&a, wa));
		struct bytes xb = BYTES(wb, asked_value_encode(&b, wb));
		back += asked_value_read(xa, &read) == 0 && same(&read, &a);
		size_t n = row_value_merge(TABLE_CLIENT, xa, xb, w);
		rows += asked_value_read(BYTES(w, n), &read) == 0 && same(&read, &ab);
	}
	is_int(commutes, rounds, "merging commutes");
	is_int(associates, rounds,
	       "and associates, also over more addresses than are kept");
	is_int(bounded, rounds, "which are bounded");
	is_int(back, rounds, "values read back");
	is_int(rows, rounds, "and merge as rows of the store");
}

static void test_more(void)
{
	struct asked_value v = {.count = 0};
	for (unsigned i = 20; i > 0; i--) {
		struct addr a = {.len = 4, .at = {192, 0, 2, (uint8_t)i}};
		asked_value_add(&v, &a);
	}
	ok(v.count == ASKED_ADDRS && v.more && v.addrs[0].at[3] == 1 &&
	       v.addrs[ASKED_ADDRS - 1].at[3] == ASKED_ADDRS,
	   "the lowest addresses stay, and it says that there were more");
	struct asked_value few = {.count = 0};
	for (unsigned i = 0; i < 40; i++) {
		struct addr a = {.len = 4, .at = {192, 0, 2, (uint8_t)(i % ASKED_ADDRS)}};
		asked_value_add(&few, &a);
	}
	ok(few.count == ASKED_ADDRS && !few.more, "the same ones again are no more");
}

static bool key_returns(const struct asked_key *k, bool client)
{
	struct buf b;
	struct asked_key back;
	uint8_t name[255];
	uint16_t day = 0;
	buf_init(&b, 1024);
	(client ? key_asked_client : key_asked)(&b, k);
	bool good = key_asked_read(buf_bytes(&b), name, &back) == 0 &&
		    key_asked_day(buf_bytes(&b), &day) == 0 && day == k->day &&
		    bytes_equal(back.name, k->name) && back.type == k->type &&
		    back.day == k->day && back.outcome == k->outcome &&
		    back.client.len == k->client.len &&
		    memcmp(back.client.at, k->client.at, k->client.len) == 0;
	/* nothing shorter or longer is a key */
	for (size_t n = 0; n < b.len && good; n++)
		good = key_asked_read(BYTES(b.at, n), name, &back) < 0;
	buf_putc(&b, 0);
	good = good && key_asked_read(buf_bytes(&b), name, &back) < 0;
	size_t shared = key_shared_len(BYTES(b.at, b.len - 1));
	good = good && shared > 1 && shared < b.len;
	buf_release(&b);
	return good;
}

static void test_keys(void)
{
	static const char *const names[] = {".", "www.example.com", "a.b.c.d.e.f",
					    "xn--bcher-kva.example"};
	static const uint8_t lens[] = {4, 16, PSEUDONYM_LEN};
	unsigned good = 0, all = 0;
	for (unsigned i = 0; i < 4; i++)
		for (unsigned l = 0; l < 3; l++)
			for (int client = 0; client < 2; client++) {
				struct name n;
				if (name_of_text(names[i], &n) < 0)
					continue;
				struct asked_key k = {.name = name_bytes(&n),
						      .type = 28,
						      .outcome = i ? 3 : ASKED_UNANSWERED,
						      .day = 16617,
						      .client = {.len = lens[l]}};
				for (unsigned o = 0; o < lens[l]; o++)
					k.client.at[o] = (uint8_t)any();
				all++;
				good += key_returns(&k, client);
			}
	is_int(good, all, "keys of both orders read back, and nothing else does");
}

static void test_damage(void)
{
	static const uint8_t nine[] = {9, 4, 1, 2, 3, 4};
	static const uint8_t wrong[] = {1, 5, 1, 2, 3, 4, 5};
	struct asked_value v;
	ok(asked_value_read(BYTES(nine, sizeof(nine)), &v) < 0 &&
	       asked_value_read(BYTES(wrong, sizeof(wrong)), &v) < 0 &&
	       asked_value_read(BYTES("", 0), &v) < 0 &&
	       asked_value_span(BYTES(wrong, sizeof(wrong))).len == 0,
	   "what is no value is refused");
}

int main(void)
{
	test_values();
	test_more();
	test_keys();
	test_damage();
	return tap_done();
}
