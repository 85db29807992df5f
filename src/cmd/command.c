#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/nearest.h"

const struct command_entry command_table[] = {
#define X(name, section) {&command_##name, SECTION_##section},
    COMMAND_LIST(X)
#undef X
	{NULL, 0},
};

const char *section_title(enum command_section s)
{
	static const char *const titles[] = {
#define X(name, text) text,
	    SECTION_LIST(X)
#undef X
	};
	return titles[s];
}

const struct command *command_find(const char *name)
{
	for (const struct command_entry *e = command_table; e->command; e++)
		if (strcmp(e->command->name, name) == 0)
			return e->command;
	return NULL;
}

int command_unknown(const struct invocation *in, const char *word)
{
	struct nearest n = nearest_to(word);
	for (const struct command_entry *e = command_table; e->command; e++)
		nearest_offer(&n, e->command->name);
	if (n.best)
		return command_misused(in, "there is no command '%.100s'; yore %s?", word,
				       n.best);
	if (strpbrk(word, ".:")) /* a name or an address: the question is left out */
		return command_misused(
		    in, "there is no command '%.100s'; yore query %.100s?", word, word);
	return command_misused(in, "there is no command '%.100s'", word);
}

/* ---- messages ---- */

static void say(const char *name, const char *text)
{
	struct buf line;
	buf_init(&line, 16 << 10);
	buf_puts(&line, "yore");
	if (name && *name)
		buf_printf(&line, " %s", name);
	buf_puts(&line, ": ");
	put_safe(&line, BYTES_STR(text));
	buf_putc(&line, '\n');
	progress_end();
	fwrite(line.at, 1, line.len, stderr);
	buf_release(&line);
}

void command_say(const struct invocation *in, const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(in->name, text);
}

int command_misused(const struct invocation *in, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	command_say(in, "%s (see yore help%s%s)", text, *in->name ? " " : "", in->name);
	return STATUS_USAGE;
}

int status_of_error(int code)
{
	switch (code) {
	case 0:
		return STATUS_OK;
	case YORE_EUSAGE:
		return STATUS_USAGE;
	case YORE_ECORRUPT:
	case YORE_EVERSION:
	case YORE_ELOCKED:
		return STATUS_DATABASE;
	case YORE_ETIMEOUT:
		return STATUS_NETWORK;
	default:
		return STATUS_FAILED;
	}
}

int command_failed(const struct invocation *in, const struct fault *f)
{
	if (f->code == YORE_EUSAGE)
		return command_misused(in, "%s", f->text);
	say(in->name, f->code ? f->text : "failed");
	return f->code ? status_of_error(f->code) : STATUS_FAILED;
}

/* ---- from argv to the status ---- */

/*
 * With a standard descriptor closed, the next file opened would take its number, and
 * data meant for the screen would go into it.
 */
