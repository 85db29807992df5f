/*
 * The case: everything that is handed over, as files made in memory first, so that they
 * can be written, or compared with what an earlier run wrote.
 *
 *   report.html      self-contained, a timeline for each indicator, the window shaded
 *   report.md        the same for a ticket
 *   addresses.csv    one line for each verdict, with evidence
 *   records.ndjson   every record that was found (COF)
 *   misp.json, stix.json
 *   hunt/            nfdump, Zeek, Arkime, BPF: each address in its interval only
 *   block/           rpz.zone, rules.suricata: names, and addresses that are dedicated
 *                    and current, with an expiry; never a CDN's
 *   evidence.ndjson, input  what was answered, and the report itself: for --replay
 *   manifest.json    what was asked, of whom, when; hashes of all of it
 */
#ifndef YORE_INTEL_CASE_H
#define YORE_INTEL_CASE_H

#include "intel/inquiry.h"

#define CASE_FILES_MAX 24
#define CASE_CURRENT_S (30 * INT64_C(86400))

struct case_about {
	int64_t now_s;	    /* of the run; a replay says the same */
	const char *report; /* its name, without folders */
	struct bytes input; /* the report itself */
	const char *const
	    *options;		  /* as a command line, for the manifest; NULL-terminated
				   */
	const char *const *lists; /* files of the user's own that were used; likewise */
	const char *asked;	  /* "the local store, circl" */
	int64_t expiry_s; /* what may be blocked is to be looked at again; 0: 30 d */
};

struct case_file {
	const char *path; /* below the folder */
	struct buf content;
};

struct case_files {
	struct case_file at[CASE_FILES_MAX];
	size_t count;
};

int case_make(const struct investigation *q, const struct case_about *a,
	      struct case_files *ret, struct fault *f) YORE_MUST_CHECK;
void case_release(struct case_files *c);
int case_write(const struct case_files *c, const char *dir,
	       struct fault *f) YORE_MUST_CHECK;
/* Files that are not what the folder holds; each is said. */
size_t case_differs(const struct case_files *c, const char *dir, say_fn say, void *arg);

/* ---- within the module: the makers ---- */
void case_html(const struct investigation *q, const struct case_about *a,
	       struct buf *out);
void case_markdown(const struct investigation *q, const struct case_about *a,
		   struct buf *out);
void case_csv(const struct investigation *q, struct buf *out);
void case_records(const struct investigation *q, struct buf *out);
void case_misp(const struct investigation *q, const struct case_about *a,
	       struct buf *out);
void case_stix(const struct investigation *q, const struct case_about *a,
	       struct buf *out);
void case_nfdump(const struct investigation *q, struct buf *out);
void case_zeek(const struct investigation *q, struct buf *out);
void case_arkime(const struct investigation *q, struct buf *out);
void case_bpf(const struct investigation *q, struct buf *out);
void case_rpz(const struct investigation *q, const struct case_about *a, struct buf *out);
void case_suricata(const struct investigation *q, const struct case_about *a,
		   struct buf *out);
void case_manifest(const struct investigation *q, const struct case_about *a,
		   const struct case_files *made, struct buf *out);

/* case_words.c: parts they share */
bool line_is_hunted(const struct line *l); /* HUNT or VICTIMS */
/* Others' formats know addresses and prefixes: a range is as many of these as it takes.
 * Takes one off its front. */
#define CASE_PREFIX_MAX (ADDR_TEXT_MAX + 12)
bool case_next_prefix(struct addr_range *left, char out[CASE_PREFIX_MAX]);
/* When the address is to be looked for: the interval of its verdict. */
void line_interval(const struct line *l, const struct window *w, int64_t *from,
		   int64_t *to);
/* First and last over all its sources; WHEN_UNKNOWN where nobody said. */
void line_ends(const struct line *l, int64_t *first, int64_t *last);
/* May it be blocked: hunted, dedicated, no CDN, seen lately? */
bool line_is_blockable(const struct line *l, int64_t now_s);
void put_defanged_text(struct buf *out, const char *text);
/* A deterministic identity (UUID version 5) in the namespace of this program's cases. */
void case_uuid(const char *kind, const char *name, char out[37]);
/* In STIX's own namespace, for observables. */
void stix_uuid(const char *name, char out[37]);

#endif
