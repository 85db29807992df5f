#include "format/fields.h"
#include "dns/name.h"
#include "dns/type.h"
#include "format/put.h"

const char *const field_names[FIELDS] = {
#define X(name, number) #name,
    FIELD_LIST(X)
#undef X
};

bool field_is_number(enum field f)
{
	static const bool numbers[FIELDS] = {
#define X(name, number) number,
	    FIELD_LIST(X)
#undef X
	};
	return numbers[f];
}

void fields_init(struct fields *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->text, 1 << 16);
}

void fields_release(struct fields *f)
{
	buf_release(&f->text);
}

/* Where each text begins, plus one; the buffer may still move. */
struct filling {
	struct fields *fields;
	size_t begin[FIELDS];
};

static struct buf *start(struct filling *g, enum field f)
{
	g->begin[f] = g->fields->text.len + 1;
	return &g->fields->text;
}

static void put_end(struct filling *g)
{
	buf_putc(&g->fields->text, '\0');
}

static void put_time(struct filling *g, enum field f, int64_t s, enum times times)
{
	char text[WHEN_TEXT_MAX];
	if (s == WHEN_UNKNOWN)
		return;
	struct buf *out = start(g, f);
	if (times == TIMES_EPOCH)
		buf_i64(out, s);
	else
		buf_put(out, text,
			times == TIMES_PLAIN ? when_text_plain(s, text)
					     : when_text(s, text));
	put_end(g);
}

static void put_number(struct filling *g, enum field f, uint64_t v)
{
	buf_u64(start(g, f), v);
	put_end(g);
}

static void put_text(struct filling *g, enum field f, const char *s)
{
	buf_puts(start(g, f), s);
	put_end(g);
}

static void put_name(struct filling *g, enum field f, struct bytes wire)
{
	name_put_chomped(start(g, f), wire);
	put_end(g);
}

static void put_month(struct filling *g, const struct result *r)
{
	char month[MONTH_TEXT_MAX];
	if (r->month == 0)
		return;
	month_text(r->month, month);
	put_text(g, FIELD_month, month);
	struct buf *out = start(g, FIELD_days);
	const char *between = "";
	for (unsigned d = 0; d < 31; d++)
		if (r->span.days >> d & 1) {
			buf_printf(out, "%s%u", between, d + 1);
			between = " ";
		}
	put_end(g);
}

int fields_fill(struct fields *f, const struct result *r, enum times times)
{
	struct filling g = {.fields = f};
	const struct span *s = &r->span;
	char type[TYPE_TEXT_MAX];
	struct bytes zone;
	bool z = r->zone_times;
	buf_clear(&f->text);
	put_time(&g, z ? FIELD_zone_first : FIELD_time_first, s->first_s, times);
	put_time(&g, z ? FIELD_zone_last : FIELD_time_last, s->last_s, times);
	if (s->count)
		put_number(&g, FIELD_count, s->count);
	if (bailiwick_zone(&r->set, &zone))
		put_name(&g, FIELD_bailiwick, zone);
	put_name(&g, FIELD_rrname, r->set.owner);
	type_text(r->set.type, type);
	put_text(&g, FIELD_rrtype, type);
	put_text(&g, FIELD_source, source_name(r->set.source));
	put_number(&g, FIELD_hop, r->hop);
	if (r->hop)
		put_name(&g, FIELD_via, r->via);
	if (s->ttl_min <= s->ttl_max) {
		put_number(&g, FIELD_ttl_min, s->ttl_min);
		put_number(&g, FIELD_ttl_max, s->ttl_max);
	}
	put_month(&g, r);
	for (unsigned i = 0; i < FIELDS; i++)
		f->at[i] = g.begin[i] ? (const char *)f->text.at + g.begin[i] - 1 : NULL;
	return f->text.err;
}
