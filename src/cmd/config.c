/* yore config: the configuration file made, checked, taken over from other tools. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/config_import.h"
#include "cmd/site_conf.h"
#include "cmd/keeping_who.h"
#include "cmd/outside.h"

struct config_options {
	const char *config;
	bool force, print;
};

static const struct conf_rule *const tables[] = {remote_rules, keeping_who_rules, NULL};

/* The file to write: --config, or the user's own. */
static int target(const struct invocation *in, const struct config_options *o,
		  struct buf *path)
{
	int r = 0;
	if (o->config)
		buf_puts(path, o->config);
	else
		r = conf_place("CONFIG", "yore.conf", path);
	if (r == 0 && path->err == 0)
		return STATUS_OK;
	command_say(in, "no place for the file: set $HOME, or give --config FILE");
	return STATUS_FAILED;
}

static int make_folder(const char *path, struct fault *f)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	if (slash == NULL || slash == path)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	return io_mkdirs(folder, 0700, f);
}

static int write_new(const struct invocation *in, const char *path, struct bytes text,
		     bool force)
{
	struct fault f = {0};
	if (!force && io_exists(path)) {
		command_say(in,
			    "%s is there already; it was left as it is (--force "
			    "replaces it)",
			    path);
		return STATUS_FAILED;
	}
	if (make_folder(path, &f) < 0 || io_replace(path, text, 0600, &f) < 0)
		return command_failed(in, &f);
	command_say(in, "wrote %s (mode 0600)", path);
	return STATUS_OK;
}

static void put_example(struct buf *out)
{
	buf_puts(
	    out,
	    "# Configuration of yore. Every line that begins with # is a comment; take "
	    "the # away\n# from what you need. yore config check finds mistakes. Keep "
	    "this file to yourself\n# (mode 0600), or put keys into files of their own: "
	    "key-file = ~/.config/yore/circl.key\n");
	conf_template(tables, out);
	buf_puts(out, "\n[provider circl]\n#user = \n#password = \n"
		      "\n[provider dnsdb]\n#key = \n"
		      "\n[provider virustotal]\n#key = \n#gap = 0s\n"
		      "\n[provider mnemonic]\n#key = \n"
		      "\n[provider securitytrails]\n#key = \n"
		      "\n# your own server: it may be told anything\n"
		      "#[provider hq]\n#type = yore\n#url = https://pdns.example.com\n"
		      "#key = \n#own = yes\n");
}

static int run_init(struct invocation *in)
{
	const struct config_options *o = in->values;
	struct buf text, path;
	int status = STATUS_OK;
	buf_init(&text, 1 << 20);
	buf_init(&path, 4096);
	put_example(&text);
	if (o->print) {
		buf_put_bytes(&in->out->buf, buf_bytes(&text));
	} else {
		status = target(in, o, &path);
		if (status == STATUS_OK)
			status =
			    write_new(in, buf_str(&path), buf_bytes(&text), o->force);
	}
	buf_release(&text);
	buf_release(&path);
	return status;
}

static void say_finding(const char *line, void *arg)
{
	command_say(arg, "%s", line);
}

/* ---- what a rule cannot say ---- */

struct site_check {
	const struct invocation *in;
	struct site *site;
	const struct conf_entry *at;
	int (*add)(struct site *s, const char *text, struct fault *f);
	size_t found;
};

static int check_word(const char *word, void *arg)
{
	struct site_check *k = arg;
	struct fault f = {0};
	if (k->add(k->site, word, &f) == 0)
		return 0;
	command_say(k->in, "%s:%u: [local] %s: %s", k->at->file, k->at->line, k->at->key,
		    f.text);
	k->found++;
	return 0;
}

static size_t check_site(const struct invocation *in, struct conf *c)
{
	struct site_check k = {.in = in, .site = site_new()};
	static const struct {
		const char *key;
		int (*add)(struct site *s, const char *text, struct fault *f);
	} rows[] = {{"rewrite", site_add_rewrite},
		    {"resolvers", site_add_resolver},
		    {"single", site_add_single},
		    {"keep", site_add_keep}};
	for (size_t i = 0; k.site && i < sizeof(rows) / sizeof(rows[0]); i++) {
		k.at = conf_find(c, "local", rows[i].key);
		k.add = rows[i].add;
		if (k.at && conf_words(c, "local", rows[i].key, check_word, &k) < 0)
			k.found++;
	}
	site_free(k.site);
	return k.found;
}

