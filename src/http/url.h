/*
 * The few things to do with a URL: octets into its path or query, whose it is, whether
 * it is read by anybody on the way.
 */
#ifndef YORE_HTTP_URL_H
#define YORE_HTTP_URL_H

#include "base/buf.h"

#define URL_HOST_MAX 256

/* Appends octets percent-encoded (RFC 3986 2.1); unreserved ones and those in `keep`
 * (may be NULL) stay as they are. */
void url_put(struct buf *out, struct bytes octets, const char *keep);

/* http or https with a host, and no user or password in it. EMALFORMED, fault says. */
int url_check(const char *url, struct fault *f) YORE_MUST_CHECK;

/* Same scheme, host and port? */
bool url_same_origin(const char *a, const char *b);

/* The host, lower case, without brackets; "" when there is none. */
void url_host(const char *url, char out[URL_HOST_MAX]);

/* Does it travel encrypted, or not leave this machine (a loopback address, localhost)? */
bool url_is_private(const char *url);

#endif
