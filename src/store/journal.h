/*
 * The journal of a shelf (the engine's MANIFEST): which sorted files belong to it. One
 * thing the engine has no function for is done here: a file that cannot be read is let
 * go. The format is the engine's: records of CRC-32C (masked), length and kind, in
 * blocks of 32 KiB; a record is a list of tags, and tag 6, level, number lets a file go.
 */
#ifndef YORE_STORE_JOURNAL_H
#define YORE_STORE_JOURNAL_H

#include <stddef.h>

#include "base/err.h"

struct journal_file {
	unsigned level;
	unsigned long number;
};

/* Nobody may have the shelf open. Durable when it returns 0. */
int journal_let_go(const char *path, const struct journal_file *files, size_t count,
		   struct fault *f);

/* How many files in a shelf's folder have this in their name, and the name of one (or
   NULL). */
#define JOURNAL_FRONT "MANIFEST-"
#define JOURNAL_NAME 64
int journal_files(const char *path, const char *what, char name[JOURNAL_NAME]);
/* The one that CURRENT names. */
int journal_current(const char *path, char name[JOURNAL_NAME], struct fault *f);

#endif
