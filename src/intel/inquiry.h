/*
 * The investigation: indicators and a window in, lines with verdicts out. A line is an
 * address at a name (or an address that the report names), with what each source says
 * of it, when, whose, what to do, and why.
 */
#ifndef YORE_INTEL_INQUIRY_H
#define YORE_INTEL_INQUIRY_H

#include "intel/evidence.h"
#include "intel/iocs.h"
#include "intel/verdict.h"

#define INQUIRY_WIDE_MAX 16

struct inquiry_options { /* zeros: the defaults */
	struct window window;
	struct whose_options whose;
	const char *wide[INQUIRY_WIDE_MAX]; /* sources that see far, NULL-terminated */
	uint64_t zone_most;	 /* rows asked below a registered domain; 2000 */
	unsigned subdomain_most; /* more names than that: somebody's platform; 100 */
	uint64_t address_most;	 /* rows asked at an address; 5000 */
	int64_t probe_s;	 /* a short appearance lasts so long at most; 3 d */
	int64_t probe_gap_s;	 /* and lies so long before the main activity; 5 d */
	int64_t break_gap_s;	 /* name servers silent for so long; 7 d */
	unsigned flux_addresses, flux_networks; /* 10, 5 */
	uint32_t flux_ttl_s;			/* 900 */
	bool no_subdomains;
	bool pivot;	       /* names at the hunted addresses, one step further */
	const char *overrides; /* CSV: name,address,verdict,who; NULL: none */
};

struct part { /* what one source says of a line */
	uint16_t source;
	bool zone_times, stated; /* stated: an interval, no days */
	int64_t first_s, last_s;
	uint64_t count;
	uint32_t ttl_min, ttl_max;
	struct month_seen *months;
	size_t month_count, month_room;
	struct timed timed;
};

struct line {
	size_t subject;
	struct name owner;    /* len 0: the address by itself */
	const char *chain;    /* "a -> b", or NULL */
	struct addr_range at; /* one address, or the indicator's range */
	const char *role; /* "", "alias", "subdomain", "origin", "spf", "mx", "pivot" */
	struct part *parts;
	size_t part_count, part_room;
	struct timed timed; /* the strongest of the parts */
	struct whose whose;
	const struct zone_note *through;
	struct case_facts facts;
	struct judged judged;
	const char *override; /* who decided otherwise; NULL: nobody */
	uint64_t names;	      /* an address by itself: names seen there */
};

enum note_kind {
	NOTE_ASKED, /* this site's own earliest question */
	NOTE_PROBE,
	NOTE_BREAK,    /* name servers or SOA changed after a gap */
	NOTE_TAKEDOWN, /* NXDOMAIN after activity */
	NOTE_FLUX,
	NOTE_PLATFORM, /* the indicator's domain is many people's */
	NOTE_PIVOT,    /* other names at a hunted address */
	NOTE_NOTHING   /* no record at all */
};

struct note {
	size_t subject;
	enum note_kind kind;
	int64_t when_s; /* WHEN_UNKNOWN */
	const char *text;
};

struct subject {
	const struct ioc *ioc;
	char *text;
	struct name domain; /* registered; len 0: none */
	size_t records;
	bool flux, platform;
};

struct investigation {
	struct inquiry_options options;
	const struct iocs *iocs;
	const struct networks *networks;
	struct evidence *evidence;
	struct arena arena;
	struct subject *subjects;
	size_t subject_count;
	struct line **lines; /* by verdict, then subject, then time */
	size_t line_count, line_room;
	struct note *notes;
	size_t note_count, note_room;
	size_t count[4];  /* lines by enum action */
	int64_t begins_s; /* of everything known */
};

void inquiry_defaults(struct inquiry_options *o);
int inquiry_run(struct investigation *q, const struct iocs *iocs, struct evidence *e,
		const struct networks *n, const struct inquiry_options *o,
		struct fault *f) YORE_MUST_CHECK;
void inquiry_release(struct investigation *q);

/* Was anything found that could tell of the window? And the status of it all: 0, 1, 3, 4
 * as the command's exit status. */
int inquiry_status(const struct investigation *q);
const char *note_name(enum note_kind k);
void line_sources(const struct line *l, struct buf *out); /* "below, dnsdb" */
void line_address(const struct line *l, struct buf *out);
void line_name(const struct line *l, const struct investigation *q, struct buf *out);

/* ---- within the module ---- */
int inquiry_note(struct investigation *q, size_t subject, enum note_kind kind,
		 int64_t when_s, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The line of this owner and address, made if new; part of r's source joined to it. */
int inquiry_line(struct investigation *q, size_t subject, struct bytes owner,
		 const struct addr_range *at, const char *role, const struct row *r,
		 struct line **ret) YORE_MUST_CHECK;
/* The window and before it what a cache may have kept. */
struct fence inquiry_reach(const struct investigation *q);
int inquiry_collect(struct investigation *q, size_t subject,
		    struct fault *f); /* collect.c */
int inquiry_weigh(struct investigation *q, struct line *l, struct fault *f); /* weigh.c */
int inquiry_shape(struct investigation *q, size_t subject, struct fault *f); /* shape.c */
int inquiry_override(struct investigation *q, struct fault *f); /* override.c */
int inquiry_pivot(struct investigation *q, struct fault *f);

#endif
