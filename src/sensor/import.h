/*
 * Capture files into the history: the whole chain, wired. One call takes all files of a
 * command line as one stream in time order (open queries, fragments and TCP streams
 * carry over from one to the next), and returns when everything is committed.
 *
 * An input is known by what is in it: the link type and the first packet (and the
 * sensor's name), then a chained hash over its packets. So the same packets offered
 * twice add nothing, under any name, compressed or not, cut or grown, from stdin, after
 * any crash: what the ledger of a shelf already covers is decoded again, to rebuild the
 * state, and left out. Another file that begins with the same packet is told apart.
 */
#ifndef YORE_SENSOR_IMPORT_H
#define YORE_SENSOR_IMPORT_H

#include "gather/gather.h"
#include "logs/log.h"
#include "net/decode.h"

enum import_status {
	IMPORT_DONE,	 /* read to its end, or to the damage that `damage` tells of */
	IMPORT_REFUSED,	 /* no capture, or its sensor covered the time: `text` says */
	IMPORT_FAILED,	 /* reading or writing failed: `text` says */
	IMPORT_NOT_BEGUN /* an earlier file's failure ended the call */
};

struct import_file {
	const char *path; /* as given; borrowed from the options */
	enum import_status status;
	int err;	/* negative when refused or failed */
	char text[480]; /* one line for people, "" when all went well */
	char damage[240];
	char format[32];	   /* "pcap (zstd)" */
	uint64_t packets;	   /* read this time */
	uint64_t already_there;	   /* of these, covered by an earlier import */
	int64_t first_us, last_us; /* sane dates only; WHEN_UNKNOWN: no packet */
};

struct import_progress {
	const char
	    *path; /* of the file being read; NULL while the last rows are written */
	unsigned index, file_count;
	uint64_t octets, total_octets; /* of all files, as far as sizes are known */
	uint64_t packets;
};
/* Called every few thousand packets; a negative return stops the import with it. */
typedef int (*import_progress_fn)(const struct import_progress *p, void *arg);

/* Called for each line of a log that was skipped. */
typedef void (*bad_line_fn)(const char *path, uint64_t number, const char *why,
			    void *arg);

struct import_options {
	const char *const *files; /* "-" is stdin, at most once */
	size_t file_count;
	struct store *store; /* opened for writing */
	const char *sensor;  /* --sensor NAME, or NULL */
	bool again;	     /* --again: though the sensor covered that time already */
	bool accept_all;     /* --accept all */
	bool bailiwick_off;  /* --bailiwick off */
	uint8_t vantage;     /* enum vantage: --vantage, AUTO to tell from the messages */
	uint16_t ports[16];  /* --port; none: 53 */
	unsigned port_count;
	bool deduplicate;	/* the same frame twice (mirror ports) counts once */
	bool places;		/* keep file and packet of each record's first and last */
	bool no_collapse;	/* keep every name of a flood (gather/collapse.h) */
	bool outer_only;	/* do not look into IP tunnels */
	struct log_options log; /* for other tools' logs among the files */
	/*
	 * More of the files will come in a later call: what is incomplete at their end
	 * (TCP streams with holes) is neither given up nor counted now.
	 */
	bool unfinished;
	bool strict;	      /* stop at the first line that cannot be read */
	bad_line_fn bad_line; /* may be NULL */
	void *bad_line_arg;
	const struct selection *selection; /* lists at the door; NULL: none */
	const struct site *site;	   /* see observe/site.h; NULL: nothing known */
	bool negative_off, suspicious_off; /* see observe/observe.h */
	bool who_asked;			   /* keep who asked, from this second on */
	int64_t asked_since_s;
	struct pseudonyms *pseudonyms; /* clients are kept as these; NULL: as they are */
	size_t memory;		       /* of everything here but the store; 0: 320 MiB */
	int64_t now_s;		     /* packets dated more than a day later are refused */
	import_progress_fn progress; /* may be NULL */
	void *progress_arg;
	const struct segment_sink *sink; /* NULL: the store itself */
};

struct import_summary {
	struct log_counters logs; /* over all logs */
	uint64_t bad_dates;	  /* records of logs dated outside the sane range */
	struct decode_counters net;
	struct observe_counters observe;
	struct gather_counters gather;
	struct import_file *files; /* in the order they were read */
	size_t file_count;
	uint64_t packets, already_there;
	unsigned restarts;     /* begun again because another import was faster */
	uint32_t unknown_link; /* of the net decoder; UINT32_MAX: none */
};

/*
 * 0: all that could be read is in the history; look at each file's status. Negative:
 * something failed as a whole (the store, memory, a progress callback); what was
 * committed before is kept, the same call again goes on from there. *ret is filled in
 * either case and released by import_summary_release.
 */
int import_run(const struct import_options *o, struct import_summary *ret,
	       struct fault *f) YORE_MUST_CHECK;
void import_summary_release(struct import_summary *s);

#endif
