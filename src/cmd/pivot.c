/* yore pivot: from a name to others, along named edges. */
#include <stdio.h>
#include <strings.h>

#include "cmd/ask.h"
#include "cmd/database.h"
#include "cmd/edge_list.h"
#include "cmd/select.h"
#include "dns/psl.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "query/alias.h"
#include "query/run.h"

struct pivot_call_options {
	struct database_options database;
	struct time_options time;
	const char *via;
	uint64_t limit;
	bool json;
};

#define AT(field) offsetof(struct pivot_call_options, field)

static const struct option_row rows[] = {
    {"via", 0, OPTION_TEXT, AT(via), "EDGES",
     "cname, ns-set, mx, txt, soa, sub, addr; several with commas (all)"},
    {"limit", 'l', OPTION_NUMBER, AT(limit), "N", "names along each edge (200)"},
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "one JSON object a line"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"When", time_rows, AT(time)},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

struct pivoting {
	struct invocation *in;
	struct store *store;
	struct fence fence;
	struct name name, domain;
	uint64_t limit;
	struct edge_list out;
	bool cut;
	struct fault fault;
};

typedef int (*result_fn)(struct pivoting *p, const struct result *r, void *arg);

static int each_result(struct pivoting *p, struct query *q, result_fn each, void *arg)
{
	struct answer *a;
	struct result r;
	q->fence = p->fence;
	q->term_count = 1;
	int e = answer_open(p->store, q, &p->fault, &a);
	if (e < 0)
		return e;
	while ((e = answer_next(a, &r)) == 1)
		if ((e = each(p, &r, arg)) < 0)
			break;
	p->cut |= answer_counters(a)->limited;
	answer_close(a);
	return e < 0 ? e : 0;
}

/* ---- one edge: everything that shares `through` ---- */

struct edge {
	const char *via;
	const char *through;
	uint16_t type;	       /* 0: any */
	struct bytes same_set; /* ns-set: the set must be this one, whole */
	struct bytes same;     /* the rdata must be this one, whole */
};

static int put_edge(struct pivoting *p, const struct result *r, void *arg)
{
	const struct edge *e = arg;
	char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
	struct buf name;
	if (bytes_equal(r->set.owner, name_bytes(&p->name)) ||
	    (e->type && r->set.type != e->type) ||
	    (e->same_set.len && !bytes_equal(r->set.rdata, e->same_set)))
		return 0;
	buf_init(&name, 4096);
	name_put_chomped(&name, r->set.owner);
	const char *cells[] = {e->via,
			       e->through,
			       buf_str(&name),
			       edge_time(&p->out, r->span.first_s, first),
			       edge_time(&p->out, r->span.last_s, last),
			       source_name(r->set.source)};
	edge_row(&p->out, cells);
	buf_release(&name);
	return 0;
}

static int follow_name(struct pivoting *p, struct bytes target, struct edge *e)
{
	struct term t;
	struct buf text;
	struct query q = QUERY_ALL;
	if (term_of_name(target, &t) < 0)
		return 0;
	buf_init(&text, 4096);
	name_put_chomped(&text, target);
	e->through = buf_str(&text);
	q.terms = &t;
	q.side = SIDE_RDATA;
	q.limit = p->limit;
	q.view = e->same_set.len ? VIEW_RRSET : VIEW_RR;
	q.types = e->type ? TYPES_LISTED : TYPES_ANY;
	q.type = &e->type;
	q.type_count = 1;
	int r = each_result(p, &q, put_edge, e);
	buf_release(&text);
	term_release(&t);
	return r;
}

/* ---- from the name's own records ---- */

static struct bytes first_rdata(const struct result *r)
{
	struct reader rd = reader_of(r->set.rdata);
	struct bytes one = {0};
	rdataset_next(&rd, &one);
	return one;
}

static int via_cname(struct pivoting *p, const struct result *r, void *arg)
{
	struct edge e = {.via = "cname", .type = r->set.type};
	struct name target;
	if (!alias_type(r->set.type) ||
	    !alias_target(r->set.type, first_rdata(r), &target))
		return 0;
	return follow_name(p, name_bytes(&target), &e);
}

static int via_ns_set(struct pivoting *p, const struct result *r, void *arg)
{
	struct edge e = {.via = "ns-set", .type = TYPE_NS, .same_set = r->set.rdata};
	struct bytes one = first_rdata(r);
	return one.len ? follow_name(p, one, &e) : 0;
}

static int via_mx(struct pivoting *p, const struct result *r, void *arg)
{
	struct edge e = {.via = "mx", .type = TYPE_MX};
	struct bytes one = first_rdata(r);
	struct name target;
	if (one.len < 4 || name_of_wire(BYTES(one.at + 2, one.len - 2), &target) < 0)
		return 0;
	return follow_name(p, name_bytes(&target), &e);
}

