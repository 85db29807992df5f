#include <stdio.h>
#include <time.h>

#include "base/io.h"
#include "cmd/watching.h"
#include "store/who.h"

#define AT(field) offsetof(struct watching_options, field)

const struct option_row watching_rows[] = {
    {"watch", 0, OPTION_TEXT, AT(list), "FILE",
     "raise an alert for each record that is on this list (see yore watch)"},
    {"alerts", 0, OPTION_TEXT, AT(journal), "FILE",
     "where alerts are kept (watch/alerts.ndjson of the database)"},
    {NULL},
};

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

int watching_journal(const struct invocation *in, const char *named, const char *dir,
		     struct buf *ret)
{
	struct fault f = {0};
	char folder[8192];
	if (named) {
		buf_puts(ret, named);
		return STATUS_OK;
	}
	snprintf(folder, sizeof(folder), "%s/watch", dir);
	if (io_mkdirs(folder, 0700, &f) < 0)
		return command_failed(in, &f);
	buf_printf(ret, "%s/alerts.ndjson", folder);
	return STATUS_OK;
}

/* One round for each time that it was asked for; the list is read again for each. */
static void *hunt(void *arg)
{
	struct watching *w = arg;
	do {
		struct fault f = {0};
		int r = watch_reload(w->watcher, &f);
		if (r >= 0 && w->who_asked)
			r = watch_retro_who(w->watcher, w->store, false, &f);
		if (r >= 0 && w->store)
			r = watch_retro(w->watcher, w->store, false, &f);
		if (r < 0)
			command_say(w->in, "%s", f.text);
	} while (atomic_fetch_sub(&w->wanted, 1) > 1);
	return NULL;
}

void watching_reload(struct watching *w)
{
	if (w->watcher == NULL || atomic_fetch_add(&w->wanted, 1) > 0)
		return; /* nothing to do, or the hunter will do it */
	if (w->hunted)
		pthread_join(w->hunter, NULL);
	w->hunted = pthread_create(&w->hunter, NULL, hunt, w) == 0;
	if (!w->hunted)
		hunt(w);
}

int watching_begin(const struct invocation *in, const struct watching_options *o,
		   const char *dir, bool who_asked, struct store *store,
		   struct segment_sink *sink, bool background, struct watching *ret)
{
	struct fault f = {0};
	struct buf journal, clients;
	*ret = (struct watching){.in = in, .store = store, .inner = *sink};
	if (o->list == NULL)
		return STATUS_OK;
	buf_init(&journal, 1 << 16);
	buf_init(&clients, 1 << 16);
	who_asked = who_asked && store_who_path(store, "alerts.ndjson", &clients);
	int status = watching_journal(in, o->journal, dir, &journal);
	if (status == STATUS_OK) {
		struct watch_options wo = {
		    .list = o->list, .journal = buf_str(&journal), .now = now_s};
		if (who_asked)
			wo.clients = buf_str(&clients);
		ret->who_asked = who_asked;
		int r = watch_open(&wo, &f, &ret->watcher);
		if (r == 0 && who_asked && !background)
			r = watch_retro_who(ret->watcher, store, false, &f);
		if (r == 0 && store && !background)
			r = watch_retro(ret->watcher, store, false, &f);
		if (r < 0)
			status = command_failed(in, &f);
	}
	buf_release(&journal);
	buf_release(&clients);
	if (status != STATUS_OK) {
		watch_close(ret->watcher);
		ret->watcher = NULL;
		return status;
	}
	*sink = watch_sink(ret->watcher, &ret->inner);
	if (background)
		watching_reload(ret);
	return STATUS_OK;
}

int watching_end(const struct invocation *in, struct watching *w, bool quiet)
{
	struct fault f = {0};
	int status = STATUS_OK;
	if (w->watcher == NULL)
		return STATUS_OK;
	watch_stop(w->watcher);
	if (w->hunted)
		pthread_join(w->hunter, NULL);
	if (watch_deliver(w->watcher, &f) < 0)
		status = command_failed(in, &f);
	const struct watch_counters *n = watch_counters(w->watcher);
	if (!quiet && n->alerts)
		command_say(in, "%llu alert%s", (unsigned long long)n->alerts,
			    n->alerts == 1 ? "" : "s");
	watch_close(w->watcher);
	w->watcher = NULL;
	return status;
}
