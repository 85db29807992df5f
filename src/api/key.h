/*
 * API keys: who may ask, what, and how much.
 *
 * A key is 64 hexadecimal digits drawn from the system: the first 8 are its public id,
 * the rest is the secret. The file holds only id and SHA-256 of salt and secret: with
 * 224 random bits nobody guesses, so a slow hash would protect nothing and cost every
 * request. Comparison takes the same time wherever two secrets differ.
 *
 * The file has one key a line, words of name=value, '#' begins a comment:
 *
 *   key=1f2e3d4c name=alice hash=HEX salt=HEX scope=query created=2026-11-24T21:00:00Z
 *       quota=10000 rate=50 burst=100 rows=100000 from=192.0.2.0/24,::1 source=circl
 *
 * (on one line). scope: query, who-asked, upload, admin, providers (answers kept from
 * providers tell what was investigated, so they are hidden otherwise; source= opens
 * single ones). quota: requests a day (UTC); rate: requests a second, burst: how many at
 * once; rows: most rows of one answer; from: addresses it may be used from; revoked=TIME
 * ends it. Absent limits: none.
 */
#ifndef YORE_API_KEY_H
#define YORE_API_KEY_H

#include <stdatomic.h>

#include "base/addr.h"
#include "base/buf.h"

#define KEY_TEXT_LEN 64 /* of the key as its owner holds it */
#define KEY_ID_LEN 8
#define KEYS_MAX 100000
#define KEY_RANGES_MAX 16
#define KEY_SOURCES_MAX 16

enum {
	SCOPE_QUERY = 1,
	SCOPE_WHO_ASKED = 2,
	SCOPE_UPLOAD = 4,
	SCOPE_ADMIN = 8,
	SCOPE_PROVIDERS = 16
};

struct key {
	char id[KEY_ID_LEN + 1];
	char name[64];
	uint8_t hash[32], salt[16];
	unsigned scopes;
	uint64_t quota, rate, burst, rows; /* 0: none */
	struct addr_range from[KEY_RANGES_MAX];
	size_t from_count;
	uint16_t sources[KEY_SOURCES_MAX]; /* beside the built-in ones */
	size_t source_count;
	int64_t created_s, revoked_s; /* WHEN_UNKNOWN: not */
};

struct key_ring {
	struct key *keys; /* ascending by id */
	size_t count;
};

/* EMALFORMED: file, line and what is wrong with it; nothing is half read. */
int key_ring_read(const char *path, struct key_ring *ret,
		  struct fault *f) YORE_MUST_CHECK;
int key_ring_parse(struct bytes text, const char *path, struct key_ring *ret,
		   struct fault *f) YORE_MUST_CHECK;
void key_ring_release(struct key_ring *r);

/* The key whose secret this is; NULL when there is none, or it is revoked. */
const struct key *key_find(const struct key_ring *r, const char *text);
bool key_allows_from(const struct key *k, const struct addr *peer);

/* Draws a key: text is what its owner gets, once; *k has id, hash and salt. */
int key_draw(char text[KEY_TEXT_LEN + 1], struct key *k, struct fault *f) YORE_MUST_CHECK;
/* Its line in the file. */
void key_put(struct buf *out, const struct key *k);
/* "query,upload" and back. */
int scopes_parse(const char *text, unsigned *ret) YORE_MUST_CHECK;
void scopes_put(struct buf *out, unsigned scopes);
/* One word of a line: "quota" "10000". EMALFORMED. */
int key_set(struct key *k, const char *name, const char *value) YORE_MUST_CHECK;

/* Adds a line, or marks one revoked (ENOENT: no such id or name); atomic, mode 0600. */
int key_file_add(const char *path, const struct key *k, struct fault *f) YORE_MUST_CHECK;
int key_file_revoke(const char *path, const char *id_or_name, int64_t now_s,
		    struct fault *f) YORE_MUST_CHECK;
/* $arg, $YORE_KEYS, $XDG_CONFIG_HOME/yore/keys, ~/.config/yore/keys. */
int key_file_path(const char *arg, struct buf *ret) YORE_MUST_CHECK;

bool octets_equal_slowly(const void *a, const void *b, size_t n);

#endif
