/*
 * Inside of logs/: one line being made into records. A format is a row that recognises a
 * log and reads a line; it puts records together with the functions below, and says why
 * when it cannot.
 */
#ifndef YORE_LOGS_LINE_H
#define YORE_LOGS_LINE_H

#include "base/arena.h"
#include "dns/name.h"
#include "logs/log.h"

struct log_format {
	const char *name;
	bool dated; /* see log_is_dated */
	bool (*knows)(struct bytes head);
	size_t own;				     /* octets of private state, zeroed */
	int (*open)(struct log *l, struct fault *f); /* may be NULL */
	void (*line)(struct log *l, struct bytes line);
	void (*close)(struct log *l); /* may be NULL */
};

extern const struct log_format log_passivedns, log_passivedns_json, log_zeek,
    log_zeek_json, log_suricata, log_cof, log_dnsdb, log_zone;

/* The RRset being gathered: rdata are added until log_emit. */
struct log_set {
	struct name owner;
	uint16_t type;
	uint16_t source;
	uint8_t bailiwick;
	struct bytes *rdata; /* in the arena */
	size_t count, room;
};

struct log {
	const struct log_format *format;
	struct log_options options;
	void *own;
	struct log_counters counters;
	int64_t time_us;
	const char *bad;
	struct arena arena; /* of the line at hand */
	struct log_record *records;
	size_t count, room;
	struct buf scratch;
	uint16_t source; /* of the data set */
};

/* Skips the line with this reason (a literal); the first one stays. */
void log_bad(struct log *l, const char *why);

/* Texts to values; false (and no record) when they are none. */
bool log_owner(struct bytes text, struct name *ret);
bool log_type(struct bytes text, uint16_t *ret);    /* mnemonic or number */
bool log_epoch(struct bytes text, int64_t *ret_us); /* seconds, with a fraction or not */
bool log_number(struct bytes text, uint64_t *ret);

void log_set_begin(struct log_set *s, const struct name *owner, uint16_t type,
		   uint16_t source);
/* Presentation form; for TXT also the bare text. False: not this type's form. */
bool log_set_add(struct log *l, struct log_set *s, struct bytes text);
bool log_set_add_wire(struct log *l, struct log_set *s, struct bytes rdata);
/* The set becomes a record of this line; an empty one does not. */
void log_set_emit(struct log *l, struct log_set *s, const struct span *span,
		  bool interval);

/*
 * Answers without their owners, in the order of the message, as Zeek and Suricata's
 * grouped form give them: a name in front of what was asked for is an alias.
 */
struct log_chain {
	struct log_set set;
	struct span span;
	uint16_t qtype;
	bool open;
};
void log_chain_begin(struct log_chain *c, const struct name *qname, uint16_t qtype,
		     uint16_t source, const struct span *span);
void log_chain_add(struct log *l, struct log_chain *c, struct bytes answer, uint32_t ttl);
void log_chain_end(struct log *l, struct log_chain *c);

#endif
