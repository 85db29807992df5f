/* yore packets: the transactions behind the history, from the captures themselves. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/num.h"
#include "cmd/database.h"
#include "cmd/packets_files.h"
#include "cmd/packets_put.h"
#include "cmd/select.h"
#include "query/term.h"
#include "query/who_audit.h"

struct packets_options {
	struct database_options database;
	struct time_options time;
	struct option_list ports;
	const char *arkime, *reason;
	bool json, clients;
	uint64_t limit;
};

#define LIMIT_USUAL 10000
/* What began in front of the fence: streams, and questions answered inside. */
#define MARGIN_US ((int64_t)60 * 1000000)

struct looking {
	struct invocation *in;
	struct term term;
	struct fence fence;
	struct kept_rows rows;
	unsigned files, missing;
};

/* ---- which ones ---- */

static bool inside(const struct looking *l, const struct transaction *t)
{
	int64_t us = t->asked_us != WHEN_UNKNOWN ? t->asked_us : t->answered_us;
	int64_t end = t->answered_us != WHEN_UNKNOWN ? t->answered_us : us;
	return fence_passes(&l->fence, us / 1000000, end / 1000000);
}

/* 1 wanted, 0 not, negative: the pattern gave up. */
static int wanted(const struct looking *l, const struct transaction *t)
{
	int r = term_wants_owner(&l->term, t->name);
	const struct message *m = t->response;
	for (unsigned i = 0; r == 0 && m != NULL && i < m->rr_count; i++) {
		const struct rr *rr = &m->rr[i];
		if (type_is_meta(rr->type) || rr->class != 1)
			continue;
		r = term_wants_owner(&l->term, rr->owner);
		if (r == 0)
			r = term_wants_rdata(&l->term, rr->type, rr->rdata);
	}
	return r;
}

static int on_transaction(const struct transaction *t, void *arg)
{
	struct looking *l = arg;
	if (!inside(l, t))
		return 0;
	int r = wanted(l, t);
	return r == 1 ? kept_rows_add(&l->rows, t) : r;
}

/* ---- reading ---- */

static int64_t bound(int64_t s, int64_t margin_us, int64_t open)
{
	int64_t us;
	if (s == WHEN_UNKNOWN || __builtin_mul_overflow(s, INT64_C(1000000), &us))
		return open;
	return us + margin_us;
}

static int read_file(struct looking *l, struct transactions *t, const char *path,
		     struct fault *f)
{
	struct fault own = {0};
	int r = transactions_file(t, path, &own);
	l->files++;
	if (own.code == 0 || r == 0) {
		if (r < 0)
			fault_set(f, r, "%s: %s", path, yore_strerror(r));
		return r;
	}
	/* moved, compressed away, deleted: said, and the others are read */
	l->missing++;
	command_say(l->in, "%s", own.text);
	return 0;
}

static int read_files(struct looking *l, const struct packets_options *o,
		      const struct capture_files *known, struct fault *f)
{
	struct decode_options net = {0};
	struct transactions *t;
	for (size_t i = 0; i < o->ports.count && net.port_count < 16; i++) {
		uint64_t port;
		if (num_u64(o->ports.at[i], 65535, &port) < 0)
			return fault_set(f, YORE_EUSAGE, "--port '%.40s' is no port",
					 o->ports.at[i]);
		net.ports[net.port_count++] = (uint16_t)port;
	}
	int r = transactions_new(&net, bound(l->fence.from_s, -MARGIN_US, INT64_MIN),
				 bound(l->fence.to_s, MARGIN_US, INT64_MAX),
				 on_transaction, l, &t);
	if (r < 0)
		return fault_set(f, r, "%s", yore_strerror(r));
	for (size_t i = 1; i < l->in->argument_count && r == 0; i++)
		r = read_file(l, t, l->in->argument[i], f);
	for (size_t i = 0; i < known->count && r == 0; i++)
		r = read_file(l, t, known->at[i].name, f);
	if (r == 0)
		r = transactions_finish(t);
	transactions_free(t);
	return r;
}

/* ---- a link for Arkime ---- */

