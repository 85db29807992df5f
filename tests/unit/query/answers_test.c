/*
 * The whole of query/ over the store in memory, against a reference that looks at every
 * row for every question: terms, sides, views, types, sources, bailiwicks, fences,
 * bounds, cuts by month, sorts, limits.
 */
#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>

#include "dns/rdata.h"
#include "dns/type.h"
#include "gather/gather.h"
#include "query/run.h"
#include "tap.h"

#define SECOND INT64_C(1000000)
#define START INT64_C(1417392000) /* 2014-12-01 */
#define ROWS_MOST 3000

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (unsigned)(state >> 16) % n : 0;
}

/* --- a small world: names and records that meet often --- */

static void any_name(char out[64])
{
	if (below(12) == 0)
		snprintf(out, 64, "zone%u.example.", below(4));
	else if (below(12) == 0)
		snprintf(out, 64, "a\\.b.zone%u.example.", below(4));
	else
		snprintf(out, 64, "host%u.zone%u.example.", below(6), below(4));
}

static uint16_t any_rdata(char out[256])
{
	static const uint16_t types[] = {TYPE_A,     TYPE_A,  TYPE_AAAA, TYPE_CNAME,
					 TYPE_NS,    TYPE_MX, TYPE_TXT,	 TYPE_SOA,
					 TYPE_HTTPS, TYPE_DS, 65280};
	char a[64], b[64];
	uint16_t type = types[below(11)];
	any_name(a);
	any_name(b);
	switch (type) {
	case TYPE_A:
		snprintf(out, 256, "192.0.2.%u", below(9));
		break;
	case TYPE_AAAA:
		snprintf(out, 256, "2001:db8::%u", below(5));
		break;
	case TYPE_MX:
		snprintf(out, 256, "%u %s", 10 * below(2), a);
		break;
	case TYPE_SOA:
		snprintf(out, 256, "%s %s %u 2 3 4 5", a, b, below(2));
		break;
	case TYPE_TXT:
		snprintf(out, 256, "\"text %u\"", below(4));
		break;
	case TYPE_HTTPS:
		snprintf(out, 256, "1 %s ipv4hint=192.0.2.%u,192.0.2.%u",
			 below(2) ? "." : a, below(9), below(9));
		break;
	case TYPE_DS:
		snprintf(out, 256, "%u 8 2 abcd", below(3));
		break;
	case 65280:
		snprintf(out, 256, "\\# 2 00%02x", below(3));
		break;
	default:
		snprintf(out, 256, "%s", a);
	}
	return type;
}

struct row {
	struct name owner;
	uint16_t type, source;
	uint8_t bailiwick;
	uint8_t packed[1024];
	size_t packed_len;
	int32_t month;
	struct span span;
};

static struct row rows[ROWS_MOST];
static unsigned row_count;
static uint16_t sources[4];

static struct rrset set_of(const struct row *r)
{
	return (struct rrset){.owner = name_bytes(&r->owner),
			      .type = r->type,
			      .source = r->source,
			      .bailiwick = r->bailiwick,
			      .rdata = BYTES(r->packed, r->packed_len)};
}

static void random_row(struct row *r)
{
	char text[256];
	struct buf rdata[3], packed;
	struct bytes list[3];
	memset(r, 0, sizeof(*r));
	any_name(text);
	if (name_of_text(text, &r->owner) < 0)
		printf("# no name\n");
	buf_init(&packed, 4096);
	unsigned n = 0, want = 1 + below(3);
	for (unsigned tries = 0; n < want && tries < 200; tries++) {
		uint16_t type = any_rdata(text);
		if (n > 0 && type != r->type)
			continue;
		r->type = type;
		buf_init(&rdata[n], 4096);
		if (rdata_of_text(type, text, &rdata[n]) < 0)
			printf("# no rdata %s\n", text);
		list[n] = buf_bytes(&rdata[n]);
		n++;
	}
	if (rdataset_pack(list, n, &packed) < 0)
		printf("# no set\n");
	memcpy(r->packed, packed.at, packed.len);
	r->packed_len = packed.len;
	for (unsigned i = 0; i < n; i++)
		buf_release(&rdata[i]);
	buf_release(&packed);
	r->source = sources[below(4)];
	r->bailiwick = below(2) ? BAILIWICK_ABSENT
				: (uint8_t)below(name_labels(name_bytes(&r->owner)) + 1);
	int64_t at = START + below(120 * 86400);
	r->span = span_of_sighting(at, 60 * below(4));
	if (below(4) == 0) { /* stated, not seen */
		r->span.last_s = at + below(90 * 86400);
		r->span.count = below(50);
		r->span.days = 0;
		r->span.flags = SPAN_INTERVAL;
	} else {
		r->month = when_month(at);
		if (below(10) == 0)
			r->span.flags = SPAN_PARTIAL;
	}
}

