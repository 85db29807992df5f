/* Sorting keys: against qsort, with every shape that the ways of sorting divide by. */
#include <stdlib.h>

#include "gather/sort.h"
#include "tap.h"

#define PER_KEY (sizeof(struct bytes) / SORT_UNIT)

static struct bytes *keys;

static struct bytes key_of(const uint8_t *at)
{
	struct bytes key;
	memcpy(&key, at, sizeof(key));
	return key;
}

static int by_octets(const void *a, const void *b)
{
	return bytes_compare(keys[((const struct sort_item *)a)->key / PER_KEY],
			     keys[((const struct sort_item *)b)->key / PER_KEY]);
}

static uint64_t state = 7;
static uint32_t dice(uint32_t sides)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % sides);
}

/* Prefix-free by a final zero and no zero before; `common` octets are the same in all. */
static void make(size_t n, unsigned common, unsigned longest, unsigned letters)
{
	keys = calloc(n, sizeof(*keys));
	for (size_t i = 0; i < n; i++) {
		size_t len = common + dice(longest) + 1;
		uint8_t *p = malloc(len);
		memset(p, 'c', common);
		for (size_t j = common; j + 1 < len; j++)
			p[j] = (uint8_t)(1 + dice(letters));
		p[len - 1] = 0;
		keys[i] = BYTES(p, len);
	}
}

static void test(const char *what, size_t n, unsigned common, unsigned longest,
		 unsigned letters)
{
	struct sort_item *got = calloc(n, sizeof(*got)), *want = calloc(n, sizeof(*want)),
			 *spare = calloc(n, sizeof(*spare));
	make(n, common, longest, letters);
	for (size_t i = 0; i < n; i++)
		got[i].key = want[i].key = (uint32_t)(i * PER_KEY);
	sort_items(got, spare, n, key_of, (const uint8_t *)keys);
	qsort(want, n, sizeof(*want), by_octets);
	size_t wrong = 0;
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		wrong += bytes_compare(keys[got[i].key / PER_KEY],
				       keys[want[i].key / PER_KEY]) != 0;
		sum += got[i].key;
	}
	ok(wrong == 0 && sum == (uint64_t)n * (n - 1) / 2 * PER_KEY, "%zu keys: %s", n,
	   what);
	for (size_t i = 0; i < n; i++)
		free((void *)keys[i].at);
	free(keys);
	free(got);
	free(want);
	free(spare);
}

int main(void)
{
	test("one", 1, 0, 8, 200);
	test("a few", 15, 0, 8, 200);
	test("some", 700, 0, 20, 200);
	test("many", 30000, 0, 30, 250);
	test("many that begin alike", 30000, 45, 12, 250);
	test("few letters, so that many are equal", 20000, 0, 12, 2);
	test("the same key again and again", 3000, 20, 1, 1);
	test("long ones", 500, 3000, 2000, 2);
	return tap_done();
}
