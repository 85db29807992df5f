#include "record/key_older.h"

#include "base/hash.h"
#include "base/when.h"
#include "record/asked.h"

#define LEN_LARGE 0xffff
#define DAY_S 86400

static void skip_name(struct reader *r)
{
	size_t n = r->err ? 0 : key_name_octets(BYTES(r->at, reader_left(r)));
	reader_skip(r, n ? n : SIZE_MAX);
}

/* One octet, or 0x20 and how many follow. */
static void skip_source(struct reader *r)
{
	uint8_t n = reader_u8(r);
	if (n >= 0x20)
		reader_skip(r, n - 0x20u);
}

/* What stands instead of the length of a large set or record now. */
static void put_large(struct buf *out, struct bytes v)
{
	uint8_t digest[32];
	hash_wide(v.at, v.len, digest);
	buf_u16be(out, LEN_LARGE);
	buf_put(out, digest, KEY_DIGEST);
	buf_u32be(out, (uint32_t)v.len);
}

/* A digest, four octets of length, and just what they say? */
static bool is_large(struct bytes v)
{
	struct reader r = reader_of(v);
	uint8_t own[32];
	struct bytes digest = reader_take(&r, KEY_DIGEST);
	size_t n = reader_u32(&r);
	if (r.err || n < KEY_LARGE || n != reader_left(&r))
		return false;
	hash_wide(r.at, n, own);
	return memcmp(own, digest.at, KEY_DIGEST) == 0;
}

/* The length as it was: two octets, or ffff and four. 0: it is not one of a large one. */
static size_t older_len(struct reader *r)
{
	size_t n = reader_u16(r);
	if (n == LEN_LARGE) {
		n = reader_u32(r);
		if (n < LEN_LARGE)
			return 0;
	}
	return r->err || n < KEY_LARGE ? 0 : n;
}

/* The last part of an R or D base, from its length on. */
static int renew_sized(struct bytes base, size_t at, struct buf *out)
{
	struct bytes tail = BYTES(base.at + at, base.len - at);
	if (tail.len > 2 && load_u16be(tail.at) == LEN_LARGE &&
	    is_large(BYTES(tail.at + 2, tail.len - 2)))
		return 0;
	struct reader r = reader_of(tail);
	size_t n = older_len(&r);
	if (n == 0 || n != reader_left(&r))
		return 0;
	struct bytes v = reader_take(&r, n);
	buf_put(out, base.at, at);
	put_large(out, v);
	buf_put_bytes(out, v);
	return 1;
}

static int renew_rrset(struct bytes base, struct buf *out)
{
	struct reader r = reader_of(base);
	reader_skip(&r, 1);
	skip_name(&r);
	reader_skip(&r, 3); /* type, bailiwick */
	skip_source(&r);
	return r.err ? 0 : renew_sized(base, reader_offset(&r), out);
}

/* Owner, type and source: what stands behind a head. */
static void skip_owner(struct reader *r)
{
	skip_name(r);
	reader_skip(r, 2);
	skip_source(r);
}

/* A head of its own octets: those of a large one went behind the owner. */
static int renew_raw(struct bytes base, struct buf *out)
{
	struct reader r = reader_of(base);
	reader_skip(&r, 4); /* D r type */
	struct reader now = r;
	reader_skip(&now, 2 + KEY_DIGEST + 4);
	skip_owner(&now);
	bool large = now.err == 0 && load_u16be(r.at) == LEN_LARGE &&
		     reader_left(&now) > 2 && load_u16be(now.at) == LEN_LARGE;
	if (large && is_large(BYTES(now.at + 2, reader_left(&now) - 2)))
		return 0;
	size_t n = older_len(&r);
	struct bytes v = reader_take(&r, n ? n : SIZE_MAX);
	const uint8_t *owner = r.at;
	skip_owner(&r);
	struct bytes middle =
	    r.err ? BYTES(NULL, 0) : BYTES(owner, (size_t)(r.at - owner));
	if (reader_u16(&r) != 0 || r.err || reader_left(&r))
		return 0;
	buf_put(out, base.at, 4);
	put_large(out, v);
	buf_put_bytes(out, middle);
	put_large(out, v);
	buf_put_bytes(out, v);
	return 1;
}

static int renew_rdata(struct bytes base, struct buf *out)
{
	struct reader r = reader_of(base);
	reader_skip(&r, 1);
	switch (reader_u8(&r)) {
	case 4:
		reader_skip(&r, 4);
		break;
	case 6:
		reader_skip(&r, 16);
		break;
	case 'n':
		skip_name(&r);
		break;
	case 'r':
		return renew_raw(base, out);
	default:
		return 0;
	}
	skip_owner(&r);
	return r.err ? 0 : renew_sized(base, reader_offset(&r), out);
}

