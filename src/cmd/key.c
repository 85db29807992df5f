/* yore key: API keys of the server. */
#include <inttypes.h>

#include "api/key.h"
#include "base/io.h"
#include "base/when.h"
#include "cmd/command.h"

struct key_options {
	const char *file, *scope;
	uint64_t quota, rate, burst, rows;
	struct option_list from, source;
	bool revoked;
};

#define AT(field) offsetof(struct key_options, field)

static const struct option_row file_rows[] = {
    {"keys", 0, OPTION_TEXT, AT(file), "FILE",
     "the file of keys (else $YORE_KEYS, else yore/keys in $XDG_CONFIG_HOME or "
     "~/.config)"},
    {NULL},
};

static const struct option_row add_rows[] = {
    {"scope", 0, OPTION_TEXT, AT(scope), "LIST",
     "what it may do: query, who-asked, upload, admin, providers (else query)"},
    {"quota", 0, OPTION_NUMBER, AT(quota), "N", "at most N requests a day (UTC)"},
    {"rate", 0, OPTION_NUMBER, AT(rate), "N", "at most N requests a second"},
    {"burst", 0, OPTION_NUMBER, AT(burst), "N",
     "up to N at once, saved up from the rate"},
    {"rows", 0, OPTION_NUMBER, AT(rows), "N", "at most N rows in one answer"},
    {"from", 0, OPTION_LIST, AT(from), "PREFIX",
     "only from these addresses (several times, or with commas)"},
    {"source", 0, OPTION_LIST, AT(source), "NAME",
     "shows this imported or provider's source, too"},
    {NULL},
};

static const struct option_row list_rows[] = {
    {"all", 'a', OPTION_FLAG, AT(revoked), NULL, "also keys that were revoked"},
    {NULL},
};

static int find_file(struct invocation *in, struct buf *path)
{
	const struct key_options *o = in->values;
	if (key_file_path(o->file, path) == 0)
		return STATUS_OK;
	command_say(in, "no place for keys is known: give --keys FILE");
	return STATUS_USAGE;
}

static int set_list(struct invocation *in, struct key *k, const char *name,
		    const struct option_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (key_set(k, name, list->at[i]) < 0)
			return command_misused(in, "--%s '%s' makes no sense", name,
					       list->at[i]);
	return STATUS_OK;
}

static int make_key(struct invocation *in, struct key *k)
{
	const struct key_options *o = in->values;
	*k = (struct key){.quota = o->quota,
			  .rate = o->rate,
			  .burst = o->burst,
			  .rows = o->rows,
			  .created_s = in->now_s,
			  .revoked_s = WHEN_UNKNOWN};
	if (key_set(k, "name", in->argument[0]) < 0)
		return command_misused(in,
				       "'%s' is no name for a key (printable, without "
				       "blanks, = # \" \\ and commas)",
				       in->argument[0]);
	if (key_set(k, "scope", o->scope ? o->scope : "query") < 0)
		return command_misused(in,
				       "--scope '%s': query, who-asked, upload, "
				       "admin or providers",
				       o->scope);
	int status = set_list(in, k, "from", &o->from);
	return status == STATUS_OK ? set_list(in, k, "source", &o->source) : status;
}

static int make_folder(const char *path, struct fault *f)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	if (n == 0 || n >= sizeof(folder))
		return 0;
	memcpy(folder, path, n);
	folder[n] = '\0';
	return io_mkdirs(folder, 0700, f);
}

static int run_add(struct invocation *in)
{
	struct fault f = {0};
	struct key k;
	struct buf path;
	char text[KEY_TEXT_LEN + 1];
	buf_init(&path, 16 << 10);
	int status = make_key(in, &k);
	if (status == STATUS_OK)
		status = find_file(in, &path);
	if (status == STATUS_OK &&
	    (make_folder(buf_str(&path), &f) < 0 || key_draw(text, &k, &f) < 0 ||
	     key_file_add(buf_str(&path), &k, &f) < 0))
		status = command_failed(in, &f);
	if (status == STATUS_OK) {
		buf_printf(&in->out->buf, "%s\n", text);
		command_say(in,
			    "key %s for %s is in %s; it is shown this once, the file "
			    "holds only its hash",
			    k.id, k.name, buf_str(&path));
	}
	buf_release(&path);
	return status;
}

