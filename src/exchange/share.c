#include "exchange/share.h"

#include <stdio.h>

#include "base/addr.h"
#include "base/io.h"
#include "base/num.h"
#include "dns/psl.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "exchange/wire_own.h"

#define POLICY_MAX (1u << 20)
#define LINE_ROOM 1024

/* RFC 6761, 6762, 7686, 8375, 9476, and what RFC 6303 keeps at home. */
static const char *const special_names[] = {
    "local",	"localhost", "invalid",	      "test",	     "onion", "alt",
    "internal", "home.arpa", "ipv4only.arpa", "lan",	     "home",  "corp",
    "mail",	"intranet",  "private",	      "localdomain",
};

const char *share_verdict_text(enum share_verdict v)
{
	static const char *const texts[] = {
#define X(name, text) text,
	    SHARE_LIST(X)
#undef X
	};
	return v < SHARE_VERDICTS ? texts[v] : "";
}

/* ---- the policy's file ---- */

static int set_types(struct share_policy *p, char *value)
{
	char *save, *word = strtok_r(value, ", ", &save);
	for (; word; word = strtok_r(NULL, ", ", &save)) {
		if (p->type_count == SHARE_TYPES_MAX)
			return YORE_ELIMIT;
		int r = type_of_text(word, &p->types[p->type_count++]);
		if (r < 0)
			return r;
	}
	return p->type_count ? 0 : YORE_EMALFORMED;
}

static int set_tlp(struct share_policy *p, const char *value)
{
	static const char *const words[] = {"clear", "green", "amber", "amber+strict",
					    "red"};
	for (size_t i = 0; i < 5; i++)
		if (strcmp(words[i], value) == 0) {
			snprintf(p->terms.tlp, sizeof(p->terms.tlp), "%s", value);
			return 0;
		}
	return YORE_EMALFORMED;
}

static int set_value(struct share_policy *p, const char *name, char *value)
{
	if (strcmp(name, "tlp") == 0)
		return set_tlp(p, value);
	if (strcmp(name, "licence") == 0) {
		size_t n = strlen(value);
		if (n >= sizeof(p->terms.licence))
			return YORE_ELIMIT;
		memcpy(p->terms.licence, value, n + 1);
		return 0;
	}
	if (strcmp(name, "zone") == 0) {
		if (p->zone_count == SHARE_ZONES_MAX)
			return YORE_ELIMIT;
		return name_of_idn(value, &p->zones[p->zone_count++]);
	}
	if (strcmp(name, "sensors") == 0)
		return num_u64(value, SPAN_SENSORS, &p->sensors);
	return strcmp(name, "types") == 0 ? set_types(p, value) : YORE_EMALFORMED;
}

static char *trim(char *s)
{
	s += strspn(s, " \t");
	size_t n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1]))
		s[--n] = '\0';
	return s;
}

static int read_line(struct share_policy *p, struct bytes text)
{
	char line[LINE_ROOM];
	if (text.len >= sizeof(line))
		return YORE_ELIMIT;
	memcpy(line, text.at, text.len);
	line[text.len] = '\0';
	line[strcspn(line, "#")] = '\0';
	char *at = trim(line), *equals = strchr(at, '=');
	if (*at == '\0')
		return 0;
	if (equals == NULL)
		return YORE_EMALFORMED;
	*equals = '\0';
	return set_value(p, trim(at), trim(equals + 1));
}

int share_policy_parse(struct bytes text, const char *path, struct share_policy *ret,
		       struct fault *f)
{
	memset(ret, 0, sizeof(*ret));
	for (unsigned number = 1; text.len; number++) {
		int r = read_line(ret, bytes_line(&text));
		if (r < 0)
			return fault_set(f, r, "%s:%u: no line of a policy: %s", path,
					 number, yore_strerror(r));
	}
	return 0;
}

int share_policy_read(const char *path, struct share_policy *ret, struct fault *f)
{
	struct buf text;
	buf_init(&text, POLICY_MAX);
	int r = io_read_file(path, POLICY_MAX, &text, f);
	if (r == 0)
		r = share_policy_parse(buf_bytes(&text), path, ret, f);
	buf_release(&text);
	return r;
}

/* ---- judging ---- */

static bool is_special(struct bytes owner)
{
	struct name zone;
	struct addr addr;
	for (size_t i = 0; i < sizeof(special_names) / sizeof(special_names[0]); i++)
		if (name_of_text(special_names[i], &zone) == 0 &&
		    name_within(owner, name_bytes(&zone)))
			return true;
	/* the reverse name of a private address, or a part of one */
	struct name arpa;
	if (name_of_text("arpa", &arpa) == 0 && name_within(owner, name_bytes(&arpa)))
		return name_to_addr(owner, &addr) < 0 || addr_is_special(&addr);
	return false;
}

static bool is_public(struct bytes name)
{
	return name_labels(name) > 1 && psl_is_listed(name) && !is_special(name);
}

static bool is_ours(const struct share_policy *p, struct bytes name)
{
	for (size_t i = 0; i < p->zone_count; i++)
		if (name_within(name, name_bytes(&p->zones[i])))
			return true;
	return false;
}

