/*
 * Who asked what: one JSON line a request, in a file of its own (mode 0600). The only
 * place where the server writes names that were asked for. Written whole lines at a
 * time, so that the file can be rotated: audit_reopen.
 */
#ifndef YORE_API_AUDIT_H
#define YORE_API_AUDIT_H

#include "api/call.h"

struct audit;

int audit_open(const char *path, struct fault *f, struct audit **ret) YORE_MUST_CHECK;
void audit_close(struct audit *a);
int audit_reopen(struct audit *a, struct fault *f) YORE_MUST_CHECK;
/* After the last octet. a may be NULL. */
void audit_call(struct audit *a, const struct call *c, uint64_t us);

#endif
