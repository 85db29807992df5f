/* Back from octets to parts. Whatever is read here may be damaged. */
#include "record/key.h"

#include "base/hash.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"

/* The octets of one reversed (or forward) name, its final zero included; 0: none. */
static size_t labels_len(const uint8_t *p, size_t room)
{
	size_t i = 0;
	size_t limit = room < NAME_WIRE_MAX ? room : NAME_WIRE_MAX;
	while (i < limit) {
		if (p[i] == 0)
			return i + 1;
		if (p[i] > 63)
			return 0;
		i += p[i] + 1u;
	}
	return 0;
}

size_t key_name_octets(struct bytes at)
{
	return labels_len(at.at, at.len);
}

/* A reversed name -> wire form in out; returns the length, 0 with r->err when broken. */
static size_t read_reversed(struct reader *r, uint8_t out[NAME_WIRE_MAX])
{
	size_t n = r->err ? 0 : labels_len(r->at, reader_left(r));
	if (n == 0) {
		if (r->err == 0)
			r->err = YORE_EMALFORMED;
		return 0;
	}
	const uint8_t *p = r->at;
	size_t to = n - 1;
	out[to] = 0;
	for (size_t i = 0; p[i] != 0; i += p[i] + 1u) {
		to -= p[i] + 1u;
		memcpy(out + to, p + i, p[i] + 1u);
	}
	r->at += n;
	return n;
}

/* What put_size wrote; digest NULL: not a large one. */
static size_t read_size(struct reader *r, const uint8_t **ret_digest)
{
	size_t n = reader_u16(r);
	*ret_digest = NULL;
	if (n == 0xffff) {
		*ret_digest = reader_take(r, KEY_DIGEST).at;
		n = reader_u32(r);
	}
	if ((n >= KEY_LARGE) != (*ret_digest != NULL) && r->err == 0)
		r->err = YORE_EMALFORMED;
	return r->err ? 0 : n;
}

static struct bytes read_sized(struct reader *r)
{
	uint8_t own[32];
	const uint8_t *digest;
	struct bytes v = reader_take(r, read_size(r, &digest));
	if (r->err || digest == NULL)
		return v;
	hash_wide(v.at, v.len, own);
	if (memcmp(own, digest, KEY_DIGEST) != 0)
		r->err = YORE_EMALFORMED;
	return v;
}

/* A raw head: its octets, or of a large one none, which then stand behind the owner. */
static struct bytes read_raw(struct reader *r, struct bytes *ret_large)
{
	const uint8_t *digest, *from = r->at;
	size_t n = read_size(r, &digest);
	*ret_large =
	    digest && r->err == 0 ? BYTES(from, (size_t)(r->at - from)) : BYTES(NULL, 0);
	return digest ? BYTES(NULL, 0) : reader_take(r, n);
}

static int whole(const struct reader *r)
{
	return r->err ? r->err : reader_left(r) ? YORE_EMALFORMED : 0;
}

int key_rrset_read(struct bytes base, struct key_rrset_parts *ret)
{
	struct reader r = reader_of(base);
	if (reader_u8(&r) != TABLE_RRSET)
		return YORE_EMALFORMED;
	size_t n = read_reversed(&r, ret->owner);
	ret->set.owner = BYTES(ret->owner, n);
	ret->set.type = reader_u16(&r);
	ret->set.bailiwick = reader_u8(&r);
	ret->set.source = source_read_key(&r);
	ret->set.rdata = read_sized(&r);
	if (r.err == 0 && ret->set.bailiwick != BAILIWICK_ABSENT &&
	    ret->set.bailiwick > name_labels(ret->set.owner))
		r.err = YORE_EMALFORMED;
	return whole(&r);
}

/* Reads the head; what it says of the rdata is returned. */
static struct bytes read_head(struct reader *r, struct key_rdata_parts *p,
			      uint16_t *raw_type, struct bytes *raw_large)
{
	p->head = reader_u8(r);
	switch (p->head) {
	case 4:
		return reader_take(r, 4);
	case 6:
		return reader_take(r, 16);
	case 'n':
		return BYTES(p->target, read_reversed(r, p->target));
	case 'r':
		*raw_type = reader_u16(r);
		return read_raw(r, raw_large);
	}
	r->err = YORE_EMALFORMED;
	return BYTES(NULL, 0);
}