static size_t check_who(const struct invocation *in, struct conf *c)
{
	bool on = false;
	struct fault f = {0};
	const struct conf_entry *e = conf_find(c, "who", "asked");
	if (e == NULL || conf_bool(c, "who", "asked", &on, &f) < 0 || !on ||
	    conf_find(c, "who", "retention"))
		return 0;
	command_say(in,
		    "%s:%u: [who] asked: retention is missing: how long clients may be "
		    "kept must be stated",
		    e->file, e->line);
	return 1;
}

static int run_check(struct invocation *in)
{
	const struct config_options *o = in->values;
	struct conf *c = NULL;
	struct fault f = {0};
	struct accounts accounts;
	struct discretion d;
	int status = outside_configuration(in, o->config, NULL, &c);
	if (status != STATUS_OK)
		return status;
	size_t found = conf_check(c, tables, say_finding, in);
	if (found == 0)
		found = check_site(in, c) + check_who(in, c);
	if (found == 0 && accounts_load(&accounts, c, &f) < 0) {
		command_say(in, "%s", f.text);
		found++;
	} else if (found == 0) {
		accounts_release(&accounts);
	}
	if (found == 0 && discretion_load(&d, c, &f) < 0) {
		command_say(in, "%s", f.text);
		found++;
	} else if (found == 0) {
		discretion_release(&d);
	}
	conf_free(c);
	if (found == 0)
		buf_puts(&in->out->buf, "nothing wrong\n");
	return found ? STATUS_FAILED : STATUS_OK;
}

static int run_import(struct invocation *in)
{
	const struct config_options *o = in->values;
	struct buf text, path;
	struct fault f = {0};
	buf_init(&text, 1 << 20);
	buf_init(&path, 4096);
	int r = config_import(in->argument, in->argument_count, &text, &f);
	int status = STATUS_OK;
	if (r < 0) {
		status = command_failed(in, &f);
	} else if (r == 0) {
		command_say(
		    in, "nothing to take over was found (~/.passivedns-client, "
			"~/.isc-dnsdb-query.conf, ~/.dnsdb-query.conf, DNSDB_API_KEY, "
			"CIRCL_AUTH)");
		status = STATUS_NONE;
	} else if (o->print) {
		buf_put_bytes(&in->out->buf, buf_bytes(&text));
	} else {
		if (o->config)
			buf_puts(&path, o->config);
		else if (conf_place("CONFIG", "yore.conf.d/imported.conf", &path) < 0)
			status = STATUS_FAILED;
		if (status == STATUS_OK)
			status =
			    write_new(in, buf_str(&path), buf_bytes(&text), o->force);
	}
	if (text.at)
		explicit_bzero(text.at, text.len);
	buf_release(&text);
	buf_release(&path);
	return status;
}

#define AT(field) offsetof(struct config_options, field)

static const struct option_row rows[] = {
    {"config", 0, OPTION_TEXT, AT(config), "FILE", "this file instead of the usual one"},
    {"force", 0, OPTION_FLAG, AT(force), NULL, "replace a file that is there"},
    {"print", 0, OPTION_FLAG, AT(print), NULL, "to standard output instead"},
    {NULL},
};
static const struct option_row check_rows[] = {
    {"config", 0, OPTION_TEXT, AT(config), "FILE", "this file instead of the usual ones"},
    {NULL},
};
static const struct option_group groups[] = {{NULL, rows, 0}, {NULL, NULL, 0}};
static const struct option_group check_groups[] = {{NULL, check_rows, 0},
						   {NULL, NULL, 0}};

static const struct command init = {
    .name = "init",
    .about = "write a commented configuration file",
    .usage = "[OPTION...]",
    .manual = "Writes ~/.config/yore/yore.conf with everything that may stand in it, "
	      "commented, readable by you alone.",
    .groups = groups,
    .values = sizeof(struct config_options),
    .run = run_init,
};
static const struct command check = {
    .name = "check",
    .about = "find what is wrong in the configuration",
    .usage = "[OPTION...]",
    .manual = "Reads the files and says what is wrong with file and line. Exit status 0: "
	      "nothing.",
    .groups = check_groups,
    .values = sizeof(struct config_options),
    .run = run_check,
};
static const struct command import = {
    .name = "import",
    .about = "take keys over from pdnstool and dnsdbq",
    .usage = "[OPTION...] [FILE...]",
    .manual = "Reads ~/.passivedns-client and dnsdbq's files and variables (or the FILEs "
	      "named), and writes what they say about providers to "
	      "~/.config/yore/yore.conf.d/imported.conf, readable by you alone.",
    .groups = groups,
    .values = sizeof(struct config_options),
    .most = 16,
    .run = run_import,
};
static const struct command *const verbs[] = {&init, &check, &import, NULL};

const struct command command_config = {
    .name = "config",
    .about = "make, check and take over configuration",
    .usage = "init|check|import",
    .verbs = verbs,
};
