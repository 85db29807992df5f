/*
 * The one term language: what a person, a client or a list of indicators asks about.
 *
 *   www.example.com      TERM_NAME     a name; U-labels are converted (IDNA 2008)
 *   *.example.com        TERM_ZONE     the name and everything below it, as DNSDB does
 *   www.example.*        TERM_STEM     names that begin with these labels, and more
 *   192.0.2.1  2001:db8::1             TERM_ADDR (lo and hi equal)
 *   192.0.2.0/24  a-b  2001:db8::,32   TERM_ADDR (a range; ",len" is DNSDB's spelling)
 *   /^mail[0-9]+\./      TERM_REGEX    over names, without case, PCRE2
 *   mail?.exa*.com       TERM_GLOB     any other use of * ? [ ]
 *   raw:HEX              TERM_RAW      rdata octets, or a wire-form name (by side)
 *
 * Defanged input is understood: hxxp://, [.] (.) {.} [dot] (dot), [:], [at]; scheme,
 * user, port and path of a URL are cut; without a scheme only behind what can be a host,
 * and never from a name with a final dot or below arpa (RFC 2317). A name as name_put
 * writes it asks for itself, unless it has wildcards, brackets or "://" in it. A text
 * whose last dot is written `\.` is taken
 * as defanged as a whole; any other `\` is an escape of RFC 1035 5.1, so
 * `first\.last.example.com` is a label with a dot in it and `\*.example.com` the name of
 * a wildcard record. A mail address means its domain.
 *
 * Patterns see a name as text without escapes and without the final dot (with it when
 * final_dot is set, which DNSDB's flexible search expects).
 */
#ifndef YORE_QUERY_TERM_H
#define YORE_QUERY_TERM_H

#include "query/pattern.h"

enum term_kind {
	TERM_NAME,
	TERM_ZONE,
	TERM_STEM,
	TERM_ADDR,
	TERM_REGEX,
	TERM_GLOB,
	TERM_RAW
};

#define TERM_TEXT_MAX 4096

struct term {
	enum term_kind kind;
	struct name name;	 /* NAME, ZONE (the zone), STEM (the labels, as a name) */
	struct addr_range range; /* ADDR */
	struct pattern *pattern; /* REGEX, GLOB; owned */
	uint8_t *raw;		 /* RAW; owned */
	size_t raw_len;
	bool final_dot; /* REGEX, GLOB: names end in a dot */
	bool refanged;	/* the text was defanged or a URL */
};

/* EMALFORMED with one line that says what is wrong with the text. */
int term_parse(const char *text, struct fault *f, struct term *ret) YORE_MUST_CHECK;
/* The same for a text already known to be a pattern, without the slashes. */
int term_of_pattern(enum pattern_kind kind, const char *text, bool final_dot,
		    struct fault *f, struct term *ret) YORE_MUST_CHECK;
int term_of_name(struct bytes wire, struct term *ret) YORE_MUST_CHECK;
void term_release(struct term *t);

/* How the term was understood, for people and logs of errors: "zone example.com". */
void term_put(struct buf *out, const struct term *t);

/* Does a term, asked by owner, want this owner? 1, 0, ELIMIT (a pattern gave up). */
int term_wants_owner(const struct term *t, struct bytes owner);
/* Does a term, asked by rdata, want this record? */
int term_wants_rdata(const struct term *t, uint16_t type, struct bytes rdata);

#endif
