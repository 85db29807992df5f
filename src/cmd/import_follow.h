/* yore import --follow: the same options, for as long as it takes. */
#ifndef YORE_CMD_IMPORT_FOLLOW_H
#define YORE_CMD_IMPORT_FOLLOW_H

#include "cmd/command.h"
#include "sensor/import.h"

struct import_follow {
	const struct import_options *import; /* its files are the places to follow */
	const char *dir; /* database or spool: the note of what was taken lies there */
	int64_t every_s; /* 0: usual */
	bool once, quiet, sandbox;
	bool sockets; /* segments are sent elsewhere */
	int signals;  /* of signals_open, before the first thread */
	/* Reads lists again into the options of the passes to come. */
	void (*reload)(struct import_options *io, void *arg);
	void *reload_arg;
};

/* A status. */
int import_follow(struct invocation *in, const struct import_follow *o);

#endif
