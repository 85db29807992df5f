/*
 * Option tables: what a subcommand accepts, once. Parsing (getopt_long), `yore help`,
 * the man pages and the shell completion are all made from these rows.
 *
 * A row names a place in a struct of values by its offset. Rows come in groups; a group
 * that several subcommands share (database, selection, time, output) has a struct of its
 * own, which the subcommand puts into its values, naming the offset in its list of
 * groups:
 *
 *     struct sweep_options {
 *             struct database_options database;
 *             const char *from;
 *             bool dry_run;
 *     };
 *     static const struct option_row own[] = {
 *             {"from", 0, OPTION_TEXT, offsetof(struct sweep_options, from), "DAY",
 *              "begin on this day"},
 *             {"dry-run", 'n', OPTION_FLAG, offsetof(struct sweep_options, dry_run),
 *              NULL, "say what would be done"},
 *             {NULL},
 *     };
 *     static const struct option_group groups[] = {
 *             {NULL, own, 0},
 *             {"Database", database_rows, offsetof(struct sweep_options, database)},
 *             {NULL, NULL, 0},
 *     };
 *
 * Values start as zeros, or as command.defaults. What an option points at is argv.
 */
#ifndef YORE_CMD_OPTION_H
#define YORE_CMD_OPTION_H

#include "base/buf.h"

enum option_kind {
	OPTION_FLAG,   /* bool: true when given */
	OPTION_COUNT,  /* unsigned: how often it was given */
	OPTION_TEXT,   /* const char *: the argument; the last one wins */
	OPTION_LIST,   /* struct option_list: each argument, in order */
	OPTION_NUMBER, /* uint64_t, decimal */
	OPTION_SIZE,   /* uint64_t octets: "64M", "2GiB" */
	OPTION_SPAN,   /* int64_t seconds: "60", "10s", "7d" */
	OPTION_CHOICE, /* unsigned: 1 + index into arg, "one|two|three"; 0 not given */
	OPTION_SET     /* const char *: row.set; no argument ("--json") */
};

struct option_row {
	const char *name; /* long form; NULL ends the table */
	char letter;	  /* 0: none */
	enum option_kind kind;
	size_t at;	  /* offset of the value in the struct of its group */
	const char *arg;  /* name of the argument; FILE and DIR complete as such */
	const char *help; /* one sentence, no full stop */
	const char *set;  /* OPTION_SET */
	bool hidden;	  /* works but is not in help */
	bool positive;	  /* numbers and spans: 0 is refused */
};

struct option_group {
	const char *title; /* of the section in help; NULL: the command's own */
	const struct option_row *rows; /* NULL ends the list */
	size_t at;		       /* offset of the group's struct in the values */
};

struct option_list {
	const char **at;
	size_t count, room;
};

struct arguments {
	char **at; /* what is not an option, in order; within argv */
	size_t count;
	bool help; /* -h or --help was there; nothing after it was looked at */
};

/*
 * argv[0] is not looked at. values has the size of the command's struct and holds its
 * defaults. EUSAGE with one line. Every command has -h and --help.
 */
int options_parse(const struct option_group *groups, int argc, char **argv, void *values,
		  struct arguments *ret, struct fault *f) YORE_MUST_CHECK;
/* Frees what lists hold. */
void options_release(const struct option_group *groups, void *values);

/* A list that a command fills beside its options. ENOMEM. */
int option_list_add(struct option_list *l, const char *text) YORE_MUST_CHECK;
/* Port numbers as --port gives them; EUSAGE with one line, also for more than `most`. */
int option_ports(const struct option_list *l, uint16_t *ports, unsigned most,
		 unsigned *count, struct fault *f) YORE_MUST_CHECK;

bool option_takes_argument(const struct option_row *row);
/* "-t, --type TYPE" */
void option_put(struct buf *out, const struct option_row *row);

#endif
