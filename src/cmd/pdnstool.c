/* pdnstool: the options, files and outputs of PassiveDNS::Client's program. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/config_import.h"
#include "cmd/outside.h"
#include "cmd/outside_say.h"
#include "cmd/pdnstool_print.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "format/pdnstool_state.h"

struct pdnstool_options {
	struct option_list databases, set;
	const char *format, *separator, *file, *config;
	uint64_t recurse, wait, limit;
	bool debug;
};

struct tool {
	struct invocation *in;
	const struct pdnstool_options *o;
	struct outside_options outside_options;
	struct outside outside;
	struct pdns_rows rows;
	struct pdns_state *state;
	size_t from[ACCOUNTS_MAX];     /* findings made into rows already */
	uint64_t left_out;	       /* records of types that pdnstool does not show */
	char *texts[ACCOUNTS_MAX * 8]; /* what outside_options point at */
	size_t text_count;
	bool incomplete;
};

/* ---- which providers ---- */

static const char *keep_text(struct tool *t, const char *text)
{
	if (t->text_count == ACCOUNTS_MAX * 8)
		return NULL;
	char *c = strdup(text);
	if (c)
		t->texts[t->text_count++] = c;
	return c;
}

static int list_add(struct option_list *l, const char *text)
{
	if (text == NULL)
		return YORE_ENOMEM;
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		const char **at = realloc(l->at, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		l->at = at;
		l->room = room;
	}
	l->at[l->count++] = text;
	return 0;
}

static const char *provider_of_letter(char c)
{
	static const struct {
		char letter;
		const char *name;
	} rows[] = {{'c', "circl"},	   {'d', "dnsdb"},   {'o', "osc"},
		    {'p', "passivetotal"}, {'r', "riskiq"},  {'v', "virustotal"},
		    {'3', "cn360"},	   {'m', "mnemonic"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].letter == c)
			return rows[i].name;
	return NULL;
}

static int choose(struct tool *t)
{
	for (size_t i = 0; i < t->o->databases.count; i++) {
		for (const char *s = t->o->databases.at[i]; *s; s++) {
			const char *name = provider_of_letter(*s);
			if (*s == ',')
				continue;
			if (name == NULL) {
				fprintf(stderr,
					"ERROR: Unknown passive DNS database "
					"identifier: %c.\n",
					(unsigned char)*s < 0x20 ? '?' : *s);
				t->incomplete = true;
			} else if (list_add(&t->outside_options.with, name) < 0) {
				return YORE_ENOMEM;
			}
		}
	}
	if (t->outside_options.with.count == 0)
		return list_add(&t->outside_options.with, "virustotal");
	return 0;
}

/* ---- configuration ---- */

static int on_value(const char *text, void *arg)
{
	struct tool *t = arg;
	return list_add(&t->outside_options.set, keep_text(t, text));
}

static void warn_of_mode(const struct invocation *in, const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && (st.st_mode & 077))
		command_say(in,
			    "WARNING: %s holds keys and others can read it; do: chmod "
			    "600 %s",
			    path, path);
}

static int configure(struct tool *t)
{
	char path[4096];
	struct fault f = {0};
	const char *home = getenv("HOME");
	struct buf own;
	snprintf(path, sizeof(path), "%s", t->o->config ? t->o->config : "");
	if (t->o->config == NULL)
		snprintf(path, sizeof(path), "%s/.passivedns-client", home ? home : "");
	if (io_exists(path) == 1) {
		warn_of_mode(t->in, path);
		int r = config_of_pdnstool(path, on_value, t, &f);
		if (r < 0 && f.code == 0)
			fault_set(&f, r, "%s: %s", path, yore_strerror(r));
		return r < 0 ? command_failed(t->in, &f) : STATUS_OK;
	}
	buf_init(&own, 4096);
	if (t->o->config || conf_place("CONFIG", "yore.conf", &own) < 0 ||
	    io_exists(buf_str(&own)) != 1)
		fprintf(
		    stderr,
		    "Could not find config file at %s.  Using a blank configuration.\n",
		    path);
	buf_release(&own);
	return STATUS_OK;
}

/* ---- findings as rows ---- */

static const char *label(const struct account *a, uint16_t source, char room[64])
{
	static const struct {
		const char *name, *label;
	} rows[] = {{"osc", "OSC"}, {"cn360", "360.cn"}, {"riskiq", "RiskIQ"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, a->name) == 0)
			return rows[i].label;
	const char *dot = strchr(source_name(source), '.');
	if (strcmp(a->name, "passivetotal") != 0 || dot == NULL)
		return a->provider->title;
	snprintf(room, 64, "%s/%.40s", a->provider->title, dot + 1);
	return room;
}

