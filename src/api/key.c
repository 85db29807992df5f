/* Keys as values: one line of the file, and finding the one that a client shows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "api/key.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/when.h"
#include "record/source_name.h"

#define TIME_MOST 253402300799 /* 9999-12-31T23:59:59Z */

static const struct {
	const char *name;
	unsigned scope;
} scopes[] = {
    {"query", SCOPE_QUERY}, {"who-asked", SCOPE_WHO_ASKED}, {"upload", SCOPE_UPLOAD},
    {"admin", SCOPE_ADMIN}, {"providers", SCOPE_PROVIDERS},
};
#define SCOPES (sizeof(scopes) / sizeof(scopes[0]))

bool octets_equal_slowly(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	unsigned differ = 0;
	for (size_t i = 0; i < n; i++)
		differ |= (unsigned)(x[i] ^ y[i]);
	return differ == 0;
}

/* Calls back for each part of "a,b,c". */
static int each_part(const char *text, int (*each)(const char *part, void *arg),
		     void *arg)
{
	char part[128];
	for (;;) {
		size_t n = strcspn(text, ",");
		if (n == 0 || n >= sizeof(part))
			return YORE_EMALFORMED;
		memcpy(part, text, n);
		part[n] = '\0';
		int r = each(part, arg);
		if (r < 0)
			return r;
		if (text[n] == '\0')
			return 0;
		text += n + 1;
	}
}

static int add_scope(const char *part, void *arg)
{
	for (size_t i = 0; i < SCOPES; i++)
		if (strcmp(scopes[i].name, part) == 0) {
			*(unsigned *)arg |= scopes[i].scope;
			return 0;
		}
	return YORE_EMALFORMED;
}

int scopes_parse(const char *text, unsigned *ret)
{
	unsigned got = 0;
	int r = each_part(text, add_scope, &got);
	if (r == 0)
		*ret = got;
	return r;
}

void scopes_put(struct buf *out, unsigned set)
{
	const char *comma = "";
	for (size_t i = 0; i < SCOPES; i++)
		if (set & scopes[i].scope) {
			buf_printf(out, "%s%s", comma, scopes[i].name);
			comma = ",";
		}
}

static int add_range(const char *part, void *arg)
{
	struct key *k = arg;
	if (k->from_count == KEY_RANGES_MAX)
		return YORE_ELIMIT;
	int r = addr_range_parse(part, &k->from[k->from_count]);
	k->from_count += r == 0;
	return r;
}

static int add_source(const char *part, void *arg)
{
	struct key *k = arg;
	if (k->source_count == KEY_SOURCES_MAX)
		return YORE_ELIMIT;
	int r = source_of_name(part, &k->sources[k->source_count]);
	k->source_count += r == 0;
	return r;
}

static int read_hex(const char *text, uint8_t *out, size_t n)
{
	if (strlen(text) != 2 * n)
		return YORE_EMALFORMED;
	for (size_t i = 0; i < 2 * n; i++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, text[i]);
		if (at == NULL)
			return YORE_EMALFORMED;
		uint8_t v = (uint8_t)(at - digits);
		out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | v : v << 4);
	}
	return 0;
}

static int set_word(char *to, size_t room, const char *value)
{
	size_t n = strlen(value);
	if (n == 0 || n >= room)
		return YORE_EMALFORMED;
	for (size_t i = 0; i < n; i++)
		if (value[i] <= ' ' || value[i] > '~' || strchr("=#\"\\,", value[i]))
			return YORE_EMALFORMED;
	memcpy(to, value, n + 1);
	return 0;
}

static int set_id(struct key *k, const char *value)
{
	uint8_t octets[KEY_ID_LEN / 2];
	int r = read_hex(value, octets, sizeof(octets));
	if (r == 0)
		memcpy(k->id, value, KEY_ID_LEN + 1);
	return r;
}

/* A time that can be written again: years have four digits. */
static int set_time(int64_t *to, const char *value)
{
	int64_t s;
	int r = when_parse(value, 0, 0, false, &s);
	if (r < 0)
		return r;
	if (s < 0 || s > TIME_MOST)
		return YORE_EMALFORMED;
	*to = s;
	return 0;
}

