/* yore watch: alerts for a list of indicators, over the whole history and from now on. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/hash.h"
#include "cmd/database.h"
#include "cmd/watching.h"
#include "dns/message.h"
#include "dns/type.h"
#include "sensor/transactions.h"

struct watch_call_options {
	struct database_options database;
	const char *journal, *webhook;
	int64_t every_s;
	bool follow, all, syslog, quiet;
};

#define AT(field) offsetof(struct watch_call_options, field)

static const struct option_row rows[] = {
    {"alerts", 0, OPTION_TEXT, AT(journal), "FILE",
     "where alerts are kept (watch/alerts.ndjson of the database)"},
    {"follow", 'F', OPTION_FLAG, AT(follow), NULL,
     "go on: look again at what has been committed, and at the list when it changes"},
    {"every", 0, OPTION_SPAN, AT(every_s), "SPAN", "with --follow: how often (60s)"},
    {"all", 0, OPTION_FLAG, AT(all), NULL,
     "hunt the history for every indicator, also those it was hunted for"},
    {"syslog", 0, OPTION_FLAG, AT(syslog), NULL,
     "alerts to syslog, too (authpriv.alert)"},
    {"webhook", 0, OPTION_TEXT, AT(webhook), "URL",
     "alerts to this URL, too: POST of lines of JSON"},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "only alerts and failures"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

static void on_alert(struct bytes line, void *arg)
{
	struct invocation *in = arg;
	buf_put_bytes(&in->out->buf, line);
	buf_putc(&in->out->buf, '\n');
	output_ready(in->out, false);
}

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static int deliver(struct invocation *in, struct watcher *w)
{
	struct fault f = {0};
	if (watch_deliver(w, &f) >= 0)
		return STATUS_OK;
	command_say(in, "%s", f.text);
	return STATUS_INCOMPLETE;
}

/* One look at the whole of what is committed. A status. */
static int look(struct invocation *in, struct watcher *w, bool all)
{
	const struct watch_call_options *o = in->values;
	struct store *store;
	struct fault f = {0};
	int status = database_open(in, &o->database, NULL, &store);
	if (status != STATUS_OK)
		return status;
	int r = watch_retro(w, store, all, &f);
	store_close(store);
	if (r < 0)
		return command_failed(in, &f);
	output_ready(in->out, true);
	return deliver(in, w);
}

/* Something has come or gone since `before` was taken: folders of the database say so. */
static uint64_t state_of(const char *dir)
{
	uint64_t h = 0;
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(dir);
	while (d && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, "..") == 0 ||
		    fstatat(dirfd(d), e->d_name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
			continue;
		int64_t when[3] = {(int64_t)st.st_ino, st.st_mtim.tv_sec,
				   st.st_mtim.tv_nsec};
		h ^= hash_fixed(when, sizeof(when), 1); /* in any order */
	}
	if (d)
		closedir(d);
	return h;
}

/* A hunt of a long list costs: only when there is something new, or the list is. */
static int look_again(struct invocation *in, struct watcher *w, const char *dir,
		      uint64_t *state)
{
	struct fault f = {0};
	int changed = watch_reload(w, &f);
	if (changed < 0)
		command_say(in, "%s", f.text);
	uint64_t now = state_of(dir); /* before the look: what comes meanwhile is new */
	if (changed <= 0 && now == *state)
		return deliver(in, w);
	*state = now;
	return look(in, w, true);
}

static int follow(struct invocation *in, struct watcher *w)
{
	const struct watch_call_options *o = in->values;
	struct timespec pause = {o->every_s ? o->every_s : 60, 0};
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = database_dir(in, &o->database, &dir);
	uint64_t state = status == STATUS_OK ? state_of(buf_str(&dir)) : 0;
	if (status == STATUS_OK)
		status = look(in, w, true);
	while (status < STATUS_FAILED && !output_done(in->out)) {
		nanosleep(&pause, NULL);
		status = look_again(in, w, buf_str(&dir), &state);
	}
	buf_release(&dir);
	return status;
}

/* ---- captures: who asked ---- */

struct asking_clients {
	struct watcher *w;
	struct fault *f;
};

static const char *outcome_of(const struct transaction *t)
{
	if (t->response == NULL)
		return "unanswered";
	if (t->response->rcode == RCODE_NXDOMAIN)
		return "nxdomain";
	return t->response->rcode == RCODE_NOERROR ? "answered" : "failed";
}

