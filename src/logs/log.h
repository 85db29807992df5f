/*
 * Other tools' logs and exports, line by line, as records.
 *
 *   passivedns  text (any delimiter and list of fields) and JSON
 *   zeek        dns.log as TSV (its #fields line names the columns) and as JSON
 *   suricata    eve.json, DNS of versions 1, 2 and 3, grouped and detailed
 *   cof         COF NDJSON (draft-dulaunoy-dnsop-passive-dns-cof-13)
 *   dnsdb       DNSDB NDJSON, bare or in its stream framing (cond, obj, msg)
 *   zone        master files (RFC 1035 5)
 *
 * passivedns, Zeek and Suricata saw something happen at a time: sightings, below or
 * above a resolver. The others state an interval: records of a named data set, for the
 * intervals shelf. What each format cannot say is in docs/formats.md.
 *
 * A line that cannot be read is given with `bad` set and skipped; only a failing disk
 * ends a log early. Lines longer than LOG_LINE_MOST are bad. Everything a line hands out
 * is borrowed until the next call.
 */
#ifndef YORE_LOGS_LOG_H
#define YORE_LOGS_LOG_H

#include "record/record.h"

#define LOG_LINE_MOST ((size_t)256 << 10)

struct intake;
struct log;

struct log_options {
	const char *format;    /* by name; NULL: known by content */
	const char *source;    /* of a data set; NULL: the format's name ("zone") */
	uint16_t sightings;    /* SOURCE_ABOVE, SOURCE_BELOW; 0: told by the RD bit where
				  the log has it, else below */
	const char *delimiter; /* passivedns text; NULL: "||" */
	const char *fields; /* passivedns text, comma-separated; NULL: timestamp,client,
			       server,class,query,type,answer,ttl,count */
	const char *origin; /* zone: where relative names begin; NULL: $ORIGIN or the root
			     */
	int64_t now_s;	    /* zone: the time at which the file is true */
};

struct log_record {
	struct rrset set;
	struct span span;
	bool interval; /* states an interval: no month, goes to "intervals" */
};

struct log_line {
	uint64_t number;     /* from 1 */
	struct bytes octets; /* without the line's end */
	int64_t time_us;     /* of what it tells; WHEN_UNKNOWN when it has none */
	const char *bad;     /* why it was skipped; NULL when it was understood */
	const struct log_record *records;
	size_t count;
};

struct log_counters {
	uint64_t lines, bad;
	uint64_t other;	     /* lines of other kinds: comments, queries, other events */
	uint64_t unanswered; /* without an answer to take */
	uint64_t other_port; /* mDNS, LLMNR and the like */
	uint64_t other_class;
	uint64_t incomplete; /* records of which the log has only a part (an MX without
				preference) */
	uint64_t records;
	char note[160]; /* what the export says of itself: "limited: ...", or "" */
};

/* Does a log that we read begin like this? */
bool log_knows(struct bytes head);

/*
 * Takes the input over, on failure as well. EUNSUPPORTED: no log we know; EUSAGE: an
 * option that cannot be.
 */
int log_open(struct intake *in, const char *name, const struct log_options *o,
	     struct fault *f, struct log **ret) YORE_MUST_CHECK;
/* 1 and a line, 0 at the end, negative when reading failed. */
int log_next(struct log *l, struct log_line *ret);
void log_close(struct log *l);

const char *log_format_name(const struct log *l);
const struct log_counters *log_counters(const struct log *l);
/* Why the input ended early (a damaged compression); NULL when it did not. */
const char *log_damage(const struct log *l);
/* Octets read from the file so far, for progress. */
uint64_t log_fetched(const struct log *l);

#endif
