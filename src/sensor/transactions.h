/*
 * Captures read again for the people behind the history: each question with its answer,
 * who asked whom, when, and at which packet of which file. Nothing is believed or
 * judged here and nothing is kept: what is on the wire is what comes out.
 *
 * Questions wait for their answers in a table of fixed size, for a minute; what was
 * never answered comes out as well, when that shows. State carries over from one file to
 * the next, so give them in the order of their times.
 */
#ifndef YORE_SENSOR_TRANSACTIONS_H
#define YORE_SENSOR_TRANSACTIONS_H

#include "dns/message.h"
#include "net/decode.h"

struct transaction {		       /* everything is borrowed during the call */
	int64_t asked_us, answered_us; /* WHEN_UNKNOWN: not seen */
	struct addr client, server;
	uint16_t client_port, server_port;
	uint8_t transport; /* enum transport */
	struct bytes name; /* of the question */
	uint16_t type;
	const struct message *response;	    /* NULL: none was seen */
	const char *asked_in, *answered_in; /* files; NULL: not seen */
	uint64_t asked_at, answered_at;	    /* packet numbers in them */
};
/* A negative return ends the reading with it. */
typedef int (*transaction_fn)(const struct transaction *t, void *arg);

struct transactions;
/* Frames outside of from..to are not looked at. ports: see net/decode.h. */
int transactions_new(const struct decode_options *net, int64_t from_us, int64_t to_us,
		     transaction_fn each, void *arg,
		     struct transactions **ret) YORE_MUST_CHECK;
/* The name must live as long as *t. A damaged file is read up to its damage. */
int transactions_file(struct transactions *t, const char *path,
		      struct fault *f) YORE_MUST_CHECK;
/* What still waits was not answered. */
int transactions_finish(struct transactions *t);
void transactions_free(struct transactions *t);

#endif
