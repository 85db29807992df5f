#include "store/erased.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "record/asked.h"
#include "store/heading.h"

#define LINE_MAX_ (NAME_TEXT_MAX + 16)
#define HEADING "suppressed"
#define VERSION 1

struct erased_one {
	enum erase_kind kind;
	struct name name;
	struct addr_range range;
	uint8_t pseudonym[PSEUDONYM_LEN];
};

void erased_release(struct erased *e)
{
	free(e->at);
	memset(e, 0, sizeof(*e));
}

/* ---- the list as text ---- */

/* "~0123456789abcdef" */
static int read_pseudonym(const char *text, uint8_t ret[PSEUDONYM_LEN])
{
	if (strlen(text) != 1 + 2 * PSEUDONYM_LEN || *text != '~')
		return YORE_EMALFORMED;
	for (unsigned i = 0; i < PSEUDONYM_LEN; i++) {
		unsigned octet;
		int n = 0;
		if (sscanf(text + 1 + 2 * i, "%2x%n", &octet, &n) != 1 || n != 2)
			return YORE_EMALFORMED;
		ret[i] = (uint8_t)octet;
	}
	return 0;
}

static int read_line(char *line, struct erased_one *ret)
{
	char *text = strchr(line, ' ');
	memset(ret, 0, sizeof(*ret));
	if (text == NULL)
		return YORE_EMALFORMED;
	*text++ = 0;
	if (strcmp(line, "range") == 0) {
		ret->kind = ERASE_RANGE;
		return addr_range_parse(text, &ret->range);
	}
	if (strcmp(line, "client") == 0) {
		ret->kind = ERASE_PSEUDONYM;
		return read_pseudonym(text, ret->pseudonym);
	}
	if (strcmp(line, "name") != 0 && strcmp(line, "zone") != 0)
		return YORE_EMALFORMED;
	ret->kind = *line == 'n' ? ERASE_NAME : ERASE_ZONE;
	return name_of_text(text, &ret->name);
}

static int add_line(struct erased *e, struct bytes line)
{
	char text[LINE_MAX_];
	if (line.len >= sizeof(text) || memchr(line.at, 0, line.len))
		return YORE_EMALFORMED;
	memcpy(text, line.at, line.len);
	text[line.len] = 0;
	struct erased_one *more = realloc(e->at, (e->count + 1) * sizeof(*more));
	if (more == NULL)
		return YORE_ENOMEM;
	e->at = more;
	int r = read_line(text, &more[e->count]);
	e->count += r == 0;
	return r;
}

int erased_read(struct bytes text, struct erased *ret)
{
	struct erased e = {0};
	int r = heading_read(text, HEADING, VERSION);
	struct bytes rest = text;
	if (r > 0)
		rest = BYTES(text.at + r, text.len - (size_t)r);
	r = r < 0 ? r : 0;
	while (rest.len && r == 0) {
		struct bytes line = bytes_line(&rest);
		if (line.len)
			r = add_line(&e, line);
	}
	if (r < 0) {
		erased_release(&e);
		return r;
	}
	e.version = e.count ? hash_fixed(text.at, text.len, 0) | 1 : 0;
	*ret = e;
	return 0;
}

static void put_one(struct buf *out, const struct erasure *e)
{
	char lo[ADDR_TEXT_MAX], hi[ADDR_TEXT_MAX];
	if (e->kind == ERASE_RANGE) {
		addr_text(&e->range.lo, lo);
		addr_text(&e->range.hi, hi);
		buf_printf(out, "range %s-%s\n", lo, hi);
		return;
	}
	if (e->kind == ERASE_PSEUDONYM) {
		buf_puts(out, "client ~");
		buf_hex(out, BYTES(e->pseudonym, sizeof(e->pseudonym)));
		buf_putc(out, '\n');
		return;
	}
	buf_puts(out, e->kind == ERASE_NAME ? "name " : "zone ");
	name_put(out, e->name);
	buf_putc(out, '\n');
}

int erased_put(struct buf *out, struct bytes text, const struct erasure *what,
	       size_t count)
{
	struct buf line;
	buf_init(&line, LINE_MAX_);
	if (text.len == 0 && count)
		heading_put(out, HEADING, VERSION);
	buf_put_bytes(out, text);
	for (size_t i = 0; i < count; i++) {
		buf_clear(&line);
		put_one(&line, &what[i]);
		if (line.err && out->err == 0)
			out->err = line.err;
		if (out->len == 0 || memmem(out->at, out->len, line.at, line.len) == NULL)
			buf_put_bytes(out, buf_bytes(&line));
	}
	buf_release(&line);
	return out->err;
}

/* ---- two lists ---- */

static bool is_same(const struct erased_one *a, const struct erased_one *b)
{
	return a->kind == b->kind &&
	       bytes_equal(name_bytes(&a->name), name_bytes(&b->name)) &&
	       memcmp(&a->range, &b->range, sizeof(a->range)) == 0 &&
	       memcmp(a->pseudonym, b->pseudonym, sizeof(a->pseudonym)) == 0;
}

static bool has_one(const struct erased *e, const struct erased_one *o)
{
	bool found = false;
	for (size_t i = 0; i < e->count && !found; i++)
		found = is_same(&e->at[i], o);
	return found;
}

