#include "store/ledger.h"

#include <stdlib.h>

#define VERSION_1 1
#define KIND_LAST 0
#define KIND_COMMIT 1

static void put_id(struct buf *out, const struct input_id *id, int kind)
{
	buf_putc(out, TABLE_LEDGER);
	buf_put(out, id->octets, sizeof(id->octets));
	buf_putc(out, kind);
}

void ledger_key_last(struct buf *out, const struct input_id *id)
{
	put_id(out, id, KIND_LAST);
}

void ledger_key_commit(struct buf *out, const struct ledger_entry *e)
{
	put_id(out, &e->input, KIND_COMMIT);
	buf_u64be(out, e->from);
	buf_u64be(out, e->to.packets);
}

bool ledger_key_is_last(struct bytes key)
{
	return key.len == 18 && key.at[17] == KIND_LAST;
}

/* All of these are arrays of at most 256 octets with a NUL in them. */
static void put_text(struct buf *out, const char *s)
{
	size_t n = strlen(s);
	buf_putc(out, (int)n);
	buf_put(out, s, n);
}

static struct bytes cut_counters(struct bytes c)
{
	if (c.len <= LEDGER_VALUE_MAX)
		return c;
	c.len = LEDGER_VALUE_MAX;
	while (c.len > 0 && c.at[c.len - 1] != '\n')
		c.len--;
	return c;
}

static void put_position(struct buf *out, const struct input_position *p)
{
	unsigned n = INPUT_CHECKPOINTS;
	while (n > 0 && p->checkpoints[n - 1] == 0)
		n--;
	buf_varint(out, p->packets);
	buf_varint(out, p->octets);
	buf_u64be(out, p->chain);
	buf_putc(out, (int)n);
	for (unsigned i = 0; i < n; i++)
		buf_u64be(out, p->checkpoints[i]);
}

void ledger_value(struct buf *out, const struct segment_name *by,
		  const struct ledger_entry *e)
{
	struct bytes counters = cut_counters(e->counters);
	buf_putc(out, VERSION_1);
	buf_put(out, by->origin, sizeof(by->origin));
	buf_varint(out, by->sequence);
	buf_varint(out, e->from);
	put_position(out, &e->to);
	buf_u64be(out, (uint64_t)e->first_us);
	buf_u64be(out, (uint64_t)e->last_us);
	put_text(out, e->name);
	put_text(out, e->sensor);
	put_text(out, e->kind);
	put_text(out, e->version);
	buf_varint(out, counters.len);
	buf_put_bytes(out, counters);
}

/* Text of at most size - 1 octets, without a NUL inside. */
static void read_text(struct reader *r, char *ret, size_t size)
{
	struct bytes b = reader_take(r, reader_u8(r));
	if (r->err == 0 && (b.len >= size || memchr(b.at, 0, b.len)))
		r->err = YORE_EMALFORMED;
	if (r->err)
		return;
	memcpy(ret, b.at, b.len);
	ret[b.len] = 0;
}

static void read_position(struct reader *r, struct input_position *p)
{
	p->packets = reader_varint(r);
	p->octets = reader_varint(r);
	p->chain = reader_u64(r);
	unsigned n = reader_u8(r);
	if (n > INPUT_CHECKPOINTS)
		r->err = YORE_EMALFORMED;
	for (unsigned i = 0; i < n && r->err == 0; i++)
		p->checkpoints[i] = reader_u64(r);
}

int ledger_read(struct bytes key, struct bytes value, struct segment_name *by,
		struct ledger_entry *ret)
{
	struct reader r = reader_of(value);
	struct ledger_entry e = {0};
	struct segment_name name;
	if (key.len < 18 || key.at[0] != TABLE_LEDGER)
		return YORE_ECORRUPT;
	uint8_t version = reader_u8(&r);
	if (version != VERSION_1)
		return version > VERSION_1 ? YORE_EVERSION : YORE_ECORRUPT;
	memcpy(e.input.octets, key.at + 1, sizeof(e.input.octets));
	struct bytes origin = reader_take(&r, sizeof(name.origin));
	name.sequence = reader_varint(&r);
	e.from = reader_varint(&r);
	read_position(&r, &e.to);
	e.first_us = (int64_t)reader_u64(&r);
	e.last_us = (int64_t)reader_u64(&r);
	read_text(&r, e.name, sizeof(e.name));
	read_text(&r, e.sensor, sizeof(e.sensor));
	read_text(&r, e.kind, sizeof(e.kind));
	read_text(&r, e.version, sizeof(e.version));
	e.counters = reader_take(&r, reader_varint(&r));
	if (r.err || reader_left(&r))
		return YORE_ECORRUPT;
	memcpy(name.origin, origin.at, sizeof(name.origin));
	if (by)
		*by = name;
	*ret = e;
	return 0;
}

