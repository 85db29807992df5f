/*
 * RFC 4180: CRLF, a header, every text in quotes with quotes doubled; numbers bare. The
 * columns are dnsdbq's and then source, hop and, in the month view, month and days. One
 * line for each single rdata. Times are UTC, "2015-07-01 00:00:00".
 *
 * A text that a spreadsheet would take for a formula (it begins with = + - @, TAB or CR)
 * gets an apostrophe in front.
 */
#include "dns/name.h"
#include "dns/type.h"
#include "format/formats.h"
#include "format/put.h"

struct csv {
	struct buf text;
};

static void put_text(struct buf *out, struct bytes s)
{
	buf_putc(out, '"');
	if (s.len && s.at[0] && strchr("=+-@\t\r", s.at[0]))
		buf_putc(out, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, s.at[i]);
	}
	buf_putc(out, '"');
}

static void put_time(struct buf *out, bool wanted, int64_t s)
{
	char text[WHEN_TEXT_MAX];
	if (wanted && s != WHEN_UNKNOWN) {
		buf_putc(out, '"');
		buf_put(out, text, when_text_plain(s, text));
		buf_putc(out, '"');
	}
	buf_putc(out, ',');
}

static void put_name(struct writer *w, struct bytes name)
{
	struct csv *c = w->state;
	buf_clear(&c->text);
	name_put_chomped(&c->text, name);
	put_text(w->out, buf_bytes(&c->text));
}

static void put_month(struct buf *out, const struct result *r)
{
	char month[MONTH_TEXT_MAX];
	if (r->month == 0) {
		buf_puts(out, ",,");
		return;
	}
	month_text(r->month, month);
	buf_printf(out, ",\"%s\",\"", month);
	for (unsigned d = 0; d < 31; d++)
		if (r->span.days >> d & 1) {
			if (out->at && out->len && out->at[out->len - 1] != '"')
				buf_putc(out, ' ');
			buf_u64(out, d + 1);
		}
	buf_putc(out, '"');
}

static void put_line(struct writer *w, const struct result *r, struct bytes rdata)
{
	struct csv *c = w->state;
	struct buf *out = w->out;
	char type[TYPE_TEXT_MAX];
	struct bytes zone;
	put_time(out, !r->zone_times, r->span.first_s);
	put_time(out, !r->zone_times, r->span.last_s);
	put_time(out, r->zone_times, r->span.first_s);
	put_time(out, r->zone_times, r->span.last_s);
	if (r->span.count)
		buf_u64(out, r->span.count);
	buf_putc(out, ',');
	if (bailiwick_zone(&r->set, &zone))
		put_name(w, zone);
	buf_putc(out, ',');
	put_name(w, r->set.owner);
	type_text(r->set.type, type);
	buf_printf(out, ",\"%s\",", type);
	buf_clear(&c->text);
	put_rdata(&c->text, r->set.type, rdata, true);
	put_text(out, buf_bytes(&c->text));
	buf_printf(out, ",\"%s\",%u", source_name(r->set.source), r->hop);
	if (w->options.view == VIEW_MONTH)
		put_month(out, r);
	buf_puts(out, "\r\n");
}

static int begin(struct writer *w)
{
	struct csv *c = w->state;
	buf_init(&c->text, 1 << 20);
	buf_puts(w->out, "time_first,time_last,zone_first,zone_last,count,bailiwick,"
			 "rrname,rrtype,rdata,source,hop");
	if (w->options.view == VIEW_MONTH)
		buf_puts(w->out, ",month,days");
	buf_puts(w->out, "\r\n");
	return 0;
}

static int row(struct writer *w, const struct result *r)
{
	struct csv *c = w->state;
	struct reader in = reader_of(r->set.rdata);
	struct bytes rdata;
	while (rdataset_next(&in, &rdata))
		put_line(w, r, rdata);
	return c->text.err;
}

static void release(struct writer *w)
{
	struct csv *c = w->state;
	buf_release(&c->text);
}

const struct format format_csv = {
    .name = "csv",
    .about = "comma-separated values (RFC 4180), safe for spreadsheets",
    .mime = "text/csv; charset=utf-8",
    .extension = "csv",
    .state = sizeof(struct csv),
    .begin = begin,
    .row = row,
    .release = release,
};