static const char *colour(enum tlp t)
{
	static const char *const words[] = {"white", "green", "yellow", "yellow", "red"};
	return words[t];
}

/* The final dots of names go, as the original prints them. */
static void put_answer(struct buf *out, uint16_t type, struct bytes rdata)
{
	size_t from = out->len, to;
	rdata_put(out, type, rdata);
	to = from;
	for (size_t i = from; i < out->len; i++) {
		bool end = i + 1 == out->len || out->at[i + 1] == ' ';
		if (out->at[i] == '.' && end && i > from && out->at[i - 1] != ' ' &&
		    out->at[i - 1] != '\\')
			continue;
		out->at[to++] = out->at[i];
	}
	out->len = to;
}

static bool is_shown(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA || type == TYPE_NS ||
	       type == TYPE_CNAME || type == TYPE_PTR || type == TYPE_SOA;
}

static double elapsed_of(const struct tool *t, size_t account, uint32_t about)
{
	size_t i = (size_t)about * t->outside.ask.with_count + account;
	if (i >= asking_count(t->outside.asking))
		return -1;
	return (double)asking_at(t->outside.asking, i)->elapsed_us / 1e6;
}

/* CIRCL and DNSDB say no TTL; the original prints 0 for them. */
static int64_t ttl_of(const struct account *a, const struct span *s)
{
	if (s->ttl_min <= s->ttl_max)
		return s->ttl_max;
	bool zero = strcmp(a->name, "circl") == 0 || strcmp(a->name, "dnsdb") == 0 ||
		    strcmp(a->name, "riskiq") == 0;
	return zero ? 0 : -1;
}

static int add_row(struct tool *t, size_t account, const struct finding *f,
		   struct bytes rdata, struct pdns_rows *to)
{
	const struct account *a = t->outside.chosen[account];
	const struct rrset *set = &f->record.set;
	struct buf query, answer;
	char type[TYPE_TEXT_MAX], room[64];
	buf_init(&query, 2048);
	buf_init(&answer, 512 << 10);
	name_put_chomped(&query, set->owner);
	put_answer(&answer, set->type, rdata);
	type_text(set->type, type);
	struct pdns_row row = {.source = label(a, set->source, room),
			       .query = buf_str(&query),
			       .answer = buf_str(&answer),
			       .rrtype = type,
			       .security = colour(f->tlp),
			       .response_s = elapsed_of(t, account, f->question),
			       .ttl = ttl_of(a, &f->record.span),
			       .first_s = f->record.span.first_s,
			       .last_s = f->record.span.last_s,
			       .count = f->record.span.count
					    ? (int64_t)(f->record.span.count & INT64_MAX)
					    : -1};
	int r = pdns_rows_add(to, &row);
	buf_release(&query);
	buf_release(&answer);
	return r;
}

/* New findings of one account; --limit counts rows of each question. */
static int take_account(struct tool *t, size_t account, struct pdns_rows *to)
{
	const struct findings *all = asking_findings(t->outside.asking, account);
	uint64_t given = 0;
	uint32_t about = UINT32_MAX;
	for (size_t i = t->from[account]; i < all->count; i++) {
		const struct finding *f = &all->at[i];
		struct reader set = reader_of(f->record.set.rdata);
		struct bytes rdata;
		if (f->question != about)
			given = 0;
		about = f->question;
		while (rdataset_next(&set, &rdata)) {
			if (!is_shown(f->record.set.type)) {
				t->left_out++;
				continue;
			}
			if (t->o->limit && given == t->o->limit)
				continue;
			given++;
			int r = add_row(t, account, f, rdata, to);
			if (r < 0)
				return r;
		}
	}
	t->from[account] = all->count;
	return 0;
}

static int take_all(struct tool *t, struct pdns_rows *to)
{
	int r = 0;
	for (size_t i = 0; i < t->outside.ask.with_count && r == 0; i++)
		r = take_account(t, i, to);
	return r;
}

/* ---- asking ---- */

