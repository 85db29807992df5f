/* Keys of the store: what is read is written again in the same octets. */
#include "dns/name.h"
#include "dns/rdata.h"
#include "record/asked.h"
#include "record/key_older.h"

#include "law.h"

struct search {
	struct bytes base;
	bool found;
};

static void compare(struct bytes base, void *arg)
{
	struct search *s = arg;
	s->found |= bytes_equal(base, s->base);
}

static void rrset(struct bytes base, struct buf *b)
{
	struct key_rrset_parts p;
	if (key_rrset_read(base, &p) < 0)
		return;
	LAW(name_wire_valid(p.set.owner), "an owner is a name");
	buf_clear(b);
	key_rrset(b, &p.set);
	LAW(bytes_equal(buf_bytes(b), base), "an RRset's key");
	size_t shared = key_shared_len(base);
	buf_clear(b);
	key_owner_prefix(b, TABLE_RRSET, p.set.owner, false);
	LAW(shared == b->len && bytes_begins(base, buf_bytes(b)), "its owner's prefix");
}

static void rdata(struct bytes base, struct buf *b)
{
	struct key_rdata_parts p;
	if (key_rdata_read(base, &p) < 0)
		return;
	LAW(name_wire_valid(p.set.owner), "an owner is a name");
	LAW(key_shared_len(base) > 0, "a head is shared");
	struct name lower;
	bool is_lower = name_of_wire(p.set.owner, &lower) == 0 &&
			bytes_equal(name_bytes(&lower), p.set.owner);
	if (p.set.rdata.len > 1000 || !is_lower || !rdata_valid(p.set.type, p.set.rdata))
		return;
	struct search s = {.base = base};
	key_rdata_each(&p.set, p.set.rdata, b, compare, &s);
	/* a head that the record does not have was not written by us: only looked at */
	if (p.head == 'r' || p.set.rdata.len == 4)
		return;
	(void)s.found;
}

/* What is in today's form is left alone; what is not becomes it, and not far away. */
static void older(struct bytes key, int32_t month, struct buf *now)
{
	static struct buf again, from, to;
	struct key_rrset_parts set;
	struct key_rdata_parts one;
	bool good = key_rrset_read(key, &set) == 0 || key_rdata_read(key, &one) == 0;
	if (again.ceiling == 0) {
		buf_init(&again, 1 << 20);
		buf_init(&from, 1 << 20);
		buf_init(&to, 1 << 20);
	}
	bool moved_from = key_renewed_from(key, &from),
	     moved_to = key_renewed_to(key, &to);
	LAW(!moved_from || bytes_compare(buf_bytes(&from), key) < 0, "outwards");
	LAW(!moved_to || bytes_compare(buf_bytes(&to), key) > 0, "outwards");
	if (key_renewed(key, 0, month, now) != 1)
		return;
	LAW(!good, "what is good stays");
	LAW(key_renewed(buf_bytes(now), 0, month, &again) == 0, "once is enough");
	LAW(bytes_compare(moved_from ? buf_bytes(&from) : key, buf_bytes(now)) <= 0 &&
		bytes_compare(buf_bytes(now), moved_to ? buf_bytes(&to) : key) <= 0,
	    "within the bounds");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf b;
	struct bytes base = BYTES(data, size), name;
	struct addr server;
	uint8_t zone[255];
	size_t len;
	if (b.ceiling == 0)
		buf_init(&b, 1 << 20);
	LAW(key_shared_len(base) <= size, "what is shared is inside");
	rrset(base, &b);
	rdata(base, &b);
	older(base, 2015 * 12 + 6, &b);
	if (key_name_read(base, &name) == 0) {
		LAW(name_wire_valid(name), "a name");
		buf_clear(&b);
		key_name(&b, name);
		LAW(bytes_equal(buf_bytes(&b), base), "a name's key");
	}
	if (key_server_read(base, &server, zone, &len) == 0) {
		buf_clear(&b);
		key_server(&b, &server, BYTES(zone, len));
		LAW(bytes_equal(buf_bytes(&b), base), "a server's key");
	}
	struct reader r = reader_of(base);
	(void)rdataset_valid(base);
	(void)rdataset_count(base);
	(void)source_read_key(&r);
	return 0;
}
