/* What providers said, as the rows that pdnstool prints. */
#include <stdio.h>

#include "cmd/pdnstool_own.h"
#include "dns/rdata.h"
#include "dns/type.h"

static const char *label(const struct account *a, uint16_t source, char room[64])
{
	static const struct {
		const char *name, *label;
	} rows[] = {{"osc", "OSC"}, {"cn360", "360.cn"}, {"riskiq", "RiskIQ"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, a->name) == 0)
			return rows[i].label;
	const char *dot = strchr(source_name(source), '.');
	if (strcmp(a->name, "passivetotal") != 0 || dot == NULL)
		return a->provider->title;
	snprintf(room, 64, "%s/%.40s", a->provider->title, dot + 1);
	return room;
}

static const char *colour(enum tlp t)
{
	static const char *const words[] = {"white", "green", "yellow", "yellow", "red"};
	return words[t];
}

/* The final dots of names go, as the original prints them. */
static void put_answer(struct buf *out, uint16_t type, struct bytes rdata)
{
	size_t from = out->len, to;
	rdata_put(out, type, rdata);
	to = from;
	for (size_t i = from; i < out->len; i++) {
		bool end = i + 1 == out->len || out->at[i + 1] == ' ';
		if (out->at[i] == '.' && end && i > from && out->at[i - 1] != ' ' &&
		    out->at[i - 1] != '\\')
			continue;
		out->at[to++] = out->at[i];
	}
	out->len = to;
}

static bool is_shown(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA || type == TYPE_NS ||
	       type == TYPE_CNAME || type == TYPE_PTR || type == TYPE_SOA;
}

static double elapsed_of(const struct tool *t, size_t account, uint32_t about)
{
	size_t i = (size_t)about * t->outside.ask.with_count + account;
	if (i >= asking_count(t->outside.asking))
		return -1;
	return (double)asking_at(t->outside.asking, i)->elapsed_us / 1e6;
}

/* CIRCL and DNSDB say no TTL; the original prints 0 for them. */
static int64_t ttl_of(const struct account *a, const struct span *s)
{
	if (s->ttl_min <= s->ttl_max)
		return s->ttl_max;
	bool zero = strcmp(a->name, "circl") == 0 || strcmp(a->name, "dnsdb") == 0 ||
		    strcmp(a->name, "riskiq") == 0;
	return zero ? 0 : -1;
}

static int add_row(struct tool *t, size_t account, const struct finding *f,
		   struct bytes rdata, struct pdns_rows *to)
{
	const struct account *a = t->outside.chosen[account];
	const struct rrset *set = &f->record.set;
	struct buf query, answer;
	char type[TYPE_TEXT_MAX], room[64];
	buf_init(&query, 2048);
	buf_init(&answer, 512 << 10);
	name_put_chomped(&query, set->owner);
	put_answer(&answer, set->type, rdata);
	type_text(set->type, type);
	struct pdns_row row = {.source = label(a, set->source, room),
			       .query = buf_str(&query),
			       .answer = buf_str(&answer),
			       .rrtype = type,
			       .security = colour(f->tlp),
			       .response_s = elapsed_of(t, account, f->question),
			       .ttl = ttl_of(a, &f->record.span),
			       .first_s = f->record.span.first_s,
			       .last_s = f->record.span.last_s,
			       .count = f->record.span.count
					    ? (int64_t)(f->record.span.count & INT64_MAX)
					    : -1};
	int r = pdns_rows_add(to, &row);
	buf_release(&query);
	buf_release(&answer);
	return r;
}

/* New findings of one account; --limit counts rows of each question. */
static int take_account(struct tool *t, size_t account, struct pdns_rows *to)
{
	const struct findings *all = asking_findings(t->outside.asking, account);
	uint64_t given = 0;
	uint32_t about = UINT32_MAX;
	for (size_t i = t->from[account]; i < all->count; i++) {
		const struct finding *f = &all->at[i];
		struct reader set = reader_of(f->record.set.rdata);
		struct bytes rdata;
		if (f->question != about)
			given = 0;
		about = f->question;
		while (rdataset_next(&set, &rdata)) {
			if (!is_shown(f->record.set.type)) {
				t->left_out++;
				continue;
			}
			if (t->o->limit && given == t->o->limit)
				continue;
			given++;
			int r = add_row(t, account, f, rdata, to);
			if (r < 0)
				return r;
		}
	}
	t->from[account] = all->count;
	return 0;
}

int tool_take(struct tool *t, struct pdns_rows *to)
{
	int r = 0;
	for (size_t i = 0; i < t->outside.ask.with_count && r == 0; i++)
		r = take_account(t, i, to);
	return r;
}