static bool same_set(const struct row *a, const struct row *b)
{
	return a->type == b->type && a->source == b->source &&
	       a->bailiwick == b->bailiwick &&
	       bytes_equal(name_bytes(&a->owner), name_bytes(&b->owner)) &&
	       bytes_equal(BYTES(a->packed, a->packed_len),
			   BYTES(b->packed, b->packed_len));
}

/* What a store makes of it: one row for each key. */
static void keep_row(const struct row *r)
{
	for (unsigned i = 0; i < row_count; i++) {
		struct row *k = &rows[i];
		if (k->month == r->month && same_set(k, r) &&
		    (r->month || k->span.first_s == r->span.first_s)) {
			span_merge(&k->span, &r->span);
			return;
		}
	}
	rows[row_count++] = *r;
}

static struct store *make_world(unsigned count)
{
	static struct row r;
	struct store_options o = {.write = true, .create = true};
	struct fault f = {0};
	struct store *s;
	struct gather *g;
	struct ledger_entry start = {.kind = "test"};
	if (store_open("mem:", &o, &f, &s) < 0)
		return NULL;
	struct segment_sink sink = store_sink(s);
	start.input.octets[0] = 1;
	if (gather_new(&sink, &(struct gather_options){0}, &g) < 0 ||
	    gather_input(g, 0, &start) < 0)
		return NULL;
	int e = 0;
	for (unsigned n = 1; n <= count && e == 0; n++) {
		random_row(&r);
		struct record rec = {set_of(&r), r.month, r.span};
		keep_row(&r);
		e = gather_record(g, &rec, 0, n);
		struct input_position at = {.packets = n, .chain = n};
		gather_progress(g, 0, &at, START * SECOND,
				(START + 120 * 86400) * SECOND);
		if (e == 0 && n % 100 == 0)
			e = gather_hand_over(g, &f);
	}
	if (e == 0)
		e = gather_flush(g, &f);
	is_int(e, 0, "a world was made");
	if (e < 0)
		printf("# %s\n", f.text);
	gather_free(g);
	return s;
}

/* --- results as lines --- */

static char lines[2][20000][700];
static unsigned line_count[2];

