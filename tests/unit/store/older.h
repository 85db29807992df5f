/*
 * Databases of format 1, for tests: rows whose keys the test itself writes as that format
 * had them, committed like any others, and then FORMAT says 1.
 */
#ifndef YORE_TESTS_STORE_OLDER_H
#define YORE_TESTS_STORE_OLDER_H

#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "dns/type.h"
#include "store/rocks.h"
#include "unit/store/looking.h"

#define OLD_MOST 200

/* One row in both forms (the same where it has but one), and what it says. */
struct old_row {
	uint8_t *older, *now, value[ASKED_VALUE_MAX];
	size_t older_len, now_len, value_len;
};

struct old_rows {
	struct segment_rows rows;
	struct old_row at[OLD_MOST];
	size_t count, given;
	bool as_now; /* give them as they are written now */
};

static inline void old_sized(struct buf *b, struct bytes v, bool as_now)
{
	uint8_t digest[32];
	if (v.len < 1024) {
		buf_u16be(b, (uint16_t)v.len);
	} else if (as_now) {
		hash_wide(v.at, v.len, digest);
		buf_u16be(b, 0xffff);
		buf_put(b, digest, 8);
		buf_u32be(b, (uint32_t)v.len);
	} else if (v.len < 65535) {
		buf_u16be(b, (uint16_t)v.len);
	} else {
		buf_u16be(b, 0xffff);
		buf_u32be(b, (uint32_t)v.len);
	}
}

static inline void old_owner(struct buf *b, const char *label)
{
	buf_putc(b, 7);
	buf_puts(b, "example");
	buf_putc(b, (int)strlen(label));
	buf_puts(b, label);
	buf_putc(b, 0);
}

static inline void old_set(struct buf *b, const char *label, struct bytes set,
			   bool as_now)
{
	buf_putc(b, 'R');
	old_owner(b, label);
	buf_put(b, "\0\x10\1\1", 4); /* TXT, bailiwick example, above */
	old_sized(b, set, as_now);
	buf_put_bytes(b, set);
}

/* Under its own octets, as of TXT. */
static inline void old_raw(struct buf *b, const char *label, struct bytes rdata,
			   bool as_now)
{
	bool behind = as_now && rdata.len >= 1024;
	buf_put(b, "Dr\0\x10", 4);
	old_sized(b, rdata, as_now);
	if (!behind)
		buf_put_bytes(b, rdata);
	old_owner(b, label);
	buf_put(b, "\0\x10\1", 3);
	if (behind) {
		old_sized(b, rdata, true);
		buf_put_bytes(b, rdata);
	} else {
		buf_u16be(b, 0);
	}
}

/* Under an address in it, as of HTTPS. */
static inline void old_hint(struct buf *b, const char *label, struct bytes rdata,
			    bool as_now)
{
	buf_put(b, "D\4\xc0\0\2\1", 6);
	old_owner(b, label);
	buf_put(b, "\0\x41\1", 3);
	old_sized(b, rdata, as_now);
	buf_put_bytes(b, rdata);
}

static inline void old_client(struct buf *b, const char *label, uint16_t day, bool as_now)
{
	buf_put(b, "C\4\x0a\0\0\1", 6);
	if (as_now)
		buf_u16be(b, day);
	old_owner(b, label);
	buf_put(b, "\0\1", 2);
	if (!as_now)
		buf_u16be(b, day);
	buf_put(b, "\0\0", 2);
}

static inline void old_keep(struct old_rows *o, const struct buf *older,
			    const struct buf *now, struct bytes value)
{
	struct old_row *r = &o->at[o->count++];
	r->older = malloc(older->len);
	r->now = malloc(now->len);
	memcpy(r->older, older->at, r->older_len = older->len);
	memcpy(r->now, now->at, r->now_len = now->len);
	memcpy(r->value, value.at, r->value_len = value.len);
}

