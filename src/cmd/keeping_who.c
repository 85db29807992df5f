#include "cmd/keeping_who.h"

#include <stdio.h>
#include <time.h>

#include "alert/journal.h"
#include "base/io.h"

#include "conf/conf.h"

#define AT(field) offsetof(struct keeping_who_options, field)

const struct option_row keeping_who_rows[] = {
    {"who-asked", 0, OPTION_FLAG, AT(on), NULL,
     "keep who asked for what below the resolver, apart from the history (yore query "
     "--who-asked)"},
    {"who-retention", 0, OPTION_SPAN, AT(retention_s), "SPAN",
     "how long that is kept; must be stated, nothing is kept longer"},
    {"who-pseudonyms", 0, OPTION_TEXT, AT(pseudonyms), "DIR",
     "keep pseudonyms instead of clients' addresses, under keys of a month in this "
     "folder"},
    {NULL},
};

const struct conf_rule keeping_who_rules[] = {
    {"who", NULL, CONF_TEXT, NULL, NULL,
     "Who asked: clients below the resolver. Personal data: off unless you say so."},
    {"who", "asked", CONF_BOOL, NULL, "no", "keep who asked, as --who-asked"},
    {"who", "retention", CONF_SPAN, NULL, "180d", "how long it is kept; must be stated"},
    {"who", "pseudonyms", CONF_PATH, NULL, "/var/lib/yore-keys",
     "keep pseudonyms instead of addresses, under keys of a month in this folder"},
    {NULL},
};

/* What the options leave open. */
static int from_conf(struct conf *c, struct keeping_who *k, struct fault *f)
{
	struct buf path;
	int r = k->on ? 0 : conf_bool(c, "who", "asked", &k->on, f);
	if (r >= 0 && k->on && k->retention_s == 0)
		r = conf_span(c, "who", "retention", &k->retention_s, f);
	if (r < 0 || !k->on || *k->folder)
		return r;
	buf_init(&path, sizeof(k->folder) - 1);
	r = conf_path(c, "who", "pseudonyms", &path, f);
	if (r == 1)
		snprintf(k->folder, sizeof(k->folder), "%s", buf_str(&path));
	buf_release(&path);
	return r;
}

static int read_conf(const struct invocation *in, struct keeping_who *k)
{
	struct fault f = {0};
	struct conf *c;
	int r = conf_new(&c);
	if (r < 0)
		return STATUS_FAILED;
	r = conf_load(c, NULL, &f);
	if (r >= 0)
		r = from_conf(c, k, &f);
	conf_free(c);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

int keeping_who_resolve(const struct invocation *in, const struct keeping_who_options *o,
			bool elsewhere, struct keeping_who *ret)
{
	*ret = (struct keeping_who){.on = o->on, .retention_s = o->retention_s};
	if (o->pseudonyms && strlen(o->pseudonyms) >= sizeof(ret->folder))
		return command_misused(in, "--who-pseudonyms: too long");
	if (o->pseudonyms)
		snprintf(ret->folder, sizeof(ret->folder), "%s", o->pseudonyms);
	int status = read_conf(in, ret);
	if (status != STATUS_OK)
		return status;
	if (!ret->on && (o->retention_s || o->pseudonyms))
		return command_misused(in, "--who-retention and --who-pseudonyms belong "
					   "to --who-asked");
	if (!ret->on)
		return STATUS_OK;
	if (elsewhere && o->on)
		return command_misused(in,
				       "--who-asked: who asked is kept here and never "
				       "sent; with --to there is no database here");
	ret->on = !elsewhere;
	if (ret->retention_s == 0)
		return command_misused(in,
				       "--who-asked needs --who-retention SPAN (180d): "
				       "how long clients may be kept is yours to say");
	if (ret->retention_s < WHO_RETENTION_LEAST)
		return command_misused(in, "--who-retention: at least a day (1d)");
	ret->since_s = store_who_since(ret->retention_s, in->now_s);
	return STATUS_OK;
}

int keeping_who_begin(const struct invocation *in, struct keeping_who *k,
		      struct store *store)
{
	struct fault f = {0};
	if (!k->on)
		return STATUS_OK;
	int r = store_who_state(store, k->retention_s, &f);
	if (r == 0 && *k->folder)
		r = pseudonyms_open(k->folder, true, &f, &k->pseudonyms);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

int keeping_who_expire_alerts(struct store *store, int64_t now_s, struct watcher *watcher,
			      struct fault *f)
{
	struct journal j;
	struct buf path;
	int64_t retention_s;
	int r = store_who_retention(store, &retention_s, f);
	if (r <= 0)
		return r;
	int64_t since_s = store_who_since(retention_s, now_s);
	if (watcher != NULL)
		return watch_expire(watcher, since_s, f);
	buf_init(&path, 16 << 10);
	if (store_who_path(store, "alerts.ndjson", &path) && io_exists(buf_str(&path))) {
		r = journal_open(&j, buf_str(&path), f);
		if (r == 0)
			r = journal_expire(&j, since_s, f);
		journal_close(&j);
	}
	buf_release(&path);
	return r < 0 ? r : 0;
}

int keeping_who_expire(const struct invocation *in, struct store *store,
		       struct watcher *watcher)
{
	struct fault f = {0};
	if (store == NULL)
		return STATUS_OK;
	int64_t r = store_who_expire(store, (int64_t)time(NULL), false, NULL, NULL, &f);
	/* while somebody else writes, the file of alerts is theirs */
	if (r > 0 || (r == 0 && watcher != NULL))
		r = keeping_who_expire_alerts(store, (int64_t)time(NULL), watcher, &f);
	return r < 0 && r != YORE_ELOCKED ? command_failed(in, &f) : STATUS_OK;
}

void keeping_who_end(struct keeping_who *k)
{
	pseudonyms_close(k->pseudonyms);
	k->pseudonyms = NULL;
}
