/* DNSDB's flexible search, its limits and its ping. */
#include <inttypes.h>

#include "api/answer_feed.h"
#include "api/dialects.h"
#include "api/dnsdb.h"
#include "api/service.h"
#include "base/json.h"

static bool read_pattern(struct call *c, enum pattern_kind kind, const char *text,
			 struct term *ret)
{
	struct fault f = {0};
	if (*text == '\0') {
		call_error(c, 400, "an empty pattern");
		return false;
	}
	if (term_of_pattern(kind, text, true, &f, ret) == 0)
		return true;
	call_error(c, 400, "%s", f.text);
	return false;
}

static bool read_flex(struct call *c, struct ask *a, enum pattern_kind kind, size_t at)
{
	const struct url *u = c->url;
	const char *exclude = url_param(u, "exclude");
	bool verbose = true;
	if (u->piece_count < at + 2 || u->piece_count > at + 3) {
		call_error(c, 400,
			   "flexible search takes rrnames or rdata, a pattern "
			   "and a type");
		return false;
	}
	bool owners = strcmp(u->piece[at], "rrnames") == 0;
	if (!owners && strcmp(u->piece[at], "rdata") != 0) {
		call_error(c, 400, "neither rrnames nor rdata");
		return false;
	}
	a->query.side = owners ? SIDE_RRNAME : SIDE_RDATA;
	a->query.view = owners ? VIEW_RRSET : VIEW_RR;
	struct term *t = ask_add_term(a, 1);
	if (t == NULL || !read_pattern(c, kind, u->piece[at + 1], t)) {
		if (t == NULL)
			call_error(c, 503, "out of memory");
		else
			a->term_count = 0; /* nothing was made of it */
		return false;
	}
	if (exclude && !read_pattern(c, kind, exclude, &a->exclude))
		return false;
	a->has_exclude = exclude != NULL;
	if (!dnsdb_type(c, a, u->piece_count > at + 2 ? u->piece[at + 2] : NULL) ||
	    !dnsdb_params(c, a) || !ask_bool(c, "verbose", &verbose))
		return false;
	a->terse = !verbose;
	a->skip = a->query.offset;
	a->query.offset = 0;
	if (a->query.view == VIEW_MONTH)
		a->query.view = owners ? VIEW_RRSET : VIEW_RR;
	return true;
}

static void search(struct call *c, enum pattern_kind kind, size_t at)
{
	struct ask *a = ask_new(c);
	if (a == NULL)
		return;
	if (!read_flex(c, a, kind, at)) {
		ask_free(a);
		return;
	}
	dnsdb_rate_headers(c);
	call_answer(c, a, &shape_flex, "application/x-ndjson");
}

void dnsdb_regex(struct call *c, size_t at)
{
	search(c, PATTERN_REGEX, at);
}

void dnsdb_glob(struct call *c, size_t at)
{
	search(c, PATTERN_GLOB, at);
}

void dnsdb_rate_limit(struct call *c, size_t at)
{
	struct quota_state q;
	struct json j;
	bool limited = quota_look(c->service->quota, c->key, c->now_s, &q);
	json_init(&j, &c->reply);
	json_open(&j, '{');
	json_key(&j, "rate");
	json_open(&j, '{');
	json_key(&j, "reset");
	if (limited) {
		json_i64(&j, q.reset_s);
		json_key(&j, "limit");
		json_u64(&j, q.limit);
		json_key(&j, "remaining");
		json_u64(&j, q.left);
	} else {
		json_str(&j, "n/a");
		json_key(&j, "limit");
		json_str(&j, "unlimited");
		json_key(&j, "remaining");
		json_str(&j, "n/a");
	}
	json_key(&j, "results_max");
	json_u64(&j, ask_rows_max(c));
	json_key(&j, "offset_max");
	json_u64(&j, c->service->settings.offset_max);
	if (c->key && c->key->rate) {
		json_key(&j, "burst_size");
		json_u64(&j, c->key->burst ? c->key->burst : c->key->rate);
		json_key(&j, "burst_window");
		json_u64(&j, 1);
	}
	json_close(&j, '}');
	json_close(&j, '}');
	buf_putc(&c->reply, '\n');
	call_done(c, 200, "application/json");
}

void dnsdb_ping(struct call *c, size_t at)
{
	buf_puts(&c->reply, "{\"ping\":\"ok\"}\n");
	call_done(c, 200, "application/json");
}
