#include "remote/provider.h"

#include <stdarg.h>
#include <stdio.h>

static const struct provider *const built_in[] = {
#define X(name) &provider_##name,
    PROVIDER_LIST(X)
#undef X
};

const struct provider *provider_at(size_t i)
{
	return i < sizeof(built_in) / sizeof(built_in[0]) ? built_in[i] : NULL;
}

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; provider_at(i); i++)
		if (strcmp(provider_at(i)->name, name) == 0)
			return provider_at(i);
	return NULL;
}

const char *outcome_text(enum outcome o)
{
	static const char *const words[] = {
	    [OUTCOME_FOUND] = "found",	       [OUTCOME_NONE] = "not found",
	    [OUTCOME_REFUSED] = "refused",     [OUTCOME_QUOTA] = "quota",
	    [OUTCOME_TRUNCATED] = "truncated", [OUTCOME_TIMEOUT] = "timeout",
	    [OUTCOME_FAILED] = "failed",       [OUTCOME_NOT_ASKED] = "not asked",
	    [OUTCOME_EARLIER] = "earlier",
	};
	return words[o];
}

const char *provider_state_text(enum provider_state s)
{
	static const char *const words[] = {[PROVIDER_LIVE] = "live",
					    [PROVIDER_RETIRED] = "retired",
					    [PROVIDER_UNVERIFIED] = "unverified"};
	return words[s];
}

const char *provider_lookup_text(enum provider_lookup l)
{
	static const char *const words[] = {[LOOKUP_NEVER] = "no",
					    [LOOKUP_UNLESS_TOLD] = "told not to",
					    [LOOKUP_ALWAYS] = "YES",
					    [LOOKUP_UNKNOWN] = "unknown"};
	return words[l];
}

void provider_can_put(struct buf *out, unsigned can)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {{CAN_NAME, "names"},      {CAN_ZONE, "zones"},
		     {CAN_STEM, "name.*"},     {CAN_ADDR, "addresses"},
		     {CAN_PREFIX, "prefixes"}, {CAN_POINTING, "who points at a name"}};
	size_t began = out->len;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (can & words[i].bit)
			buf_printf(out, "%s%s", out->len > began ? ", " : "",
				   words[i].word);
}

unsigned inquiry_needs(const struct inquiry *q)
{
	bool rdata = q->side == SIDE_RDATA;
	switch (q->term->kind) {
	case TERM_NAME:
		return rdata ? CAN_POINTING : CAN_NAME;
	case TERM_ZONE:
		return rdata ? 0 : CAN_ZONE;
	case TERM_STEM:
		return rdata ? 0 : CAN_STEM;
	case TERM_ADDR:
		if (addr_equal(&q->term->range.lo, &q->term->range.hi))
			return rdata ? CAN_ADDR : CAN_NAME;
		return rdata ? CAN_PREFIX : 0;
	default:
		return 0;
	}
}

/* lo-hi as a prefix if it is one; else as a range. */
static void put_range(struct buf *out, const struct addr_range *r)
{
	char lo[ADDR_TEXT_MAX], hi[ADDR_TEXT_MAX];
	addr_text(&r->lo, lo);
	addr_text(&r->hi, hi);
	for (unsigned bits = 0; bits <= r->lo.len * 8u; bits++) {
		struct addr_range p;
		if (addr_range_of_prefix(&r->lo, bits, &p) == 0 &&
		    addr_equal(&p.lo, &r->lo) && addr_equal(&p.hi, &r->hi)) {
			buf_printf(out, "%s/%u", lo, bits);
			return;
		}
	}
	buf_printf(out, "%s-%s", lo, hi);
}

void inquiry_put_name(struct buf *out, const struct inquiry *q)
{
	char text[ADDR_TEXT_MAX];
	struct name reverse;
	switch (q->term->kind) {
	case TERM_ADDR:
		if (!addr_equal(&q->term->range.lo, &q->term->range.hi)) {
			put_range(out, &q->term->range);
		} else if (q->side == SIDE_RRNAME) {
			name_of_addr(&q->term->range.lo, &reverse);
			name_put_chomped(out, name_bytes(&reverse));
		} else {
			addr_text(&q->term->range.lo, text);
			buf_puts(out, text);
		}
		break;
	case TERM_ZONE:
		buf_puts(out, "*.");
		name_put_chomped(out, name_bytes(&q->term->name));
		break;
	case TERM_STEM:
		name_put_chomped(out, name_bytes(&q->term->name));
		buf_puts(out, ".*");
		break;
	default:
		name_put_chomped(out, name_bytes(&q->term->name));
	}
}

void request_name(struct request *rq, const struct inquiry *q, const char *keep)
{
	struct buf name;
	buf_init(&name, INQUIRY_NAME_MAX);
	inquiry_put_name(&name, q);
	request_value_keep(rq, buf_str(&name), keep);
	buf_release(&name);
}

void request_account(struct request *rq, const struct account *a)
{
	if (a->user)
		request_basic(rq, a->user, a->password ? a->password : "");
	else if (a->key)
		request_header_secret(rq, "Authorization", a->key);
}

json_t *reading_json(struct reading *r)
{
	struct fault f = {0};
	json_t *o = NULL;
	if (json_in(r->reply->body, 0, &f, &o) < 0)
		reading_say(r, OUTCOME_FAILED, "%s", f.text);
	return o;
}

bool reading_404_is_none(struct reading *r)
{
	if (r->reply->status != 404)
		return false;
	r->outcome = OUTCOME_NONE;
	return true;
}

void reading_say(struct reading *r, enum outcome o, const char *fmt, ...)
{
	va_list ap;
	r->outcome = o;
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	for (char *s = r->text; *s; s++) /* may hold the provider's words */
		if ((unsigned char)*s < 0x20 || (unsigned char)*s == 0x7f)
			*s = '?';
}

bool reading_usual_status(struct reading *r)
{
	long s = r->reply->status;
	if (s >= 200 && s < 300)
		return false;
	if (s == 401 || s == 403)
		reading_say(r, OUTCOME_REFUSED,
			    "status %ld: the key, or this address, is "
			    "not accepted",
			    s);
	else if (s == 429 || s == 402)
		reading_say(r, OUTCOME_QUOTA,
			    "status %ld: the quota is used up, or too "
			    "fast%s",
			    s,
			    r->reply->retry_after_s ? "; it says when to come back" : "");
	else if (s == 503)
		reading_say(r, OUTCOME_QUOTA, "status 503: too much at once, or down");
	else if (s == 408 || s == 504)
		reading_say(r, OUTCOME_TIMEOUT, "status %ld", s);
	else
		reading_say(r, OUTCOME_FAILED, "status %ld", s);
	return true;
}