static void guard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			/* the wrong way round, so that using it is an error */
			(void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static void *values_new(const struct command *c)
{
	void *v = calloc(1, c->values ? c->values : 1);
	if (v && c->defaults)
		memcpy(v, c->defaults, c->values);
	return v;
}

static int check_count(const struct invocation *in)
{
	const struct command *c = in->command;
	if (in->argument_count < c->least)
		return command_misused(in, "something is missing: yore %s %s", in->name,
				       c->usage ? c->usage : "");
	if (in->argument_count > c->most)
		return command_misused(in, "'%.100s' is too much: yore %s %s",
				       in->argument[c->most], in->name,
				       c->usage ? c->usage : "");
	return STATUS_OK;
}

/* What run() left in the buffer goes out; its failure is told, unless nobody reads. */
static int finish_output(struct invocation *in, int status)
{
	if (output_ready(in->out, true) == 0)
		return status;
	say(in->name, in->out->fault.text);
	return STATUS_OUTPUT;
}

static int run(struct invocation *in, int argc, char **argv)
{
	const struct command *c = in->command;
	struct arguments rest;
	struct fault f = {0};
	if (options_parse(c->groups, argc, argv, in->values, &rest, &f) < 0)
		return command_failed(in, &f);
	if (rest.help) {
		help_put_command(&in->out->buf, c, in->name);
		return finish_output(in, STATUS_OK);
	}
	in->argument = rest.at;
	in->argument_count = rest.count;
	int status = check_count(in);
	if (status == STATUS_OK)
		status = c->run(in);
	progress_end();
	return finish_output(in, status);
}

static bool is_help(const char *text)
{
	return strcmp(text, "-h") == 0 || strcmp(text, "--help") == 0;
}

static void add_name(struct invocation *in, const char *name)
{
	size_t n = strlen(in->name);
	snprintf(in->name + n, sizeof(in->name) - n, "%s%s", n ? " " : "", name);
}

static int unknown_verb(const struct invocation *in, const struct command *c,
			const char *word)
{
	struct nearest n = nearest_to(word);
	for (const struct command *const *v = c->verbs; *v; v++)
		nearest_offer(&n, (*v)->name);
	return command_misused(in, "there is no %s %.60s%s%s%s", in->name, word,
			       n.best ? "; " : "", n.best ? n.best : "",
			       n.best ? "?" : "");
}

/* Follows verbs down to the command that runs; NULL when status is the answer. */
static const struct command *descend(struct invocation *in, int *argc, char ***argv,
				     int *status)
{
	const struct command *c = in->command;
	while (c->verbs) {
		if (*argc < 2 || is_help((*argv)[1])) {
			help_put_command(&in->out->buf, c, in->name);
			*status = *argc < 2 ? STATUS_USAGE : STATUS_OK;
			return NULL;
		}
		const struct command *const *v = c->verbs;
		while (*v && strcmp((*v)->name, (*argv)[1]) != 0)
			v++;
		if (*v == NULL) {
			*status = unknown_verb(in, c, (*argv)[1]);
			return NULL;
		}
		c = *v;
		add_name(in, c->name);
		--*argc;
		++*argv;
	}
	return c;
}

static const struct command *by_program(const char *argv0)
{
	const char *slash = strrchr(argv0, '/'), *name = slash ? slash + 1 : argv0;
	for (const struct command_entry *e = command_table; e->command; e++)
		if (e->command->program && strcmp(e->command->program, name) == 0)
			return e->command;
	return NULL;
}

/* The words that are commands in other clothes. */
static const char *usual_name(const char *word)
{
	if (is_help(word))
		return "help";
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return "version";
	return word;
}

static int start(struct invocation *in, int argc, char **argv)
{
	int status = STATUS_FAILED;
	in->command = argc > 0 ? by_program(argv[0]) : NULL;
	if (in->command == NULL) {
		if (argc < 2) {
			help_put_overview(&in->out->buf);
			finish_output(in, STATUS_OK);
			return STATUS_USAGE;
		}
		in->command = command_find(usual_name(argv[1]));
		if (in->command == NULL)
			return command_unknown(in, argv[1]);
		argc--;
		argv++;
	}
	add_name(in, in->command->name);
	in->command = descend(in, &argc, &argv, &status);
	if (in->command == NULL)
		return finish_output(in, status);
	in->values = values_new(in->command);
	if (in->values == NULL) {
		say(in->name, yore_strerror(YORE_ENOMEM));
		return STATUS_FAILED;
	}
	status = run(in, argc, argv);
	options_release(in->command->groups, in->values);
	free(in->values);
	return status;
}

int command_main(int argc, char **argv)
{
	struct output out;
	struct invocation in = {.out = &out, .now_s = (int64_t)time(NULL)};
	guard_descriptors();
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	terminal_look(&in.terminal);
	output_init(&out, STDOUT_FILENO);
	int status = start(&in, argc, argv);
	output_release(&out);
	return status;
}
