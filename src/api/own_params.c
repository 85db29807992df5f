/* Parameters of our own API: everything that the command line can ask. */
#include <strings.h>

#include "api/own.h"
#include "api/service.h"
#include "base/num.h"
#include "record/span.h"

static bool bad(struct call *c, const struct fault *f)
{
	call_error(c, 400, "%s", f->text);
	return false;
}

static bool read_word(struct call *c, const char *name, const char *const *words,
		      unsigned *ret)
{
	const char *text = url_param(c->url, name);
	if (text == NULL)
		return true;
	for (unsigned i = 0; words[i]; i++)
		if (strcasecmp(words[i], text) == 0) {
			*ret = i;
			return true;
		}
	call_error(c, 400, "%s: '%.40s' is none of its values", name, text);
	return false;
}

static bool read_words(struct call *c, struct ask *a)
{
	static const char *const sides[] = {"default", "rrname", "rdata", "both", NULL};
	static const char *const views[] = {"default", "rrset", "rr", "month", NULL};
	unsigned side = 0, view = 0;
	if (!read_word(c, "side", sides, &side) || !read_word(c, "view", views, &view))
		return false;
	a->query.side = (enum side)side;
	a->query.view = (enum view)view;
	return true;
}

static bool read_time(struct call *c, struct ask *a)
{
	const struct url *u = c->url;
	const char *on = url_param(u, "on");
	const char *after = url_param(u, "after"), *before = url_param(u, "before");
	struct fault f = {0};
	bool complete = false;
	struct query *q = &a->query;
	if (on && fence_on(on, c->now_s, 0, &f, &q->fence) < 0)
		return bad(c, &f);
	if (!on && fence_parse(url_param(u, "from"), url_param(u, "to"), c->now_s, 0, &f,
			       &q->fence) < 0)
		return bad(c, &f);
	if (!ask_bool(c, "strict", &q->fence.strict) ||
	    !ask_bool(c, "seen", &q->fence.seen) || !ask_bool(c, "complete", &complete))
		return false;
	if ((after || before) &&
	    bounds_parse(after, before, complete, c->now_s, 0, &f, &q->bounds) < 0)
		return bad(c, &f);
	return true;
}

static bool read_sources(struct call *c, struct ask *a)
{
	const char *source = url_param(c->url, "source");
	const char *sensor = url_param(c->url, "sensor");
	const char *bailiwick = url_param(c->url, "bailiwick");
	if (sensor)
		a->query.sensor = sensor_hash(sensor);
	if (bailiwick && name_of_idn(bailiwick, &a->query.bailiwick) < 0) {
		call_error(c, 400, "bailiwick: not a domain name");
		return false;
	}
	return source == NULL || ask_source(c, a, source);
}

/* Negative answers stand on a shelf of their own and are asked for by name. */
static bool read_shelf(struct call *c, struct ask *a)
{
	bool negative = false;
	if (!ask_bool(c, "negative", &negative))
		return false;
	if (negative)
		a->query.shelf = "negative";
	return true;
}

bool own_params(struct call *c, struct ask *a)
{
	const struct url *u = c->url;
	const char *type = url_param(u, "type"), *sort = url_param(u, "sort");
	const char *cursor = url_param(u, "cursor");
	struct fault f = {0};
	if (!read_words(c, a) || !read_time(c, a) || !read_sources(c, a) ||
	    !read_shelf(c, a) || (type && !ask_types(c, a, type)) ||
	    !ask_limit(c, a, url_param(u, "limit"), c->service->settings.rows_default) ||
	    !ask_number(c, "offset", c->service->settings.offset_max, &a->query.offset) ||
	    !ask_bool(c, "subdomains", &a->query.subdomains) ||
	    !ask_bool(c, "follow", &a->query.follow) ||
	    !ask_bool(c, "by_month", &a->query.by_month) ||
	    !ask_bool(c, "days", &a->options.days) ||
	    !ask_bool(c, "defang", &a->options.defang))
		return false;
	if (sort && query_sort_parse(&a->query, sort, &f) < 0)
		return bad(c, &f);
	/* a number: of an answer that was sorted or followed aliases */
	if (cursor && num_u64(cursor, INT64_MAX, &a->after) < 0)
		a->query.after = cursor;
	return true;
}
