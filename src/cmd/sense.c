/* yore sense: watch interfaces and dnstap producers. */
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "capture/live_crew.h"
#include "cmd/confine.h"
#include "cmd/door.h"
#include "cmd/keeping_who.h"
#include "cmd/shipping.h"
#include "cmd/site_conf.h"
#include "cmd/watching.h"
#include "sensor/sense.h"
#include "sys/notify.h"
#include "sys/sandbox.h"
#include "sys/signals.h"

struct sense_call_options {
	struct database_options database;
	struct shipping_options shipping;
	struct watching_options watching;
	struct door_options door;
	struct keeping_who_options who;
	struct option_list interfaces, dnstap, ports;
	const char *sensor, *user, *group;
	bool no_promiscuous, outer_only, deduplicate, no_sandbox, quiet;
	unsigned accept, bailiwick, vantage;
	uint64_t memory, ring, threads;
	int64_t commit_s;
};

/* What the hooks know. */
struct watch {
	struct sense *sense;
	int signals, notify;
	int64_t watchdog_us, fed_us;
	unsigned beats;
	struct buf text;
	struct invocation *in;
	struct watching watching;
	struct keeping_who who;
	struct selection *selection; /* the lists as last read; NULL: none */
	struct site *site;
};

static unsigned on_asked(void *arg)
{
	struct watch *w = arg;
	unsigned asked = signals_take(w->signals);
	if (asked & SIGNAL_END)
		notify_send(w->notify, "STOPPING=1");
	return asked;
}

static void on_tell(void *arg)
{
	struct watch *w = arg;
	struct fault f;
	buf_clear(&w->text);
	sense_tell(w->sense, &w->text);
	io_write_all(STDERR_FILENO, w->text.at, w->text.len, "stderr", &f);
}

/* A list with a mistake in it was said; the one before stays. */
static void reload_door(struct watch *w)
{
	const struct sense_call_options *o = w->in->values;
	struct selection *again;
	if (door_open(w->in, &o->door, &again) != STATUS_OK || again == NULL)
		return;
	sense_select(w->sense, again);
	selection_free(w->selection);
	w->selection = again;
}

static void reload_site(struct watch *w)
{
	const struct sense_call_options *o = w->in->values;
	struct site *again;
	if (site_conf_open(w->in, &o->door, &again) != STATUS_OK)
		return;
	sense_know(w->sense, again);
	site_free(w->site);
	w->site = again;
}

static int on_reload(void *arg)
{
	struct watch *w = arg;
	notify_reloading(w->notify);
	reload_door(w);
	reload_site(w);
	watching_reload(&w->watching);
	log_info("reloaded; what was seen so far is being committed");
	notify_send(w->notify, "READY=1");
	return 0;
}

#define STATUS_EVERY 10 /* beats, a second each */
#define EXPIRE_EVERY 600

static void on_beat(void *arg)
{
	struct watch *w = arg;
	if (w->watchdog_us > 0)
		notify_send(w->notify, "WATCHDOG=1");
	if (w->who.on && w->beats % EXPIRE_EVERY == 0)
		(void)keeping_who_expire(w->in, w->watching.store, w->watching.watcher);
	unsigned beat = w->beats++;
	if (w->notify < 0 || beat % STATUS_EVERY != 0)
		return;
	uint64_t frames, lost;
	sense_sums(w->sense, &frames, &lost);
	notify_send(w->notify, "STATUS=%llu frames, %llu lost",
		    (unsigned long long)frames, (unsigned long long)lost);
}

/* ---- from the options ---- */

static int take_places(const struct invocation *in, const struct sense_call_options *o,
		       struct sense_options *so)
{
	if (o->interfaces.count + o->dnstap.count == 0)
		return command_misused(in, "what to watch? -i INTERFACE or --dnstap "
					   "unix:PATH|tcp:ADDRESS:PORT");
	if (o->interfaces.count > LIVE_INTERFACES_MOST)
		return command_misused(in, "at most %d interfaces", LIVE_INTERFACES_MOST);
	if (o->dnstap.count > SENSE_DNSTAP_MOST)
		return command_misused(in, "at most %d dnstap sockets",
				       SENSE_DNSTAP_MOST);
	for (size_t i = 0; i < o->interfaces.count; i++) {
		so->live.interfaces[so->live.interface_count++] = o->interfaces.at[i];
		/* several interfaces, or all, see one packet more than once */
		if (i > 0 || strcmp(o->interfaces.at[i], LIVE_ANY) == 0)
			so->deduplicate = true;
	}
	for (size_t i = 0; i < o->dnstap.count; i++)
		so->dnstap[so->dnstap_count++] = o->dnstap.at[i];
	return STATUS_OK;
}

