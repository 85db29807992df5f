/*
 * Subcommands. Each is one file with one `const struct command`; everything else about
 * it (parsing, help, manual, completion) follows from that.
 *
 * To add a subcommand `sweep`:
 *   1. src/cmd/sweep.c: a struct sweep_options, its option rows (cmd/option.h), a list of
 *      groups (take the shared ones from cmd/database.h, cmd/select.h, cmd/show.h), a
 *      static int run(struct invocation *in), and
 *      const struct command command_sweep = { .name = "sweep", ... };
 *   2. one line in COMMAND_LIST below: X(sweep, LOOK_AFTER); the first column is the
 *      variable's name behind command_, the second the section of `yore help`;
 *   3. the file's name in src/cmd/meson.build;
 *   4. tests/it/AREA/sweep.t, and a line in CHANGES.
 * A subcommand with verbs of its own (`yore db stat`) leaves run NULL and names them in
 * .verbs; each verb is a struct command, too.
 *
 * run() reads in->values (its options) and in->argument, writes data to in->out and
 * nothing else there, and returns a status. It reports a failure once, by
 * `return command_failed(in, &fault)` or `return command_misused(in, "...")`.
 */
#ifndef YORE_CMD_COMMAND_H
#define YORE_CMD_COMMAND_H

#include "base/when.h"
#include "cmd/option.h"
#include "cmd/output.h"
#include "cmd/terminal.h"

/* The exit status of everything. 0 to 4 speak of the answer, 5 and up of failures. */
enum status {
	STATUS_OK = 0,	       /* found and complete; done */
	STATUS_NONE = 1,       /* nothing found, and the time asked about was watched */
	STATUS_USAGE = 2,      /* the call makes no sense */
	STATUS_INCOMPLETE = 3, /* something is missing: cut short, refused, damaged */
	STATUS_UNWATCHED = 4,  /* nothing found, and it was not, or not wholly, watched */
	STATUS_FAILED = 5,     /* it did not work */
	STATUS_DATABASE = 6,   /* no database, or it cannot be read or written */
	STATUS_OUTPUT = 7,     /* what was to be written could not be */
	STATUS_NETWORK = 8     /* the other side could not be reached or did not agree */
};

struct invocation {
	const struct command *command;
	char name[64];	 /* "query", "db stat": for messages */
	void *values;	 /* the command's struct of options */
	char **argument; /* what is not an option */
	size_t argument_count;
	int64_t now_s;
	struct output *out; /* stdout, buffered; flushed and checked after run() */
	struct terminal terminal;
};

struct command {
	const char *name;
	const char *about;    /* half a line for the list of commands, no full stop */
	const char *usage;    /* behind the name: "[OPTION...] TERM..." */
	const char *manual;   /* paragraphs, plain text, "\n\n" between; may be NULL */
	const char *examples; /* "command\n    what it does\n..." ; may be NULL */
	const struct option_group *groups; /* may be NULL */
	size_t values;			   /* size of its struct of options */
	const void *defaults;		   /* values to start from; NULL: zeros */
	size_t least, most; /* arguments; most 0: none, SIZE_MAX: any number */
	int (*run)(struct invocation *in);  /* a status */
	const struct command *const *verbs; /* NULL-terminated; then run is NULL */
	const char *program; /* also run as a whole by this name of the program */
	bool hidden;	     /* not in help */
};

/* Sections of `yore help`, in order. */
#define SECTION_LIST(X)                          \
	X(ASK, "Ask the history")                \
	X(COLLECT, "Collect")                    \
	X(INVESTIGATE, "Investigate")            \
	X(SERVE, "Serve and share")              \
	X(LOOK_AFTER, "Look after the database") \
	X(ABOUT, "About")

enum command_section {
#define X(name, text) SECTION_##name,
	SECTION_LIST(X)
#undef X
};

/* clang-format off */
#define COMMAND_LIST(X) \
	X(query, ASK) \
	X(timeline, ASK) \
	X(export, ASK) \
	X(coverage, ASK) \
	X(packets, ASK) \
	X(providers, ASK) \
	X(pdnstool, ASK) \
	X(import, COLLECT) \
	X(sense, COLLECT) \
	X(investigate, INVESTIGATE) \
	X(watch, INVESTIGATE) \
	X(pivot, INVESTIGATE) \
	X(diff, INVESTIGATE) \
	X(first_seen, INVESTIGATE) \
	X(shared, INVESTIGATE) \
	X(serve, SERVE) \
	X(key, SERVE) \
	X(db, LOOK_AFTER) \
	X(config, LOOK_AFTER) \
	X(help, ABOUT) \
	X(version, ABOUT)
/* clang-format on */

#define X(name, section) extern const struct command command_##name;
COMMAND_LIST(X)
#undef X

struct command_entry {
	const struct command *command;
	enum command_section section;
};

/* NULL-terminated (command NULL), in the order of the list above. */
extern const struct command_entry command_table[];
const struct command *command_find(const char *name); /* NULL: none */
const char *section_title(enum command_section s);

/* Everything from argv to the exit status. */
int command_main(int argc, char **argv);

/* ---- for run() ---- */

/* "yore NAME: text", one line on stderr, safe for terminals whatever it holds. */
void command_say(const struct invocation *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Says it and points at the help; STATUS_USAGE. */
int command_misused(const struct invocation *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Nobody knows the command `word`: says so, with the one that may be meant. */
int command_unknown(const struct invocation *in, const char *word);
/* Says the fault; the status that fits its code. */
int command_failed(const struct invocation *in, const struct fault *f);
int status_of_error(int code);

#endif
