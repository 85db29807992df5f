/*
 * Patterns over text that an attacker or a stranger may have written: regular
 * expressions (PCRE2) and globs, compiled once, matched without case, with limits on
 * steps, depth and memory, so that no pattern can hold a thread for long. JIT is used
 * where the machine allows it; where not, the same answers come slower.
 *
 * A glob knows * (anything), ? (one character), [abc] [a-z] [!a] and \X and
 * \DDD for octets meant as themselves; it must match the whole text. A regular expression
 * may match anywhere in it, unless it says ^ and $. A compiled pattern belongs to one
 * thread.
 */
#ifndef YORE_QUERY_PATTERN_H
#define YORE_QUERY_PATTERN_H

#include "dns/name.h"

#define PATTERN_TEXT_MAX 1024

struct pattern;

enum pattern_kind { PATTERN_REGEX, PATTERN_GLOB };

/* EMALFORMED with the place in the pattern, ELIMIT when longer than PATTERN_TEXT_MAX. */
int pattern_new(enum pattern_kind kind, const char *text, struct fault *f,
		struct pattern **ret) YORE_MUST_CHECK;
void pattern_free(struct pattern *p);
/* The same for another thread. ENOMEM. */
int pattern_clone(const struct pattern *p, struct pattern **ret) YORE_MUST_CHECK;

/* 1 it matches, 0 not, YORE_ELIMIT: gave up (counted by the caller, never a match). */
int pattern_match(struct pattern *p, struct bytes text);

/*
 * What every name that matches must lie under, as far as the pattern's text shows it:
 * "\.example\.com$" and "*.example.com" give example.com. The root when it shows
 * nothing. With final_dot the pattern expects names to end in a dot.
 */
void pattern_zone(const struct pattern *p, bool final_dot, struct name *ret);

/* What was compiled, as text; the pattern's own. */
const char *pattern_source(const struct pattern *p);

/* What every text that matches must begin with, lower case ("" when not known). */
const char *pattern_prefix(const struct pattern *p);
/* What must stand in it, within one label, lower case ("" when not known). */
const char *pattern_literal(const struct pattern *p);

#endif