static int each_argument(struct tool *t, int (*each)(struct tool *t, const char *text))
{
	char line[8192];
	int status = STATUS_OK;
	for (size_t i = 0; i < t->in->argument_count && status == STATUS_OK; i++)
		status = each(t, t->in->argument[i]);
	if (t->in->argument_count || (t->o->file && t->o->recurse == 0))
		return status;
	while (status == STATUS_OK && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[strspn(line, " \t")])
			status = each(t, line + strspn(line, " \t"));
	}
	return status;
}

static int ask_text(struct tool *t, const char *text)
{
	struct term term;
	struct fault f = {0};
	if (term_parse(text, &f, &term) < 0) {
		command_say(t->in, "%s", f.text);
		t->incomplete = true;
		return STATUS_OK;
	}
	int status = outside_add(&t->outside, &term, SIDE_DEFAULT);
	term_release(&term);
	return status;
}

static int ask_plain(struct tool *t)
{
	int status = each_argument(t, ask_text);
	if (status == STATUS_OK)
		status = outside_ask(&t->outside);
	if (status == STATUS_OK && take_all(t, &t->rows) < 0) {
		command_say(t->in, "out of memory");
		status = STATUS_FAILED;
	}
	return status;
}

/* ---- asking with a state file ---- */

static double now_of(const struct tool *t)
{
	return (double)t->in->now_s;
}

static int queue_text(struct tool *t, const char *text)
{
	struct fault f = {0};
	if (pdns_state_queue(t->state, text, 0, now_of(t), &f) < 0)
		return command_failed(t->in, &f);
	return STATUS_OK;
}

struct pending {
	struct tool *tool;
	char **query;
	unsigned *level;
	size_t count, room;
};

static int on_pending(const char *query, unsigned level, void *arg)
{
	struct pending *p = arg;
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		char **q = realloc(p->query, room * sizeof(*q));
		if (q)
			p->query = q;
		unsigned *l = realloc(p->level, room * sizeof(*l));
		if (l)
			p->level = l;
		if (!q || !l)
			return YORE_ENOMEM;
		p->room = room;
	}
	p->query[p->count] = strdup(query);
	if (p->query[p->count] == NULL)
		return YORE_ENOMEM;
	p->level[p->count++] = level;
	return 0;
}

static void pending_release(struct pending *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->query[i]);
	free(p->query);
	free(p->level);
}

/* One of the pairs of a term that was asked: did anything answer? */
static bool answered(const struct tool *t, uint32_t about)
{
	size_t n = t->outside.ask.with_count;
	for (size_t i = 0; i < n; i++)
		if (outcome_is_whole(
			asking_at(t->outside.asking, (size_t)about * n + i)->outcome))
			return true;
	return false;
}

static int queue_found(struct tool *t, const char *text, unsigned level, struct fault *f)
{
	struct term term;
	char why[160];
	if (term_parse(text, NULL, &term) < 0)
		return 0;
	bool may = discretion_term(&t->outside.discretion, &term, why) &&
		   (term.kind == TERM_NAME || term.kind == TERM_ADDR);
	term_release(&term);
	return may ? pdns_state_queue(t->state, text, level, now_of(t), f) : 0;
}

#define SHARED_ABOVE 50

/* Rows of one round: stored, and what they lead to queued one level further. */
static int store_round(struct tool *t, const struct pdns_rows *rows, unsigned level,
		       struct fault *f)
{
	int r = pdns_state_begin(t->state, f);
	for (size_t i = 0; i < rows->count && r == 0; i++) {
		const struct pdns_row *row = &rows->at[i];
		r = pdns_state_add(t->state, row, now_of(t), f);
		if (r == 0 && rows->count <= SHARED_ABOVE &&
		    strcmp(row->rrtype, "SOA") != 0)
			r = queue_found(t, row->answer, level + 1, f);
		if (r == 0 && rows->count <= SHARED_ABOVE)
			r = queue_found(t, row->query, level + 1, f);
	}
	return r == 0 ? pdns_state_commit(t->state, f) : r;
}

static int ask_one(struct tool *t, const char *query, unsigned level)
{
	struct pdns_rows rows = {0};
	struct fault f = {0};
	struct term term;
	int about = -1, r = 0;
	if (term_parse(query, &f, &term) == 0) {
		about = asking_add(t->outside.asking, &term,
				   term.kind == TERM_ADDR ? SIDE_RDATA : SIDE_RRNAME,
				   NULL, &f);
		r = about < 0 ? about : asking_run(t->outside.asking, &f);
		term_release(&term);
	} else {
		command_say(t->in, "%s", f.text);
		t->incomplete = true;
	}
	if (r == 0 && about >= 0)
		r = take_all(t, &rows);
	if (r == 0)
		r = store_round(t, &rows, level, &f);
	bool good = about >= 0 && answered(t, (uint32_t)about);
	if (r == 0)
		r = pdns_state_mark(t->state, query, good ? "queried" : "failed", &f);
	pdns_rows_release(&rows);
	if (r < 0 && f.code == 0)
		fault_set(&f, r, "%s", yore_strerror(r));
	return r < 0 ? command_failed(t->in, &f) : STATUS_OK;
}