int key_set(struct key *k, const char *name, const char *value)
{
	const struct {
		const char *name;
		uint64_t *at;
	} numbers[] = {{"quota", &k->quota},
		       {"rate", &k->rate},
		       {"burst", &k->burst},
		       {"rows", &k->rows}};
	for (size_t i = 0; i < 4; i++)
		if (strcmp(name, numbers[i].name) == 0)
			return num_u64(value, INT64_MAX, numbers[i].at);
	if (strcmp(name, "key") == 0)
		return set_id(k, value);
	if (strcmp(name, "name") == 0)
		return set_word(k->name, sizeof(k->name), value);
	if (strcmp(name, "hash") == 0)
		return read_hex(value, k->hash, sizeof(k->hash));
	if (strcmp(name, "salt") == 0)
		return read_hex(value, k->salt, sizeof(k->salt));
	if (strcmp(name, "scope") == 0)
		return scopes_parse(value, &k->scopes);
	if (strcmp(name, "from") == 0)
		return each_part(value, add_range, k);
	if (strcmp(name, "source") == 0)
		return each_part(value, add_source, k);
	if (strcmp(name, "created") == 0)
		return set_time(&k->created_s, value);
	if (strcmp(name, "revoked") == 0)
		return set_time(&k->revoked_s, value);
	return YORE_EMALFORMED;
}

static void put_number(struct buf *out, const char *name, uint64_t v)
{
	if (v)
		buf_printf(out, " %s=%" PRIu64, name, v);
}

static void put_time(struct buf *out, const char *name, int64_t s)
{
	char text[WHEN_TEXT_MAX];
	if (s == WHEN_UNKNOWN)
		return;
	when_text(s, text);
	buf_printf(out, " %s=%s", name, text);
}

void key_put(struct buf *out, const struct key *k)
{
	buf_printf(out, "key=%s name=%s hash=", k->id, k->name);
	buf_hex(out, BYTES(k->hash, sizeof(k->hash)));
	buf_puts(out, " salt=");
	buf_hex(out, BYTES(k->salt, sizeof(k->salt)));
	buf_puts(out, " scope=");
	scopes_put(out, k->scopes);
	put_number(out, "quota", k->quota);
	put_number(out, "rate", k->rate);
	put_number(out, "burst", k->burst);
	put_number(out, "rows", k->rows);
	for (size_t i = 0; i < k->from_count; i++) {
		buf_puts(out, i ? "," : " from=");
		addr_range_put(out, &k->from[i]);
	}
	for (size_t i = 0; i < k->source_count; i++)
		buf_printf(out, "%s%s", i ? "," : " source=", source_name(k->sources[i]));
	put_time(out, "created", k->created_s);
	put_time(out, "revoked", k->revoked_s);
	buf_putc(out, '\n');
}

static void digest(const char *secret, const uint8_t salt[16], uint8_t out[32])
{
	uint8_t block[16 + KEY_TEXT_LEN - KEY_ID_LEN];
	memcpy(block, salt, 16);
	memcpy(block + 16, secret, KEY_TEXT_LEN - KEY_ID_LEN);
	hash_wide(block, sizeof(block), out);
}

int key_draw(char text[KEY_TEXT_LEN + 1], struct key *k, struct fault *f)
{
	uint8_t octets[KEY_TEXT_LEN / 2];
	if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets) ||
	    getrandom(k->salt, sizeof(k->salt), 0) != (ssize_t)sizeof(k->salt))
		return fault_set(f, YORE_EIO, "key: the system gives no random octets");
	for (size_t i = 0; i < sizeof(octets); i++)
		snprintf(text + 2 * i, 3, "%02x", octets[i]);
	memcpy(k->id, text, KEY_ID_LEN);
	k->id[KEY_ID_LEN] = '\0';
	digest(text + KEY_ID_LEN, k->salt, k->hash);
	return 0;
}

static int compare_id(const void *id, const void *key)
{
	return memcmp(id, ((const struct key *)key)->id, KEY_ID_LEN);
}

const struct key *key_find(const struct key_ring *r, const char *text)
{
	uint8_t hash[32];
	if (strlen(text) != KEY_TEXT_LEN || r->count == 0)
		return NULL;
	const struct key *k =
	    bsearch(text, r->keys, r->count, sizeof(*r->keys), compare_id);
	if (k == NULL)
		return NULL;
	digest(text + KEY_ID_LEN, k->salt, hash);
	if (!octets_equal_slowly(hash, k->hash, sizeof(hash)))
		return NULL;
	return k->revoked_s == WHEN_UNKNOWN ? k : NULL;
}

bool key_allows_from(const struct key *k, const struct addr *peer)
{
	for (size_t i = 0; i < k->from_count; i++)
		if (addr_range_has(&k->from[i], peer))
			return true;
	return k->from_count == 0;
}
