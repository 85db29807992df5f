#include "cmd/import_follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/log.h"
#include "cmd/import_summary.h"
#include "cmd/keeping_who.h"
#include "sensor/follow.h"
#include "sys/notify.h"
#include "sys/sandbox.h"
#include "sys/signals.h"

struct following {
	struct invocation *in;
	const struct import_follow *o;
	struct follow_options *fo;
	int notify;
	uint64_t passes, files, packets, refused;
	int64_t beat_s;
};

static void tell(const struct following *w)
{
	log_info("%" PRIu64 " passes, %" PRIu64 " packets new, %" PRIu64
		 " files refused or damaged",
		 w->passes, w->packets, w->refused);
}

static unsigned on_asked(void *arg)
{
	struct following *w = arg;
	unsigned asked = signals_take(w->o->signals);
	if (asked & SIGNAL_END)
		notify_send(w->notify, "STOPPING=1");
	if (asked & SIGNAL_TELL)
		tell(w);
	return asked;
}

static void on_passed(const struct import_summary *s, void *arg)
{
	struct following *w = arg;
	uint64_t fresh = s->packets - s->already_there;
	w->passes++;
	w->packets += fresh;
	for (size_t i = 0; i < s->file_count; i++)
		w->refused +=
		    s->files[i].status == IMPORT_REFUSED || s->files[i].damage[0] != '\0';
	import_say_files(w->in, s);
	if (w->o->import->who_asked)
		(void)keeping_who_expire(w->in, w->o->import->store, NULL);
	if (!w->o->quiet && fresh > 0)
		log_info("%zu files, %" PRIu64 " packets or lines new", s->file_count,
			 fresh);
	notify_send(w->notify, "STATUS=%" PRIu64 " packets new since the start",
		    w->packets);
}

static void on_beat(void *arg)
{
	struct following *w = arg;
	notify_send(w->notify, "WATCHDOG=1");
}

static void on_reload(void *arg)
{
	struct following *w = arg;
	notify_reloading(w->notify);
	w->o->reload(&w->fo->import, w->o->reload_arg);
	log_info("reloaded");
	notify_send(w->notify, "READY=1");
}

/* One note for each set of places that is followed into this database. */
static int name_note(const struct import_follow *o, struct buf *path, struct fault *f)
{
	uint64_t h = 0;
	for (size_t i = 0; i < o->import->file_count; i++)
		h = hash_fixed(o->import->files[i], strlen(o->import->files[i]), h);
	buf_printf(path, "%s/follow", o->dir);
	int r = io_mkdirs(buf_str(path), 0750, f);
	buf_printf(path, "/%016" PRIx64, h);
	return r < 0 ? r : path->err;
}

static int fill(struct invocation *in, const struct import_follow *o,
		struct follow_options *fo)
{
	if (o->import->file_count > FOLLOW_PLACES_MOST)
		return command_misused(in, "at most %d places to follow",
				       FOLLOW_PLACES_MOST);
	fo->import = *o->import;
	fo->every_us = o->every_s * 1000000;
	fo->once = o->once;
	for (size_t i = 0; i < o->import->file_count; i++) {
		if (strcmp(o->import->files[i], "-") == 0)
			return command_misused(in, "standard input cannot be followed");
		fo->places[fo->place_count++] = o->import->files[i];
	}
	return STATUS_OK;
}

static int follow(struct invocation *in, const struct import_follow *o,
		  struct follow_options *fo, struct buf *note)
{
	struct following w = {.in = in, .o = o, .fo = fo, .notify = notify_open()};
	struct follow_hooks hooks = {on_asked, o->signals, on_passed,
				     on_beat,  on_reload,  &w};
	struct fault f = {0};
	int r = name_note(o, note, &f);
	fo->note = buf_str(note);
	if (r == 0 && o->sandbox)
		r = sandbox_calls(o->sockets ? SANDBOX_SOCKETS : SANDBOX_NO_SOCKETS, &f);
	notify_send(w.notify, "READY=1");
	if (r == 0)
		r = follow_run(fo, &hooks, &f);
	notify_close(w.notify);
	if (!o->quiet)
		tell(&w);
	if (r == YORE_EFULL) {
		command_failed(in, &f);
		return STATUS_DATABASE;
	}
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

int import_follow(struct invocation *in, const struct import_follow *o)
{
	struct follow_options fo = {0};
	struct buf note;
	int status = fill(in, o, &fo);
	if (status != STATUS_OK)
		return status;
	log_set(o->quiet ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
		getenv("JOURNAL_STREAM") != NULL);
	buf_init(&note, 16 << 10);
	status = follow(in, o, &fo, &note);
	buf_release(&note);
	return status;
}