static int take_options(const struct invocation *in, struct sense_options *so)
{
	const struct sense_call_options *o = in->values;
	struct fault f = {0};
	*so = (struct sense_options){
	    .live = {.promiscuous = !o->no_promiscuous,
		     .tunnels = !o->outer_only,
		     .ring = o->ring,
		     .threads = (unsigned)o->threads},
	    .dnstap_group = -1,
	    .sensor = o->sensor,
	    .accept_all = o->accept == 2,
	    .bailiwick_off = o->bailiwick == 2,
	    .deduplicate = o->deduplicate,
	    /* the portable form has no private shelves: they stay where they are made */
	    .negative_off = o->door.no_negative || o->shipping.to,
	    .suspicious_off = o->door.no_suspicious || o->shipping.to,
	    .vantage = (uint8_t)(o->vantage ? o->vantage - 1 : 0),
	    .memory = o->memory / 8 * 5,
	    .commit_us = o->commit_s * 1000000,
	};
	if (o->memory != 0 && o->memory < 64u << 20)
		return command_misused(in, "--memory: at least 64M");
	if (o->threads > CREW_MOST)
		return command_misused(in, "--threads: at most %d", CREW_MOST);
	if (o->group != NULL) {
		gid_t gid;
		if (sandbox_group_find(o->group, &gid, &f) < 0)
			return command_failed(in, &f);
		so->dnstap_group = (int)gid;
	}
	int status = take_places(in, o, so);
	struct live_options *live = &so->live;
	if (status == STATUS_OK &&
	    option_ports(&o->ports, live->ports,
			 sizeof(live->ports) / sizeof(live->ports[0]), &live->port_count,
			 &f) < 0)
		status = command_failed(in, &f);
	return status;
}

/* ---- run ---- */

static int watch_on(struct watch *w, struct fault *f)
{
	struct sense_hooks hooks = {on_asked, w->signals, on_tell, on_reload, on_beat, w};
	w->watchdog_us = notify_watchdog_us();
	notify_send(w->notify, "READY=1");
	return sense_run(w->sense, &hooks, f);
}

static void say_end(struct watch *w)
{
	uint64_t frames, lost;
	sense_sums(w->sense, &frames, &lost);
	log_info("%llu frames seen, %llu lost by kernel or interface",
		 (unsigned long long)frames, (unsigned long long)lost);
}

static int with_database(struct invocation *in, struct watch *w, const char *dir)
{
	const struct sense_call_options *o = in->values;
	struct store_options store_options = {
	    .write = true, .create = true, .memory = o->memory / 4};
	struct destination to;
	struct fault f = {0};
	int status =
	    destination_open(in, &o->database, &o->shipping, &store_options, &to);
	if (status != STATUS_OK)
		return status;
	w->in = in;
	status = keeping_who_begin(in, &w->who, to.store);
	if (status != STATUS_OK) {
		destination_close(&to);
		return status;
	}
	status = watching_begin(in, &o->watching, dir, w->who.on, to.store, &to.sink,
				true, &w->watching);
	if (status != STATUS_OK) {
		destination_close(&to);
		return status;
	}
	if (w->who.on)
		sense_keep_who(w->sense, w->who.since_s, w->who.pseudonyms);
	int r = sense_start(w->sense, to.store,
			    to.ship || w->watching.watcher ? &to.sink : NULL, &f);
	if (r == 0 && !o->no_sandbox)
		r = sandbox_calls(to.ship ? SANDBOX_SOCKETS : SANDBOX_NO_SOCKETS, &f);
	if (r == 0)
		r = watch_on(w, &f);
	if (r < 0)
		status = command_failed(in, &f);
	else if (!o->quiet)
		say_end(w);
	if (r == YORE_EFULL)
		status = STATUS_DATABASE;
	sense_close(w->sense);
	w->sense = NULL;
	/* what is not sent within seconds is sent by the next run */
	if (status == STATUS_OK && to.ship)
		(void)!ship_finish(to.ship, o->shipping.wait_s ? o->shipping.wait_s : 5,
				   &f);
	int told = watching_end(in, &w->watching, o->quiet);
	if (!to.ship)
		(void)keeping_who_expire(in, to.store, NULL);
	keeping_who_end(&w->who);
	destination_close(&to);
	return told > status ? told : status;
}

static int run_in(struct invocation *in, struct watch *w, const struct sense_options *so)
{
	const struct sense_call_options *o = in->values;
	struct fault f = {0};
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = destination_dir(in, &o->database, &o->shipping, &dir);
	int r = 0;
	if (status == STATUS_OK)
		r = w->signals = signals_open(&f);
	if (status == STATUS_OK && r >= 0)
		r = sense_open(so, &f, &w->sense);
	if (status == STATUS_OK && r >= 0)
		r = confine_to(buf_str(&dir), *w->who.folder ? w->who.folder : NULL,
			       o->user, !o->no_sandbox, &f);
	if (r < 0)
		status = command_failed(in, &f);
	if (status == STATUS_OK)
		status = with_database(in, w, buf_str(&dir));
	sense_close(w->sense);
	buf_release(&dir);
	return status;
}

