/* yore coverage: who watched when, and what was lost meanwhile. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "cmd/coverage_below.h"
#include "cmd/database.h"
#include "cmd/select.h"
#include "cmd/site_conf.h"
#include "query/coverage.h"

struct coverage_options {
	struct database_options database;
	struct time_options time;
	bool json, gaps, servers;
};

#define GAPS_SHOWN 10
#define SERVERS_SHOWN 5

struct showing {
	struct invocation *in;
	struct buf *out;
	const struct coverage *c;
	struct losses losses;
	struct site *site; /* resolvers that are watched, of the configuration */
	size_t servers;	   /* how many are shown */
	size_t gaps, most; /* of the input in hand; how many are shown */
};

static void put_time(struct buf *out, int64_t us)
{
	char text[WHEN_TEXT_MAX];
	when_text(us / 1000000, text);
	buf_puts(out, text);
}

static void put_length(struct buf *out, int64_t us)
{
	int64_t s = us / 1000000;
	if (s >= 86400)
		buf_printf(out, "%" PRId64 " d %" PRId64 " h", s / 86400,
			   s % 86400 / 3600);
	else if (s >= 3600)
		buf_printf(out, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
	else
		buf_printf(out, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
}

static int on_gap(struct interval gap, void *arg)
{
	struct showing *s = arg;
	if (s->gaps++ >= s->most)
		return 0;
	buf_puts(s->out, "    not ");
	put_time(s->out, gap.from_us);
	buf_puts(s->out, " .. ");
	put_time(s->out, gap.to_us);
	buf_puts(s->out, "  ");
	put_length(s->out, gap.to_us - gap.from_us);
	buf_putc(s->out, '\n');
	return 0;
}

static void put_losses(struct showing *s, const struct coverage_input *in)
{
	const struct loss *l = NULL;
	while ((l = losses_next(&s->losses, in, false, l)) != NULL)
		buf_printf(s->out, "    lost %12" PRIu64 "  %s\n", l->count, l->reason);
}

static void put_input(struct showing *s, const struct coverage_input *in)
{
	buf_printf(s->out, "%3u.%02u %%  ", in->permyriad / 100, in->permyriad % 100);
	put_time(s->out, in->first_us);
	buf_puts(s->out, " .. ");
	put_time(s->out, in->last_us);
	buf_puts(s->out, in->is_sensor ? "  sensor " : "  ");
	put_safe(s->out, BYTES_STR(coverage_short_name(in)));
	buf_putc(s->out, '\n');
	s->gaps = 0;
	if (in->is_sensor || s->c->input_count == 1)
		interval_set_gaps(&in->stretches, s->c->window, on_gap, s);
	if (s->gaps > s->most)
		buf_printf(s->out, "    and %zu more gaps (--gaps)\n", s->gaps - s->most);
	put_losses(s, in);
	below_put(s->out, &s->losses, in, s->site, s->servers);
}

static int json_stretch(struct json *j, const struct interval_set *set)
{
	json_key(j, "stretches");
	json_open(j, '[');
	for (size_t i = 0; i < set->count; i++) {
		json_open(j, '[');
		json_i64(j, set->at[i].from_us / 1000000);
		json_i64(j, set->at[i].to_us / 1000000);
		json_close(j, ']');
	}
	json_close(j, ']');
	return 0;
}

static void put_input_json(struct showing *s, const struct coverage_input *in)
{
	struct json j;
	const struct loss *l = NULL;
	json_init(&j, s->out);
	json_open(&j, '{');
	json_key(&j, in->is_sensor ? "sensor" : "input");
	json_str(&j, in->name);
	json_key(&j, "permyriad");
	json_u64(&j, in->permyriad);
	json_key(&j, "first");
	json_i64(&j, in->first_us / 1000000);
	json_key(&j, "last");
	json_i64(&j, in->last_us / 1000000);
	json_stretch(&j, &in->stretches);
	json_key(&j, "losses");
	json_open(&j, '{');
	while ((l = losses_next(&s->losses, in, false, l)) != NULL) {
		json_key(&j, l->reason);
		json_u64(&j, l->count);
	}
	json_close(&j, '}');
	below_put_json(&j, &s->losses, in, s->site);
	json_close(&j, '}');
	buf_putc(s->out, '\n');
}

static void show(struct showing *s, bool json)
{
	if (!json) {
		coverage_put(s->out, s->c);
		buf_putc(s->out, '\n');
	}
	for (size_t i = 0; i < s->c->input_count; i++) {
		if (json)
			put_input_json(s, &s->c->inputs[i]);
		else
			put_input(s, &s->c->inputs[i]);
		output_ready(s->in->out, false);
	}
}

static int status_of(const struct coverage *c)
{
	switch (c->watched) {
	case WATCHED_WHOLLY:
		return STATUS_OK;
	case WATCHED_PARTLY:
		return STATUS_INCOMPLETE;
	default:
		return STATUS_UNWATCHED;
	}
}

static int run(struct invocation *in)
{
	const struct coverage_options *o = in->values;
	struct coverage c = {0};
	struct fence fence;
	struct fault f = {0};
	struct store *store;
	if (time_fence(&o->time, o->time.from, o->time.to, in->now_s, &f, &fence) < 0)
		return command_misused(in, "%s", f.text);
	struct site *site;
	int status = site_conf_open(in, NULL, &site);
	if (status != STATUS_OK)
		return status;
	status = database_open(in, &o->database, NULL, &store);
	if (status != STATUS_OK) {
		site_free(site);
		return status;
	}
	struct showing s = {.in = in,
			    .out = &in->out->buf,
			    .c = &c,
			    .site = site,
			    .servers = o->servers ? SIZE_MAX : SERVERS_SHOWN,
			    .most = o->gaps ? SIZE_MAX : GAPS_SHOWN};
	int r = coverage_measure(store, &fence, &f, &c);
	if (r == 0)
		r = losses_gather(&s.losses, store, &c, &f);
	if (r == 0)
		show(&s, o->json);
	status = r < 0 ? command_failed(in, &f) : status_of(&c);
	losses_release(&s.losses);
	coverage_release(&c);
	store_close(store);
	site_free(site);
	return status;
}

#define AT(field) offsetof(struct coverage_options, field)
#define TIME_AT(field) offsetof(struct coverage_options, time.field)

static const struct option_row rows[] = {
    {"from", 0, OPTION_TEXT, TIME_AT(from), "TIME",
     "begin of the time asked about: 2015-07-01, -90d, epoch"},
    {"to", 0, OPTION_TEXT, TIME_AT(to), "TIME",
     "end of it; a day, month or year means its last second"},
    {"tz", 0, OPTION_TEXT, TIME_AT(tz), "ZONE",
     "the zone times are given in: +02:00, Europe/Berlin, local"},
    {"gaps", 0, OPTION_FLAG, AT(gaps), NULL, "all gaps, not the first ten of a sensor"},
    {"servers", 0, OPTION_FLAG, AT(servers), NULL,
     "all servers that were asked below, not the first five of an input"},
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "JSON lines, with every stretch watched"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

const struct command command_coverage = {
    .name = "coverage",
    .about = "who watched when, and what was lost meanwhile",
    .usage = "[OPTION...]",
    .manual =
	"For every sensor and every input without one: the share of the time asked about "
	"that it watched, from when to when, the gaps, and what was lost by reason. "
	"Silence on a watched wire is no gap; silences shorter than five minutes between "
	"two inputs are none either.\n\n"
	"Below the resolvers it also tells of whom clients asked: which share of the "
	"answers came from resolvers that are watched, and what went past them, "
	"connections of encrypted DNS (port 853) and questions for names of DNS over "
	"HTTPS included. Watched is what [local] resolvers names, what sends dnstap, and "
	"what was seen to ask on itself. Clients are not kept for this.\n\n"
	"Exit status: 0 wholly watched, 3 partly, 4 not at all.",
    .examples = "  yore coverage --from 2015-06-01 --to 2015-08-31\n",
    .groups = groups,
    .values = sizeof(struct coverage_options),
    .run = run,
};
