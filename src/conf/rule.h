/*
 * What may stand in the configuration: one row a key. The commented file of `yore config
 * init` and the complaints of `yore config check` are made from the rows.
 */
#ifndef YORE_CONF_RULE_H
#define YORE_CONF_RULE_H

#include "conf/conf.h"

enum conf_kind {
	CONF_TEXT,
	CONF_BOOL,
	CONF_NUMBER,
	CONF_SPAN,
	CONF_PATH,
	CONF_WORDS,
	CONF_SECRET, /* KEY-file is allowed beside it without a row */
	CONF_CHOICE  /* choices: "a|b|c" */
};

struct conf_rule {
	const char *section; /* "provider *" stands for any name behind "provider " */
	const char *key;     /* NULL: a comment for the section itself, in about */
	enum conf_kind kind;
	const char *choices;
	const char *example; /* what config init shows behind "# key =" */
	const char *about;   /* one or more lines */
};

/* Calls back with "file:line: ..." for each thing wrong in the files; returns how many.
 * rules: tables, each ended by a row without a section; NULL-terminated. */
size_t conf_check(struct conf *c, const struct conf_rule *const *rules,
		  void (*say)(const char *line, void *arg), void *arg);

/* The commented file. */
void conf_template(const struct conf_rule *const *rules, struct buf *out);

#endif