static int on_row(const struct pdns_row *row, void *arg)
{
	struct tool *t = arg;
	struct pdns_row r = *row;
	if (!r.query)
		r.query = "";
	if (!r.answer)
		r.answer = "";
	if (!r.rrtype)
		r.rrtype = "";
	return pdns_rows_add(&t->rows, &r);
}

static int ask_stored(struct tool *t)
{
	struct fault f = {0};
	if (pdns_state_open(t->o->file, &f, &t->state) < 0)
		return command_failed(t->in, &f);
	int status = t->o->recurse ? each_argument(t, queue_text) : STATUS_OK;
	for (bool more = true; more && status == STATUS_OK;) {
		struct pending p = {.tool = t};
		if (pdns_state_pending(t->state, (unsigned)t->o->recurse, on_pending, &p,
				       &f) < 0)
			status = command_failed(t->in, &f);
		more = p.count > 0;
		for (size_t i = 0; i < p.count && status == STATUS_OK; i++)
			status = ask_one(t, p.query[i], p.level[i]);
		pending_release(&p);
	}
	if (asking_count(t->outside.asking))
		outside_say(&t->outside);
	if (status == STATUS_OK && pdns_state_rows(t->state, on_row, t, &f) < 0)
		status = command_failed(t->in, &f);
	return status;
}

/* ---- the command ---- */

static void say_debug(const struct tool *t)
{
	fprintf(stderr, "Using the following databases:");
	for (size_t i = 0; i < t->outside.ask.with_count; i++)
		fprintf(stderr, " %s", t->outside.chosen[i]->name);
	fprintf(stderr,
		"\nRecursions: %" PRIu64 ", Wait time: %" PRIu64 ", Limit: %" PRIu64
		"\nOutput format: %s\n",
		t->o->recurse, t->o->wait, t->o->limit, t->o->format);
}

static int open_tool(struct tool *t)
{
	char text[100];
	if (choose(t) < 0) {
		command_say(t->in, "out of memory");
		return STATUS_FAILED;
	}
	int status = configure(t);
	for (size_t i = 0; t->o->wait && i < t->outside_options.with.count; i++) {
		snprintf(text, sizeof(text), "provider %s.gap=%" PRIu64 "s",
			 t->outside_options.with.at[i], t->o->wait);
		if (on_value(text, t) < 0)
			status = STATUS_FAILED;
	}
	for (size_t i = 0; i < t->o->set.count; i++)
		if (list_add(&t->outside_options.set, t->o->set.at[i]) < 0)
			status = STATUS_FAILED;
	if (t->o->recurse > 3)
		fprintf(stderr,
			"WARNING: a recursion depth of %" PRIu64
			" is taxing on the providers\n",
			t->o->recurse);
	if (t->o->recurse > 1 && !t->o->file)
		t->outside_options.recurse = t->o->recurse - 1;
	t->outside.narrow =
	    (struct outside_narrow){WHEN_UNKNOWN, WHEN_UNKNOWN, 0, t->o->limit};
	if (status == STATUS_OK)
		status =
		    outside_open(t->in, &t->outside_options, true, NULL, &t->outside);
	return status;
}

/* With --limit an answer that was cut there is what was asked for. */
static bool is_whole(const struct tool *t)
{
	for (size_t i = 0; i < asking_count(t->outside.asking); i++) {
		const struct asked *a = asking_at(t->outside.asking, i);
		if (!outcome_is_whole(a->outcome) &&
		    !(t->o->limit && a->outcome == OUTCOME_TRUNCATED &&
		      a->records >= t->o->limit))
			return false;
		if (a->unread)
			return false;
	}
	return !t->incomplete;
}

