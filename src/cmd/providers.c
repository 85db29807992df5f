/* yore providers: whom one can ask. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cmd/outside.h"
#include "remote/mapping.h"

struct providers_options {
	bool json, quota, mappings;
	const char *config;
	struct option_list set;
};

struct listing {
	struct invocation *in;
	const struct providers_options *o;
	struct http_client *http;
	bool failed;
};

/* ---- quota ---- */

static int send_quota(struct listing *l, const struct account *a, struct quota *q,
		      char why[200])
{
	struct request rq;
	struct http_reply reply;
	const char *headers[REQUEST_HEADERS];
	struct buf body;
	struct fault f = {0};
	int r = l->http ? 0 : http_open(NULL, &f, &l->http);
	request_init(&rq, false);
	buf_init(&body, 64 << 10);
	if (r == 0)
		r = a->provider->quota_build(a, &rq);
	for (size_t i = 0; i < rq.header_count; i++)
		headers[i] = request_header_line(&rq, i);
	struct http_request h = {.url = buf_str(&rq.url),
				 .headers = headers,
				 .header_count = rq.header_count,
				 .ca_file = a->ca_file,
				 .timeout_ms = a->timeout_ms ? a->timeout_ms : 20000};
	if (r == 0)
		r = http_perform(l->http, &h, &body, NULL, &reply);
	if (r == 0 && reply.status != 200) {
		snprintf(why, 200, "status %ld", reply.status);
		r = YORE_EREFUSED;
	} else if (r == 0) {
		r = a->provider->quota_read(&reply, q);
		snprintf(why, 200, "%s", r < 0 ? "not understood" : "");
	} else {
		snprintf(why, 200, "%.199s",
			 reply.fault.code ? reply.fault.text : f.text);
	}
	request_release(&rq);
	buf_release(&body);
	return r;
}

static void put_quota(struct buf *out, const struct quota *q)
{
	char when[WHEN_TEXT_MAX];
	if (q->unlimited) {
		buf_puts(out, "unlimited");
		return;
	}
	if (q->remaining >= 0)
		buf_printf(out, "%" PRId64 " left", q->remaining);
	if (q->limit >= 0)
		buf_printf(out, " of %" PRId64, q->limit);
	if (q->reset_s > 0) {
		when_text(q->reset_s, when);
		buf_printf(out, ", anew at %s", when);
	}
}

/* What is left, asked now, or what is usual. */
static void quota_text(struct listing *l, const struct account *a, struct buf *out)
{
	struct quota q = QUOTA_NOT_SAID;
	char why[200] = "";
	if (!l->o->quota || !a->configured || !a->provider->quota_build) {
		if (a->provider->quotas)
			buf_puts(out, a->provider->quotas);
		return;
	}
	if (send_quota(l, a, &q, why) < 0) {
		l->failed = true;
		buf_printf(out, "asked in vain: %s", why);
		return;
	}
	put_quota(out, &q);
}

/* ---- rows ---- */

static const char *standing(const struct account *a)
{
	return a->configured ? "configured" : "not configured";
}

static void put_json(struct listing *l, const struct account *a)
{
	struct json j;
	struct buf text;
	buf_init(&text, 4096);
	json_init(&j, &l->in->out->buf);
	json_open(&j, '{');
	json_key(&j, "name");
	json_str(&j, a->name);
	json_key(&j, "title");
	json_str(&j, a->provider->title);
	json_key(&j, "state");
	json_str(&j, provider_state_text(a->provider->state));
	json_key(&j, "configured");
	json_bool(&j, a->configured);
	if (!a->configured) {
		json_key(&j, "lacks");
		json_str(&j, a->lacks);
	}
	provider_can_put(&text, a->provider->can);
	json_key(&j, "can");
	json_bytes(&j, buf_bytes(&text));
	json_key(&j, "lookup");
	json_str(&j, provider_lookup_text(a->provider->lookup));
	json_key(&j, "url");
	json_str(&j, a->url ? a->url : "");
	json_key(&j, "own");
	json_bool(&j, a->own);
	json_key(&j, "tlp");
	json_str(&j, tlp_text(a->ceiling));
	buf_clear(&text);
	quota_text(l, a, &text);
	json_key(&j, "quota");
	json_bytes(&j, buf_bytes(&text));
	json_key(&j, "note");
	json_str(&j, a->provider->note ? a->provider->note : "");
	json_close(&j, '}');
	buf_putc(&l->in->out->buf, '\n');
	buf_release(&text);
}

