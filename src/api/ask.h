/*
 * What a client asks, as it is built from a request: a question to the history and the
 * storage that it borrows from. Dialects fill it, feeds run it.
 */
#ifndef YORE_API_ASK_H
#define YORE_API_ASK_H

#include "api/call.h"
#include "format/format.h"

#define ASK_TYPES_MAX 64
#define ASK_SOURCES_MAX (KEY_SOURCES_MAX + 8)

struct ask {
	struct query query;
	struct term *terms; /* owned */
	size_t term_count, term_room;
	uint16_t types[ASK_TYPES_MAX];
	uint16_t sources[ASK_SOURCES_MAX];

	uint64_t limit; /* rows; never 0 */
	uint64_t after; /* a cursor: go on behind this row; 0: from the start */
	bool (*leaves_out)(uint16_t type); /* types that clients fail on; NULL: none */
	uint64_t skip;	  /* flexible search: an offset in its own rows */
	uint64_t most;	  /* summaries: stop at this count; 0: never */
	bool terse;	  /* flexible search: no counts and times */
	bool hide_marked; /* sources marked stricter than their provider's others */
	struct term exclude;
	bool has_exclude;

	const struct format *format;
	struct format_options options;
};

/* Applies what the caller's key allows. NULL: no memory (the call says so). */
struct ask *ask_new(struct call *c);
void ask_free(struct ask *a);
/* Room for one more term, zeroed; NULL: no memory, or more than most. */
struct term *ask_add_term(struct ask *a, size_t most);

/*
 * Parameters. All return false after leaving an error in the call; a parameter that is
 * absent leaves *ret as it is.
 */
bool ask_bool(struct call *c, const char *name, bool *ret);
bool ask_number(struct call *c, const char *name, uint64_t max, uint64_t *ret);
/* "limit": absent the default given, 0 the most allowed, and never more than that. */
bool ask_limit(struct call *c, struct ask *a, const char *text, uint64_t absent);
uint64_t ask_rows_max(const struct call *c);

/* A name, *.zone or name.* and nothing else of the term language. */
bool ask_name(struct call *c, struct ask *a, const char *text);
bool ask_raw(struct call *c, struct ask *a, const char *hex);
bool ask_address(struct call *c, struct ask *a, const char *text);
bool ask_term(struct call *c, struct ask *a, const char *text); /* the term language */
bool ask_types(struct call *c, struct ask *a, const char *text);
/* Keeps to the one source named, within what is allowed. */
bool ask_source(struct call *c, struct ask *a, const char *name);

/* May look at much of the store. */
bool ask_hides(const struct ask *a, uint16_t source);
bool ask_is_heavy(const struct ask *a);
/* Little to read, as the indices estimate it. */
bool ask_is_short(struct store *s, const struct query *q);

/* Which row an ask with a cursor goes on behind: never 0, below 2^62. */
uint64_t ask_cursor_of(const struct result *r);

#endif
