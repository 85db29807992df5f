/*
 * Alerts to elsewhere: syslog and a webhook, read from the journal behind a mark that is
 * kept beside it (journal.syslog, journal.webhook), so that a restart goes on where it
 * stopped. The mark moves after the other side took them: at least once, and each alert
 * carries its key by which a second one is known.
 */
#ifndef YORE_ALERT_DELIVER_H
#define YORE_ALERT_DELIVER_H

#include "base/buf.h"

struct http_client;

struct delivery {
	char journal[4096];
	bool syslog;
	char *webhook;
	struct http_client *http;
};

int delivery_open(struct delivery *d, const char *journal, bool syslog,
		  const char *webhook, struct fault *f) YORE_MUST_CHECK;
void delivery_close(struct delivery *d);
/* EAGAIN: the other side did not take them; they wait. */
int delivery_run(struct delivery *d, uint64_t *sent, struct fault *f) YORE_MUST_CHECK;

#endif