static void put_row(struct buf *out, const struct key *k)
{
	char time[WHEN_TEXT_MAX] = "-";
	struct buf scope;
	buf_init(&scope, 256);
	scopes_put(&scope, k->scopes);
	if (k->created_s != WHEN_UNKNOWN)
		when_date_text(k->created_s, time);
	buf_printf(out, "%s  %-20s  %-24s  %s", k->id, k->name, buf_str(&scope), time);
	if (k->quota)
		buf_printf(out, "  %" PRIu64 " a day", k->quota);
	if (k->rate)
		buf_printf(out, "  %" PRIu64 " a second", k->rate);
	if (k->rows)
		buf_printf(out, "  %" PRIu64 " rows", k->rows);
	if (k->from_count)
		buf_printf(out, "  from %zu places", k->from_count);
	if (k->revoked_s != WHEN_UNKNOWN) {
		when_date_text(k->revoked_s, time);
		buf_printf(out, "  revoked %s", time);
	}
	buf_putc(out, '\n');
	buf_release(&scope);
}

static int run_list(struct invocation *in)
{
	const struct key_options *o = in->values;
	struct fault f = {0};
	struct key_ring ring = {0};
	struct buf path;
	buf_init(&path, 16 << 10);
	int status = find_file(in, &path);
	if (status == STATUS_OK && key_ring_read(buf_str(&path), &ring, &f) < 0)
		status = command_failed(in, &f);
	for (size_t i = 0; i < ring.count; i++)
		if (o->revoked || ring.keys[i].revoked_s == WHEN_UNKNOWN)
			put_row(&in->out->buf, &ring.keys[i]);
	key_ring_release(&ring);
	buf_release(&path);
	return status;
}

static int run_revoke(struct invocation *in)
{
	struct fault f = {0};
	struct buf path;
	buf_init(&path, 16 << 10);
	int status = find_file(in, &path);
	if (status == STATUS_OK &&
	    key_file_revoke(buf_str(&path), in->argument[0], in->now_s, &f) < 0)
		status = command_failed(in, &f);
	if (status == STATUS_OK)
		command_say(in, "revoked; a running server learns of it by SIGHUP");
	buf_release(&path);
	return status;
}

static const struct option_group add_groups[] = {
    {NULL, add_rows, 0}, {"File", file_rows, 0}, {NULL, NULL, 0}};
static const struct option_group list_groups[] = {
    {NULL, list_rows, 0}, {"File", file_rows, 0}, {NULL, NULL, 0}};
static const struct option_group revoke_groups[] = {{"File", file_rows, 0},
						    {NULL, NULL, 0}};

static const struct command verb_add = {
    .name = "add",
    .about = "draw a key and print it, once",
    .usage = "[OPTION...] NAME",
    .groups = add_groups,
    .values = sizeof(struct key_options),
    .least = 1,
    .most = 1,
    .examples = "yore key add alice\n    a key that may ask\n"
		"yore key add edge-sensor --scope upload --from 192.0.2.7\n"
		"    a key for a sensor at one address\n",
    .run = run_add,
};
static const struct command verb_list = {
    .name = "list",
    .about = "show whose keys there are",
    .usage = "[OPTION...]",
    .groups = list_groups,
    .values = sizeof(struct key_options),
    .run = run_list,
};
static const struct command verb_revoke = {
    .name = "revoke",
    .about = "end a key",
    .usage = "[OPTION...] ID|NAME",
    .groups = revoke_groups,
    .values = sizeof(struct key_options),
    .least = 1,
    .most = 1,
    .run = run_revoke,
};
static const struct command *const verbs[] = {&verb_add, &verb_list, &verb_revoke, NULL};

const struct command command_key = {
    .name = "key",
    .about = "make, list and revoke API keys of the server",
    .usage = "add|list|revoke ...",
    .manual =
	"Who may ask the server is written in one file with a line for each key: its id, "
	"a hash of its secret, what it may do and how much. The secret itself is shown "
	"once, when the key is made, and kept nowhere.\n\n"
	"Clients show the key as X-API-Key, as the password of HTTP Basic (the user is "
	"free), or as a Bearer token.\n\n"
	"Scopes: query asks the history; providers also sees what was imported under "
	"other sources or kept from providers; who-asked, upload (sensors) and admin say "
	"what they are.",
    .verbs = verbs,
};
