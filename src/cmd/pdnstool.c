/* pdnstool: the options, files and outputs of PassiveDNS::Client's program. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "cmd/config_import.h"
#include "cmd/pdnstool_own.h"

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
			} else if (option_list_add(&t->outside_options.with, name) < 0) {
				return YORE_ENOMEM;
			}
		}
	}
	if (t->outside_options.with.count == 0)
		return option_list_add(&t->outside_options.with, "virustotal");
	return 0;
}

/* ---- configuration ---- */

static int on_value(const char *text, void *arg)
{
	struct tool *t = arg;
	const char *kept = keep_text(t, text);
	return kept ? option_list_add(&t->outside_options.set, kept) : YORE_ENOMEM;
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

/* ---- asking ---- */

int tool_each_argument(struct tool *t, int (*each)(struct tool *t, const char *text))
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
	int status = tool_each_argument(t, ask_text);
	if (status == STATUS_OK)
		status = outside_ask(&t->outside);
	if (status == STATUS_OK && tool_take(t, &t->rows) < 0) {
		command_say(t->in, "out of memory");
		status = STATUS_FAILED;
	}
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
		if (option_list_add(&t->outside_options.set, t->o->set.at[i]) < 0)
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
		status = t.o->file ? tool_ask_stored(&t) : ask_plain(&t);
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
