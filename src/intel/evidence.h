/*
 * Everything an investigation learns comes through here: a small set of questions, each
 * asked once, its answer kept. So the answers can be written beside the case and the
 * case made again from them, byte for byte, without the store.
 */
#ifndef YORE_INTEL_EVIDENCE_H
#define YORE_INTEL_EVIDENCE_H

#include "base/arena.h"
#include "query/absent.h"
#include "query/coverage.h"
#include "query/run.h"

struct row { /* a single record of one source; all of it in the evidence's arena */
	struct bytes owner;
	uint16_t type, source;
	bool zone_times;
	struct bytes rdata;
	struct span span; /* of the whole record */
	const struct month_seen *months;
	size_t month_count;
	unsigned hop; /* aliases followed to get here, and from which name */
	struct bytes via;
};

enum ask_kind {
	ASK_NAME,	/* a name's records, aliases followed */
	ASK_ZONE,	/* a name and everything below it */
	ASK_ADDRESS,	/* what points at an address or into a range */
	ASK_NEIGHBOURS, /* the same, only what touches the window */
	ASK_NEGATIVE,	/* NXDOMAIN and no data of a name */
	ASK_REWRITTEN	/* what our own resolvers said instead (query --suspicious) */
};

struct inquest {
	enum ask_kind kind;
	struct name name;
	struct addr_range range;
	struct fence fence; /* NEIGHBOURS */
	uint64_t limit;	    /* rows; 0: none */
};

struct answered {
	const char *question; /* as text: what was asked, in full */
	struct row *rows;
	size_t count, room;
	bool truncated;	     /* the limit ended it */
	bool damaged;	     /* part of the store could not be read */
	bool refused;	     /* a provider did not answer */
	enum absence absent; /* nothing, and that proves nothing (query/absent.h) */
	unsigned wide;	     /* wide sources that answered it whole */
};

/* What providers were asked beside the store. Their records are in the store given. */
struct evidence_outside {
	const char *names;	 /* "circl, dnsdb"; NULL: nobody was asked */
	uint64_t asked, missing; /* questions put to them, and those without an answer */
	struct addr_range *wide; /* addresses that one of them answered whole */
	size_t wide_count;
};

struct evidence {
	struct arena arena;
	struct store *store;		 /* NULL: only what is kept is known (replay) */
	struct evidence_outside outside; /* set before asking; borrowed */
	struct answered **at;
	size_t count, room;
	struct coverage coverage;
	char *coverage_text;
	unsigned watched;	  /* permyriad of the window */
	int64_t history_begins_s; /* of what was watched; WHEN_UNKNOWN */
	uint64_t truncated, damaged, refused;
};

void evidence_init(struct evidence *e, struct store *s);
void evidence_release(struct evidence *e);
int evidence_cover(struct evidence *e, const struct fence *window,
		   struct fault *f) YORE_MUST_CHECK;

/* Asks once; the same question again gives the kept answer. Borrowed from e. */
int evidence_ask(struct evidence *e, const struct inquest *q, struct fault *f,
		 const struct answered **ret) YORE_MUST_CHECK;
/* Room for a row is made and everything it points at copied. */
int evidence_add_row(struct evidence *e, struct answered *to,
		     const struct row *r) YORE_MUST_CHECK;
struct answered *evidence_find(struct evidence *e, const char *question);
struct answered *evidence_new(struct evidence *e, const char *question);
void evidence_sum(struct evidence *e, const struct answered *a);
void inquest_text(const struct inquest *q, struct buf *out);

/* Is the row evidence that our own resolver rewrote the answer (ASK_REWRITTEN)? */
bool source_is_rewriting(uint16_t source);

/* One line of JSON for the coverage, then one for each answer. */
void evidence_put(const struct evidence *e, struct buf *out);
int evidence_load(struct evidence *e, struct bytes text, struct fault *f) YORE_MUST_CHECK;

#endif
