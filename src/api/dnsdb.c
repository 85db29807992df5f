/*
 * DNSDB's API, versions 1 and 2: /lookup and /summarize by owner or rdata. Version 2
 * streams (SAF), with arrays of rdata; version 1 gives bare lines and says 404 when there
 * are none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/answer_feed.h"
#include "api/dialects.h"
#include "api/dnsdb.h"
#include "api/service.h"
#include "dns/type.h"

#define ROWS_DEFAULT 10000

/* Whole seconds since 1970, or before now when negative. */
static bool read_time(struct call *c, const char *name, int64_t *ret)
{
	const char *text = url_param(c->url, name);
	char *end;
	if (text == NULL)
		return true;
	long long v = strtoll(text, &end, 10);
	if (end == text || *end || v < -(1LL << 40) || v > 1LL << 40) {
		call_error(c, 400, "%s: not a number of seconds", name);
		return false;
	}
	*ret = v < 0 ? c->now_s + v : v;
	return true;
}

bool dnsdb_params(struct call *c, struct ask *a)
{
	struct bounds *b = &a->query.bounds;
	uint64_t offset = 0;
	bool whole = true;
	if (!read_time(c, "time_first_before", &b->first_before_s) ||
	    !read_time(c, "time_first_after", &b->first_after_s) ||
	    !read_time(c, "time_last_before", &b->last_before_s) ||
	    !read_time(c, "time_last_after", &b->last_after_s) ||
	    !ask_limit(c, a, url_param(c->url, "limit"), ROWS_DEFAULT) ||
	    !ask_number(c, "offset", INT64_MAX, &offset) ||
	    !ask_number(c, "max_count", INT64_MAX, &a->most) ||
	    !ask_bool(c, "humantime", &a->options.human_times) ||
	    !ask_bool(c, "aggr", &whole))
		return false;
	if (offset > c->service->settings.offset_max) {
		call_error(c, 416, "offset is beyond the maximum of %" PRIu64,
			   c->service->settings.offset_max);
		return false;
	}
	a->query.offset = offset;
	if (!whole)
		a->query.view = VIEW_MONTH;
	return true;
}

bool dnsdb_type(struct call *c, struct ask *a, const char *text)
{
	a->query.types = TYPES_ANY; /* not the DNSSEC types unless named */
	return text == NULL || ask_types(c, a, text);
}

static bool read_bailiwick(struct call *c, struct ask *a, const char *text)
{
	/* where none is known "." is shown, so "." asks for any */
	if (strcmp(text, ".") == 0)
		return true;
	if (name_of_idn(text, &a->query.bailiwick) == 0)
		return true;
	call_error(c, 400, "bailiwick '%.200s' is not a domain name", text);
	return false;
}

static bool read_owner(struct call *c, struct ask *a, size_t at)
{
	const struct url *u = c->url;
	const char *kind = u->piece[at], *value = u->piece[at + 1];
	bool raw = strcmp(kind, "raw") == 0;
	a->query.side = SIDE_RRNAME;
	if (!raw && strcmp(kind, "name") != 0) {
		call_error(c, 400, "rrset: neither name nor raw");
		return false;
	}
	if (u->piece_count > at + 4 || (raw && u->piece_count > at + 3)) {
		call_error(c, 400,
			   raw ? "rrset/raw takes a value and a type"
			       : "rrset/name takes a name, a type, a bailiwick");
		return false;
	}
	if (!(raw ? ask_raw(c, a, value) : ask_name(c, a, value)) ||
	    !dnsdb_type(c, a, u->piece_count > at + 2 ? u->piece[at + 2] : NULL))
		return false;
	return u->piece_count <= at + 3 || read_bailiwick(c, a, u->piece[at + 3]);
}

static bool address_type(struct call *c, const char *type)
{
	uint16_t t;
	if (type == NULL || strcasecmp(type, "ANY") == 0 ||
	    (type_of_text(type, &t) == 0 && (t == TYPE_A || t == TYPE_AAAA)))
		return true;
	call_error(c, 400, "rdata/ip takes A, AAAA or ANY");
	return false;
}

