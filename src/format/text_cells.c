/* Results as lines of cells. */
#include "dns/name.h"
#include "dns/rdata.h"
#include "format/put.h"
#include "format/text_own.h"

#include <stdio.h>

#define RDATA_SHOWN 1000 /* characters; a table is not where 64 KiB are read */

/* Characters as they stand on a screen: continuation octets of UTF-8 take no room. */
unsigned text_columns(const char *s)
{
	unsigned n = 0;
	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static char *cell(struct text *t)
{
	return arena_strdup(&t->arena, buf_str(&t->scratch));
}

static char *name_cell(struct writer *w, struct bytes name)
{
	struct text *t = w->state;
	buf_clear(&t->scratch);
	if (w->options.defang) {
		struct buf plain;
		buf_init(&plain, NAME_TEXT_MAX);
		name_put_chomped(&plain, name);
		put_defanged(&t->scratch, buf_bytes(&plain));
		buf_release(&plain);
	} else {
		name_put_chomped(&t->scratch, name);
	}
	if (w->options.unicode) {
		size_t before = t->scratch.len;
		buf_puts(&t->scratch, " [");
		if (put_unicode(&t->scratch, name))
			buf_putc(&t->scratch, ']');
		else if (t->scratch.err == 0)
			t->scratch.len = before;
	}
	return cell(t);
}

static char *rdata_cell(struct writer *w, uint16_t type, struct bytes rdata)
{
	struct text *t = w->state;
	struct name n;
	if (rdata_is_name(type) && name_of_wire(rdata, &n) == 0)
		return name_cell(w, rdata);
	buf_clear(&t->scratch);
	if (rdata.len == 0) /* a negative answer: there was nothing to say */
		buf_putc(&t->scratch, '-');
	else
		put_rdata(&t->scratch, type, rdata, true);
	if (t->scratch.err == 0 && t->scratch.len > RDATA_SHOWN) {
		size_t more = t->scratch.len - RDATA_SHOWN;
		t->scratch.len = RDATA_SHOWN;
		buf_printf(&t->scratch, "... (%zu more characters; --json shows all)",
			   more);
	}
	if (w->options.defang && (type == TYPE_A || type == TYPE_AAAA)) {
		char plain[ADDR_TEXT_MAX];
		snprintf(plain, sizeof(plain), "%s", buf_str(&t->scratch));
		buf_clear(&t->scratch);
		put_defanged(&t->scratch, BYTES_STR(plain));
	}
	return cell(t);
}

int text_fill_line(struct writer *w, const struct result *r, struct line *l)
{
	struct text *t = w->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	size_t n = rdataset_count(r->set.rdata);
	memset(l, 0, sizeof(*l));
	l->name = name_cell(w, r->set.owner);
	l->data = arena_alloc(&t->arena, (n + 1) * sizeof(*l->data));
	if (l->name == NULL || l->data == NULL)
		return YORE_ENOMEM;
	while (l->data_count < n && rdataset_next(&in, &rdata)) {
		char *data = rdata_cell(w, r->set.type, rdata);
		if (data == NULL)
			return YORE_ENOMEM;
		l->data[l->data_count++] = data;
	}
	l->first_s = r->span.first_s;
	l->last_s = r->span.last_s;
	l->count = r->span.count;
	type_text(r->set.type, l->type);
	l->source = source_name(r->set.source);
	l->unproven = is_unproven(r);
	l->zone = r->zone_times;
	l->address = r->set.type == TYPE_A || r->set.type == TYPE_AAAA;
	l->by_rdata = r->side == SIDE_RDATA;
	l->hop = r->hop;
	l->month = r->month;
	l->days = r->span.days;
	l->first_at = r->span.first_at;
	l->last_at = r->span.last_at;
	if (w->options.days && !t->month_view && r->month_count) {
		size_t octets = r->month_count * sizeof(*l->months);
		l->months = arena_alloc(&t->arena, octets);
		if (l->months == NULL)
			return YORE_ENOMEM;
		memcpy(l->months, r->months, octets);
		l->month_count = r->month_count;
	}
	t->any_unproven |= l->unproven;
	t->any_zone |= l->zone;
	return t->scratch.err;
}

unsigned text_digits(uint64_t v)
{
	unsigned n = 1;
	while (v >= 10) {
		v /= 10;
		n++;
	}
	return n;
}
