#include "remote/findings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"

void findings_init(struct findings *r, const char *provider, size_t ceiling)
{
	*r = (struct findings){.tlp = TLP_AMBER};
	arena_init(&r->arena, ceiling ? ceiling : 512u << 20);
	snprintf(r->provider, sizeof(r->provider), "%s", provider);
}

void findings_release(struct findings *r)
{
	if (r == NULL)
		return;
	arena_release(&r->arena);
	free(r->at);
	r->at = NULL;
	r->count = r->room = 0;
}

void findings_unread(struct findings *r, const char *why)
{
	if (r->unread++ == 0)
		snprintf(r->why, sizeof(r->why), "%s", why);
	for (char *s = r->why; *s; s++) /* parts of it are the provider's */
		if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			*s = '?';
}

/* ---- source ---- */

static bool known(struct findings *r, uint16_t source)
{
	for (size_t i = 0; i < r->subsource_count; i++)
		if (r->subsources[i] == source)
			return true;
	if (r->subsource_count == SUBSOURCES_MAX)
		return false;
	r->subsources[r->subsource_count++] = source;
	return true;
}

/* base.sub, cut to fit; base alone where that cannot be. */
static int source_below(struct findings *r, const char *base, const char *sub,
			uint16_t *ret)
{
	char name[SOURCE_NAME_MAX + 1];
	size_t n = strlen(base);
	if (sub == NULL || !*sub || n + 2 > SOURCE_NAME_MAX)
		return source_of_name(base, ret);
	memcpy(name, base, n);
	name[n++] = '.';
	size_t room = SOURCE_NAME_MAX - n, len = strlen(sub);
	for (size_t i = 0; i < len && i < room; i++) {
		int c = tolower((unsigned char)sub[i]);
		name[n++] = (isalnum(c) && c < 0x80) || strchr("._-", c) ? (char)c : '-';
	}
	name[n] = '\0';
	if (len > room && room > 6) /* two long names stay apart */
		snprintf(name + n - 5, 6, "-%04x",
			 (unsigned)(hash_fixed(sub, len, 0) & 0xffff));
	uint16_t source;
	int e = source_of_name(name, &source);
	if (e < 0 || !known(r, source))
		return source_of_name(base, ret);
	*ret = source;
	return 0;
}

/* A mark is never cut off: without room for it there is no source (ELIMIT). */
static int source_of(struct findings *r, const struct said *s, uint16_t *ret)
{
	char base[SOURCE_NAME_MAX + 32];
	if (s->tlp == NULL || *s->tlp <= r->tlp)
		return source_below(r, r->provider, s->subsource, ret);
	int n = snprintf(base, sizeof(base), "%s.tlp-%s", r->provider, tlp_text(*s->tlp));
	char *plus = strchr(base + strlen(r->provider), '+');
	if (plus)
		*plus = '-';
	if (n > SOURCE_NAME_MAX)
		return YORE_ELIMIT;
	return source_below(r, base, s->subsource, ret);
}

/* ---- owner, type, rdata ---- */

