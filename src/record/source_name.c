#include "record/source_name.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"

/*
 * Process-wide, append-only: names are written before their slot is published, so a
 * reader needs no lock. Slot values are numbers of sources, 0 is empty.
 */
#define NAMES_MAX 2048
#define SLOTS 8192

static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;
static char names[NAMES_MAX][SOURCE_NAME_MAX + 1];
static unsigned names_used; /* under growing */
static _Atomic uint16_t slots[SLOTS];

static const char *const built_in[] = {
    [SOURCE_NONE] = "none", [SOURCE_ABOVE] = "above", [SOURCE_BELOW] = "below",
    [SOURCE_AUTH] = "auth", [SOURCE_ZONE] = "zone",
};
#define BUILT_IN (sizeof(built_in) / sizeof(built_in[0]))

/* In keys: a built-in source is its number; others are this plus their length, name. */
#define NAMED 0x20

static bool name_good(struct bytes n)
{
	if (n.len == 0 || n.len > SOURCE_NAME_MAX)
		return false;
	for (size_t i = 0; i < n.len; i++) {
		uint8_t c = n.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
		      c == '_' || c == '-'))
			return false;
	}
	return true;
}

static uint16_t built_in_of(struct bytes n)
{
	for (uint16_t i = 0; i < BUILT_IN; i++)
		if (bytes_equal(n, BYTES_STR(built_in[i])))
			return i;
	return SOURCE_FIRST_NAMED;
}

/* The slot of the name, or the empty one where it would go; SLOTS > NAMES_MAX. */
static unsigned slot_of(struct bytes n)
{
	unsigned i = (unsigned)hash_keyed(n.at, n.len) % SLOTS;
	for (;; i = (i + 1) % SLOTS) {
		uint16_t at = atomic_load_explicit(&slots[i], memory_order_acquire);
		if (at == 0 || bytes_equal(n, BYTES_STR(names[at - SOURCE_FIRST_NAMED])))
			return i;
	}
}

static int add_name(struct bytes n, uint16_t *ret)
{
	int r = 0;
	pthread_mutex_lock(&growing);
	unsigned slot = slot_of(n);
	uint16_t at = atomic_load_explicit(&slots[slot], memory_order_relaxed);
	if (at == 0 && names_used == NAMES_MAX) {
		r = YORE_ELIMIT;
	} else if (at == 0) {
		memcpy(names[names_used], n.at, n.len);
		at = (uint16_t)(SOURCE_FIRST_NAMED + names_used++);
		atomic_store_explicit(&slots[slot], at, memory_order_release);
	}
	pthread_mutex_unlock(&growing);
	if (r == 0)
		*ret = at;
	return r;
}

static int of_bytes(struct bytes n, uint16_t *ret)
{
	uint16_t at = atomic_load_explicit(&slots[slot_of(n)], memory_order_acquire);
	if (at == 0)
		return add_name(n, ret);
	*ret = at;
	return 0;
}

int source_find(const char *name, uint16_t *ret)
{
	struct bytes n = BYTES_STR(name);
	uint16_t at = name_good(n) ? built_in_of(n) : SOURCE_NONE;
	if (at == SOURCE_NONE)
		return YORE_EMALFORMED;
	if (at >= BUILT_IN)
		at = atomic_load_explicit(&slots[slot_of(n)], memory_order_acquire);
	if (at == 0)
		return YORE_ENOENT;
	*ret = at;
	return 0;
}

int source_of_name(const char *name, uint16_t *ret)
{
	int r = source_find(name, ret);
	return r == YORE_ENOENT ? of_bytes(BYTES_STR(name), ret) : r;
}

const char *source_name(uint16_t source)
{
	if (source < BUILT_IN)
		return built_in[source];
	unsigned i = (unsigned)source - SOURCE_FIRST_NAMED;
	return source >= SOURCE_FIRST_NAMED && i < NAMES_MAX && names[i][0] ? names[i]
									    : "none";
}

void source_put_key(struct buf *out, uint16_t source)
{
	if (source < SOURCE_FIRST_NAMED) {
		buf_putc(out, source);
		return;
	}
	struct bytes n = BYTES_STR(source_name(source));
	buf_putc(out, (int)(NAMED + n.len));
	buf_put_bytes(out, n);
}

uint16_t source_read_key(struct reader *r)
{
	uint8_t c = reader_u8(r);
	if (r->err == 0 && c > SOURCE_NONE && c < BUILT_IN)
		return c;
	uint16_t at = SOURCE_NONE;
	int e = YORE_EMALFORMED;
	if (r->err == 0 && c > NAMED && c <= NAMED + SOURCE_NAME_MAX) {
		struct bytes n = reader_take(r, (size_t)(c - NAMED));
		if (r->err == 0 && name_good(n) && built_in_of(n) >= BUILT_IN)
			e = of_bytes(n, &at);
	}
	if (e < 0 && r->err == 0)
		r->err = e;
	return at;
}