/* Who is responsible: the second name; the first one belongs to hosters by thousands. */
static int via_soa(struct pivoting *p, const struct result *r, void *arg)
{
	struct edge e = {.via = "soa", .type = TYPE_SOA};
	struct bytes one = first_rdata(r);
	size_t at = 0;
	struct name rname;
	if (name_decompress(one, &at, rname.wire) < 0)
		return 0;
	int n = name_decompress(one, &at, rname.wire);
	if (n <= 1)
		return 0;
	rname.len = (uint8_t)n;
	name_lower(rname.wire, rname.len);
	return follow_name(p, name_bytes(&rname), &e);
}

static int via_txt(struct pivoting *p, const struct result *r, void *arg)
{
	struct edge e = {.via = "txt", .type = TYPE_TXT};
	struct bytes one = first_rdata(r);
	struct term t = {
	    .kind = TERM_RAW, .raw = (uint8_t *)(uintptr_t)one.at, .raw_len = one.len};
	struct query q = QUERY_ALL;
	struct buf text;
	if (one.len < 12) /* "-all" and the like say nothing */
		return 0;
	buf_init(&text, 1 << 18);
	rdata_put(&text, TYPE_TXT, one);
	e.through = buf_str(&text);
	q.terms = &t;
	q.side = SIDE_RDATA;
	q.view = VIEW_RR;
	q.limit = p->limit;
	int err = each_result(p, &q, put_edge, &e);
	buf_release(&text);
	return err;
}

static int via_addr(struct pivoting *p, const struct result *r, void *arg)
{
	struct edge e = {.via = "addr"};
	struct bytes one = first_rdata(r);
	char text[ADDR_TEXT_MAX];
	if ((r->set.type != TYPE_A || one.len != 4) &&
	    (r->set.type != TYPE_AAAA || one.len != 16))
		return 0;
	struct addr a = addr_of(one.at, (uint8_t)one.len);
	struct term t = {.kind = TERM_ADDR, .range = {a, a}};
	struct query q = QUERY_ALL;
	addr_text(&a, text);
	e.through = text;
	q.terms = &t;
	q.side = SIDE_RDATA;
	q.view = VIEW_RR;
	q.limit = p->limit;
	return each_result(p, &q, put_edge, &e);
}

static int via_sub(struct pivoting *p, const struct result *r, void *arg)
{
	struct bytes *last = arg;
	struct edge e = {.via = "sub", .through = ""};
	struct buf zone;
	if (bytes_equal(r->set.owner, *last))
		return 0;
	static uint8_t kept[NAME_WIRE_MAX];
	memcpy(kept, r->set.owner.at, r->set.owner.len);
	*last = BYTES(kept, r->set.owner.len);
	buf_init(&zone, 4096);
	name_put_chomped(&zone, name_bytes(&p->domain));
	e.through = buf_str(&zone);
	int err = put_edge(p, r, &e);
	buf_release(&zone);
	return err;
}

/* ---- the edges ---- */

static const struct {
	const char *name;
	uint16_t type; /* of the own records it starts from; 0: any */
	bool domain;   /* those of the registered domain, not of the name */
	bool sets, zone;
	result_fn each;
} edges[] = {
    {"cname", 0, false, false, false, via_cname},
    {"ns-set", TYPE_NS, true, true, false, via_ns_set},
    {"mx", TYPE_MX, true, false, false, via_mx},
    {"txt", TYPE_TXT, true, false, false, via_txt},
    {"soa", TYPE_SOA, true, false, false, via_soa},
    {"sub", 0, true, false, true, via_sub},
    {"addr", 0, false, false, false, via_addr},
};

static bool is_wanted(const char *list, const char *name)
{
	size_t n = strlen(name);
	if (list == NULL)
		return true;
	for (const char *s = list; *s; s += strcspn(s, ","), s += *s == ',')
		if (strcspn(s, ",") == n && strncasecmp(s, name, n) == 0)
			return true;
	return false;
}

struct start { /* own records: each rdata once, whatever sources know it */
	result_fn each;
	void *arg;
	struct buf last;
};

static int from_own(struct pivoting *p, const struct result *r, void *arg)
{
	struct start *s = arg;
	bool known = bytes_equal(buf_bytes(&s->last), r->set.rdata);
	buf_clear(&s->last);
	buf_put_bytes(&s->last, r->set.rdata);
	return known ? 0 : s->each(p, r, s->arg);
}

