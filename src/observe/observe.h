/*
 * Datagrams to sightings: which message answers a query, from which vantage it was
 * seen, and which of its RRsets may be believed, in which bailiwick.
 *
 * Matching: a response counts when a query with the same addresses, ports, ID and
 * question (spelling kept: 0x20) was seen in the last 60 s; the query is not used up.
 * Bailiwick (above the resolver): the closest enclosing zone for which the answering
 * server is known to be authoritative (observe/bailiwick.h). Inside: believed with that
 * bailiwick. Outside: not believed, counted. Server not known for the question's zone:
 * believed with the bailiwick absent. Everything rejected is counted by reason.
 */
#ifndef YORE_OBSERVE_OBSERVE_H
#define YORE_OBSERVE_OBSERVE_H

#include "dns/message.h"
#include "net/datagram.h"
#include "observe/selection.h"
#include "observe/site.h"
#include "record/record.h"

struct observe_options {
	bool accept_all;    /* --accept all: no query is needed */
	bool bailiwick_off; /* --bailiwick off: nothing is outside */
	uint8_t vantage;    /* enum vantage: forced when not AUTO */
	uint16_t ports[16]; /* server ports; none: 53. dnstap vouches for its own */
	unsigned port_count;
	int64_t query_age_us;		   /* 0: 60 s */
	int64_t earliest_us, latest_us;	   /* sane packet dates; 0: 1990; 0: no end */
	const struct selection *selection; /* observe/selection.h, borrowed; or NULL */
	const struct site *site;	   /* observe/site.h, borrowed; or NULL */
	bool negative_off;		   /* negative answers are not told of */
	bool suspicious_off; /* nor what is evidence of lies (observe/suspect.h) */
	size_t memory;	     /* ceiling of the tables; 0: 64 MiB */
};

/*
 * Shown to people. Every message is in exactly one of the first rows, up to bomb
 * (observe_counters_balance, which tests assert); duplicate and conflicting are
 * responses too, and what follows counts records and sets.
 */
#define OBSERVE_COUNTERS(X)                                                     \
	X(messages, "DNS messages")                                             \
	X(queries, "queries")                                                   \
	X(responses, "responses believed as messages")                          \
	X(unmatched, "responses without a matching query")                      \
	X(malformed, "messages that do not decode whole")                       \
	X(snapped, "messages cut by the capture")                               \
	X(opcode, "messages of another opcode than QUERY")                      \
	X(not_dns_port, "responses not from a server port")                     \
	X(bad_date, "messages dated outside the sane range")                    \
	X(not_selected, "messages left out by a list")                          \
	X(no_question, "responses with no question or several")                 \
	X(bomb, "messages that expand beyond the ceiling")                      \
	X(duplicate, "the same response once more")                             \
	X(conflicting, "second, different responses to one query")              \
	X(class_other, "records of another class than IN")                      \
	X(meta, "pseudo-records (OPT, TSIG, TKEY, ...)")                        \
	X(negative, "negative answers (name or type that does not exist)")      \
	X(skipped, "RRsets left out by a list")                                 \
	X(rrsets, "RRsets believed")                                            \
	X(inside, "RRsets inside a proven bailiwick")                           \
	X(outside, "RRsets outside the bailiwick: not believed")                \
	X(unproven, "RRsets of a server not known yet: kept, bailiwick absent") \
	X(rewritten, "RRsets that a resolver put there itself: evidence only")  \
	X(query_evicted, "open queries dropped: table full")                    \
	X(query_expired, "open queries that were never answered in time")       \
	X(server_full, "what was learnt of servers and not kept: table full")   \
	X(questions, "questions of clients, told of (who asked)")               \
	X(questions_early, "of these, told as unanswered early: table full")

struct observe_counters {
#define X(name, text) uint64_t name;
	OBSERVE_COUNTERS(X)
#undef X
};

static inline bool observe_counters_balance(const struct observe_counters *c)
{
	return c->messages == c->queries + c->responses + c->unmatched + c->malformed +
				  c->snapped + c->opcode + c->not_dns_port + c->bad_date +
				  c->no_question + c->bomb + c->not_selected;
}

/* Where a sighting belongs: the history, or one of the private shelves beside it. */
enum sighting_kind {
	SIGHTING_HISTORY,
	SIGHTING_NEGATIVE,
	SIGHTING_SUSPICIOUS,
	SIGHTING_KINDS
};

/*
 * One believed RRset of one response. A negative answer is one, too: its owner is the
 * name, its type what was asked for, its set one record without octets, and its source
 * says which it was: "above.nxdomain", "below.nodata", ... What is suspicious comes with
 * its reason as source and the server that said it.
 */
struct sighting {
	struct rrset set;	   /* borrowed during the call */
	uint8_t kind;		   /* enum sighting_kind */
	const struct addr *server; /* of what is suspicious; borrowed */
	int64_t time_s;
	uint32_t ttl;	    /* highest of the set in this message */
	uint8_t span_flags; /* SPAN_PARTIAL from TC=1 */
	uint32_t input;	    /* of the frame that completed the message, and its number */
	uint64_t number;
};
/* All RRsets of one response at once, so that a receiver can prefetch. */
typedef int (*sighting_fn)(const struct sighting *s, size_t count, void *arg);

/* Knowledge gained, each pair once: this server speaks for this zone. */
typedef int (*server_fn)(const struct addr *server, struct bytes zone, int64_t time_s,
			 uint32_t input, uint64_t number, void *arg);

/* One question of a client below the resolver, with what came of it. */
struct asking {
	struct bytes name; /* lower-case wire form; all borrowed during the call */
	uint16_t type;
	uint16_t outcome; /* rcode, or ASKED_UNANSWERED (record/asked.h) */
	const struct addr *client;
	int64_t time_s; /* when it was asked */
	const struct addr *addrs;
	unsigned addr_count;
	bool more; /* there were more addresses than these */
	uint32_t input;
	uint64_t number; /* of the frame that told what came of it */
};
typedef int (*question_fn)(const struct asking *q, void *arg);

struct observe_sink {
	sighting_fn sightings;
	server_fn server; /* may be NULL */
	void *arg;
	question_fn question; /* who asked is told of; NULL: nobody wants to know */
};

struct observer;
int observer_new(const struct observe_options *o, const struct observe_sink *sink,
		 struct observer **ret) YORE_MUST_CHECK;
void observer_free(struct observer *ob);

/* What an earlier run learnt (the B rows of the database). */
int observer_teach(struct observer *ob, const struct addr *server, struct bytes zone);

/* Another selection from now on (lists were read again); NULL: none. */
void observer_select(struct observer *ob, const struct selection *s);
void observer_know(struct observer *ob, const struct site *s); /* the same of the site */
/* Of whom was asked below since the last call: lines for the ledger (observe/below.h). */
void observer_tell_below(struct observer *ob, struct buf *out);

/*
 * Who asked, with a question_fn in the sink. Of a file nothing more comes: what is open
 * is told as unanswered, as of this frame. Told by an earlier run already: forgotten.
 */
int observer_end(struct observer *ob, uint32_t input, uint64_t number);
void observer_forget_questions(struct observer *ob);
/* It is that late though no packet says so: what has waited too long is told. */
int observer_late(struct observer *ob, int64_t now_us, uint32_t input, uint64_t number);

/* A datagram_fn when arg is the observer. */
int observer_datagram(const struct datagram *d, void *arg);
const struct observe_counters *observer_counters(const struct observer *ob);

#endif
