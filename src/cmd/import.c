/* yore import: captures into the history. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "cmd/confine.h"
#include "cmd/door.h"
#include "cmd/import_follow.h"
#include "cmd/import_summary.h"
#include "cmd/keeping_who.h"
#include "cmd/watching.h"
#include "sys/signals.h"
#include "cmd/shipping.h"
#include "cmd/site_conf.h"

struct import_call_options {
	struct database_options database;
	struct shipping_options shipping;
	struct watching_options watching;
	struct door_options door;
	struct keeping_who_options who;
	const char *sensor;
	bool again, deduplicate, outer_only, no_collapse, places, quiet;
	unsigned accept;    /* 1 matched, 2 all */
	unsigned bailiwick; /* 1 on, 2 off */
	unsigned vantage;   /* 1 + enum vantage */
	struct option_list ports;
	uint64_t memory;
	const char *format, *source, *delimiter, *fields, *origin;
	bool strict, follow, once, no_sandbox;
	int64_t every_s;
	unsigned bad_lines; /* shown so far */
};

/* The second time the signal does what it always does. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = number;
}

static void catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int on_progress(const struct import_progress *p, void *arg)
{
	if (interrupted)
		return YORE_EREFUSED;
	if (!progress_due())
		return 0;
	if (p->path == NULL)
		progress_show("%" PRIu64 " packets; writing the last rows", p->packets);
	else if (p->total_octets)
		progress_show("%.0f %%, %" PRIu64 " packets, file %u of %u: %s",
			      100.0 * (double)p->octets / (double)p->total_octets,
			      p->packets, p->index + 1, p->file_count, p->path);
	else
		progress_show("%" PRIu64 " packets: %s", p->packets, p->path);
	return 0;
}

#define BAD_LINES_SHOWN 5

static void on_bad_line(const char *path, uint64_t number, const char *why, void *arg)
{
	const struct invocation *in = arg;
	struct import_call_options *o = in->values;
	if (++o->bad_lines > BAD_LINES_SHOWN)
		return;
	progress_end();
	command_say(in, "%s: line %" PRIu64 " skipped: %s%s", path, number, why,
		    o->bad_lines == BAD_LINES_SHOWN ? " (more are only counted)" : "");
}

/* Refused and damaged files are no failures of the call; what failed is. */
static int status_of_files(const struct import_summary *s)
{
	int status = STATUS_OK;
	for (size_t i = 0; i < s->file_count; i++) {
		const struct import_file *file = &s->files[i];
		if (file->status == IMPORT_FAILED)
			return file->err == YORE_EFULL ? STATUS_DATABASE : STATUS_FAILED;
		if (file->status != IMPORT_DONE || *file->damage)
			status = STATUS_INCOMPLETE;
	}
	return status;
}

/* Of the file that it is about, in the same words. */
static bool was_said(const struct import_summary *s, const struct fault *f)
{
	for (size_t i = 0; i < s->file_count; i++)
		if (s->files[i].status == IMPORT_FAILED &&
		    strcmp(s->files[i].text, f->text) == 0)
			return true;
	return false;
}

static int import(struct invocation *in, struct import_options *io)
{
	const struct import_call_options *o = in->values;
	struct import_summary summary = {0};
	struct fault f = {0};
	catch_interrupts();
	int status, r = import_run(io, &summary, &f);
	progress_end();
	if (!interrupted)
		import_say_files(in, &summary);
	bool stopped = r < 0 && !was_said(&summary, &f);
	if (!o->quiet)
		import_put_summary(&in->out->buf, &summary, stopped);
	if (r < 0 && interrupted) {
		command_say(in, "interrupted; what was committed is kept, and the same "
				"call goes on from there");
		status = STATUS_INCOMPLETE;
	} else {
		status = stopped ? command_failed(in, &f) : status_of_files(&summary);
	}
	if (r == YORE_EFULL || r == YORE_EIO)
		status = STATUS_DATABASE;
	import_summary_release(&summary);
	return status;
}