static int run(struct invocation *in)
{
	const struct sense_call_options *o = in->values;
	struct sense_options so;
	struct watch w = {.signals = -1, .notify = -1};
	int status = take_options(in, &so);
	if (status == STATUS_OK)
		status = door_open(in, &o->door, &w.selection);
	if (status == STATUS_OK)
		status = keeping_who_resolve(in, &o->who, o->shipping.to != NULL, &w.who);
	if (status == STATUS_OK)
		status = site_conf_open(in, &o->door, &w.site);
	if (status != STATUS_OK)
		return status;
	so.selection = w.selection;
	so.site = w.site;
	log_set(o->quiet ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
		getenv("JOURNAL_STREAM") != NULL);
	buf_init(&w.text, 1 << 20);
	w.notify = notify_open();
	status = run_in(in, &w, &so);
	notify_close(w.notify);
	signals_close(w.signals);
	buf_release(&w.text);
	selection_free(w.selection);
	site_free(w.site);
	return status;
}

#define AT(field) offsetof(struct sense_call_options, field)

static const struct option_row rows[] = {
    {"interface", 'i', OPTION_LIST, AT(interfaces), "NAME",
     "capture from this interface, 'any' for all; may be repeated"},
    {"dnstap", 0, OPTION_LIST, AT(dnstap), "unix:PATH|tcp:ADDRESS:PORT",
     "let DNS servers connect here and say what they sent and received; may be repeated"},
    {"dnstap-group", 0, OPTION_TEXT, AT(group), "GROUP",
     "group that may connect to the unix sockets"},
    {"sensor", 0, OPTION_TEXT, AT(sensor), "NAME", "this sensor's name"},
    {"commit", 0, OPTION_SPAN, AT(commit_s), "SPAN",
     "write what was seen at least this often (10s)"},
    {"accept", 0, OPTION_CHOICE, AT(accept), "matched|all",
     "believe responses to queries that were seen, or (a tap that sees one direction) "
     "all"},
    {"bailiwick", 0, OPTION_CHOICE, AT(bailiwick), "on|off",
     "leave out what a server had no say about (on), or keep it"},
    {"vantage", 0, OPTION_CHOICE, AT(vantage), "auto|above|below|auth",
     "where the interfaces are: above the resolver, below it, at an authoritative "
     "server"},
    {"port", 0, OPTION_LIST, AT(ports), "PORT",
     "server port to look at instead of 53; may be repeated"},
    {"deduplicate", 0, OPTION_FLAG, AT(deduplicate), NULL,
     "the same frame twice within 50 ms (mirror ports) counts once; always so with "
     "several interfaces"},
    {"outer-only", 0, OPTION_FLAG, AT(outer_only), NULL, "do not look into IP tunnels"},
    {"no-promiscuous", 'p', OPTION_FLAG, AT(no_promiscuous), NULL,
     "only what is meant for this machine"},
    {"ring", 0, OPTION_SIZE, AT(ring), "SIZE",
     "room for frames that wait, for each interface (64M)"},
    {"threads", 0, OPTION_NUMBER, AT(threads), "N",
     "divide the interfaces' frames among N threads (1): where one is not enough"},
    {"memory", 0, OPTION_SIZE, AT(memory), "SIZE",
     "ceiling for everything but the rings (512M)"},
    {"user", 0, OPTION_TEXT, AT(user), "NAME",
     "become this user once the interfaces are open"},
    {"no-sandbox", 0, OPTION_FLAG, AT(no_sandbox), NULL,
     "keep every system call and file reachable: for debugging"},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "say only what goes wrong"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, AT(database)},
    {"To a server", shipping_rows, AT(shipping)},
    {"Alerts", watching_rows, AT(watching)},
    {"At the door", door_rows, AT(door)},
    {"Who asked", keeping_who_rows, AT(who)},
    {NULL, NULL, 0},
};

const struct command command_sense = {
    .name = "sense",
    .about = "watch interfaces and DNS servers, all the time",
    .usage = "[OPTION...] -i INTERFACE | --dnstap PLACE",
    .manual =
	"Captures from interfaces, or takes dnstap from DNS servers that connect, or "
	"both, and writes what it learns into the history every ten seconds.\n\n"
	"Interfaces are opened with privileges (CAP_NET_RAW); then all of them are given "
	"up: another user with --user, no capabilities, no system calls but those "
	"needed, no files outside of the database.\n\n"
	"SIGTERM and SIGINT: take what has arrived, commit, end. SIGHUP: commit now, "
	"read lists again. "
	"SIGUSR1: print all counters on standard error. What was lost is kept in the "
	"ledger: yore coverage.",
    .examples =
	"  yore sense -i eth0 --sensor edge --user yore\n"
	"  yore sense --dnstap unix:/run/yore/dnstap.sock --dnstap-group unbound\n",
    .groups = groups,
    .values = sizeof(struct sense_call_options),
    .least = 0,
    .most = 0,
    .run = run,
};
