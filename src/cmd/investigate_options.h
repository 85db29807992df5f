/* The options of yore investigate, and the command line that they were. */
#ifndef YORE_CMD_INVESTIGATE_OPTIONS_H
#define YORE_CMD_INVESTIGATE_OPTIONS_H

#include "cmd/database.h"
#include "cmd/investigate_who.h"
#include "cmd/outside.h"
#include "cmd/thresholds.h"

struct investigate_options {
	struct database_options database;
	struct outside_options outside;
	struct investigate_who_options who;
	const char *from, *to, *tz;
	struct option_list publishers, wide, rewriting, networks, asn, warninglists;
	const char *why, *overrides, *folder, *replay;
	struct thresholds thresholds;
	bool indicators, pivot, no_subdomains, defang;
	unsigned colour;
};

extern const struct option_group investigate_groups[];

/* What asks the same again: the options as a manifest keeps them (NULL ends them), and
 * those that no case keeps. */
void investigate_again(const struct invocation *in, const char *const *canonical,
		       struct buf *out);

#endif