static void put_line(int which, const struct rrset *set, const struct span *s,
		     int32_t month)
{
	char *at = lines[which][line_count[which]++];
	struct buf b;
	struct reader r = reader_of(set->rdata);
	struct bytes rdata;
	buf_init(&b, 690);
	name_put(&b, set->owner);
	buf_printf(&b, " %u %s ", set->type, source_name(set->source));
	if (set->bailiwick == BAILIWICK_ABSENT)
		buf_puts(&b, "-");
	else
		name_put(&b, name_suffix(set->owner, set->bailiwick));
	while (rdataset_next(&r, &rdata)) {
		buf_puts(&b, " | ");
		rdata_put(&b, set->type, rdata);
	}
	buf_printf(&b, " %d %lld..%lld x%llu", month, (long long)s->first_s,
		   (long long)s->last_s, (unsigned long long)s->count);
	if (s->ttl_min <= s->ttl_max)
		buf_printf(&b, " ttl %u-%u", s->ttl_min, s->ttl_max);
	if (month)
		buf_printf(&b, " days %x", s->days);
	snprintf(at, 700, "%s", buf_str(&b));
	buf_release(&b);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* --- the reference --- */

static regex_t regex;
static const char *pattern_text;

static bool name_wanted(const struct term *t, const struct query *q, struct bytes name)
{
	char text[NAME_TEXT_MAX];
	struct addr a;
	struct bytes n = name_bytes(&t->name);
	size_t len = 0;
	switch (t->kind) {
	case TERM_NAME:
		return q->subdomains ? name_within(name, n) : bytes_equal(name, n);
	case TERM_ZONE:
		return name_within(name, n);
	case TERM_STEM:
		return name.len >= n.len && memcmp(name.at, n.at, n.len - 1) == 0;
	case TERM_ADDR:
		return name_to_addr(name, &a) == 0 && addr_range_has(&t->range, &a);
	case TERM_REGEX:
	case TERM_GLOB:
		for (size_t i = 0; name.at[i]; i += name.at[i] + 1u) {
			if (i)
				text[len++] = '.';
			memcpy(text + len, name.at + i + 1, name.at[i]);
			len += name.at[i];
		}
		text[len] = 0;
		return t->kind == TERM_GLOB
			   ? fnmatch(pattern_text, text, FNM_CASEFOLD) == 0
			   : regexec(&regex, text, 0, NULL, 0) == 0;
	case TERM_RAW:
		return bytes_equal(name, BYTES(t->raw, t->raw_len));
	}
	return false;
}

struct part {
	const struct term *t;
	const struct query *q;
	bool found;
};

static void try_part(enum rdata_part kind, struct bytes v, void *arg)
{
	struct part *p = arg;
	struct name n;
	if (kind == RDATA_NAME) {
		if (p->t->kind != TERM_ADDR && name_of_wire(v, &n) == 0)
			p->found |= name_wanted(p->t, p->q, name_bytes(&n));
	} else if (p->t->kind == TERM_ADDR) {
		struct addr a = addr_of(v.at, (uint8_t)v.len);
		p->found |= addr_range_has(&p->t->range, &a);
	}
}

static bool rdata_wanted(const struct term *t, const struct query *q, uint16_t type,
			 struct bytes rdata)
{
	if (t->kind == TERM_RAW)
		return bytes_equal(rdata, BYTES(t->raw, t->raw_len));
	if (t->kind == TERM_REGEX || t->kind == TERM_GLOB) {
		struct buf b;
		buf_init(&b, 4096);
		rdata_put(&b, type, rdata);
		if (b.len > 1 && b.at[b.len - 1] == '.')
			b.len--;
		bool yes = t->kind == TERM_GLOB
			       ? fnmatch(pattern_text, buf_str(&b), FNM_CASEFOLD) == 0
			       : regexec(&regex, buf_str(&b), 0, NULL, 0) == 0;
		buf_release(&b);
		return yes;
	}
	struct part p = {t, q, false};
	rdata_parts(type, rdata, try_part, &p);
	return p.found;
}

static bool owner_asked(const struct query *q, struct bytes owner)
{
	for (size_t i = 0; i < q->term_count; i++)
		if (query_side(q, &q->terms[i]) != SIDE_RDATA &&
		    name_wanted(&q->terms[i], q, owner))
			return true;
	return q->term_count == 0;
}

static bool rdata_asked(const struct query *q, uint16_t type, struct bytes rdata)
{
	for (size_t i = 0; i < q->term_count; i++)
		if (query_side(q, &q->terms[i]) != SIDE_RRNAME &&
		    rdata_wanted(&q->terms[i], q, type, rdata))
			return true;
	return false;
}

static bool in_bailiwick(const struct query *q, const struct row *r)
{
	if (q->bailiwick.len == 0)
		return true;
	return r->bailiwick != BAILIWICK_ABSENT &&
	       bytes_equal(name_suffix(name_bytes(&r->owner), r->bailiwick),
			   name_bytes(&q->bailiwick));
}

/* One answer of the reference: sightings and intervals apart, all rows and the cut. */
struct sum {
	struct span seen[2], stated[2];
	bool has_seen[2], has_stated[2], saw, agreed;
	uint8_t bailiwick;
	unsigned rows;
};

static void add_span(struct span *into, bool *have, const struct span *s)
{
	if (*have)
		span_merge(into, s);
	else
		*into = *s;
	*have = true;
}

static void sum_add(struct sum *sum, const struct query *q, const struct row *r)
{
	int64_t month_from = r->month ? when_month_start(r->month) : r->span.first_s;
	int64_t month_to = r->month ? when_month_start(r->month + 1) - 1 : r->span.last_s;
	bool cut = (q->fence.from_s == WHEN_UNKNOWN || month_to >= q->fence.from_s) &&
		   (q->fence.to_s == WHEN_UNKNOWN || month_from <= q->fence.to_s);
	for (int i = 0; i < (cut ? 2 : 1); i++) {
		if (r->month)
			add_span(&sum->seen[i], &sum->has_seen[i], &r->span);
		else
			add_span(&sum->stated[i], &sum->has_stated[i], &r->span);
	}
	sum->saw |= fence_saw(&q->fence, r->month, &r->span);
	sum->agreed = sum->rows == 0 || (sum->agreed && sum->bailiwick == r->bailiwick);
	sum->bailiwick = r->bailiwick;
	sum->rows++;
}

static struct span sum_span(const struct sum *s, int cut)
{
	struct span a = s->seen[cut], b = s->stated[cut];
	if (!s->has_stated[cut])
		return a;
	if (!s->has_seen[cut])
		return b;
	a.count = b.count > a.count ? b.count : a.count;
	a.first_s = b.first_s < a.first_s ? b.first_s : a.first_s;
	a.last_s = b.last_s > a.last_s ? b.last_s : a.last_s;
	a.ttl_min = b.ttl_min < a.ttl_min ? b.ttl_min : a.ttl_min;
	a.ttl_max = b.ttl_max > a.ttl_max ? b.ttl_max : a.ttl_max;
	return a;
}

/* As query.h and DNSDB have it, in a way of its own. */
static bool times_pass(const struct query *q, int64_t first, int64_t last, bool saw)
{
	int64_t from = q->fence.from_s == WHEN_UNKNOWN ? INT64_MIN : q->fence.from_s;
	int64_t to = q->fence.to_s == WHEN_UNKNOWN ? INT64_MAX : q->fence.to_s;
	if (q->fence.strict ? first < from || last > to : last < from || first > to)
		return false;
	const struct bounds *b = &q->bounds;
	if ((b->first_before_s != WHEN_UNKNOWN && first > b->first_before_s) ||
	    (b->first_after_s != WHEN_UNKNOWN && first < b->first_after_s) ||
	    (b->last_before_s != WHEN_UNKNOWN && last > b->last_before_s) ||
	    (b->last_after_s != WHEN_UNKNOWN && last < b->last_after_s))
		return false;
	return !q->fence.seen || saw;
}

static void sum_line(const struct sum *s, const struct query *q, struct rrset set)
{
	struct span whole = sum_span(s, 0), shown = sum_span(s, q->by_month);
	if (s->rows == 0 || !times_pass(q, whole.first_s, whole.last_s, s->saw))
		return;
	if (q->by_month && !s->has_seen[1] && !s->has_stated[1])
		return;
	put_line(1, &set, &shown, 0);
}

static bool row_open(const struct query *q, const struct row *r)
{
	return query_wants_type(q, r->type) && query_wants_source(q, r->source) &&
	       in_bailiwick(q, r);
}

static bool same_owner_type(const struct row *a, const struct row *b)
{
	return a->type == b->type && a->source == b->source &&
	       bytes_equal(name_bytes(&a->owner), name_bytes(&b->owner));
}

static bool has_rdata(const struct row *r, struct bytes rdata)
{
	struct reader in = reader_of(BYTES(r->packed, r->packed_len));
	struct bytes one;
	while (rdataset_next(&in, &one))
		if (bytes_equal(one, rdata))
			return true;
	return false;
}

static bool any_asked(const struct query *q, const struct row *r)
{
	struct reader in = reader_of(BYTES(r->packed, r->packed_len));
	struct bytes one;
	while (rdataset_next(&in, &one))
		if (rdata_asked(q, r->type, one))
			return true;
	return false;
}

static void refer_sets(const struct query *q, unsigned i)
{
	struct sum sum = {0};
	for (unsigned j = 0; j < i; j++)
		if (same_set(&rows[i], &rows[j]))
			return;
	for (unsigned j = i; j < row_count; j++)
		if (same_set(&rows[i], &rows[j]))
			sum_add(&sum, q, &rows[j]);
	sum_line(&sum, q, set_of(&rows[i]));
}

static void pack_one(struct bytes rdata, uint8_t *out, struct rrset *set)
{
	store_u16be(out, (uint16_t)rdata.len);
	memcpy(out + 2, rdata.at, rdata.len);
	set->rdata = BYTES(out, rdata.len + 2);
}

/* Single records that begin at row i: only those that no earlier row has. */
static void refer_singles(const struct query *q, unsigned i, bool by_owner)
{
	struct reader in = reader_of(BYTES(rows[i].packed, rows[i].packed_len));
	struct bytes one;
	uint8_t room[1024];
	while (rdataset_next(&in, &one)) {
		struct sum sum = {0};
		bool earlier = false;
		if (!by_owner && !rdata_asked(q, rows[i].type, one))
			continue;
		for (unsigned j = 0; j < row_count; j++) {
			if (!row_open(q, &rows[j]) ||
			    !same_owner_type(&rows[i], &rows[j]) ||
			    !has_rdata(&rows[j], one))
				continue;
			earlier |= j < i;
			sum_add(&sum, q, &rows[j]);
		}
		if (earlier)
			continue;
		struct rrset set = set_of(&rows[i]);
		pack_one(one, room, &set);
		set.bailiwick = (by_owner || q->bailiwick.len) && sum.agreed
				    ? sum.bailiwick
				    : BAILIWICK_ABSENT;
		sum_line(&sum, q, set);
	}
}

/* Rows of single records as table D has them: the rows of all their sets, by month. */
static void refer_single_months(const struct query *q, unsigned i)
{
	struct reader in = reader_of(BYTES(rows[i].packed, rows[i].packed_len));
	struct bytes one;
	uint8_t room[1024];
	while (rdataset_next(&in, &one)) {
		struct span sum = {0};
		bool have = false, earlier = false;
		if (!rdata_asked(q, rows[i].type, one))
			continue;
		for (unsigned j = 0; j < row_count; j++) {
			if (!same_owner_type(&rows[i], &rows[j]) ||
			    rows[j].month != rows[i].month || !has_rdata(&rows[j], one) ||
			    (rows[i].month == 0 &&
			     rows[j].span.first_s != rows[i].span.first_s))
				continue;
			earlier |= j < i;
			add_span(&sum, &have, &rows[j].span);
		}
		struct rrset set = set_of(&rows[i]);
		pack_one(one, room, &set);
		set.bailiwick = BAILIWICK_ABSENT;
		if (!earlier && times_pass(q, sum.first_s, sum.last_s,
					   fence_saw(&q->fence, rows[i].month, &sum)))
			put_line(1, &set, &sum, rows[i].month);
	}
}

static void refer_month(const struct query *q, unsigned i)
{
	const struct row *r = &rows[i];
	struct rrset set = set_of(r);
	if (times_pass(q, r->span.first_s, r->span.last_s,
		       fence_saw(&q->fence, r->month, &r->span)))
		put_line(1, &set, &r->span, r->month);
}

static void refer(const struct query *q)
{
	for (unsigned i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		if (!row_open(q, r))
			continue;
		bool by_owner = owner_asked(q, name_bytes(&r->owner));
		bool by_rdata = !by_owner && any_asked(q, r);
		if (!by_owner && !by_rdata)
			continue;
		if (q->view == VIEW_RRSET || (q->view == VIEW_DEFAULT && by_owner))
			refer_sets(q, i);
		else if (q->view == VIEW_MONTH && (by_owner || q->bailiwick.len))
			refer_month(q, i);
		else if (q->view == VIEW_MONTH)
			refer_single_months(q, i);
		else
			refer_singles(q, i, by_owner);
	}
}

/* --- the engine --- */

static int ask(struct store *s, const struct query *q, struct answer_counters *c)
{
	struct answer *a;
	struct fault f = {0};
	struct result r;
	int e = answer_open(s, q, &f, &a);
	if (e < 0) {
		printf("# %s\n", f.text);
		return e;
	}
	while ((e = answer_next(a, &r)) == 1)
		put_line(0, &r.set, &r.span, r.month);
	*c = *answer_counters(a);
	if (e == 0 && !answer_is_whole(a) && !c->sort_given_up)
		e = YORE_ETRUNCATED;
	answer_close(a);
	return e;
}

static char shown[8192];

static void show(const struct query *q)
{
	struct buf b;
	buf_init(&b, sizeof(shown));
	for (size_t i = 0; i < q->term_count; i++) {
		term_put(&b, &q->terms[i]);
		buf_puts(&b, "; ");
	}
	buf_printf(
	    &b, "side %d view %d sub %d types %d bailiwick %d sources %d by-month %d, ",
	    q->side, q->view, q->subdomains, q->types, q->bailiwick.len,
	    (int)q->source_count, q->by_month);
	fence_put(&b, &q->fence);
	snprintf(shown, sizeof(shown), "%s", buf_str(&b));
	buf_release(&b);
}

static bool compare(struct store *s, const struct query *q)
{
	struct answer_counters c;
	line_count[0] = line_count[1] = 0;
	int e = ask(s, q, &c);
	refer(q);
	for (int i = 0; i < 2; i++)
		qsort(lines[i], line_count[i], sizeof(lines[i][0]), by_text);
	bool same = e == 0 && line_count[0] == line_count[1];
	unsigned i = 0;
	while (i < line_count[0] && i < line_count[1] &&
	       strcmp(lines[0][i], lines[1][i]) == 0)
		i++;
	same = same && i == line_count[0];
	if (!same) {
		show(q);
		printf("# asked: %s\n# error %d; %u results, want %u\n# got  %s\n# want "
		       "%s\n",
		       shown, e, line_count[0], line_count[1],
		       i < line_count[0] ? lines[0][i] : "-",
		       i < line_count[1] ? lines[1][i] : "-");
	}
	return same;
}

/* --- questions --- */

static void any_term_text(char out[300])
{
	char name[64];
	any_name(name);
	switch (below(10)) {
	case 0:
		snprintf(out, 300, "*.zone%u.example", below(5));
		break;
	case 1:
		snprintf(out, 300, "host%u.*", below(7));
		break;
	case 2:
		snprintf(out, 300, "192.0.2.%u", below(10));
		break;
	case 3:
		snprintf(out, 300, "192.0.2.%u/%u", below(10), 28 + below(5));
		break;
	case 4:
		snprintf(out, 300, "2001:db8::%u-2001:db8::%u", below(3), 2 + below(4));
		break;
	case 5:
		snprintf(out, 300, "raw:c00002%02x", below(9));
		break;
	case 6:
		snprintf(out, 300, "*.example");
		break;
	default:
		snprintf(out, 300, "%s", name);
	}
}

static const char *const regexes[] = {"^host1",
				      "zone[12]\\.example$",
				      "192\\.0\\.2\\.[3-5]$",
				      "t2\\.zone",
				      "text 3",
				      "^none$",
				      "2|3"};
static const char *const globs[] = {"host?.zone1*", "*2.example", "*zone3*",
				    "host[1-3].*", "*text*"};

static void random_fence(struct query *q)
{
	if (below(2)) {
		int64_t from = START + below(130 * 86400);
		if (below(3))
			q->fence.from_s = from;
		if (below(3))
			q->fence.to_s = from + below(60 * 86400);
		if (below(4) == 0 && q->fence.from_s != WHEN_UNKNOWN)
			q->fence.from_s = when_month_start(when_month(q->fence.from_s));
		if (below(4) == 0 && q->fence.to_s != WHEN_UNKNOWN)
			q->fence.to_s =
			    when_month_start(when_month(q->fence.to_s) + 1) - 1;
		q->fence.strict = below(3) == 0;
		q->fence.seen = below(3) == 0;
		q->by_month = below(3) == 0;
	}
	if (below(5) == 0) {
		int64_t *all[] = {&q->bounds.first_before_s, &q->bounds.first_after_s,
				  &q->bounds.last_before_s, &q->bounds.last_after_s};
		for (unsigned n = 1 + below(2); n > 0; n--)
			*all[below(4)] = START + below(130 * 86400);
	}
}

static void random_filters(struct query *q, uint16_t types[3])
{
	if (below(3) == 0) {
		q->types = (enum types)below(4);
		q->type = types;
		q->type_count = 1 + below(3);
		for (size_t i = 0; i < q->type_count; i++)
			types[i] = below(2) ? TYPE_A : below(2) ? TYPE_CNAME : TYPE_SOA;
	}
	if (below(4) == 0) {
		q->sources = sources;
		q->source_count = 1 + below(2);
	}
	if (below(6) == 0) {
		q->without_sources = sources + 1;
		q->without_source_count = 1;
	}
	if (below(5) == 0) {
		char text[64];
		snprintf(text, sizeof(text), below(2) ? "zone%u.example." : "example.",
			 below(4));
		if (name_of_text(text, &q->bailiwick) < 0)
			printf("# no bailiwick\n");
	}
}

static unsigned random_terms(struct query *q, struct term terms[4])
{
	unsigned n = below(8) ? 1 : below(4);
	for (unsigned i = 0; i < n; i++) {
		char text[300];
		struct fault f = {0};
		any_term_text(text);
		if (strncmp(text, "raw:", 4) == 0 && q->side != SIDE_RDATA &&
		    q->side != SIDE_DEFAULT)
			snprintf(text, sizeof(text), "raw:076578616d706c6500");
		if (term_parse(text, &f, &terms[i]) < 0)
			printf("# %s\n", f.text);
	}
	q->terms = terms;
	q->term_count = n;
	return n;
}

static void test_random(struct store *s, unsigned rounds)
{
	unsigned bad = 0, some = 0, many = 0;
	for (unsigned i = 0; i < rounds && bad < 5; i++) {
		struct query q = QUERY_ALL;
		struct term terms[4] = {0};
		uint16_t types[3];
		q.side = (enum side)below(4);
		q.view = (enum view)below(4);
		q.subdomains = below(4) == 0;
		unsigned n = random_terms(&q, terms);
		random_filters(&q, types);
		random_fence(&q);
		bad += !compare(s, &q);
		some += line_count[1] > 0;
		many += line_count[1] > 50;
		for (unsigned k = 0; k < n; k++)
			term_release(&terms[k]);
	}
	is_int(bad, 0, "random questions are answered as the reference answers them");
	ok(some > rounds / 3 && many > rounds / 50, "%u had an answer, %u a long one",
	   some, many);
}

/* One page more; *more: there is another one, behind *cursor. */
static int ask_page(struct store *s, const struct query *q, struct buf *cursor,
		    bool *more)
{
	struct answer *a;
	struct fault f = {0};
	struct result r;
	int e = answer_open(s, q, &f, &a);
	if (e < 0) {
		printf("# %s\n", f.text);
		return e;
	}
	while ((e = answer_next(a, &r)) == 1)
		put_line(0, &r.set, &r.span, r.month);
	*more = answer_counters(a)->limited;
	if (e == 0 && *more)
		e = answer_cursor(a, cursor);
	answer_close(a);
	return e;
}

/* The answer in pages of so many rows, each by a question of its own: line for line. */
static bool pages_are_the_answer(struct store *s, struct query q, unsigned size)
{
	struct answer_counters c;
	struct buf cursor, next;
	buf_init(&cursor, 1u << 20);
	buf_init(&next, 1u << 20);
	line_count[0] = 0;
	int e = ask(s, &q, &c);
	unsigned whole = line_count[0], pages = 0;
	memcpy(lines[1], lines[0], sizeof(lines[0][0]) * whole);
	line_count[0] = 0;
	q.limit = size;
	bool more = true;
	while (e == 0 && more && pages++ <= whole / size + 1) {
		q.after = buf_str(&cursor);
		e = ask_page(s, &q, &next, &more);
		struct buf t = cursor;
		cursor = next;
		next = t;
		buf_clear(&next);
	}
	bool same = e == 0 && !more && line_count[0] == whole;
	for (unsigned i = 0; i < whole && same; i++)
		same = strcmp(lines[0][i], lines[1][i]) == 0;
	if (!same) {
		show(&q);
		printf("# asked: %s\n# error %d; %u rows in %u pages of %u, want %u\n",
		       shown, e, line_count[0], pages, size, whole);
	}
	buf_release(&cursor);
	buf_release(&next);
	return same;
}

static void test_pages(struct store *s, unsigned rounds)
{
	unsigned bad = 0, long_ones = 0;
	for (unsigned i = 0; i < rounds && bad < 5; i++) {
		struct query q = QUERY_ALL;
		struct term terms[4] = {0};
		uint16_t types[3];
		q.side = (enum side)below(4);
		q.view = (enum view)below(4);
		q.subdomains = below(4) == 0;
		q.threads = 1 + below(2);
		unsigned n = random_terms(&q, terms);
		random_filters(&q, types);
		random_fence(&q);
		bad += !pages_are_the_answer(s, q, 1 + below(9));
		long_ones += line_count[0] > 30;
		for (unsigned k = 0; k < n; k++)
			term_release(&terms[k]);
	}
	is_int(bad, 0, "pages by cursor are the answer, row for row");
	ok(long_ones > rounds / 30, "%u of many pages", long_ones);
}

static void test_cursors(struct store *s)
{
	struct query q = QUERY_ALL;
	struct buf cursor;
	struct answer *a;
	struct result r;
	struct fault f = {0};
	buf_init(&cursor, 1u << 20);
	is_int(answer_open(s, &q, &f, &a), 0, "everything");
	is_int(answer_cursor(a, &cursor), YORE_EUSAGE, "no cursor before the first row");
	is_int(answer_next(a, &r), 1, "a row");
	is_int(answer_cursor(a, &cursor), 0, "a cursor");
	answer_close(a);
	static const char *const wrong[] = {"0", "zz", "00", "0100000000", "12345"};
	for (size_t i = 0; i < 5; i++) {
		q.after = wrong[i];
		is_int(answer_open(s, &q, &f, &a), YORE_EUSAGE, f.text);
	}
	q.after = buf_str(&cursor);
	q.view = VIEW_MONTH;
	is_int(answer_open(s, &q, &f, &a), YORE_EUSAGE, f.text);
	q.view = VIEW_DEFAULT;
	q.follow = true;
	is_int(answer_open(s, &q, &f, &a), YORE_EUSAGE, f.text);
	q.follow = false;
	q.sort[0].key = SORT_LAST;
	is_int(answer_open(s, &q, &f, &a), YORE_EUSAGE, f.text);
	buf_release(&cursor);
}

static void test_patterns(struct store *s)
{
	unsigned bad = 0;
	for (unsigned i = 0; i < 400; i++) {
		struct query q = QUERY_ALL;
		struct term t = {0};
		struct fault f = {0};
		uint16_t types[3];
		bool glob = below(2);
		pattern_text = glob ? globs[below(5)] : regexes[below(7)];
		if (!glob &&
		    regcomp(&regex, pattern_text, REG_EXTENDED | REG_ICASE | REG_NOSUB))
			printf("# no regex\n");
		if (term_of_pattern(glob ? PATTERN_GLOB : PATTERN_REGEX, pattern_text,
				    false, &f, &t) < 0)
			printf("# %s\n", f.text);
		q.terms = &t;
		q.term_count = 1;
		q.side = (enum side)(1 + below(3));
		q.view = (enum view)below(4);
		random_filters(&q, types);
		random_fence(&q);
		bad += !compare(s, &q);
		term_release(&t);
		if (!glob)
			regfree(&regex);
	}
	is_int(bad, 0, "patterns find what the C library's find");
}

/* --- sorting, limits, paging --- */

static int64_t sort_value(const struct result *r, enum sort_key key)
{
	switch (key) {
	case SORT_FIRST:
		return r->span.first_s;
	case SORT_LAST:
		return r->span.last_s;
	case SORT_COUNT:
		return (int64_t)r->span.count;
	case SORT_DURATION:
		return r->span.last_s - r->span.first_s;
	case SORT_ADDRESS:
		return r->set.type != TYPE_A && r->set.type != TYPE_AAAA;
	default:
		return 0;
	}
}

static void test_sorts(struct store *s)
{
	static const enum sort_key keys[] = {SORT_FIRST, SORT_LAST, SORT_COUNT,
					     SORT_DURATION, SORT_ADDRESS};
	int disordered = 0, differ = 0, lost = 0;
	for (unsigned i = 0; i < 300; i++) {
		struct query q = QUERY_ALL;
		struct term t = {0};
		struct fault f = {0};
		struct answer *a;
		struct result r;
		if (term_parse(below(2) ? "*.example" : "*.zone1.example", &f, &t) < 0)
			printf("# %s\n", f.text);
		q.terms = &t;
		q.term_count = 1;
		q.view = (enum view)below(4);
		for (int k = 0; k < 2; k++)
			q.sort[k] = (struct sort){keys[below(5)], below(2)};
		if (answer_open(s, &q, &f, &a) < 0)
			printf("# %s\n", f.text);
		int64_t last[2] = {0};
		line_count[0] = line_count[1] = 0;
		while (answer_next(a, &r) == 1) {
			int64_t now[2];
			for (int k = 0; k < 2; k++)
				now[k] = sort_value(&r, q.sort[k].key) *
					 (q.sort[k].descending ? -1 : 1);
			if (line_count[1] > 0)
				disordered += now[0] < last[0] ||
					      (now[0] == last[0] && now[1] < last[1]);
			memcpy(last, now, sizeof(last));
			put_line(1, &r.set, &r.span, r.month);
		}
		lost += !answer_is_whole(a);
		answer_close(a);

		/* a page is a piece of the whole */
		struct answer_counters c;
		unsigned all = line_count[1];
		q.offset = below(all + 2);
		q.limit = 1 + below(all + 2);
		ask(s, &q, &c);
		unsigned want = q.offset >= all		   ? 0
				: all - q.offset < q.limit ? all - (unsigned)q.offset
							   : (unsigned)q.limit;
		bool same =
		    line_count[0] == want && c.limited == (q.offset + q.limit < all);
		for (unsigned k = 0; k < want && same; k++)
			same = strcmp(lines[0][k], lines[1][q.offset + k]) == 0;
		if (!same)
			printf("# offset %llu limit %llu of %u: %u, limited %d\n",
			       (unsigned long long)q.offset, (unsigned long long)q.limit,
			       all, line_count[0], c.limited);
		differ += !same;
		term_release(&t);
	}
	is_int(disordered, 0, "sorted as asked");
	is_int(lost, 0, "whole");
	is_int(differ, 0, "pages are pieces of the whole, and say if there is more");
}

/* Without room for sorting everything still comes, and it is said. */
static void test_memory(struct store *s)
{
	struct query q = QUERY_ALL;
	struct answer_counters c;
	q.sort[0] = (struct sort){SORT_COUNT, true};
	q.memory = 20000;
	q.view = VIEW_RRSET;
	line_count[0] = line_count[1] = 0;
	is_int(ask(s, &q, &c), 0, "a sort without room");
	ok(c.sort_given_up, "is given up");
	refer(&q);
	for (int i = 0; i < 2; i++)
		qsort(lines[i], line_count[i], sizeof(lines[i][0]), by_text);
	bool same = line_count[0] == line_count[1];
	for (unsigned i = 0; same && i < line_count[0]; i++)
		same = strcmp(lines[0][i], lines[1][i]) == 0;
	ok(same, "and everything comes: %u", line_count[0]);
}

/* Answers that share a budget: each takes less than what is left, and gives it back. */
static void test_budget(struct store *s)
{
	struct budget b = {.most = 8u << 20};
	struct query q = QUERY_ALL;
	struct answer *a[8];
	struct result row;
	struct fault f = {0};
	int given_up = 0, bad = 0;
	q.sort[0] = (struct sort){SORT_COUNT, true};
	q.budget = &b;
	for (int i = 0; i < 8; i++) {
		bad += answer_open(s, &q, &f, &a[i]) < 0 || answer_next(a[i], &row) != 1;
		given_up += answer_counters(a[i])->sort_given_up;
	}
	size_t held = atomic_load(&b.taken);
	is_int(bad, 0, "eight sorts within one budget");
	ok(given_up < 8 && held > 1000 && held <= b.most, "%d given up, %zu octets held",
	   given_up, held);
	b.most = held + (100u << 10);
	answer_close(a[0]);
	bad = answer_open(s, &q, &f, &a[0]) < 0 || answer_next(a[0], &row) != 1;
	ok(bad == 0 && answer_counters(a[0])->sort_given_up,
	   "one that does not fit into a quarter of what is left is given up");
	ok(atomic_load(&b.taken) < held, "and holds nothing for that: %zu",
	   (size_t)atomic_load(&b.taken));
	for (int i = 0; i < 8; i++)
		answer_close(a[i]);
	is_int(atomic_load(&b.taken), 0, "all is given back");
	ok(atomic_load(&b.given_back) >= held, "and counted");
}

static void test_refused(struct store *s)
{
	struct query q = QUERY_ALL;
	struct term t = {0};
	struct fault f = {0};
	struct answer *a;
	if (term_parse("raw:ff", &f, &t) < 0)
		printf("# %s\n", f.text);
	q.terms = &t;
	q.term_count = 1;
	q.side = SIDE_RRNAME;
	ok(answer_open(s, &q, &f, &a) == YORE_EUSAGE, "octets that are no name: %s",
	   f.text);
	term_release(&t);
	q = QUERY_ALL;
	q.fence.from_s = 2;
	q.fence.to_s = 1;
	ok(answer_open(s, &q, &f, &a) == YORE_EUSAGE, "a fence turned round: %s", f.text);
	answer_close(NULL);
	is_int(query_count_unbelieved(s, &QUERY_ALL, 10, &f), 0,
	       "nothing was not believed");
}

int main(void)
{
	sources[0] = SOURCE_ABOVE;
	sources[1] = SOURCE_BELOW;
	sources[2] = SOURCE_AUTH;
	if (source_of_name("circl", &sources[3]) < 0)
		return 1;
	struct store *s = make_world(1200);
	if (s == NULL)
		return 1;
	const char *more = getenv("YORE_LONG");
	test_random(s, more && *more ? 20000 : 2500);
	test_pages(s, more && *more ? 8000 : 1000);
	test_cursors(s);
	test_patterns(s);
	test_sorts(s);
	test_memory(s);
	test_budget(s);
	test_refused(s);
	store_close(s);
	return tap_done();
}
