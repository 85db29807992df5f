#include "cmd/packets_put.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/when.h"
#include "cmd/output.h"
#include "dns/rdata.h"

#define TEXT_MOST ((size_t)512 << 20)
#define ANSWERS_SHOWN 64 /* of one response, in text */

void kept_rows_init(struct kept_rows *k, size_t most, bool json, bool clients)
{
	*k = (struct kept_rows){.most = most, .json = json, .clients = clients};
	buf_init(&k->text, TEXT_MOST);
}

void kept_rows_release(struct kept_rows *k)
{
	free(k->at);
	free(k->numbered);
	buf_release(&k->text);
}

static int number_of(struct kept_rows *k, const struct addr *client, size_t *ret)
{
	size_t i = 0;
	while (i < k->numbered_count && !addr_equal(&k->numbered[i], client))
		i++;
	*ret = i + 1;
	if (i < k->numbered_count)
		return 0;
	if (k->numbered_count == k->numbered_room) {
		size_t room = k->numbered_room ? k->numbered_room * 2 : 64;
		struct addr *at = realloc(k->numbered, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		k->numbered = at;
		k->numbered_room = room;
	}
	k->numbered[k->numbered_count++] = *client;
	return 0;
}

static void put_time(struct buf *out, int64_t us)
{
	char text[WHEN_TEXT_MAX];
	size_t n = when_text(us / 1000000, text);
	text[n - 1] = '\0'; /* the Z goes behind the fraction */
	buf_printf(out, "%s.%06" PRId64 "Z", text, us % 1000000);
}

static int client_text(struct kept_rows *k, const struct addr *client,
		       char out[ADDR_TEXT_MAX])
{
	size_t n;
	if (k->clients) {
		addr_text(client, out);
		return 0;
	}
	int r = number_of(k, client, &n);
	snprintf(out, ADDR_TEXT_MAX, "client-%zu", n);
	return r;
}

static const char *rcode_of(const struct transaction *t, char room[TYPE_TEXT_MAX])
{
	if (t->response == NULL)
		return "no-answer";
	rcode_text(t->response->rcode, room);
	return room;
}

static void put_answers(struct buf *out, const struct message *m)
{
	unsigned shown = 0;
	for (unsigned i = 0; m != NULL && i < m->rr_count; i++) {
		const struct rr *rr = &m->rr[i];
		char type[TYPE_TEXT_MAX];
		if (rr->section != SECTION_ANSWER || type_is_meta(rr->type))
			continue;
		if (shown++ == ANSWERS_SHOWN) {
			buf_puts(out, ", ...");
			return;
		}
		type_text(rr->type, type);
		buf_printf(out, "%s%s ", shown > 1 ? ", " : "", type);
		rdata_put(out, rr->type, rr->rdata);
	}
}

/* time client server question type rcode answers file packet: tabs between. */
static void put_text(struct kept_rows *k, const struct transaction *t, const char *client)
{
	struct buf *out = &k->text;
	char server[ADDR_TEXT_MAX], type[TYPE_TEXT_MAX], rcode[TYPE_TEXT_MAX];
	bool asked = t->asked_us != WHEN_UNKNOWN;
	addr_text(&t->server, server);
	type_text(t->type, type);
	put_time(out, asked ? t->asked_us : t->answered_us);
	buf_printf(out, "\t%s\t%s\t", client, server);
	name_put_chomped(out, t->name);
	buf_printf(out, "\t%s\t%s\t", type, rcode_of(t, rcode));
	put_answers(out, t->response);
	const char *file = t->answered_in ? t->answered_in : t->asked_in;
	buf_putc(out, '\t');
	put_safe(out, BYTES_STR(file));
	buf_printf(out, "\t%" PRIu64, asked ? t->asked_at : t->answered_at);
	if (asked && t->response)
		buf_printf(out, ",%" PRIu64, t->answered_at);
	buf_putc(out, '\n');
}

static void json_name(struct json *j, const char *key, struct bytes name)
{
	char text[NAME_TEXT_MAX];
	size_t n = name_text(name, text);
	json_key(j, key);
	json_bytes(j, BYTES(text, n > 1 ? n - 1 : n));
}

static void json_rr(struct json *j, const struct rr *rr)
{
	char type[TYPE_TEXT_MAX];
	struct buf rdata;
	buf_init(&rdata, 1 << 20);
	type_text(rr->type, type);
	rdata_put(&rdata, rr->type, rr->rdata);
	json_open(j, '{');
	json_name(j, "rrname", rr->owner);
	json_key(j, "rrtype");
	json_str(j, type);
	json_key(j, "ttl");
	json_u64(j, rr->ttl);
	json_key(j, "rdata");
	json_bytes(j, buf_bytes(&rdata));
	json_close(j, '}');
	buf_release(&rdata);
}

static void json_seen(struct json *j, const char *key, int64_t us, const char *file,
		      uint64_t packet)
{
	struct buf time;
	if (us == WHEN_UNKNOWN)
		return;
	buf_init(&time, 64);
	put_time(&time, us);
	json_key(j, key);
	json_open(j, '{');
	json_key(j, "time");
	json_bytes(j, buf_bytes(&time));
	json_key(j, "file");
	json_str(j, file);
	json_key(j, "packet");
	json_u64(j, packet);
	json_close(j, '}');
	buf_release(&time);
}

static void put_json(struct kept_rows *k, const struct transaction *t, const char *client)
{
	struct json j;
	char server[ADDR_TEXT_MAX], type[TYPE_TEXT_MAX], rcode[TYPE_TEXT_MAX];
	addr_text(&t->server, server);
	type_text(t->type, type);
	json_init(&j, &k->text);
	json_open(&j, '{');
	json_seen(&j, "asked", t->asked_us, t->asked_in, t->asked_at);
	json_seen(&j, "answered", t->answered_us, t->answered_in, t->answered_at);
	json_key(&j, "client");
	json_str(&j, client);
	json_key(&j, "server");
	json_str(&j, server);
	json_key(&j, "transport");
	json_str(&j, t->transport == TRANSPORT_TCP ? "tcp" : "udp");
	json_name(&j, "qname", t->name);
	json_key(&j, "qtype");
	json_str(&j, type);
	json_key(&j, "rcode");
	json_str(&j, rcode_of(t, rcode));
	json_key(&j, "answers");
	json_open(&j, '[');
	for (unsigned i = 0; t->response && i < t->response->rr_count; i++)
		if (t->response->rr[i].section == SECTION_ANSWER)
			json_rr(&j, &t->response->rr[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	buf_putc(&k->text, '\n');
}

int kept_rows_add(struct kept_rows *k, const struct transaction *t)
{
	char client[ADDR_TEXT_MAX];
	if (k->count == k->most) {
		k->more++;
		return 0;
	}
	if (k->count == k->room) {
		size_t room = k->room ? k->room * 2 : 1024;
		struct kept_row *at = realloc(k->at, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		k->at = at;
		k->room = room;
	}
	int r = client_text(k, &t->client, client);
	size_t at = k->text.len;
	if (r == 0)
		(k->json ? put_json : put_text)(k, t, client);
	if (r < 0 || k->text.err < 0)
		return r < 0 ? r : k->text.err;
	k->at[k->count++] =
	    (struct kept_row){t->asked_us != WHEN_UNKNOWN ? t->asked_us : t->answered_us,
			      at, k->text.len - at};
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct kept_row *x = a, *y = b;
	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

void kept_rows_sort(struct kept_rows *k)
{
	if (k->count > 0)
		qsort(k->at, k->count, sizeof(*k->at), by_time);
}
