#include <stdio.h>
#include <stdlib.h>

#include "cmd/select.h"

#define AT(field) offsetof(struct select_options, field)

const struct option_row select_rows[] = {
    {"rrname", 'r', OPTION_LIST, AT(rrname), "TERM",
     "records whose owner is TERM, also TERM/TYPE[/BAILIWICK]"},
    {"rdata", 'n', OPTION_LIST, AT(rdata), "TERM",
     "records that point at TERM, also TERM/TYPE"},
    {"ip", 'i', OPTION_LIST, AT(ip), "ADDRESS",
     "records that point at an address, prefix or range (the same as without -i)"},
    {"both", 0, OPTION_FLAG, AT(both), NULL, "by owner and by what records point at"},
    {"subdomains", 0, OPTION_FLAG, AT(subdomains), NULL,
     "a name means also everything below it"},
    {"type", 't', OPTION_TEXT, AT(types), "TYPE[,...]",
     "only these types: A, AAAA, TYPE65280, ANY (no DNSSEC), ANY-DNSSEC"},
    {"bailiwick", 'b', OPTION_TEXT, AT(bailiwick), "ZONE", "only records proven in ZONE"},
    {"source", 0, OPTION_LIST, AT(sources), "NAME",
     "only records of this source (above, below, auth, zone, or a name of a data set); "
     "may be repeated"},
    {"sensor", 0, OPTION_TEXT, AT(sensor), "NAME", "only what this sensor saw"},
    {"negative", 0, OPTION_FLAG, AT(negative), NULL,
     "negative answers (NXDOMAIN, NODATA) instead of records"},
    {"suspicious", 0, OPTION_FLAG, AT(suspicious), NULL,
     "what is evidence instead of the history: not believed, conflicting, at a private "
     "address, or of the site's own rewriting"},
    {NULL},
};
#undef AT

static int too_much(const struct invocation *in)
{
	command_say(in, "out of memory");
	return STATUS_FAILED;
}

const char *select_type_slash(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\\' && c[1])
			c++;
		else if (*c == '/' && !(c[1] >= '0' && c[1] <= '9'))
			return c;
	}
	return NULL;
}

/* dnsdbq's NAME/TYPE/BAILIWICK, cut apart; patterns stay whole. */
static int add_sided(const struct invocation *in, struct selection *s, const char *text,
		     bool owner, struct fault *f)
{
	struct query *q = &s->query;
	char part[TERM_TEXT_MAX];
	const char *slash = *text == '/' ? NULL : select_type_slash(text);
	if (slash == NULL || strlen(text) >= sizeof(part) || strstr(text, "://"))
		return selection_add(s, text, f);
	snprintf(part, sizeof(part), "%s", text);
	char *type = part + (slash - text), *zone;
	*type++ = '\0';
	zone = strchr(type, '/');
	if (zone)
		*zone++ = '\0';
	int r = *type ? query_types_parse(q, type, s->types, SELECT_TYPES_MAX, f) : 0;
	if (r == 0 && owner && zone)
		r = name_of_idn(zone, &q->bailiwick);
	if (r < 0 && f->code == 0)
		fault_set(f, YORE_EUSAGE, "%.200s: write NAME/TYPE/BAILIWICK", text);
	return r < 0 ? r : selection_add(s, part, f);
}

static int add_list(const struct invocation *in, struct selection *s,
		    const struct option_list *l, bool owner, struct fault *f)
{
	for (size_t i = 0; i < l->count; i++) {
		int r = add_sided(in, s, l->at[i], owner, f);
		if (r < 0)
			return r;
	}
	return 0;
}

static int apply_side(const struct invocation *in, const struct select_options *o,
		      struct selection *s)
{
	size_t owner = o->rrname.count, rdata = o->rdata.count + o->ip.count;
	if (owner && rdata)
		return command_misused(in, "-r asks by owner and -n or -i by what "
					   "records point at; --both TERM asks both");
	if (owner)
		s->query.side = SIDE_RRNAME;
	if (rdata)
		s->query.side = SIDE_RDATA;
	if (o->both)
		s->query.side = SIDE_BOTH;
	return STATUS_OK;
}