static int run(struct invocation *in)
{
	struct tool t = {.in = in, .o = in->values};
	t.outside.departure.fd = -1;
	int status = open_tool(&t);
	if (status == STATUS_OK && t.o->debug)
		say_debug(&t);
	if (status == STATUS_OK)
		status = t.o->file ? ask_stored(&t) : ask_plain(&t);
	if (status == STATUS_OK) {
		const char *sep = t.o->separator;
		pdns_print(&in->out->buf, t.o->format, sep, &t.rows);
		if (t.left_out)
			command_say(
			    in,
			    "%" PRIu64 " record%s of other types than A, AAAA, NS, "
			    "CNAME, PTR and SOA not shown (yore query shows them)",
			    t.left_out, t.left_out == 1 ? "" : "s");
		if (!is_whole(&t))
			status = STATUS_INCOMPLETE;
	}
	outside_release(&t.outside);
	pdns_state_close(t.state);
	pdns_rows_release(&t.rows);
	free(t.outside_options.with.at);
	free(t.outside_options.set.at);
	for (size_t i = 0; i < t.text_count; i++)
		free(t.texts[i]);
	return status;
}

#define AT(field) offsetof(struct pdnstool_options, field)

static const struct option_row option_rows[] = {
    {"database", 'd', OPTION_LIST, AT(databases), "LETTERS",
     "whom to ask: c CIRCL, d DNSDB, o OSC, p PassiveTotal, r RiskIQ, v VirusTotal, "
     "m Mnemonic, 3 360.cn (v)"},
    {"gdf", 'g', OPTION_SET, AT(format), NULL, "GDF", .set = "gdf"},
    {"graphviz", 'z', OPTION_SET, AT(format), NULL, "Graphviz", .set = "graphviz"},
    {"graphml", 'm', OPTION_SET, AT(format), NULL, "GraphML", .set = "graphml"},
    {"csv", 'c', OPTION_SET, AT(format), NULL, "CSV", .set = "csv"},
    {"xml", 'x', OPTION_SET, AT(format), NULL, "XML", .set = "xml"},
    {"yaml", 'y', OPTION_SET, AT(format), NULL, "YAML", .set = "yaml"},
    {"json", 'j', OPTION_SET, AT(format), NULL, "JSON", .set = "json"},
    {"text", 't', OPTION_SET, AT(format), NULL, "text, as usual", .set = "text"},
    {"sep", 's', OPTION_TEXT, AT(separator), "TEXT", "between columns of text (a tab)"},
    {"sqlite3", 'f', OPTION_TEXT, AT(file), "FILE", "keep state and results there"},
    {"recurse", 'r', OPTION_NUMBER, AT(recurse), "N",
     "how many levels to ask: 1 what is given, 2 what that leads to, ..."},
    {"wait", 'w', OPTION_NUMBER, AT(wait), "SECONDS", "between questions to a provider"},
    {"limit", 'l', OPTION_NUMBER, AT(limit), "N",
     "records of each provider and question"},
    {"debug", 'v', OPTION_FLAG, AT(debug), NULL, "say on stderr what is done"},
    {"config", 0, OPTION_TEXT, AT(config), "FILE",
     "pdnstool's configuration (~/.passivedns-client)"},
    {"set", 0, OPTION_LIST, AT(set), "SECTION.KEY=VALUE",
     "a value over what the configuration says"},
    {NULL},
};

static const struct option_group groups[] = {{NULL, option_rows, 0}, {NULL, NULL, 0}};
static const struct pdnstool_options defaults = {.format = "text", .recurse = 1};

const struct command command_pdnstool = {
    .name = "pdnstool",
    .about = "ask providers, with the options of PassiveDNS::Client's program",
    .usage = "[OPTION...] [NAME|ADDRESS|PREFIX...]",
    .manual =
	"For scripts and habits made for pdnstool: called by that name, or as yore "
	"pdnstool. Takes its options, reads its configuration file and its state "
	"file, and prints what it prints. Keys may also stand in yore's own "
	"configuration. What does not leave the machine with yore query --with does "
	"not leave with this either.\n\n"
	"Exit status 0: every provider answered, also when there was nothing; 3: "
	"something is missing, stderr says what.",
    .examples = "  pdnstool -dcd -j www.example.com\n"
		"      CIRCL and DNSDB, as JSON\n"
		"  pdnstool -dv -f case.db -r 2 192.0.2.10\n"
		"      with a state file, two levels\n",
    .groups = groups,
    .values = sizeof(struct pdnstool_options),
    .defaults = &defaults,
    .most = SIZE_MAX,
    .run = run,
    .program = "pdnstool",
};