/* Lengths in front of what are ascending records then. */
static inline void old_pack(uint8_t *octets, size_t n)
{
	for (size_t at = 0, i = 0; at < n; i++) {
		size_t len = n - at - 2 > 40000 ? 30000 : n - at - 2;
		store_u16be(octets + at, (uint16_t)len);
		octets[at + 2] = (uint8_t)('A' + i);
		at += 2 + len;
	}
}

/* kind: R set, r raw, h hint, C client; n octets (of C: the day). */
static inline void old_add(struct old_rows *o, const char *shelf, char kind,
			   const char *label, size_t n, unsigned fill)
{
	struct shelf_form form;
	struct buf b[2];
	uint8_t *octets = malloc(n + 1), value[ASKED_VALUE_MAX];
	struct bytes v = BYTES(octets, n);
	shelf_form_init(&form, shelf);
	for (size_t i = 0; i < n; i++)
		octets[i] = (uint8_t)(i < n / 2 ? 'x' : 'a' + (fill + i) % 26);
	if (kind == 'R')
		old_pack(octets, n);
	for (int now = 0; now < 2; now++) {
		buf_init(&b[now], 1u << 20);
		if (kind == 'R')
			old_set(&b[now], label, v, now);
		else if (kind == 'r')
			old_raw(&b[now], label, v, now);
		else if (kind == 'h')
			old_hint(&b[now], label, v, now);
		else
			old_client(&b[now], label, (uint16_t)n, now);
		if (kind != 'C' && form.dated)
			buf_putc(&b[now], 7);
		else if (kind != 'C')
			key_put_first(&b[now], 1435708800);
	}
	int64_t base = form.dated ? form.starts[7] : 0;
	struct span s = span_of_sighting(1435708800 + fill % 86400, 60);
	if (form.interval) {
		s.flags |= SPAN_INTERVAL;
		s.days = 0;
	}
	struct asked_value a = {.span = s};
	size_t len =
	    kind == 'C' ? asked_value_encode(&a, value) : span_encode(&s, base, value);
	old_keep(o, &b[0], &b[1], BYTES(value, len));
	buf_release(&b[0]);
	buf_release(&b[1]);
	free(octets);
}

static inline int old_compare(const void *a, const void *b)
{
	const struct old_row *x = a, *y = b;
	return bytes_compare(BYTES(x->older, x->older_len),
			     BYTES(y->older, y->older_len));
}

static inline int now_compare(const void *a, const void *b)
{
	const struct old_row *x = a, *y = b;
	return bytes_compare(BYTES(x->now, x->now_len), BYTES(y->now, y->now_len));
}

static inline int old_next(struct segment_rows *self, struct bytes *key,
			   struct bytes *value)
{
	struct old_rows *o = (struct old_rows *)self;
	if (o->given == o->count)
		return 0;
	struct old_row *r = &o->at[o->given++];
	*key = o->as_now ? BYTES(r->now, r->now_len) : BYTES(r->older, r->older_len);
	*value = BYTES(r->value, r->value_len);
	return 1;
}

static inline int old_commit(struct store *s, const char *shelf, struct old_rows *o,
			     uint8_t input, bool as_now, struct fault *f)
{
	struct ledger_entry e = made_entry(input, 0, 100);
	struct segment_meta m = made_meta(shelf, input, &e, 1);
	o->as_now = as_now;
	o->given = 0;
	o->rows.next = old_next;
	qsort(o->at, o->count, sizeof(o->at[0]), as_now ? now_compare : old_compare);
	return store_commit(s, &m, &o->rows, f);
}

static inline void old_free(struct old_rows *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->at[i].older);
		free(o->at[i].now);
	}
	o->count = 0;
}

static inline void say_format(const char *dir, const char *line)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/FORMAT", dir);
	if (io_replace(path, BYTES_STR(line), 0666, NULL) < 0)
		printf("# FORMAT cannot be written\n");
}

#endif
