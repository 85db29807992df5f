/* Keys of the store: what is read is written again in the same octets. */
#include "dns/name.h"
#include "dns/rdata.h"
#include "record/key.h"

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
