/*
 * Giving up what is no longer needed, before the first octet of somebody else is read.
 *
 * In this order: open what needs privileges (packet sockets, low ports); sandbox_drop;
 * sandbox_files (both before any thread: the kernel applies them to the calling one and
 * those it starts); open the database; sandbox_calls (all threads).
 *
 * What a process can do behind all three: read files, write and make files below the
 * folders given to it, use the descriptors it has, start threads. It cannot become
 * anybody, start a program, open a socket (unless asked for), trace, mount or load
 * anything.
 */
#ifndef YORE_SYS_SANDBOX_H
#define YORE_SYS_SANDBOX_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct sandbox_user {
	uid_t uid;
	gid_t gid;
	char name[64];
};

/* ENOENT: no such user. */
int sandbox_user_find(const char *name, struct sandbox_user *ret,
		      struct fault *f) YORE_MUST_CHECK;
/* A name or a number; ENOENT. */
int sandbox_group_find(const char *name, gid_t *ret, struct fault *f) YORE_MUST_CHECK;

/*
 * Becomes that user (NULL: stays who it is), with no other groups, no capabilities, none
 * to be had again, and no new privileges by execve. Fails rather than half.
 */
int sandbox_drop(const struct sandbox_user *user, struct fault *f) YORE_MUST_CHECK;

/*
 * From now on files are made, written, moved and removed only below these folders, and
 * nothing can be executed. 1: done; 0: this kernel cannot (Landlock is off).
 */
int sandbox_files(const char *const *folders, size_t count,
		  struct fault *f) YORE_MUST_CHECK;

enum sandbox_calls_kind {
	SANDBOX_NO_SOCKETS, /* only the sockets that are open; accepting is allowed */
	SANDBOX_SOCKETS,    /* new ones too */
};
/* System calls of that kind and no others: the rest fail with EPERM, or end the process
 * where there is no innocent reason for them. */
int sandbox_calls(enum sandbox_calls_kind kind, struct fault *f) YORE_MUST_CHECK;

#endif