static bool read_rdata(struct call *c, struct ask *a, size_t at)
{
	const struct url *u = c->url;
	const char *kind = u->piece[at], *value = u->piece[at + 1];
	const char *type = u->piece_count > at + 2 ? u->piece[at + 2] : NULL;
	char prefix[128];
	a->query.side = SIDE_RDATA;
	if (strcmp(kind, "ip") == 0) {
		/* "192.0.2.0/24" came with a raw slash */
		uint16_t t;
		if (type && type_of_text(type, &t) < 0 && strspn(type, "0123456789") &&
		    (size_t)snprintf(prefix, sizeof(prefix), "%s,%s", value, type) <
			sizeof(prefix)) {
			value = prefix;
			type = u->piece_count > at + 3 ? u->piece[at + 3] : NULL;
		}
		return address_type(c, type) && ask_address(c, a, value) &&
		       dnsdb_type(c, a, type);
	}
	if (strcmp(kind, "name") != 0 && strcmp(kind, "raw") != 0) {
		call_error(c, 400, "rdata: neither name nor ip nor raw");
		return false;
	}
	if (u->piece_count > at + 3) {
		call_error(c, 400, "rdata takes a value and a type");
		return false;
	}
	return (strcmp(kind, "raw") == 0 ? ask_raw(c, a, value)
					 : ask_name(c, a, value)) &&
	       dnsdb_type(c, a, type);
}

static bool read_path(struct call *c, struct ask *a, size_t at)
{
	const struct url *u = c->url;
	if (u->piece_count < at + 3) {
		call_error(c, 400, "the path lacks a value to look for");
		return false;
	}
	if (strcmp(u->piece[at], "rrset") == 0)
		return read_owner(c, a, at + 1);
	if (strcmp(u->piece[at], "rdata") == 0)
		return read_rdata(c, a, at + 1);
	call_error(c, 400, "neither rrset nor rdata");
	return false;
}

void dnsdb_rate_headers(struct call *c)
{
	struct quota_state q;
	if (!quota_look(c->service->quota, c->key, c->now_s, &q)) {
		call_header(c, "X-RateLimit-Limit", "unlimited");
		call_header(c, "X-RateLimit-Remaining", "n/a");
		call_header(c, "X-RateLimit-Reset", "n/a");
		return;
	}
	call_header(c, "X-RateLimit-Limit", "%" PRIu64, q.limit);
	call_header(c, "X-RateLimit-Remaining", "%" PRIu64, q.left);
	call_header(c, "X-RateLimit-Reset", "%" PRId64, q.reset_s);
}

/* Version 1 has no stream, so nothing is the only thing it can say in a status. */
static void settle_v1(struct call *c, bool ended)
{
	if (ended && !feed_found(c->feed))
		call_error(c, 404, "no results found for query.");
}

static struct ask *read_ask(struct call *c, size_t at)
{
	struct ask *a = ask_new(c);
	if (a == NULL)
		return NULL;
	if (!read_path(c, a, at) || !dnsdb_params(c, a)) {
		ask_free(a);
		return NULL;
	}
	a->format = format_find("dnsdb");
	a->options.array = c->dialect == DIALECT_DNSDB2;
	dnsdb_rate_headers(c);
	if (c->dialect == DIALECT_DNSDB1)
		c->settle = settle_v1;
	return a;
}

void dnsdb_lookup(struct call *c, size_t at)
{
	struct ask *a = read_ask(c, at);
	bool v2 = c->dialect == DIALECT_DNSDB2;
	if (a)
		call_answer(c, a, v2 ? &shape_saf : &shape_plain,
			    v2 ? "application/x-ndjson" : "application/json");
}

void dnsdb_summarize(struct call *c, size_t at)
{
	struct ask *a = read_ask(c, at);
	bool v2 = c->dialect == DIALECT_DNSDB2;
	if (a == NULL)
		return;
	a->limit = ask_rows_max(c);
	call_answer(c, a, v2 ? &shape_summary_saf : &shape_summary,
		    v2 ? "application/x-ndjson" : "application/json");
	if (c->feed)
		c->feed->heavy = true;
}
