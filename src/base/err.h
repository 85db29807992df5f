/*
 * Errors: one vocabulary for the whole program.
 *
 * A function that can fail returns 0 (or a documented positive result) when it worked
 * and one of these negative codes when it did not; its outputs are then untouched.
 * Library code never prints. Where a code alone would not tell a person what to do, the
 * function takes a `struct fault *` (which may be NULL) and leaves one line in it:
 * what failed, where, what was kept, what to do. cmd/ prints it, once.
 */
#ifndef YORE_BASE_ERR_H
#define YORE_BASE_ERR_H

#define YORE_ERROR_LIST(X)                                \
	X(YORE_EMALFORMED, -1, "input breaks the format") \
	X(YORE_ELIMIT, -2, "a ceiling was reached")       \
	X(YORE_ENOMEM, -3, "out of memory")               \
	X(YORE_EIO, -4, "input/output error")             \
	X(YORE_ENOENT, -5, "not found")                   \
	X(YORE_EUNSUPPORTED, -6, "not supported")         \
	X(YORE_EUSAGE, -7, "wrong usage")                 \
	X(YORE_ECORRUPT, -8, "stored data is damaged")    \
	X(YORE_EFULL, -9, "no space left on the device")  \
	X(YORE_EAGAIN, -10, "try again")                  \
	X(YORE_ELOCKED, -11, "locked by another process") \
	X(YORE_ESTALE, -12, "positions have moved on")    \
	X(YORE_EREFUSED, -13, "refused")                  \
	X(YORE_ETRUNCATED, -14, "cut short")              \
	X(YORE_EEXIST, -15, "already there")              \
	X(YORE_EVERSION, -16, "made by another version")  \
	X(YORE_EACCESS, -17, "permission denied")         \
	X(YORE_ETIMEOUT, -18, "timed out")

enum yore_error {
#define X(name, value, text) name = value,
	YORE_ERROR_LIST(X)
#undef X
};

/* One fixed sentence for a code; never NULL. 0 gives "no error". */
const char *yore_strerror(int code);

/* The error code that fits an errno value (ENOSPC, EDQUOT: YORE_EFULL, ...). */
int yore_error_of_errno(int err);

struct fault {
	int code;	/* 0 while nothing failed */
	char text[480]; /* one line, no newline, UTF-8 */
};

/* Fills f (if not NULL) and returns code, so that `return fault_set(...)` reads well. */
int fault_set(struct fault *f, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define YORE_MUST_CHECK __attribute__((warn_unused_result))

#endif
