#include "cmd/investigate_options.h"

#define AT(field) offsetof(struct investigate_options, field)

static const struct option_row window_rows[] = {
    {"from", 0, OPTION_TEXT, AT(from), "TIME", "the incident began"},
    {"to", 0, OPTION_TEXT, AT(to), "TIME",
     "and ended; a day, month or year means its end (now when not given)"},
    {"tz", 0, OPTION_TEXT, AT(tz), "ZONE", "times without a zone are in this one"},
    {NULL},
};

static const struct option_row whose_rows[] = {
    {"wide", 0, OPTION_LIST, AT(wide), "SOURCE",
     "this source sees far and answers whole: only then is an address dedicated"},
    {"rewriting", 0, OPTION_LIST, AT(rewriting), "ADDRESS",
     "what our own resolver answers instead: an address, a prefix or a name; also "
     "[local] rewrite of the configuration"},
    {"network", 0, OPTION_LIST, AT(networks), "KIND=FILE",
     "more prefixes and names of aliases: cdn, cloud, sinkhole, parking or resolvers"},
    {"asn", 0, OPTION_LIST, AT(asn), "FILE",
     "a dated table of networks: .mmdb, or CSV of start,end,number,name"},
    {"warninglists", 0, OPTION_LIST, AT(warninglists), "DIR", "MISP warninglists"},
    {NULL},
};

static const struct option_row own_rows[] = {
    {"publisher", 0, OPTION_LIST, AT(publishers), "ZONE",
     "the report's publisher: its hosts are references"},
    {"indicators", 0, OPTION_FLAG, AT(indicators), NULL,
     "only list what was found in the report, with class, lines and reason"},
    {"why", 0, OPTION_TEXT, AT(why), "NAME|ADDRESS",
     "explain the verdicts about this one in full"},
    {"pivot", 0, OPTION_FLAG, AT(pivot), NULL,
     "also the other names at hunted addresses, one step further"},
    {"no-subdomains", 0, OPTION_FLAG, AT(no_subdomains), NULL,
     "leave the other names of a registered domain alone"},
    {"overrides", 0, OPTION_TEXT, AT(overrides), "FILE",
     "decisions of your own: CSV of name,address,verdict,who (the case's overrides.csv)"},
    {"case", 0, OPTION_TEXT, AT(folder), "DIR",
     "where the case is written (case); none for not at all"},
    {"replay", 0, OPTION_TEXT, AT(replay), "DIR",
     "make a case again from its own manifest and evidence, and compare"},
    {"colour", 0, OPTION_CHOICE, AT(colour), "auto|never|always", "colours on stdout"},
    {"defang", 0, OPTION_FLAG, AT(defang), NULL, "write names as example[.]com"},
    {NULL},
};

const struct option_group investigate_groups[] = {
    {NULL, own_rows, 0},
    {"When", window_rows, 0},
    {"Whose", whose_rows, 0},
    {"Thresholds", threshold_rows, AT(thresholds)},
    {"Others", outside_rows, AT(outside)},
    {"Who asked", investigate_who_rows, AT(who)},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

/* A word as a shell takes it. */
static void put_word(struct buf *out, const char *word)
{
	const char *plain =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-_=./:,@+";
	if (out->len)
		buf_putc(out, ' ');
	if (*word && word[strspn(word, plain)] == '\0') {
		buf_puts(out, word);
		return;
	}
	buf_putc(out, '\'');
	for (; *word; word++)
		buf_puts(out, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
	buf_putc(out, '\'');
}

void investigate_again(const struct invocation *in, const char *const *canonical,
		       struct buf *out)
{
	const struct investigate_options *o = in->values;
	const char *const named[][2] = {{"--db", o->database.dir},
					{"--config", o->outside.config},
					{"--resume", o->outside.resume},
					{"--case", o->folder}};
	buf_puts(out, "yore investigate");
	for (; *canonical; canonical++)
		put_word(out, *canonical);
	for (size_t i = 0; i < o->outside.with.count; i++) {
		put_word(out, "--with");
		put_word(out, o->outside.with.at[i]);
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i][1]) {
			put_word(out, named[i][0]);
			put_word(out, named[i][1]);
		}
	if (in->argument_count)
		put_word(out, in->argument[0]);
}