static int apply_sources(const struct invocation *in, const struct select_options *o,
			 struct selection *s)
{
	for (size_t i = 0; i < o->sources.count; i++) {
		if (i == SELECT_SOURCES_MAX)
			return command_misused(in, "more than %zu sources", i);
		if (source_of_name(o->sources.at[i], &s->sources[i]) < 0)
			return command_misused(in, "'%.60s' is no name of a source",
					       o->sources.at[i]);
	}
	if (o->sources.count) {
		s->query.sources = s->sources;
		s->query.source_count = o->sources.count;
	}
	return STATUS_OK;
}

static int apply_what(const struct invocation *in, const struct select_options *o,
		      struct selection *s)
{
	struct fault f = {0};
	struct query *q = &s->query;
	q->subdomains = o->subdomains;
	if (o->types &&
	    query_types_parse(q, o->types, s->types, SELECT_TYPES_MAX, &f) < 0)
		return command_misused(in, "%s", f.text);
	if (o->bailiwick && name_of_idn(o->bailiwick, &q->bailiwick) < 0)
		return command_misused(in, "--bailiwick '%.100s' is no name",
				       o->bailiwick);
	if (o->sensor)
		q->sensor = sensor_hash(o->sensor);
	if (o->negative && o->suspicious)
		return command_misused(in, "ask for --negative or --suspicious, not "
					   "both at once");
	if (o->negative)
		q->shelf = "negative";
	if (o->suspicious)
		q->shelf = "suspicious";
	return apply_sources(in, o, s);
}

static int apply_time(const struct invocation *in, const struct time_options *t,
		      struct selection *s)
{
	struct fault f = {0};
	struct query *q = &s->query;
	int r;
	if (t->on && (t->from || t->to))
		return command_misused(in, "--on names a day; --from and --to do not go "
					   "with it");
	if (t->complete && !t->after && !t->before)
		return command_misused(in, "-c goes with -A or -B; --strict with --from "
					   "and --to");
	r = time_fence(t, t->on ? t->on : t->from, t->on ? t->on : t->to, in->now_s, &f,
		       &q->fence);
	if (r < 0)
		return command_misused(in, "%s", f.text);
	q->fence.strict = t->strict;
	q->fence.seen = t->seen || t->on;
	if (t->after || t->before) {
		struct fence w;
		if (time_fence(t, t->after, t->before, in->now_s, &f, &w) < 0)
			return command_misused(in, "%s", f.text);
		if (t->complete) {
			q->bounds.first_after_s = w.from_s;
			q->bounds.last_before_s = w.to_s;
		} else {
			q->bounds.last_after_s = w.from_s;
			q->bounds.first_before_s = w.to_s;
		}
	}
	return STATUS_OK;
}

int selection_init(const struct invocation *in, const struct select_options *o,
		   const struct time_options *t, struct selection *ret)
{
	struct fault f = {0};
	*ret = (struct selection){.query = QUERY_ALL};
	int status = apply_side(in, o, ret);
	if (status == STATUS_OK)
		status = apply_what(in, o, ret);
	if (status == STATUS_OK)
		status = apply_time(in, t, ret);
	if (status != STATUS_OK)
		return status;
	int r = add_list(in, ret, &o->rrname, true, &f);
	if (r == 0)
		r = add_list(in, ret, &o->rdata, false, &f);
	if (r == 0)
		r = add_list(in, ret, &o->ip, false, &f);
	if (r == YORE_ENOMEM)
		return too_much(in);
	return r < 0 ? command_misused(in, "%s", f.text) : STATUS_OK;
}

int selection_add(struct selection *s, const char *text, struct fault *f)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct term *terms = realloc(s->terms, room * sizeof(*terms));
		if (terms == NULL)
			return fault_set(f, YORE_ENOMEM, "out of memory");
		s->terms = terms;
		s->room = room;
	}
	int r = term_parse(text, f, &s->terms[s->count]);
	if (r < 0)
		return r;
	s->query.terms = s->terms;
	s->query.term_count = ++s->count;
	return 0;
}

void selection_clear(struct selection *s)
{
	for (size_t i = 0; i < s->count; i++)
		term_release(&s->terms[i]);
	s->count = 0;
	s->query.term_count = 0;
}

void selection_release(struct selection *s)
{
	selection_clear(s);
	free(s->terms);
	*s = (struct selection){.query = QUERY_ALL};
}