/* Free text, keys and places: nobody can tell what they give away. */
static bool is_free_form(uint16_t type)
{
	switch (type) {
	case TYPE_TXT:
	case 13:  /* HINFO */
	case 19:  /* X25 */
	case 20:  /* ISDN */
	case 27:  /* GPOS */
	case 29:  /* LOC */
	case 35:  /* NAPTR */
	case 99:  /* SPF */
	case 256: /* URI */
		return true;
	}
	return !type_known(type);
}

static bool is_given_type(const struct share_policy *p, uint16_t type)
{
	for (size_t i = 0; i < p->type_count; i++)
		if (p->types[i] == type)
			return true;
	return p->type_count == 0 && !is_free_form(type);
}

struct looking {
	const struct share_policy *policy;
	enum share_verdict verdict;
};

static void look_at(enum rdata_part part, struct bytes value, void *arg)
{
	struct looking *l = arg;
	if (part == RDATA_NAME) {
		struct name name;
		if (value.len <= 1) /* the root: there is no such service */
			return;
		if (name_of_wire(value, &name) < 0 || !is_public(name_bytes(&name)) ||
		    is_ours(l->policy, name_bytes(&name)))
			l->verdict = SHARE_TARGET;
		return;
	}
	struct addr a = addr_of(value.at, part == RDATA_ADDR4 ? 4 : 16);
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (a.len == 16 && memcmp(a.at, mapped, 12) == 0)
		a = addr_of(value.at + 12, 4);
	if (addr_is_special(&a) && l->verdict == SHARE_GIVEN)
		l->verdict = SHARE_ADDRESS;
}

static enum share_verdict judge_rdata(const struct share_policy *p,
				      const struct rrset *set)
{
	struct looking l = {p, SHARE_GIVEN};
	struct reader r = reader_of(set->rdata);
	struct bytes rdata;
	while (l.verdict == SHARE_GIVEN && rdataset_next(&r, &rdata))
		rdata_parts(set->type, rdata, look_at, &l);
	return l.verdict;
}

enum share_verdict share_judge(const struct share_policy *p, const struct rrset *set,
			       const struct span *span)
{
	if (set->source != SOURCE_ABOVE || span->flags & SPAN_INTERVAL)
		return SHARE_SOURCE;
	if (set->bailiwick == BAILIWICK_ABSENT)
		return SHARE_UNPROVEN;
	if (!is_given_type(p, set->type))
		return SHARE_TYPE;
	if (!is_public(set->owner))
		return SHARE_SUFFIX;
	if (is_ours(p, set->owner))
		return SHARE_OWN;
	enum share_verdict v = judge_rdata(p, set);
	if (v != SHARE_GIVEN)
		return v;
	bool enough =
	    span->sensor_count >= p->sensors || (span->flags & SPAN_SENSORS_MORE);
	return enough ? SHARE_GIVEN : SHARE_SENSORS;
}

/* ---- segments ---- */

static int next(struct segment_rows *self, struct bytes *key, struct bytes *value)
{
	struct share_filter *s = (struct share_filter *)self;
	struct wire_base base;
	int r;
	while ((r = s->from->next(s->from, key, value)) == 1) {
		struct key_rrset_parts parts;
		struct span span;
		if (key->at[0] != TABLE_RRSET || wire_base_of(s->shelf, &base) < 0)
			continue; /* which servers we ask is nobody's business */
		size_t suffix = key_suffix_len(TABLE_RRSET, base.interval);
		r = key->len > suffix
			? key_rrset_read(BYTES(key->at, key->len - suffix), &parts)
			: YORE_ECORRUPT;
		if (r == 0)
			r = span_decode(*value, wire_base_s(&base, *key), &span);
		if (r < 0)
			return r;
		enum share_verdict v = share_judge(s->policy, &parts.set, &span);
		s->counts[v]++;
		if (v != SHARE_GIVEN)
			continue;
		span.sensor_count = 0;
		span.flags &= (uint8_t)~SPAN_SENSORS_MORE;
		span.first_at = span.last_at = (struct span_place){0};
		*value = BYTES(s->value,
			       span_encode(&span, wire_base_s(&base, *key), s->value));
		return 1;
	}
	return r;
}

void share_filter_init(struct share_filter *s, const struct share_policy *p,
		       const struct segment_meta *meta, struct segment_rows *from)
{
	*s = (struct share_filter){.pull = {next}, .policy = p, .from = from};
	memcpy(s->shelf, meta->shelf, sizeof(s->shelf));
}

void share_meta(const struct segment_meta *meta, struct ledger_entry *entries,
		struct segment_meta *ret)
{
	*ret = *meta;
	for (size_t i = 0; i < meta->entry_count; i++) {
		entries[i] = meta->entries[i];
		memset(entries[i].name, 0, sizeof(entries[i].name));
		memset(entries[i].sensor, 0, sizeof(entries[i].sensor));
		entries[i].counters = (struct bytes){0};
	}
	ret->entries = entries;
}
