/*
 * What became of each term with each provider, one JSON object a line, written as it
 * happens: {"term","side","provider","outcome","records","asked","text"}. Given again,
 * the file says what need not be asked once more: what was found or not found.
 */
#ifndef YORE_REMOTE_RESUME_H
#define YORE_REMOTE_RESUME_H

#include "remote/provider.h"

struct resume;

/* Reads what is there (its records, a torn last line apart) and goes on behind it. */
int resume_open(const char *path, struct fault *f, struct resume **ret) YORE_MUST_CHECK;
void resume_close(struct resume *r);
bool resume_has(const struct resume *r, const char *term, enum side side,
		const char *provider);
int resume_write(struct resume *r, const char *term, enum side side, const char *provider,
		 enum outcome o, uint64_t records, int64_t asked_s, const char *text,
		 struct fault *f) YORE_MUST_CHECK;

#endif
