/*
 * Output formats: one row of a table each. A format turns results into octets at the
 * end of a struct buf; the caller writes the buffer out and clears it when it likes
 * (after each row, or each 64 KiB). Streaming: memory does not grow with the answer.
 *
 *   text     table for people: aligned, UTC, safe for terminals whatever names hold
 *   cof      NDJSON, draft-dulaunoy-dnsop-passive-dns-cof-13: no trailing dots, rdata
 *            an array; more keys: source, hop, via, partial, proven, ttl_min, ttl_max,
 *            and, when asked, months ({"2015-07": [1, 2, 17]})
 *   dnsdb    NDJSON with DNSDB's keys only, trailing dots, bailiwick "." when unknown
 *   csv      RFC 4180 with CRLF, one line for each single rdata, header as dnsdbq's
 *            plus source; a field that would begin with = + - @ TAB or CR gets a '
 *            in front, so that no spreadsheet takes it for a formula
 *   minimal  bare values, one a line: rdata of what was asked by name, owners of what was
 *            asked by rdata; repeats in a row are given once
 *
 *   timeline a bar for each record on one axis of time: the days or months really seen,
 *           with their gaps; the fence is marked
 *   array   cof's objects as one JSON array
 *   tsv     fields parted by a tab or options.separator
 *   xml yaml  a record with an element (key) for each field that is known
 *   dot graphml gdf  the records as a graph: names, addresses and texts are nodes, a
 *           record is an edge. Held in memory, at most GRAPH_OCTETS
 *   sqlite  a database file with one indexed table. Held in memory
 *
 * A row of unknown first or last leaves that key (or cell) out; so does count 0.
 */
#ifndef YORE_FORMAT_FORMAT_H
#define YORE_FORMAT_FORMAT_H

#include "query/run.h"

/* What a bar of the timeline is of. */
enum timeline_group {
	TIMELINE_RECORD,  /* a record of a name */
	TIMELINE_ADDRESS, /* an address (or other rdata), whatever names had it */
	TIMELINE_NETWORK, /* the /24 or /48 of addresses, the type of all else */
	TIMELINE_MONTH,	  /* no bars: a line for each month, with what was seen in it */
};

struct format_options {
	enum view view; /* of the query: the month view has its own columns */
	unsigned width; /* text: columns of the terminal; 0: 80 */
	bool colour;	/* text */
	bool unicode;	/* text: U-labels in brackets behind xn-- names, bars as blocks */
	bool days;	/* cof: the months and days seen; text: a bar of days */
	bool defang;	/* text, minimal: example[.]com */
	bool array;	/* dnsdb: rdata an array also for single records (v2) */
	bool human_times;	   /* dnsdb: RFC 3339 strings instead of seconds */
	bool string;		   /* cof: one line for each rdata, as a string (CIRCL) */
	const char *separator;	   /* tsv; NULL: a tab */
	enum timeline_group group; /* timeline */
	const struct fence *fence; /* timeline: what to mark; NULL: nothing. Borrowed */
	const char *origin;	   /* cof: value of "origin"; NULL: none */
	/* Names of sensors by hash for cof's sensor_id; NULL: left out. */
	const char *(*sensor_name)(uint32_t hash, void *arg);
	void *sensor_arg;
	/* cof, text: file of a place, NULL when unknown. NULL itself: left out. */
	const char *(*place_name)(const struct span_place *at, void *arg);
	void *place_arg;
};

struct writer;

struct format {
	const char *name;
	const char *about; /* for help */
	const char *mime, *extension;
	size_t state; /* octets of private state, zeroed before begin */
	int (*begin)(struct writer *w);
	int (*row)(struct writer *w, const struct result *r);
	int (*end)(struct writer *w, const struct answer_counters *c);
	void (*release)(struct writer *w); /* may be NULL */
};

struct writer {
	const struct format *format;
	struct format_options options;
	struct buf *out;
	uint64_t rows;
	void *state;
};

/* NULL when there is none of that name ("json" means cof). */
const struct format *format_find(const char *name);
const struct format *format_at(size_t i); /* NULL behind the last */

/* begin has been called when this returns 0. out is borrowed. */
int writer_open(const struct format *format, const struct format_options *o,
		struct buf *out, struct writer *ret) YORE_MUST_CHECK;
/* Errors: those of the buffer (ELIMIT, ENOMEM). */
int writer_row(struct writer *w, const struct result *r) YORE_MUST_CHECK;
/* What is still held back, and what the format needs to end; c may be NULL. */
int writer_end(struct writer *w, const struct answer_counters *c) YORE_MUST_CHECK;
void writer_release(struct writer *w);

#endif