int erased_more(const struct erased *e, const struct erased *than, struct erasure **ret,
		size_t *count)
{
	struct erasure *more = calloc(e->count + 1, sizeof(*more));
	size_t n = 0;
	if (more == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < e->count; i++) {
		const struct erased_one *o = &e->at[i];
		if (has_one(than, o))
			continue;
		more[n] = (struct erasure){o->kind, name_bytes(&o->name), o->range, {0}};
		memcpy(more[n++].pseudonym, o->pseudonym, sizeof(o->pseudonym));
	}
	*ret = more;
	*count = n;
	return 0;
}

/* ---- rows ---- */

static bool has_name(const struct erased *e, struct bytes name)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct erased_one *o = &e->at[i];
		if ((o->kind == ERASE_NAME && bytes_equal(name, name_bytes(&o->name))) ||
		    (o->kind == ERASE_ZONE && name_within(name, name_bytes(&o->name))))
			return true;
	}
	return false;
}

bool erased_has_addr(const struct erased *e, const struct addr *a)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->at[i].kind == ERASE_RANGE && addr_range_has(&e->at[i].range, a))
			return true;
	return false;
}

struct looking {
	const struct erased *erased;
	bool found;
};

static void look_at_part(enum rdata_part part, struct bytes v, void *arg)
{
	struct looking *l = arg;
	struct name n;
	if (part == RDATA_NAME) {
		if (name_of_wire(v, &n) == 0)
			l->found |= has_name(l->erased, name_bytes(&n));
		return;
	}
	struct addr a = addr_of(v.at, part == RDATA_ADDR4 ? 4 : 16);
	l->found |= erased_has_addr(l->erased, &a);
}

/* The owner of 4.3.2.1.in-addr.arpa is the address as well. */
bool erased_has_name(const struct erased *e, struct bytes owner)
{
	struct addr a;
	return has_name(e, owner) ||
	       (name_to_addr(owner, &a) == 0 && erased_has_addr(e, &a));
}

bool erased_has_zone(const struct erased *e, struct bytes zone)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->at[i].kind == ERASE_ZONE &&
		    name_within(zone, name_bytes(&e->at[i].name)))
			return true;
	return false;
}

bool erased_meets_range(const struct erased *e, const struct addr_range *r)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->at[i].kind == ERASE_RANGE &&
		    (addr_range_has(&e->at[i].range, &r->lo) ||
		     addr_range_has(&e->at[i].range, &r->hi) ||
		     addr_range_has(r, &e->at[i].range.lo)))
			return true;
	return false;
}

static bool has_set(const struct erased *e, const struct rrset *s)
{
	struct looking l = {e, erased_has_name(e, s->owner)};
	struct reader r = reader_of(s->rdata);
	struct bytes rdata;
	while (!l.found && rdataset_next(&r, &rdata))
		rdata_parts(s->type, rdata, look_at_part, &l);
	return l.found;
}

static bool has_pseudonym(const struct erased *e, const struct asked_client *c)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->at[i].kind == ERASE_PSEUDONYM &&
		    memcmp(e->at[i].pseudonym, c->at, PSEUDONYM_LEN) == 0)
			return true;
	return false;
}

/* Of who asked: the name, the client, or what was handed out. */
static bool has_asked(const struct erased *e, struct bytes key, struct bytes value)
{
	struct asked_key a;
	struct asked_value v;
	uint8_t name[255];
	if (key_asked_read(key, name, &a) < 0)
		return false;
	struct addr client = {0};
	if (a.client.len == PSEUDONYM_LEN && has_pseudonym(e, &a.client))
		return true;
	if (a.client.len != PSEUDONYM_LEN)
		client = addr_of(a.client.at, a.client.len);
	if (erased_has_name(e, a.name) || (client.len && erased_has_addr(e, &client)))
		return true;
	bool found = false;
	if (asked_value_read(value, &v) == 0)
		for (unsigned i = 0; i < v.count && !found; i++)
			found = erased_has_addr(e, &v.addrs[i]);
	return found;
}

bool erased_has(const struct erased *e, struct bytes key, struct bytes value,
		size_t suffix_len)
{
	struct key_rrset_parts set;
	struct key_rdata_parts one;
	struct bytes name, base = BYTES(key.at, key.len - suffix_len);
	struct addr server;
	uint8_t zone[255];
	size_t n;
	if (e->count == 0 || key.len <= suffix_len)
		return false;
	switch (key.at[0]) {
	case TABLE_RRSET:
		return key_rrset_read(base, &set) == 0 && has_set(e, &set.set);
	case TABLE_RDATA:
		if (key_rdata_read(base, &one) < 0)
			return false;
		struct looking l = {e, erased_has_name(e, one.set.owner)};
		rdata_parts(one.set.type, one.set.rdata, look_at_part, &l);
		return l.found;
	case TABLE_NAME:
		return key_name_read(base, &name) == 0 && erased_has_name(e, name);
	case TABLE_SERVER:
		return key_server_read(base, &server, zone, &n) == 0 &&
		       (erased_has_addr(e, &server) || has_name(e, BYTES(zone, n)));
	case TABLE_ASKED:
	case TABLE_CLIENT:
		return has_asked(e, base, value);
	}
	return false;
}
