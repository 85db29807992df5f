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
 * A line that cannot be read is given with `bad` set, to be counted and skipped.
 * Everything a line hands out is borrowed until the next call.
 */
#ifndef YORE_LOGS_LOG_H
#define YORE_LOGS_LOG_H

#include "record/record.h"

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
	int64_t time_us; /* of what it tells; WHEN_UNKNOWN when it has none */
	const char *bad; /* why it was skipped; NULL when it was understood */
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

/*
 * A reader for the log that begins with head (its first line tells); state such as
 * column names and origins goes on from line to line. EUNSUPPORTED: no log we know;
 * EUSAGE: an option that cannot be. name is for messages.
 */
int log_new(struct bytes head, const char *name, const struct log_options *o,
	    struct fault *f, struct log **ret) YORE_MUST_CHECK;
/* cut: the line was longer than a line may be. */
void log_read(struct log *l, struct bytes line, bool cut, struct log_line *ret);
void log_free(struct log *l);
/* Its lines tell what happened at a time; else what they state are intervals. */
bool log_is_dated(const struct log *l);

const char *log_format_name(const struct log *l);
const struct log_counters *log_counters(const struct log *l);
#endif
