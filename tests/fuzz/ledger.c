/* 0: a ledger row (length of its key, key, value). Else: the header of a segment. */
#include "base/hash.h"
#include "store/segment.h"
#include "store/shelf.h"

#include "law.h"

static bool same(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return memcmp(&a->input, &b->input, sizeof(a->input)) == 0 &&
	       a->from == b->from && memcmp(&a->to, &b->to, sizeof(a->to)) == 0 &&
	       a->first_us == b->first_us && a->last_us == b->last_us &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->sensor, b->sensor) == 0 &&
	       strcmp(a->kind, b->kind) == 0 && strcmp(a->version, b->version) == 0;
}

static void check_entry(const struct ledger_entry *e, const struct segment_name *by)
{
	struct ledger_entry back;
	struct segment_name name;
	struct buf key, value;
	buf_init(&key, 256);
	buf_init(&value, 1u << 16);
	ledger_key_commit(&key, e);
	ledger_value(&value, by, e);
	LAW(value.err == 0, "what was read can be written");
	LAW(ledger_read(buf_bytes(&key), buf_bytes(&value), &name, &back) == 0,
	    "what was written can be read");
	LAW(same(e, &back) && name.sequence == by->sequence, "and is the same");
	buf_release(&key);
	buf_release(&value);
}

static void try_row(struct input *f)
{
	struct ledger_entry e;
	struct segment_name by;
	size_t n = feed_u8(f);
	struct bytes key = feed_bytes(f, n), value = feed_bytes(f, f->left);
	if (ledger_read(key, value, &by, &e) == 0)
		check_entry(&e, &by);
}

/* The hash at the end is set right, or hardly anything would get past it. */
static void try_header(struct input *f)
{
	struct segment s = {0};
	uint8_t octets[4096];
	struct bytes b = feed_bytes(f, f->left);
	size_t n = b.len < sizeof(octets) - 8 ? b.len : sizeof(octets) - 8;
	if (n)
		memcpy(octets, b.at, n);
	store_u64be(octets + n, hash_fixed(octets, n, 0));
	if (segment_parse(BYTES(octets, n + 8), &s) < 0) {
		segment_release(&s);
		return;
	}
	LAW(s.meta.entry_count > 0 && shelf_name_good(s.meta.shelf), "it names inputs");
	LAW(s.hole + 8 <= s.octets, "the hole lies in the file");
	for (size_t i = 0; i < s.meta.entry_count; i++)
		LAW(s.meta.entries[i].counters.len <= n, "borrowed from it");
	segment_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	if (feed_u8(&f) == 0)
		try_row(&f);
	else
		try_header(&f);
	return 0;
}
