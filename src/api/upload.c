/*
 * Segments of sensors: POST /api/v1/segments?name=SHA256&offset=N&size=N with a part of
 * the segment as its body. Always answered with one line of JSON:
 *
 *     200 {"status":"added"}, {"status":"known"}
 *     202 {"status":"part","have":N}             go on from there
 *     409 {"status":"behind"|"partly","input":HEX,"at":N,"from":N,"to":N}
 *     422 {"status":"bad","message":...}         never send it again
 *     503 {"status":"busy"}                      Retry-After says when
 *     503 {"status":"newer","message":...}       likewise: its version is not known yet
 *
 * Taking a segment may last, so it is a heavy feed.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "api/ask.h"
#include "api/dialects.h"
#include "api/service.h"
#include "base/json.h"
#include "exchange/receiver.h"

struct upload {
	struct feed feed;
	struct service *service;
	char name[WIRE_NAME_LEN + 1];
	uint64_t offset, size;
	struct bytes part; /* the call's body */
	int64_t now_s;
	int status;
	unsigned wait_s;
};

static void close_upload(struct feed *feed)
{
	free(feed);
}

static int put_position(struct json *j, const struct offer *o)
{
	static const char *const words[] = {[TAKE_ADDED] = "added",
					    [TAKE_KNOWN] = "known",
					    [TAKE_BEHIND] = "behind",
					    [TAKE_PARTLY] = "partly"};
	const struct take_position *p = &o->position;
	struct buf hex;
	json_key(j, "status");
	json_str(j, words[o->take]);
	if (o->take == TAKE_ADDED || o->take == TAKE_KNOWN)
		return 200;
	buf_init(&hex, 64);
	buf_hex(&hex, BYTES(p->input.octets, sizeof(p->input.octets)));
	json_key(j, "input");
	json_bytes(j, buf_bytes(&hex));
	buf_release(&hex);
	json_key(j, "at");
	json_u64(j, p->at);
	json_key(j, "from");
	json_u64(j, p->from);
	json_key(j, "to");
	json_u64(j, p->to);
	return 409;
}

static int put_offer(struct json *j, const struct offer *o)
{
	switch (o->state) {
	case OFFER_TAKEN:
		return put_position(j, o);
	case OFFER_PART:
		json_key(j, "status");
		json_str(j, "part");
		json_key(j, "have");
		json_u64(j, o->have);
		return 202;
	case OFFER_BAD:
		json_key(j, "status");
		json_str(j, "bad");
		json_key(j, "message");
		json_str(j, o->fault.text);
		return 422;
	case OFFER_NEWER:
		json_key(j, "status");
		json_str(j, "newer");
		json_key(j, "message");
		json_str(j, o->fault.text);
		return 503;
	case OFFER_BUSY:
		break;
	}
	json_key(j, "status");
	json_str(j, "busy");
	return 503;
}

static void count(struct metrics *m, const struct offer *o)
{
	if (o->state == OFFER_TAKEN && o->take == TAKE_ADDED)
		atomic_fetch_add(&m->segments_taken, 1);
	else if (o->state == OFFER_TAKEN && o->take == TAKE_KNOWN)
		atomic_fetch_add(&m->segments_known, 1);
	else if (o->state == OFFER_BAD || o->state == OFFER_TAKEN)
		atomic_fetch_add(&m->segments_refused, 1);
}

static int fill(struct feed *feed, struct buf *out, size_t enough)
{
	struct upload *u = (struct upload *)feed;
	struct offer o;
	struct json j;
	receiver_offer(u->service->receiver, u->name, u->offset, u->size, u->part,
		       u->now_s, &o);
	count(&u->service->metrics, &o);
	json_init(&j, out);
	json_open(&j, '{');
	u->status = put_offer(&j, &o);
	json_close(&j, '}');
	buf_putc(out, '\n');
	u->wait_s = o.state == OFFER_BUSY || o.state == OFFER_NEWER ? o.wait_s : 0;
	return out->err;
}

static void settle(struct call *c, bool ended)
{
	const struct upload *u = (const struct upload *)c->feed;
	c->status = u->status;
	if (u->wait_s)
		call_header(c, "Retry-After", "%u", u->wait_s);
}

static bool takes(struct call *c)
{
	if (c->service->receiver == NULL)
		call_error(c, 404, "this server takes no segments");
	return c->service->receiver != NULL;
}

void upload_segment(struct call *c, size_t at)
{
	const char *name = url_param(c->url, "name");
	uint64_t offset = 0, size = c->body.len;
	if (!takes(c))
		return;
	if (name == NULL || !wire_name_good(name)) {
		call_error(c, 400, "name: the SHA-256 of the segment, 64 digits");
		return;
	}
	if (!ask_number(c, "offset", WIRE_OCTETS_MAX, &offset) ||
	    !ask_number(c, "size", WIRE_OCTETS_MAX, &size))
		return;
	struct upload *u = calloc(1, sizeof(*u));
	if (u == NULL) {
		call_error(c, 503, "out of memory");
		return;
	}
	u->feed = (struct feed){.fill = fill, .close = close_upload, .heavy = true};
	u->service = c->service;
	memcpy(u->name, name, sizeof(u->name));
	u->offset = offset;
	u->size = size;
	u->part = buf_bytes(&c->body);
	u->now_s = c->now_s;
	call_feed(c, &u->feed, "application/json");
	c->settle = settle;
}

/* How much of a segment is waiting: GET /api/v1/segments/NAME. */
void upload_state(struct call *c, size_t at)
{
	if (!takes(c))
		return;
	if (c->url->piece_count != at + 1 || !wire_name_good(c->url->piece[at])) {
		call_error(c, 400, "the path lacks the name of a segment");
		return;
	}
	buf_printf(&c->reply, "{\"have\":%" PRIu64 "}\n",
		   receiver_have(c->service->receiver, c->url->piece[at]));
	call_done(c, 200, "application/json");
}

static bool read_input(const char *hex, struct input_id *ret)
{
	const char *digits = "0123456789abcdef";
	if (hex == NULL || strlen(hex) != 2 * sizeof(ret->octets))
		return false;
	for (size_t i = 0; hex[i]; i++) {
		const char *at = strchr(digits, hex[i]);
		if (at == NULL)
			return false;
		unsigned v = (unsigned)(at - digits);
		ret->octets[i / 2] = (uint8_t)(i % 2 ? ret->octets[i / 2] | v : v << 4);
	}
	return true;
}

/*
 * How far the ledger of a shelf has an input: a sensor looks whether what it sent is
 * still there, since a centre may have been restored from a backup.
 */
void upload_position(struct call *c, size_t at)
{
	const char *shelf = url_param(c->url, "shelf");
	struct input_id input;
	struct ledger_entry last;
	struct fault f = {0};
	if (!takes(c))
		return;
	if (shelf == NULL || strlen(shelf) >= SHELF_MAX ||
	    !read_input(url_param(c->url, "input"), &input)) {
		call_error(c, 400, "shelf and input (32 digits) are needed");
		return;
	}
	int r = store_position(c->service->store, shelf, &input, &last, &f);
	if (r < 0) {
		call_fault(c, &f);
		return;
	}
	buf_printf(&c->reply, "{\"at\":%" PRIu64 "}\n",
		   r == 1 ? last.to.packets : (uint64_t)0);
	call_done(c, 200, "application/json");
}
