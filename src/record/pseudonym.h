/*
 * Addresses of clients as pseudonyms: the first octets of HMAC-SHA256 under a key of the
 * month. Whoever holds the month's key can ask for an address; whoever has removed it
 * has made that month's rows anonymous for good.
 *
 * Keys are files YYYY-MM.key of 32 random octets in a folder of their own (mode 0700,
 * files 0600; one that others can read is refused).
 */
#ifndef YORE_RECORD_PSEUDONYM_H
#define YORE_RECORD_PSEUDONYM_H

#include "record/asked.h"

struct pseudonyms;
/* make: keys that are not there yet are made when they are needed, and the folder now.
   ENOENT, EACCESS (others can read it), EIO. */
int pseudonyms_open(const char *dir, bool make, struct fault *f,
		    struct pseudonyms **ret) YORE_MUST_CHECK;
void pseudonyms_close(struct pseudonyms *p);

/* Of an address in a month (base/when.h). ENOENT: that month's key is not (or no more)
 * there. */
int pseudonym_of(struct pseudonyms *p, const struct addr *a, int32_t month,
		 struct asked_client *ret, struct fault *f) YORE_MUST_CHECK;

#endif
