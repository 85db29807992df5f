#include "format/asked.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "dns/type.h"
#include "format/put.h"

void asked_client_text(const struct asked_client *c, char out[ASKED_CLIENT_TEXT])
{
	if (c->len == PSEUDONYM_LEN) {
		*out = '~';
		for (unsigned i = 0; i < PSEUDONYM_LEN; i++)
			snprintf(out + 1 + 2 * i, 3, "%02x", c->at[i]);
		return;
	}
	struct addr a = addr_of(c->at, c->len);
	addr_text(&a, out);
}

void asked_outcome_text(uint16_t outcome, char out[ASKED_OUTCOME_TEXT])
{
	char text[TYPE_TEXT_MAX];
	if (outcome == ASKED_UNANSWERED) {
		snprintf(out, ASKED_OUTCOME_TEXT, "no-answer");
		return;
	}
	rcode_text(outcome, text);
	snprintf(out, ASKED_OUTCOME_TEXT, "%.23s", text);
}

/* "2015-07-01" */
static void put_day(struct buf *out, uint16_t day)
{
	char text[WHEN_TEXT_MAX];
	when_text((int64_t)day * 86400, text);
	buf_printf(out, "%.10s", text);
}

static void put_addresses(struct buf *out, const struct asked_value *v, char between,
			  bool defang)
{
	char text[ADDR_TEXT_MAX];
	for (unsigned i = 0; i < v->count; i++) {
		size_t n = addr_text(&v->addrs[i], text);
		if (i)
			buf_putc(out, between);
		if (defang)
			put_defanged(out, BYTES(text, n));
		else
			buf_puts(out, text);
	}
	if (v->more)
		buf_printf(out, "%c...", between);
}

/* ---- the table ---- */

void asked_put_heading(struct buf *out)
{
	buf_puts(out, "day        first last  count client          outcome  "
		      "name type addresses\n");
}

/* "10:42" of the day: the table is for reading, JSON and CSV have the second. */
static void put_clock(struct buf *out, int64_t s)
{
	char text[WHEN_TEXT_MAX];
	when_text(s, text);
	buf_printf(out, " %.5s", text + 11);
}

void asked_put_text(struct buf *out, const struct who_row *r, bool defang)
{
	char client[ASKED_CLIENT_TEXT], outcome[ASKED_OUTCOME_TEXT], type[TYPE_TEXT_MAX];
	struct buf name;
	asked_client_text(&r->key.client, client);
	asked_outcome_text(r->key.outcome, outcome);
	type_text(r->key.type, type);
	buf_init(&name, NAME_TEXT_MAX);
	name_put_chomped(&name, r->key.name);
	put_day(out, r->key.day);
	put_clock(out, r->value.span.first_s);
	put_clock(out, r->value.span.last_s);
	buf_printf(out, " %5" PRIu64 " %-15s %-8s ", r->value.span.count, client,
		   outcome);
	if (defang)
		put_defanged(out, buf_bytes(&name));
	else
		buf_put_bytes(out, buf_bytes(&name));
	buf_printf(out, " %s", type);
	if (r->value.count) {
		buf_putc(out, ' ');
		put_addresses(out, &r->value, ',', defang);
	}
	if (r->asked.len) {
		char address[ADDR_TEXT_MAX];
		addr_text(&r->asked, address);
		buf_printf(out, " (client %s)", address);
	}
	if (r->forwarder)
		buf_puts(out, " (forwarder)");
	buf_putc(out, '\n');
	buf_release(&name);
}

/* ---- JSON ---- */

static void put_time(struct json *j, const char *key, int64_t s)
{
	json_key(j, key);
	json_i64(j, s);
}

void asked_put_json(struct buf *out, const struct who_row *r)
{
	char client[ASKED_CLIENT_TEXT], text[ASKED_OUTCOME_TEXT], type[TYPE_TEXT_MAX];
	char address[ADDR_TEXT_MAX];
	struct json j;
	struct buf part;
	buf_init(&part, NAME_TEXT_MAX);
	json_init(&j, out);
	json_open(&j, '{');
	put_day(&part, r->key.day);
	json_key(&j, "day");
	json_bytes(&j, buf_bytes(&part));
	put_time(&j, "time_first", r->value.span.first_s);
	put_time(&j, "time_last", r->value.span.last_s);
	json_key(&j, "count");
	json_u64(&j, r->value.span.count);
	asked_client_text(&r->key.client, client);
	json_key(&j, "client");
	json_str(&j, client);
	if (r->asked.len) {
		addr_text(&r->asked, address);
		json_key(&j, "client_address");
		json_str(&j, address);
	}
	if (r->forwarder) {
		json_key(&j, "forwarder");
		json_bool(&j, true);
	}
	buf_clear(&part);
	name_put_chomped(&part, r->key.name);
	json_key(&j, "rrname");
	json_bytes(&j, buf_bytes(&part));
	type_text(r->key.type, type);
	json_key(&j, "rrtype");
	json_str(&j, type);
	asked_outcome_text(r->key.outcome, text);
	json_key(&j, "outcome");
	json_str(&j, text);
	json_key(&j, "addresses");
	json_open(&j, '[');
	for (unsigned i = 0; i < r->value.count; i++) {
		addr_text(&r->value.addrs[i], address);
		json_str(&j, address);
	}
	json_close(&j, ']');
	if (r->value.more) {
		json_key(&j, "more_addresses");
		json_bool(&j, true);
	}
	json_close(&j, '}');
	buf_putc(out, '\n');
	buf_release(&part);
}

/* ---- CSV (RFC 4180) ---- */

void asked_put_csv_heading(struct buf *out)
{
	buf_puts(out, "day,time_first,time_last,count,client,forwarder,rrname,rrtype,"
		      "outcome,addresses\r\n");
}

/* No address, type or code holds a quote; a name is escaped text and may begin with
   what a spreadsheet takes for a formula. */
static void put_name(struct buf *out, struct bytes name)
{
	struct buf text;
	buf_init(&text, NAME_TEXT_MAX);
	name_put_chomped(&text, name);
	buf_putc(out, '"');
	if (text.len && strchr("=+-@", text.at[0]))
		buf_putc(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text.at[i]);
	}
	buf_putc(out, '"');
	buf_release(&text);
}

void asked_put_csv(struct buf *out, const struct who_row *r)
{
	char client[ASKED_CLIENT_TEXT], outcome[ASKED_OUTCOME_TEXT], type[TYPE_TEXT_MAX];
	char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
	asked_client_text(&r->key.client, client);
	asked_outcome_text(r->key.outcome, outcome);
	type_text(r->key.type, type);
	when_text_plain(r->value.span.first_s, first);
	when_text_plain(r->value.span.last_s, last);
	put_day(out, r->key.day);
	buf_printf(out, ",\"%s\",\"%s\",%" PRIu64 ",\"%s\",%s,", first, last,
		   r->value.span.count, client, r->forwarder ? "yes" : "");
	put_name(out, r->key.name);
	buf_printf(out, ",\"%s\",\"%s\",\"", type, outcome);
	put_addresses(out, &r->value, ' ', false);
	buf_puts(out, "\"\r\n");
}
