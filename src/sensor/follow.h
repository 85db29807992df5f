/*
 * Folders into which somebody else writes captures (or logs): every file in them into
 * the history, as it grows and when it is finished, for as long as it takes.
 *
 * A pass is one import (sensor/import.h) of what is new or has grown, in the order of
 * first packets. A growing file is offered again and again: the ledger knows how far it
 * was taken, so each pass adds what is new, and a restart, a crash or a second follower
 * add nothing twice. With a pass goes the file that was latest before it, of which
 * nothing is new, so that an answer whose question stands at the end of a rotated file
 * finds it. A file is known by its number on the disk and its size, then by its content:
 * renamed, compressed or copied it adds nothing; a new one under an old name does.
 *
 * What was taken to its end is noted in a small file, so that a restart need not read a
 * year of captures to find that nothing is new. The note is a hint and may be lost.
 */
#ifndef YORE_SENSOR_FOLLOW_H
#define YORE_SENSOR_FOLLOW_H

#include "sensor/import.h"

#define FOLLOW_PLACES_MOST 64

struct follow_options {
	struct import_options import;		/* files and again are set by each pass */
	const char *places[FOLLOW_PLACES_MOST]; /* folders (and below them) or files */
	unsigned place_count;
	const char *note;   /* path of the small file; NULL: none */
	int64_t every_us;   /* look again at least so often; 0: 10 s */
	int64_t settled_us; /* a file that was not touched for so long; 0: 60 s */
	bool once;	    /* one pass over what is there, then end: for tests, cron */
};

struct follow_hooks {
	unsigned (*asked)(void *arg); /* bits of enum signal_asked */
	int asked_fd;		      /* to poll; -1: none */
	/* After each pass that read something. */
	void (*passed)(const struct import_summary *s, void *arg);
	void (*beat)(void *arg); /* about once a second while it waits */
	/* SIGHUP, between two passes: lists may have changed. May be NULL. */
	void (*reload)(void *arg);
	void *arg;
};

/* Until asked to end (0), or something failed as a whole. */
int follow_run(const struct follow_options *o, const struct follow_hooks *hooks,
	       struct fault *f) YORE_MUST_CHECK;

#endif