static int walk(struct pivoting *p, size_t i)
{
	struct term t;
	struct query q = QUERY_ALL;
	uint16_t type = edges[i].type;
	struct bytes last = BYTES(NULL, 0);
	struct bytes from = name_bytes(edges[i].domain ? &p->domain : &p->name);
	if (from.len == 0 || term_of_name(from, &t) < 0)
		return 0;
	if (edges[i].zone)
		t.kind = TERM_ZONE;
	q.terms = &t;
	q.view = edges[i].sets ? VIEW_RRSET : VIEW_RR;
	q.types = type ? TYPES_LISTED : TYPES_ANY;
	q.type = &type;
	q.type_count = 1;
	q.limit = edges[i].zone ? p->limit * 20 : 0;
	struct start start = {edges[i].each, &last};
	buf_init(&start.last, 1 << 20);
	int r = edges[i].zone ? each_result(p, &q, edges[i].each, &last)
			      : each_result(p, &q, from_own, &start);
	buf_release(&start.last);
	term_release(&t);
	return r;
}

static int prepare(struct invocation *in, struct pivoting *p)
{
	const struct pivot_call_options *o = in->values;
	struct term t;
	if (term_parse(in->argument[0], &p->fault, &t) < 0)
		return command_misused(in, "%s", p->fault.text);
	bool good = t.kind == TERM_NAME;
	p->name = t.name;
	term_release(&t);
	if (!good)
		return command_misused(in, "pivot starts from a name");
	if (time_fence(&o->time, o->time.from, o->time.to, in->now_s, &p->fault,
		       &p->fence) < 0)
		return command_misused(in, "%s", p->fault.text);
	struct bytes d = psl_registered(name_bytes(&p->name));
	p->domain.len = (uint8_t)d.len;
	if (d.len)
		memcpy(p->domain.wire, d.at, d.len);
	for (const char *s = o->via ? o->via : ""; *s;
	     s += strcspn(s, ","), s += *s == ',') {
		size_t i = 0, n = strcspn(s, ",");
		while (i < sizeof(edges) / sizeof(edges[0]) &&
		       (strlen(edges[i].name) != n || strncasecmp(edges[i].name, s, n)))
			i++;
		if (i == sizeof(edges) / sizeof(edges[0]))
			return command_misused(in, "no edge is called '%.*s'", (int)n, s);
	}
	return STATUS_OK;
}

/* It leads nowhere: but was it erased? */
static bool is_absent(struct pivoting *p)
{
	struct query q = QUERY_ALL;
	struct term t;
	if (term_of_name(name_bytes(&p->name), &t) < 0)
		return false;
	q.terms = &t;
	q.term_count = 1;
	bool absent = ask_absent(p->in, p->store, &q, p->in->argument[0]);
	term_release(&t);
	return absent;
}

static int run(struct invocation *in)
{
	static const char *const names[] = {"via",  "through", "name", "first",
					    "last", "source",  NULL};
	static const unsigned widths[] = {6, 32, 36, 10, 10, 0};
	const struct pivot_call_options *o = in->values;
	struct pivoting p = {
	    .in = in,
	    .limit = o->limit ? o->limit : 200,
	    .out = {.in = in, .names = names, .widths = widths, .json = o->json}};
	int status = prepare(in, &p), r = 0;
	if (status == STATUS_OK)
		status = database_open(in, &o->database, NULL, &p.store);
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]) && status == STATUS_OK;
	     i++) {
		if (is_wanted(o->via, edges[i].name))
			r = walk(&p, i);
		if (r < 0)
			status = command_failed(in, &p.fault);
	}
	bool absent = status == STATUS_OK && p.out.rows == 0 && is_absent(&p);
	store_close(p.store);
	if (status != STATUS_OK || absent)
		return absent ? STATUS_UNWATCHED : status;
	if (p.cut)
		command_say(in, "cut short at the limit; --limit gives more");
	return p.cut ? STATUS_INCOMPLETE : p.out.rows ? STATUS_OK : STATUS_NONE;
}

const struct command command_pivot = {
    .name = "pivot",
    .about = "from a name to others, along named edges",
    .usage = "[OPTION...] NAME",
    .manual =
	"Edges: cname (who aliases to the same target), ns-set (domains with exactly the "
	"same set of name servers), mx (the same mail server), txt (the same text), soa "
	"(the same responsible person), sub (names of the same registered domain), addr "
	"(the same address).\n\n"
	"Only the history is gone through: one edge can be hundreds of questions, and "
	"providers count them and see where you look. Take in what they know first, as "
	"far as it may leave, with yore query NAME --with PROVIDER --recurse 1 --keep; "
	"what was kept is part of the history here.",
    .examples = "  yore pivot bad.example --via ns-set,soa\n"
		"      domains that one hand may have registered",
    .groups = groups,
    .values = sizeof(struct pivot_call_options),
    .least = 1,
    .most = 1,
    .run = run,
};
