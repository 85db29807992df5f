/*
 * Providers as configured: [provider NAME] sections over the built-in ones, the shipped
 * mappings and the user's own.
 */
#ifndef YORE_REMOTE_ACCOUNT_H
#define YORE_REMOTE_ACCOUNT_H

#include "conf/conf.h"
#include "conf/rule.h"
#include "remote/provider.h"

#define ACCOUNTS_MAX 64

struct accounts {
	struct account *at;
	size_t count;
	struct mapping **mappings;
	size_t mapping_count;
};

/*
 * Every provider there is: built in, mapped, and sections of the configuration with a
 * type of another name. An account that lacks something is there, not `configured`, and
 * says what it lacks; what is wrong in the files (a bad colour, a key that others can
 * read) is an error with file:line.
 */
int accounts_load(struct accounts *a, struct conf *c, struct fault *f) YORE_MUST_CHECK;
void accounts_release(struct accounts *a);
struct account *accounts_find(const struct accounts *a, const char *name);
/* By the letter of pdnstool's -d. */
struct account *accounts_letter(const struct accounts *a, char letter);

/* What may stand in [provider *], [mapping *] and [local]. */
extern const struct conf_rule remote_rules[];

#endif