/* The question, and everything that stands in the answer: an alias that leads to what is
 * watched for betrays its client, too. */
static int on_transaction(const struct transaction *t, void *arg)
{
	struct asking_clients *a = arg;
	int64_t at = t->asked_us != WHEN_UNKNOWN ? t->asked_us : t->answered_us;
	struct watch_event e = {.owner = t->name,
				.type = t->type,
				.rdata = BYTES("", 0),
				.first_s = at / 1000000,
				.last_s = at / 1000000,
				.outcome = outcome_of(t),
				.client = &t->client};
	int r = watch_event(a->w, &e, a->f);
	for (unsigned i = 0; r >= 0 && t->response && i < t->response->rr_count; i++) {
		const struct rr *rr = &t->response->rr[i];
		if (rr->section != SECTION_ANSWER || type_is_meta(rr->type))
			continue;
		e.owner = rr->owner;
		e.type = rr->type;
		e.rdata = rr->rdata;
		r = watch_event(a->w, &e, a->f);
	}
	return r < 0 ? r : 0;
}

static int look_at_captures(struct invocation *in, struct watcher *w)
{
	struct decode_options net = {.port_count = 0};
	struct fault f = {0};
	struct asking_clients a = {w, &f};
	struct transactions *t;
	int r = transactions_new(&net, INT64_MIN, INT64_MAX, on_transaction, &a, &t);
	if (r < 0)
		return command_failed(in, &f);
	for (size_t i = 1; i < in->argument_count && r == 0; i++)
		r = transactions_file(t, in->argument[i], &f);
	if (r == 0)
		r = transactions_finish(t);
	transactions_free(t);
	if (r < 0)
		return command_failed(in, &f);
	output_ready(in->out, true);
	return watch_deliver(w, &f) < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int run(struct invocation *in)
{
	const struct watch_call_options *o = in->values;
	struct buf dir, journal;
	struct watcher *w = NULL;
	struct fault f = {0};
	buf_init(&dir, 1 << 16);
	buf_init(&journal, 1 << 16);
	int status = database_dir(in, &o->database, &dir);
	if (status == STATUS_OK)
		status = watching_journal(in, o->journal, buf_str(&dir), &journal);
	if (status == STATUS_OK) {
		struct watch_options wo = {.list = in->argument[0],
					   .journal = buf_str(&journal),
					   .now = now_s,
					   .syslog = o->syslog,
					   .webhook = o->webhook,
					   .raised = on_alert,
					   .raised_arg = in};
		if (watch_open(&wo, &f, &w) < 0)
			status = command_failed(in, &f);
	}
	if (status == STATUS_OK && in->argument_count > 1)
		status = look_at_captures(in, w);
	else if (status == STATUS_OK)
		status = o->follow ? follow(in, w) : look(in, w, o->all);
	if (w && !o->quiet) {
		const struct watch_counters *n = watch_counters(w);
		command_say(in,
			    "%zu indicators, %llu hunted for, %llu alerts, %llu known",
			    watch_indicators(w), (unsigned long long)n->hunted,
			    (unsigned long long)n->alerts, (unsigned long long)n->known);
	}
	watch_close(w);
	buf_release(&dir);
	buf_release(&journal);
	return status;
}

const struct command command_watch = {
    .name = "watch",
    .about = "alerts for a list of indicators, over the whole history and from now on",
    .usage = "[OPTION...] LIST [CAPTURE...]",
    .manual =
	"LIST holds one term a line: a name, *.zone, an address, a prefix or range, "
	"/regex/ or a glob, defanged or not; then, optionally, from=TIME and to=TIME for "
	"its validity, and behind # what an alert shall say of it.\n\n"
	"One alert is raised for each indicator and record. Alerts go to standard output "
	"as "
	"lines of JSON and into a file that remembers them, so that nothing is raised "
	"twice and nothing is lost over a restart. When the list changes, the whole "
	"history is hunted for what is new on it.\n\n"
	"With captures behind the list these are looked at instead of the history, for "
	"who "
	"asked: one alert for each indicator, client and day, also of questions that "
	"were "
	"not answered, so that a second victim of a known record shows.\n\n"
	"With import --watch and sense --watch records are looked at before they are "
	"committed.",
    .examples =
	"  yore watch bad-names.txt\n"
	"      hunt the history once\n"
	"  yore watch --follow --every 30s --webhook https://soc.example/in bad.txt\n"
	"      and go on, telling somebody else",
    .groups = groups,
    .values = sizeof(struct watch_call_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run,
};