/* Before the database's threads: signals are polled for, files elsewhere left alone. */
static int follow_prepare(struct invocation *in, const struct keeping_who *who,
			  struct import_follow *follow, struct buf *dir)
{
	const struct import_call_options *o = in->values;
	struct fault f = {0};
	int status = destination_dir(in, &o->database, &o->shipping, dir);
	if (status != STATUS_OK)
		return status;
	*follow = (struct import_follow){.dir = buf_str(dir),
					 .every_s = o->every_s,
					 .once = o->once,
					 .quiet = o->quiet,
					 .sandbox = !o->no_sandbox,
					 .sockets = o->shipping.to != NULL};
	int r = follow->signals = signals_open(&f);
	if (r >= 0)
		r = confine_to(follow->dir, *who->folder ? who->folder : NULL, NULL,
			       follow->sandbox, &f);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

static int watch_for(struct invocation *in, struct destination *to, bool who_asked,
		     struct watching *ret)
{
	const struct import_call_options *o = in->values;
	struct buf dir;
	buf_init(&dir, 16 << 10);
	int status = destination_dir(in, &o->database, &o->shipping, &dir);
	if (status == STATUS_OK)
		status = watching_begin(in, &o->watching, buf_str(&dir), who_asked,
					to->store, &to->sink, false, ret);
	buf_release(&dir);
	return status;
}

/* What SIGHUP reads again. */
struct lists {
	struct invocation *in;
	struct selection *selection; /* NULL: none */
	struct site *site;
	struct watching watching;
};

/* A list with a mistake in it was said; the one before stays. */
static void reload(struct import_options *io, void *arg)
{
	struct lists *l = arg;
	const struct import_call_options *o = l->in->values;
	struct selection *selection;
	struct site *site;
	if (door_open(l->in, &o->door, &selection) == STATUS_OK && selection != NULL) {
		selection_free(l->selection);
		io->selection = l->selection = selection;
	}
	if (site_conf_open(l->in, &o->door, &site) == STATUS_OK) {
		site_free(l->site);
		io->site = l->site = site;
	}
	watching_reload(&l->watching);
}

static int take_options(struct invocation *in, struct import_options *io)
{
	const struct import_call_options *o = in->values;
	struct fault f = {0};
	*io = (struct import_options){
	    .files = (const char *const *)in->argument,
	    .file_count = in->argument_count,
	    .sensor = o->sensor,
	    .again = o->again,
	    .accept_all = o->accept == 2,
	    .bailiwick_off = o->bailiwick == 2,
	    .vantage = (uint8_t)(o->vantage ? o->vantage - 1 : 0),
	    .deduplicate = o->deduplicate,
	    .outer_only = o->outer_only,
	    .no_collapse = o->no_collapse,
	    .places = o->places,
	    /* the portable form has no private shelves: they stay where they are made */
	    .negative_off = o->door.no_negative || o->shipping.to,
	    .suspicious_off = o->door.no_suspicious || o->shipping.to,
	    .memory = o->memory / 8 * 5, /* the rest is the store's */
	    .now_s = in->now_s,
	    .progress = on_progress,
	    .log = {.format = o->format,
		    .source = o->source,
		    .delimiter = o->delimiter,
		    .fields = o->fields,
		    .origin = o->origin},
	    .strict = o->strict,
	    .bad_line = on_bad_line,
	    .bad_line_arg = in,
	};
	if (option_ports(&o->ports, io->ports, sizeof(io->ports) / sizeof(io->ports[0]),
			 &io->port_count, &f) < 0)
		return command_failed(in, &f);
	if (o->memory != 0 && o->memory < 64u << 20)
		return command_misused(in, "--memory: at least 64M");
	return STATUS_OK;
}

/* The destination is open, and `follow` is prepared when it is asked for. */
static int import_into(struct invocation *in, struct destination *to,
		       struct keeping_who *who, struct import_options *io,
		       struct lists *lists, struct import_follow *follow)
{
	const struct import_call_options *o = in->values;
	io->store = to->store;
	io->sink = &to->sink;
	int status = keeping_who_begin(in, who, to->store);
	io->who_asked = who->on;
	io->asked_since_s = who->since_s;
	io->pseudonyms = who->pseudonyms;
	follow->import = io;
	follow->reload = reload;
	follow->reload_arg = lists;
	progress_begin(o->quiet || o->follow);
	if (status == STATUS_OK)
		status = watch_for(in, to, who->on, &lists->watching);
	if (status == STATUS_OK) {
		status = o->follow ? import_follow(in, follow) : import(in, io);
		int told = watching_end(in, &lists->watching, o->quiet);
		status = told > status ? told : status;
		int expired =
		    keeping_who_expire(in, o->shipping.to ? NULL : to->store, NULL);
		status = expired > status ? expired : status;
	}
	keeping_who_end(who);
	return status;
}

static int with_destination(struct invocation *in, struct keeping_who *who,
			    struct import_options *io, struct lists *lists)
{
	const struct import_call_options *o = in->values;
	struct store_options so = {
	    .write = true, .create = true, .memory = o->memory / 4};
	struct destination to = {0};
	struct import_follow follow = {.import = NULL};
	struct buf dir; /* follow points into it */
	buf_init(&dir, 16 << 10);
	int status = o->follow ? follow_prepare(in, who, &follow, &dir) : STATUS_OK;
	if (status == STATUS_OK)
		status = destination_open(in, &o->database, &o->shipping, &so, &to);
	if (status == STATUS_OK) {
		status = import_into(in, &to, who, io, lists, &follow);
		int sent = destination_finish(in, &o->shipping, &to);
		destination_close(&to);
		status = sent > status ? sent : status;
	}
	buf_release(&dir);
	return status;
}

static int run(struct invocation *in)
{
	const struct import_call_options *o = in->values;
	struct import_options io;
	struct lists lists = {.in = in};
	struct keeping_who who = {.on = false};
	int status = take_options(in, &io);
	if (status == STATUS_OK)
		status = door_open(in, &o->door, &lists.selection);
	if (status == STATUS_OK)
		status = site_conf_open(in, &o->door, &lists.site);
	if (status == STATUS_OK)
		status = keeping_who_resolve(in, &o->who, o->shipping.to != NULL, &who);
	io.selection = lists.selection;
	io.site = lists.site;
	if (status == STATUS_OK)
		status = with_destination(in, &who, &io, &lists);
	selection_free(lists.selection);
	site_free(lists.site);
	return status;
}

#define AT(field) offsetof(struct import_call_options, field)

static const struct option_row rows[] = {
    {"sensor", 0, OPTION_TEXT, AT(sensor), "NAME",
     "the sensor that these captures are of"},
    {"again", 0, OPTION_FLAG, AT(again), NULL,
     "though that sensor has covered their time already"},
    {"accept", 0, OPTION_CHOICE, AT(accept), "matched|all",
     "believe responses to queries that were seen, or (a tap that sees one direction) "
     "all"},
    {"bailiwick", 0, OPTION_CHOICE, AT(bailiwick), "on|off",
     "leave out what a server had no say about (on), or keep it"},
    {"vantage", 0, OPTION_CHOICE, AT(vantage), "auto|above|below|auth",
     "where the capture was made: above the resolver, below it, at an authoritative "
     "server"},
    {"port", 0, OPTION_LIST, AT(ports), "PORT",
     "server port to look at instead of 53; may be repeated"},
    {"deduplicate", 0, OPTION_FLAG, AT(deduplicate), NULL,
     "the same frame twice within 50 ms (mirror ports) counts once"},
    {"no-collapse", 0, OPTION_FLAG, AT(no_collapse), NULL,
     "keep every name of a flood of names that are seen once"},
    {"places", 0, OPTION_FLAG, AT(places), NULL,
     "keep in which file and packet each record was first and last seen"},
    {"outer-only", 0, OPTION_FLAG, AT(outer_only), NULL, "do not look into IP tunnels"},
    {"format", 0, OPTION_TEXT, AT(format), "NAME",
     "logs: passivedns, zeek, suricata, cof, dnsdb or zone, instead of by content"},
    {"source", 0, OPTION_TEXT, AT(source), "NAME",
     "exports: the data set that their records belong to"},
    {"delimiter", 0, OPTION_TEXT, AT(delimiter), "TEXT",
     "passivedns text: what stands between fields (||)"},
    {"fields", 0, OPTION_TEXT, AT(fields), "LIST",
     "passivedns text: its fields in their order"},
    {"origin", 0, OPTION_TEXT, AT(origin), "NAME",
     "master files: the zone that relative names are in"},
    {"strict", 0, OPTION_FLAG, AT(strict), NULL,
     "logs: stop at the first line that cannot be read"},
    {"follow", 'F', OPTION_FLAG, AT(follow), NULL,
     "go on for as long as it takes: FILEs are folders (or files) that others write "
     "into"},
    {"every", 0, OPTION_SPAN, AT(every_s), "SPAN",
     "--follow: look again at least this often (10s)"},
    {"once", 0, OPTION_FLAG, AT(once), NULL,
     "--follow: take what is new there, then end"},
    {"no-sandbox", 0, OPTION_FLAG, AT(no_sandbox), NULL,
     "--follow: keep every system call and file reachable, for debugging"},
    {"memory", 0, OPTION_SIZE, AT(memory), "SIZE", "ceiling for everything (512M)"},
    {"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "no summary, no progress"},
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

const struct command command_import = {
    .name = "import",
    .about = "take captures, logs and exports into the history",
    .usage = "[OPTION...] FILE...",
    .manual =
	"Reads captures (pcap, pcapng, snoop, dnstap), logs and exports of other tools "
	"(passivedns, Zeek, Suricata, COF, DNSDB) and master files, plain or compressed "
	"(gz, xz, zst, lz4, bz2), - for stdin; what a file is shows in its content. "
	"Several files are one stream in the order of their first packets. "
	"Returns when everything is committed.\n\n"
	"The same packets offered twice add nothing, under any name, cut or grown; a "
	"call that was interrupted is simply made again. A damaged or cut file is taken "
	"up to "
	"the damage and reported.\n\n"
	"With --follow every file in the folders given (and below them) is taken as it "
	"grows and when it is finished, until SIGTERM; SIGHUP reads lists and looks "
	"again, "
	"SIGUSR1 says how it goes. A rotated, renamed or compressed copy adds nothing; a "
	"restart goes on where it was. To be called by whatever rotates the files "
	"instead, a plain yore import FILE does as well.\n\n"
	"Above a resolver a record is believed when a matching query was seen and the "
	"answering server is known to speak for its zone; of servers not known (yet) it "
	"is kept as unproven. The summary counts what was not believed, by reason.",
    .examples = "  yore import capture.pcap\n"
		"  zcat old.pcap.gz | yore import --sensor edge -\n"
		"  yore import --accept all responses-only.pcap\n"
		"  yore import --follow /data/moloch/raw\n",
    .groups = groups,
    .values = sizeof(struct import_call_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run,
};
