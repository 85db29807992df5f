/* Every table of options: no two options of one command share a name or a letter, each
 * has help, and what getopt gives lands where the row says. */
#include <stdlib.h>

#include "cmd/command.h"
#include "cmd/help.h"
#include "tap.h"

static const struct option_row *rows[256];

static size_t rows_of(const struct command *c)
{
	size_t n = 0;
	for (const struct option_group *g = c->groups; g && g->rows; g++)
		for (const struct option_row *r = g->rows; r->name && n < 256; r++)
			rows[n++] = r;
	return n;
}

static bool row_is_sound(const struct option_row *r)
{
	bool choice = r->kind == OPTION_CHOICE;
	return r->help && *r->help && (!option_takes_argument(r) || r->arg) &&
	       (!choice || strchr(r->arg, '|')) && (r->kind != OPTION_SET || r->set) &&
	       r->letter != 'h';
}

static bool apart(const struct option_row *a, const struct option_row *b)
{
	return strcmp(a->name, b->name) != 0 && (!a->letter || a->letter != b->letter);
}

static void check_command(const struct command *c)
{
	size_t n = rows_of(c);
	for (size_t i = 0; i < n; i++) {
		if (!row_is_sound(rows[i]))
			ok(false, "%s --%s is a sound row", c->name, rows[i]->name);
		for (size_t j = i + 1; j < n; j++)
			if (!apart(rows[i], rows[j]))
				ok(false, "%s: --%s and --%s are apart", c->name,
				   rows[i]->name, rows[j]->name);
	}
	ok(c->about && (c->run || c->verbs), "%s can be run and says what it does",
	   c->name);
	for (const struct command *const *v = c->verbs; v && *v; v++)
		check_command(*v);
}

struct values {
	bool flag;
	unsigned count, choice;
	const char *text, *set;
	struct option_list list;
	uint64_t number, size;
	int64_t span;
};

#define AT(field) offsetof(struct values, field)
static const struct option_row sample[] = {
    {"flag", 'f', OPTION_FLAG, AT(flag), NULL, "a flag"},
    {"count", 'v', OPTION_COUNT, AT(count), NULL, "how often"},
    {"text", 't', OPTION_TEXT, AT(text), "TEXT", "a text"},
    {"list", 'l', OPTION_LIST, AT(list), "ITEM", "several"},
    {"number", 'n', OPTION_NUMBER, AT(number), "N", "a number"},
    {"size", 0, OPTION_SIZE, AT(size), "SIZE", "octets"},
    {"span", 0, OPTION_SPAN, AT(span), "TIME", "seconds"},
    {"choice", 0, OPTION_CHOICE, AT(choice), "one|two|three", "one of them"},
    {"json", 0, OPTION_SET, AT(set), NULL, "a constant", "cof"},
    {NULL},
};
static const struct option_group groups[] = {{NULL, sample, 0}, {NULL, NULL, 0}};

static int parse(const char *line, struct values *v, struct arguments *rest,
		 struct fault *f)
{
	static char copy[512];
	static char *argv[32];
	int argc = 0;
	snprintf(copy, sizeof(copy), "yore %s", line);
	for (char *w = strtok(copy, " "); w && argc < 31; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	*f = (struct fault){0};
	return options_parse(groups, argc, argv, v, rest, f);
}

static void check_parsing(void)
{
	struct values v = {0};
	struct arguments rest;
	struct fault f;
	is_int(parse("-fvv --count one -t x --text=y -l a -lb two --number 7 --size 2K "
		     "--span 3h --choice two --json -- -f",
		     &v, &rest, &f),
	       0, "a line with everything");
	ok(v.flag && v.count == 3 && strcmp(v.text, "y") == 0,
	   "flags, counts, last text");
	ok(v.list.count == 2 && strcmp(v.list.at[1], "b") == 0, "lists keep their order");
	ok(v.number == 7 && v.size == 2048 && v.span == 10800, "numbers, sizes, times");
	ok(v.choice == 2 && strcmp(v.set, "cof") == 0, "choices and constants");
	is_int(rest.count, 3, "arguments between options, and all behind --");
	is_str(rest.at[2], "-f", "what looks like an option behind -- is none");
	options_release(groups, &v);
	ok(v.list.at == NULL, "lists are given back");
}

static void check_refusals(void)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
	    {"--nothing", "there is no option --nothing"},
	    {"-x", "there is no option -x"},
	    {"-t", "--text needs an argument: TEXT"},
	    {"--number 1x", "--number takes a number, not '1x'"},
	    {"--number -1", "--number takes a number, not '-1'"},
	    {"--size 12Q", "--size takes a size such as 512M, not '12Q'"},
	    {"--span 3q", "--span takes a time such as 60s, 4h or 7d, not '3q'"},
	    {"--choice four", "--choice takes one of one|two|three, not 'four'"},
	    {"--flag=1", "--flag takes no argument"},
	    {"--s 1", "--s could be several options; write it out"},
	};
	struct values v = {0};
	struct arguments rest;
	struct fault f;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		is_int(parse(bad[i].line, &v, &rest, &f), YORE_EUSAGE, bad[i].line);
		is_str(f.text, bad[i].says, "and says so");
	}
}

static void check_safe_text(void)
{
	struct buf out;
	buf_init(&out, 4096);
	put_safe(&out,
		 BYTES_LIT("a\033[31m\r\n\x7f \xc3\xa4 \xc3 \xe2\x80\xae \xed\xa0\x80"
			   "\xc0\xaf"));
	is_str(buf_str(&out),
	       "a\\027[31m\\013\\010\\127 \xc3\xa4 \\195 \\226\\128\\174 \\237\\160\\128"
	       "\\192\\175",
	       "control characters, broken UTF-8 and turned writing are escaped");
	buf_clear(&out);
	put_markup(&out, "<a b='c\"&\033\n");
	is_str(buf_str(&out), "&lt;a b=&apos;c&quot;&amp;?\n",
	       "markup is text in HTML and XML");
	buf_release(&out);
}

static void check_help(void)
{
	struct buf out;
	size_t longest = 0;
	buf_init(&out, 1 << 20);
	for (const struct command_entry *e = command_table; e->command; e++)
		help_put_command(&out, e->command, e->command->name);
	help_put_overview(&out);
	for (const char *s = buf_str(&out); *s;) {
		size_t n = strcspn(s, "\n");
		if (n > 80)
			printf("# %.*s\n", (int)n, s);
		longest = n > longest ? n : longest;
		s += n + (s[n] != '\0');
	}
	ok(longest <= 80, "all help fits into 80 columns (%zu)", longest);
	buf_release(&out);
}

int main(void)
{
	for (const struct command_entry *e = command_table; e->command; e++)
		check_command(e->command);
	check_parsing();
	check_refusals();
	check_safe_text();
	check_help();
	return tap_done();
}
