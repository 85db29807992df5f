/* Keys: drawn, written, read, found, and how much they may. */
#include <stdlib.h>

#include "api/quota.h"
#include "base/when.h"
#include "tap.h"

#define SECOND ((int64_t)1000000)

static void test_ring(void)
{
	struct key_ring ring;
	struct fault f = {0};
	struct buf file;
	char text[3][KEY_TEXT_LEN + 1], wrong[KEY_TEXT_LEN + 1];
	static const char *const names[] = {"alice", "bob", "carol"};
	buf_init(&file, 1 << 16);
	buf_puts(&file, "# a comment\n\n");
	for (size_t i = 0; i < 3; i++) {
		struct key k = {.scopes = SCOPE_QUERY | (i ? SCOPE_UPLOAD : 0),
				.quota = i * 10,
				.created_s = 1435708800,
				.revoked_s = i == 2 ? 1435708900 : WHEN_UNKNOWN};
		ok(key_set(&k, "name", names[i]) == 0 &&
		       key_set(&k, "from", "192.0.2.0/24,2001:db8::1") == 0 &&
		       key_draw(text[i], &k, &f) == 0,
		   "key of %s", names[i]);
		key_put(&file, &k);
		ok(strstr(buf_str(&file), text[i] + KEY_ID_LEN) == NULL,
		   "its secret is not in the file");
	}
	is_int(key_ring_parse(buf_bytes(&file), "keys", &ring, &f), 0, "the file reads");
	is_int(ring.count, 3, "three keys");
	const struct key *a = key_find(&ring, text[0]), *b = key_find(&ring, text[1]);
	ok(a && strcmp(a->name, "alice") == 0 && a->scopes == SCOPE_QUERY, "alice");
	ok(b && strcmp(b->name, "bob") == 0 && b->quota == 10, "bob");
	ok(key_find(&ring, text[2]) == NULL, "a revoked one is none");
	memcpy(wrong, text[0], sizeof(wrong));
	wrong[KEY_TEXT_LEN - 1] = wrong[KEY_TEXT_LEN - 1] == 'a' ? 'b' : 'a';
	ok(key_find(&ring, wrong) == NULL, "one digit off is none");
	ok(key_find(&ring, "") == NULL && key_find(&ring, "short") == NULL,
	   "nor is rubbish");
	struct addr in, out;
	ok(addr_parse("192.0.2.9", &in) == 0 && addr_parse("198.51.100.1", &out) == 0,
	   "addresses");
	ok(a && key_allows_from(a, &in) && !key_allows_from(a, &out),
	   "where it may be used");
	key_ring_release(&ring);
	for (const char *const *bad =
		 (const char *const[]){"key=12 name=a scope=query\n", "nonsense\n",
				       "key=00000000 name=a scope=nothing\n",
				       "key=00000000 name=a quota=-1 scope=query\n",
				       NULL};
	     *bad; bad++) {
		f = (struct fault){0};
		ok(key_ring_parse(BYTES_STR(*bad), "keys", &ring, &f) < 0 &&
		       strstr(f.text, "keys:1:"),
		   "refused, with its line: %s", f.text);
	}
	buf_release(&file);
}

static void test_quota(void)
{
	struct quota_table *t = quota_new();
	struct key day = {.id = "00000001", .quota = 2},
		   rate = {.id = "00000002", .rate = 2, .burst = 3};
	struct quota_state q;
	int64_t wait, now = 1435708800 * SECOND;
	is_int(quota_take(t, &day, now, &wait), QUOTA_GOOD, "first of the day");
	ok(quota_look(t, &day, now / SECOND, &q) && q.left == 1 && q.limit == 2,
	   "one is left");
	is_int(quota_take(t, &day, now + 1, &wait), QUOTA_GOOD, "second");
	is_int(quota_take(t, &day, now + 2, &wait), QUOTA_DAY, "third is too many");
	is_int(wait, 86400, "until midnight");
	is_int(quota_take(t, &day, now + 86400 * SECOND, &wait), QUOTA_GOOD,
	       "the next day");
	int good = 0;
	for (int i = 0; i < 10; i++)
		good += quota_take(t, &rate, now, &wait) == QUOTA_GOOD;
	is_int(good, 3, "a burst of three");
	is_int(quota_take(t, &rate, now + SECOND / 2, &wait), QUOTA_GOOD,
	       "half a second: one");
	is_int(quota_take(t, &rate, now + SECOND / 2, &wait), QUOTA_RATE, "and no more");
	good = 0;
	for (int i = 0; i < 1000; i++) {
		struct key k = {.quota = 1};
		snprintf(k.id, sizeof(k.id), "%08x", (unsigned)i + 100);
		good += quota_take(t, &k, now, &wait) == QUOTA_GOOD;
	}
	is_int(good, 1000, "a thousand keys, each on its own");
	ok(!quota_look(t, NULL, 0, &q), "no key, no quota");
	quota_free(t);
}

int main(void)
{
	ok(octets_equal_slowly("abc", "abc", 3) &&
	       !octets_equal_slowly("abc", "abd", 3) &&
	       !octets_equal_slowly("xbc", "abc", 3),
	   "comparing");
	test_ring();
	test_quota();
	return tap_done();
}