/* The row with exactly this key: 1, 0 or negative. */
static int read_one(struct engine *e, const char *shelf, struct buf *key,
		    struct segment_name *by, struct ledger_entry *ret, struct fault *f)
{
	size_t n = key->len;
	buf_putc(key, 0); /* the least key behind it */
	if (key->err)
		return key->err;
	struct stretch s = {.lo = BYTES(key->at, n), .hi = buf_bytes(key), .exact = true};
	struct shelf_iter *it;
	struct bytes k, v;
	int r = e->ops->iter(e, shelf, &s, f, &it);
	if (r < 0)
		return r == YORE_ENOENT ? 0 : r;
	r = it->ops->next(it, &k, &v);
	if (r == 1 && (r = ledger_read(k, v, by, ret)) == 0) {
		ret->counters = BYTES(NULL, 0);
		r = 1;
	}
	if (r < 0 && it->fault.code < 0)
		r = it->fault.code; /* why the whole shelf is out of reach */
	if (r < 0)
		fault_set(f, r, "%s: the ledger cannot be read: %s", shelf,
			  it->fault.code ? it->fault.text : yore_strerror(r));
	it->ops->close(it);
	return r;
}

int ledger_last(struct engine *e, const char *shelf, const struct input_id *id,
		struct segment_name *by, struct ledger_entry *ret, struct fault *f)
{
	struct buf key;
	buf_init(&key, 256);
	ledger_key_last(&key, id);
	int r = read_one(e, shelf, &key, by, ret, f);
	buf_release(&key);
	return r;
}

static bool is_segment(const struct segment_name *by, const struct segment_meta *meta)
{
	return by->sequence == meta->sequence &&
	       memcmp(by->origin, meta->origin, sizeof(meta->origin)) == 0;
}

int ledger_commit_by(struct engine *e, const char *shelf,
		     const struct ledger_entry *commit, struct segment_name *by,
		     struct fault *f)
{
	struct ledger_entry found;
	struct buf key;
	buf_init(&key, 256);
	ledger_key_commit(&key, commit);
	int r = read_one(e, shelf, &key, by, &found, f);
	buf_release(&key);
	return r;
}

/* Did this very segment commit this entry? 1, 0 or negative. */
static int committed(struct engine *e, const struct segment_meta *meta,
		     const struct ledger_entry *entry, struct fault *f)
{
	struct segment_name by;
	int r = ledger_commit_by(e, meta->shelf, entry, &by, f);
	return r <= 0 ? r : is_segment(&by, meta);
}

static int check_entry(struct engine *e, const struct segment_meta *meta,
		       const struct ledger_entry *entry, struct fault *f)
{
	struct ledger_entry last;
	int r = committed(e, meta, entry, f);
	if (r != 0)
		return r < 0 ? r : YORE_EEXIST;
	struct segment_name by;
	r = ledger_last(e, meta->shelf, &entry->input, &by, &last, f);
	if (r < 0)
		return r;
	if (r && is_segment(&by, meta) && last.to.packets == entry->to.packets)
		return YORE_EEXIST;
	uint64_t at = r ? last.to.packets : 0;
	if (at == entry->from && entry->to.packets >= entry->from)
		return 0;
	return fault_set(f, YORE_ESTALE,
			 "%s: input '%s' stands at packet %llu there, the segment covers "
			 "%llu to %llu; nothing was added",
			 meta->shelf, entry->name, (unsigned long long)at,
			 (unsigned long long)entry->from,
			 (unsigned long long)entry->to.packets);
}

int ledger_check(struct engine *e, const struct segment_meta *meta, struct fault *f)
{
	/* Segments go in as a whole: what is true of one input is true of all. */
	for (size_t i = 0; i < meta->entry_count; i++) {
		int r = check_entry(e, meta, &meta->entries[i], f);
		if (r < 0)
			return r;
	}
	return 0;
}