static bool head_is_whole(const struct key_rdata_parts *p, uint16_t raw_type)
{
	switch (p->head) {
	case 4:
		return p->set.type == TYPE_A;
	case 6:
		return p->set.type == TYPE_AAAA;
	case 'n':
		return rdata_is_name(p->set.type);
	default:
		return p->set.type == raw_type;
	}
}

int key_rdata_read(struct bytes base, struct key_rdata_parts *ret)
{
	struct reader r = reader_of(base);
	uint16_t raw_type = 0;
	if (reader_u8(&r) != TABLE_RDATA)
		return YORE_EMALFORMED;
	struct bytes large = {0}, head = read_head(&r, ret, &raw_type, &large);
	size_t n = read_reversed(&r, ret->owner);
	ret->set.owner = BYTES(ret->owner, n);
	ret->set.type = reader_u16(&r);
	ret->set.source = source_read_key(&r);
	ret->set.bailiwick = BAILIWICK_ABSENT;
	struct bytes size = BYTES(r.at, large.len);
	if (large.len > 0 && (reader_left(&r) < large.len || !bytes_equal(size, large) ||
			      ret->set.type != raw_type))
		return YORE_EMALFORMED;
	ret->set.rdata = read_sized(&r);
	if (r.err == 0 && ret->set.rdata.len == 0) {
		if (!head_is_whole(ret, raw_type))
			return YORE_EMALFORMED;
		ret->set.rdata = head;
	} else if (r.err == 0 && ret->head == 'r' && large.len == 0) {
		return YORE_EMALFORMED;
	}
	return whole(&r);
}

int key_name_read(struct bytes base, struct bytes *ret)
{
	if (base.len < 2 || base.at[0] != TABLE_NAME ||
	    labels_len(base.at + 1, base.len - 1) != base.len - 1)
		return YORE_EMALFORMED;
	*ret = BYTES(base.at + 1, base.len - 1);
	return 0;
}

int key_server_read(struct bytes base, struct addr *server, uint8_t zone[255],
		    size_t *zone_len)
{
	struct reader r = reader_of(base);
	if (reader_u8(&r) != TABLE_SERVER)
		return YORE_EMALFORMED;
	uint8_t len = reader_u8(&r);
	if (len != 4 && len != 16)
		return YORE_EMALFORMED;
	struct bytes a = reader_take(&r, len);
	size_t n = read_reversed(&r, zone);
	if (whole(&r) < 0)
		return YORE_EMALFORMED;
	*server = addr_of(a.at, len);
	*zone_len = n;
	return 0;
}

static size_t shared_head(struct bytes k)
{
	size_t n;
	switch (k.len > 1 ? k.at[1] : 0) {
	case 4:
		return k.len >= 6 ? 6 : 0;
	case 6:
		return k.len >= 18 ? 18 : 0;
	case 'n':
		n = labels_len(k.at + 2, k.len - 2);
		return n ? n + 2 : 0;
	case 'r': {
		struct bytes large;
		struct reader r = reader_of(k);
		reader_skip(&r, 4);
		read_raw(&r, &large);
		return r.err ? 0 : reader_offset(&r);
	}
	}
	return 0;
}

size_t key_shared_len(struct bytes k)
{
	size_t n;
	switch (k.len ? k.at[0] : 0) {
	case TABLE_RRSET:
	case TABLE_NAME:
	case TABLE_ASKED:
		n = labels_len(k.at + 1, k.len - 1);
		return n ? n + 1 : 0;
	case TABLE_RDATA:
		return shared_head(k);
	case TABLE_SERVER:
		n = k.len > 1 ? k.at[1] : 0;
		return (n == 4 || n == 16) && k.len >= n + 2 ? n + 2 : 0;
	case TABLE_CLIENT:
		n = k.len > 1 ? k.at[1] : 0;
		return n && n <= 16 && k.len >= n + 2 ? n + 2 : 0;
	case TABLE_LEDGER:
		return k.len >= 17 ? 17 : 0;
	}
	return 0;
}