/* Which of the two orders it is the day tells: it has to lie in the shelf's month. */
static int renew_client(struct bytes key, int32_t month, struct buf *out)
{
	struct asked_key now;
	uint8_t name[255];
	if (key_asked_read(key, name, &now) == 0 &&
	    when_month((int64_t)now.day * DAY_S) == month)
		return 0;
	struct reader r = reader_of(key);
	reader_skip(&r, 1);
	reader_skip(&r, reader_u8(&r));
	size_t client = reader_offset(&r);
	skip_name(&r);
	reader_skip(&r, 2);
	size_t behind = reader_offset(&r);
	uint16_t day = reader_u16(&r);
	reader_skip(&r, 2);
	if (r.err || reader_left(&r) || when_month((int64_t)day * DAY_S) != month)
		return 0;
	buf_put(out, key.at, client);
	buf_u16be(out, day);
	buf_put(out, key.at + client, behind - client);
	buf_put(out, key.at + behind + 2, 2);
	return 1;
}

/* What was damaged stays as it is, for who verifies. */
static bool is_key(struct bytes base)
{
	struct key_rrset_parts set;
	struct key_rdata_parts one;
	struct asked_key asked;
	uint8_t name[255];
	switch (base.at[0]) {
	case TABLE_RRSET:
		return key_rrset_read(base, &set) == 0;
	case TABLE_RDATA:
		return key_rdata_read(base, &one) == 0;
	default:
		return key_asked_read(base, name, &asked) == 0;
	}
}

int key_renewed(struct bytes key, size_t suffix, int32_t month, struct buf *out)
{
	int r = 0;
	if (key.len < 2 || key.len <= suffix)
		return 0;
	struct bytes base = BYTES(key.at, key.len - suffix);
	buf_clear(out);
	if (key.at[0] == TABLE_CLIENT)
		r = renew_client(base, month, out);
	else if (base.len > KEY_LARGE && key.at[0] == TABLE_RRSET)
		r = renew_rrset(base, out);
	else if (base.len > KEY_LARGE && key.at[0] == TABLE_RDATA)
		r = renew_rdata(base, out);
	if (r == 1 && out->err)
		return out->err;
	if (r == 1 && !is_key(buf_bytes(out)))
		r = 0;
	if (r == 1)
		buf_put(out, key.at + base.len, suffix);
	return r == 1 && out->err ? out->err : r;
}

/* ---- bounds ---- */

/*
 * The octets within which a row stays, whichever form its key has: all that stands in
 * front of its length (of a head of its own octets: in front of that; of who asked by
 * client: the client). 0: it stays as it is, or the key is cut short within them.
 */
static size_t fixed_octets(struct bytes key)
{
	struct reader r = reader_of(key);
	uint8_t table = reader_u8(&r), head;
	switch (table) {
	case TABLE_RRSET:
		skip_name(&r);
		reader_skip(&r, 3);
		skip_source(&r);
		break;
	case TABLE_RDATA:
		head = reader_u8(&r);
		if (head == 'r') {
			reader_skip(&r, 2);
			break;
		}
		reader_skip(&r, head == 4 ? 4 : head == 6 ? 16 : 0);
		if (head == 'n')
			skip_name(&r);
		skip_owner(&r);
		break;
	case TABLE_CLIENT:
		reader_skip(&r, reader_u8(&r));
		break;
	default:
		return 0;
	}
	return r.err ? 0 : reader_offset(&r);
}

/* Small ones stay, and large ones went up, but for those whose length was ffff. */
bool key_renewed_from(struct bytes key, struct buf *out)
{
	size_t n = fixed_octets(key), keep = n;
	buf_clear(out);
	if (n && key.at[0] != TABLE_CLIENT) {
		if (key.len < n + 2 || load_u16be(key.at + n) != LEN_LARGE)
			return false;
		keep += 2;
	}
	buf_put(out, key.at, keep);
	return n && out->err == 0 && keep < key.len;
}

bool key_renewed_to(struct bytes key, struct buf *out)
{
	size_t n = fixed_octets(key);
	buf_clear(out);
	buf_put(out, key.at, n);
	for (int i = 0; i < 2 + 2 * KEY_DIGEST; i++)
		buf_putc(out, 0xff);
	return n && out->err == 0 && bytes_compare(buf_bytes(out), key) > 0;
}