static int owner_of(const char *text, struct name *ret)
{
	for (const char *s = text; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return name_of_idn(text, ret);
	return name_of_text(text, ret);
}

static int type_of(const struct said *s, uint16_t *ret)
{
	uint64_t n;
	int e = 0;
	if (s->type == NULL)
		*ret = s->type_number;
	else if (num_u64(s->type, 65535, &n) == 0)
		*ret = (uint16_t)n;
	else
		e = type_of_text(s->type, ret);
	return e < 0 || type_is_meta(*ret) ? YORE_EMALFORMED : 0;
}

/* Text without quotes around it is one string, blanks and all (as CIRCL serves TXT). */
static int bare_text(const char *text, struct buf *out)
{
	size_t n = strlen(text);
	do {
		size_t part = n < 255 ? n : 255;
		buf_putc(out, (int)part);
		buf_put(out, text, part);
		text += part;
		n -= part;
	} while (n);
	return out->err;
}

/* A name as some write it: what has a meaning in master files is not escaped. */
static int bare_name(uint16_t type, const char *text, struct buf *out)
{
	char escaped[2048];
	size_t n = 0;
	for (; *text; text++) {
		if (n + 3 > sizeof(escaped))
			return YORE_EMALFORMED;
		if (*text == '\\' && text[1])
			escaped[n++] = *text++;
		else if (strchr("\"();@$ ", *text))
			escaped[n++] = '\\';
		escaped[n++] = *text;
	}
	escaped[n] = '\0';
	return rdata_of_text(type, escaped, out);
}

static bool is_one_name(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_NS || type == TYPE_PTR ||
	       type == TYPE_DNAME;
}

static int rdata_of(uint16_t type, const char *text, struct buf *out)
{
	while (isspace((unsigned char)*text))
		text++;
	bool octets = text[0] == '\\' && text[1] == '#';
	if ((type == TYPE_TXT || type == 99) && *text != '"' && !octets)
		return bare_text(text, out);
	size_t len = out->len;
	int e = rdata_of_text(type, text, out);
	if (e < 0 && is_one_name(type)) {
		out->len = len;
		e = bare_name(type, text, out);
	}
	return e;
}

/* The row's rdata, packed; each is canonical first. */
static int pack(struct findings *r, uint16_t type, const char *const *text, size_t count,
		struct bytes *ret)
{
	struct bytes *list = calloc(count, sizeof(*list));
	struct buf octets, packed;
	int e = list ? 0 : YORE_ENOMEM;
	buf_init(&octets, 4u << 20);
	buf_init(&packed, 4u << 20);
	for (size_t i = 0; i < count && e == 0; i++) {
		size_t at = octets.len;
		e = rdata_of(type, text[i], &octets);
		list[i].len = octets.len - at;
	}
	for (size_t i = 0, at = 0; i < count && e == 0; at += list[i++].len)
		list[i].at = octets.at + at;
	if (e == 0)
		e = rdataset_pack(list, count, &packed);
	if (e == 0) {
		*ret = arena_copy(&r->arena, buf_bytes(&packed));
		e = ret->at ? 0 : YORE_ENOMEM;
	}
	buf_release(&packed);
	buf_release(&octets);
	free(list);
	return e;
}

static uint8_t bailiwick_of(const char *text, const struct name *owner)
{
	struct name n;
	if (text == NULL || name_of_text(text, &n) < 0 ||
	    !name_within(name_bytes(owner), name_bytes(&n)))
		return BAILIWICK_ABSENT;
	return (uint8_t)name_labels(name_bytes(&n));
}

/* ---- taking ---- */

static int unread(struct findings *r, const struct said *s, const char *what)
{
	char why[200];
	snprintf(why, sizeof(why), "%s: %.60s %.16s %.80s", what,
		 s->owner ? s->owner : "(no name)", s->type ? s->type : "",
		 s->rdata_count ? s->rdata[0] : "");
	findings_unread(r, why);
	return 0;
}

static struct finding *room_for_one(struct findings *r)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct finding *more =
		    r->count < FINDINGS_MAX ? realloc(r->at, room * sizeof(*more)) : NULL;
		if (more == NULL) {
			r->err = r->count < FINDINGS_MAX ? YORE_ENOMEM : YORE_ELIMIT;
			return NULL;
		}
		r->at = more;
		r->room = room;
	}
	return &r->at[r->count];
}

static struct span span_of(const struct said *s)
{
	struct span v = {.first_s = s->first_s,
			 .last_s = s->last_s,
			 .count = s->count,
			 .flags = SPAN_INTERVAL,
			 .ttl_min = UINT32_MAX};
	if (s->has_ttl) {
		v.ttl_min = s->ttl_min;
		v.ttl_max = s->ttl_max;
	}
	return v;
}

static bool times_fit(const struct said *s)
{
	static const int64_t most = INT64_C(253402300799); /* the year 9999 */
	if (s->first_s != WHEN_UNKNOWN && (s->first_s < 0 || s->first_s > most))
		return false;
	if (s->last_s != WHEN_UNKNOWN && (s->last_s < 0 || s->last_s > most))
		return false;
	return s->first_s == WHEN_UNKNOWN || s->last_s == WHEN_UNKNOWN ||
	       s->first_s <= s->last_s;
}

/* RRSIG sets are per type covered: each stands alone. */
static bool stands_alone(uint16_t type)
{
	return type == TYPE_RRSIG || type == TYPE_SIG;
}

static int take(struct findings *r, const struct said *s, const struct name *owner,
		uint16_t type, uint16_t source)
{
	size_t parts = stands_alone(type) ? s->rdata_count : 1;
	size_t each = stands_alone(type) ? 1 : s->rdata_count;
	for (size_t i = 0; i < parts; i++) {
		struct bytes set;
		int e = pack(r, type, s->rdata + i * each, each, &set);
		if (e == YORE_ENOMEM)
			return r->err = e;
		if (e < 0) {
			unread(r, s, "rdata does not fit its type");
			continue;
		}
		struct finding *row = room_for_one(r);
		struct bytes o = arena_copy(&r->arena, name_bytes(owner));
		if (!row || !o.at)
			return r->err = r->err ? r->err : YORE_ENOMEM;
		*row = (struct finding){
		    .record = {.set = {.owner = o,
				       .type = type,
				       .source = source,
				       .bailiwick = bailiwick_of(s->bailiwick, owner),
				       .rdata = set},
			       .span = span_of(s)},
		    .tlp = s->tlp ? *s->tlp : r->tlp,
		    .question = r->question};
		r->count++;
	}
	return 0;
}

int findings_say(struct findings *r, const struct said *s)
{
	struct name owner;
	uint16_t type, source;
	if (r->err)
		return r->err;
	if (!s->owner || !*s->owner || owner_of(s->owner, &owner) < 0)
		return unread(r, s, "not a domain name");
	if (type_of(s, &type) < 0)
		return unread(r, s, "not a type of data");
	if (s->rdata_count == 0 || s->rdata_count > RDATA_PER_ROW)
		return unread(r, s, s->rdata_count ? "too many rdata" : "no rdata");
	if (!times_fit(s))
		return unread(r, s, "times that cannot be");
	if (source_of(r, s, &source) < 0)
		return unread(r, s, "too many sources");
	return take(r, s, &owner, type, source);
}