static void put_text(struct listing *l, const struct account *a)
{
	struct buf *out = &l->in->out->buf, text;
	buf_init(&text, 4096);
	buf_printf(out, "%s  (%s)\n", a->name, a->provider->title);
	buf_printf(out, "    %s, %s", provider_state_text(a->provider->state),
		   standing(a));
	if (!a->configured)
		buf_printf(out, ": [%s] lacks %s", a->section, a->lacks);
	provider_can_put(&text, a->provider->can);
	buf_printf(out, "\n    answers: %s\n", buf_str(&text));
	buf_printf(out, "    looks names up when asked: %s; may be told: TLP:%s%s\n",
		   provider_lookup_text(a->provider->lookup), tlp_text(a->ceiling),
		   a->own ? ", our own" : "");
	buf_clear(&text);
	quota_text(l, a, &text);
	if (text.len) {
		buf_puts(out, "    quota: ");
		put_safe(out, buf_bytes(&text));
		buf_putc(out, '\n');
	}
	if (a->url)
		buf_printf(out, "    %s\n", a->url);
	if (a->provider->note)
		buf_printf(out, "    %s\n", a->provider->note);
	buf_release(&text);
}

static int run(struct invocation *in)
{
	const struct providers_options *o = in->values;
	struct listing l = {.in = in, .o = o};
	struct accounts accounts;
	struct conf *conf = NULL;
	struct fault f = {0};
	if (o->mappings) {
		buf_puts(&in->out->buf, mapping_shipped);
		return STATUS_OK;
	}
	int status = outside_configuration(in, o->config, &o->set, &conf);
	if (status != STATUS_OK)
		return status;
	if (accounts_load(&accounts, conf, &f) < 0) {
		conf_free(conf);
		return command_failed(in, &f);
	}
	for (size_t i = 0; i < accounts.count; i++)
		(o->json ? put_json : put_text)(&l, &accounts.at[i]);
	http_close(l.http);
	accounts_release(&accounts);
	conf_free(conf);
	return l.failed ? STATUS_INCOMPLETE : STATUS_OK;
}

#define AT(field) offsetof(struct providers_options, field)

static const struct option_row rows[] = {
    {"quota", 0, OPTION_FLAG, AT(quota), NULL,
     "ask those that can be asked how much is left"},
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "one JSON object a line"},
    {"mappings", 0, OPTION_FLAG, AT(mappings), NULL,
     "print the descriptions of providers that need no code"},
    {"config", 0, OPTION_TEXT, AT(config), "FILE", "this configuration file alone"},
    {"set", 0, OPTION_LIST, AT(set), "SECTION.KEY=VALUE",
     "a value over what the configuration says"},
    {NULL},
};

static const struct option_group groups[] = {{NULL, rows, 0}, {NULL, NULL, 0}};

const struct command command_providers = {
    .name = "providers",
    .about = "list the providers that can be asked beside the history",
    .usage = "[OPTION...]",
    .manual =
	"Lists every provider that --with can name: whether it is live, retired or "
	"unverified, what it can answer, whether it is configured and what it lacks, "
	"whether asking it makes it look the name up itself (which others may "
	"notice), and how far a term may travel to it.\n\n"
	"Providers are configured in sections [provider NAME] (yore config init "
	"writes an example). Those without code of their own are described in words; "
	"--mappings prints these descriptions, and the same words in your own "
	"configuration add more.",
    .examples = "  yore providers\n      all of them\n"
		"  yore providers --quota --json | jq 'select(.configured)'\n"
		"      what is left of the quotas of those that are configured\n",
    .groups = groups,
    .values = sizeof(struct providers_options),
    .run = run,
};