static void put_encoded(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.at[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
		if (plain)
			buf_putc(out, c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static void put_expression(struct buf *out, const struct looking *l)
{
	const char *text = l->in->argument[0];
	char lo[ADDR_TEXT_MAX], hi[ADDR_TEXT_MAX];
	switch (l->term.kind) {
	case TERM_NAME:
		buf_puts(out, "host.dns == ");
		name_put_chomped(out, name_bytes(&l->term.name));
		break;
	case TERM_ZONE:
		buf_puts(out, "host.dns == *");
		name_put_chomped(out, name_bytes(&l->term.name));
		break;
	case TERM_ADDR:
		addr_text(&l->term.range.lo, lo);
		addr_text(&l->term.range.hi, hi);
		if (strcmp(lo, hi) == 0)
			buf_printf(out, "ip.dns == %s || ip == %s", lo, lo);
		else
			buf_printf(out, "ip.dns == %s || ip == %s", text, text);
		break;
	default: /* a pattern, as it was written: Arkime knows /regex/ and globs */
		buf_printf(out, "host.dns == %s", text);
		break;
	}
}

static void put_link(struct buf *out, const struct looking *l, const char *base)
{
	struct buf expression;
	buf_init(&expression, 16 << 10);
	put_expression(&expression, l);
	size_t n = strlen(base);
	while (n > 0 && base[n - 1] == '/')
		n--;
	put_safe(out, BYTES(base, n));
	buf_puts(out, "/sessions?expression=");
	put_encoded(out, buf_bytes(&expression));
	if (l->fence.from_s != WHEN_UNKNOWN)
		buf_printf(out, "&startTime=%" PRId64, l->fence.from_s);
	if (l->fence.to_s != WHEN_UNKNOWN)
		buf_printf(out, "&stopTime=%" PRId64, l->fence.to_s);
	if (fence_is_open(&l->fence))
		buf_puts(out, "&date=-1");
	buf_release(&expression);
}

static void show_link(struct looking *l, const char *base, bool json)
{
	struct buf *out = &l->in->out->buf;
	struct buf link;
	struct json j;
	buf_init(&link, 64 << 10);
	put_link(&link, l, base);
	if (json) {
		json_init(&j, out);
		json_open(&j, '{');
		json_key(&j, "arkime");
		json_bytes(&j, buf_bytes(&link));
		json_close(&j, '}');
	} else {
		buf_puts(out, "# Arkime: ");
		buf_put_bytes(out, buf_bytes(&link));
	}
	buf_putc(out, '\n');
	buf_release(&link);
}

/* ---- who asked is asked for with a reason ---- */

/* In the same log as yore query --who-asked, before anything is shown. */
static struct who_audit audit_of(const struct invocation *in,
				 const struct packets_options *o, char by[32])
{
	snprintf(by, 32, "uid %u", (unsigned)getuid());
	return (struct who_audit){.time_s = in->now_s,
				  .by = by,
				  .command = "packets",
				  .asked = BYTES_STR(in->argument[0]),
				  .from = o->time.from,
				  .to = o->time.to,
				  .reason = o->reason};
}

/* ---- run ---- */

static void show(struct looking *l, const struct packets_options *o)
{
	struct buf *out = &l->in->out->buf;
	kept_rows_sort(&l->rows);
	for (size_t i = 0; i < l->rows.count && !output_done(l->in->out); i++) {
		buf_put(out, l->rows.text.at + l->rows.at[i].at, l->rows.at[i].len);
		output_ready(l->in->out, false);
	}
	if (o->arkime != NULL)
		show_link(l, o->arkime, o->json);
	if (l->rows.more > 0)
		command_say(l->in, "%" PRIu64 " more; --limit shows them", l->rows.more);
	if (l->files == 0)
		command_say(l->in, "the ledger knows of no capture file of that time");
}

static int status_of(const struct looking *l)
{
	if (l->missing > 0 || l->rows.more > 0)
		return STATUS_INCOMPLETE;
	if (l->rows.count > 0)
		return STATUS_OK;
	return l->files > 0 ? STATUS_NONE : STATUS_UNWATCHED;
}

static int look_in(struct looking *l, const struct packets_options *o,
		   struct store *store)
{
	struct capture_files known = {0};
	struct fault f = {0};
	char by[32];
	struct who_audit audit = audit_of(l->in, o, by);
	int r = 0;
	if (l->in->argument_count == 1) /* no files: the ledger says which */
		r = capture_files_find(store, &l->fence, &known, &f);
	if (r == 0 && o->clients)
		r = who_audit_begin(store, &audit, &f);
	if (r == 0)
		r = read_files(l, o, &known, &f);
	capture_files_release(&known);
	if (r == 0)
		show(l, o);
	if (r == 0 && o->clients)
		r = who_audit_end(store, &audit, l->rows.count, &f);
	if (r < 0 && f.code == 0)
		fault_set(&f, r, "%s%s", yore_strerror(r),
			  r == YORE_ELIMIT ? ": ask for less time" : "");
	return r < 0 ? command_failed(l->in, &f) : status_of(l);
}

/* Files alone need no database, but the log of who asked is in one. */
static int look(struct looking *l, const struct packets_options *o)
{
	struct store *store = NULL;
	int status = STATUS_OK;
	if (l->in->argument_count == 1 || o->clients)
		status = database_open(l->in, &o->database, NULL, &store);
	if (status == STATUS_OK)
		status = look_in(l, o, store);
	store_close(store);
	return status;
}

static int run(struct invocation *in)
{
	const struct packets_options *o = in->values;
	struct looking l = {.in = in};
	struct fault f = {0};
	if (o->clients && (o->reason == NULL || *o->reason == '\0'))
		return command_misused(in, "--clients shows who asked: say why with "
					   "--reason TEXT, it is kept");
	if (time_fence(&o->time, o->time.from, o->time.to, in->now_s, &f, &l.fence) < 0 ||
	    term_parse(in->argument[0], &f, &l.term) < 0)
		return command_misused(in, "%s", f.text);
	kept_rows_init(&l.rows, o->limit ? (size_t)o->limit : LIMIT_USUAL, o->json,
		       o->clients);
	int status = look(&l, o);
	kept_rows_release(&l.rows);
	term_release(&l.term);
	return status;
}

#define AT(field) offsetof(struct packets_options, field)
#define TIME_AT(field) offsetof(struct packets_options, time.field)

static const struct option_row rows[] = {
    {"from", 0, OPTION_TEXT, TIME_AT(from), "TIME",
     "begin of the time asked about: 2015-07-01, 2015-07-01T12:00:00Z, -90d, epoch"},
    {"to", 0, OPTION_TEXT, TIME_AT(to), "TIME",
     "end of it; a day, month or year means its last second"},
    {"tz", 0, OPTION_TEXT, TIME_AT(tz), "ZONE",
     "the zone times are given in: +02:00, Europe/Berlin, local"},
    {"clients", 0, OPTION_FLAG, AT(clients), NULL,
     "show the clients' addresses, not only which questions came of one"},
    {"reason", 0, OPTION_TEXT, AT(reason), "TEXT",
     "why they must be seen: kept in the database's who/audit"},
    {"arkime", 0, OPTION_TEXT, AT(arkime), "URL",
     "also a link that finds the same in this Arkime (Moloch)"},
    {"port", 0, OPTION_LIST, AT(ports), "PORT",
     "server port to look at instead of 53; may be repeated"},
    {"limit", 'l', OPTION_NUMBER, AT(limit), "N", "at most so many (10000)"},
    {"json", 'j', OPTION_FLAG, AT(json), NULL, "JSON lines"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, rows, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

const struct command command_packets = {
    .name = "packets",
    .about = "every question and answer about a term, from the captures",
    .usage = "[OPTION...] TERM [FILE...]",
    .manual =
	"Reads the captures again that the ledger says were imported of that time (or "
	"the "
	"FILEs given) and prints every transaction whose question or answer has to do "
	"with TERM: time, client, server, question, type, response code, answers, file, "
	"and the numbers of the packets in it, of the question and of the answer. What "
	"was never answered says no-answer; nothing is judged or left out.\n\n"
	"Clients are numbered unless --clients is given with a reason.",
    .examples =
	"  yore packets bad.example --from 2015-07-01 --to 2015-07-07\n"
	"  yore packets '*.bad.example' capture.pcap --clients --reason 'case 12'\n"
	"  yore packets 192.0.2.7 --from -2d --arkime https://moloch.example\n",
    .groups = groups,
    .values = sizeof(struct packets_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run,
};
