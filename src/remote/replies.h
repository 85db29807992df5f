/*
 * Raw answers of providers, kept compressed with their hash and the time they were asked
 * for: as evidence (--keep), and so that nobody is asked twice within a stated age.
 *
 * One file a reply, FOLDER/PROVIDER/KK/KEY.TIME.gz (KEY: SHA-256 of the request without
 * secrets): a line of JSON (asked, provider, request, term, status, sha256, octets, head)
 * and then the reply's octets exactly as they came. Folders have mode 0700. A file whose
 * octets do not give its hash is not used.
 */
#ifndef YORE_REMOTE_REPLIES_H
#define YORE_REMOTE_REPLIES_H

#include "remote/provider.h"

struct replies {
	char folder[512];
};

struct kept_reply {
	int64_t asked_s;
	char sha256[65];
	struct http_reply reply; /* body and head are in the buffers below */
	struct buf body, head;
};

int replies_open(struct replies *r, const char *folder, struct fault *f) YORE_MUST_CHECK;
void reply_key(const struct request *masked, char key[65]);

/* The youngest reply to this request that is not older than max_age_s: 1, 0 none. */
int replies_find(const struct replies *r, const char *provider, const char *key,
		 int64_t now_s, int64_t max_age_s,
		 struct kept_reply *ret) YORE_MUST_CHECK;
void kept_reply_release(struct kept_reply *k);

int replies_keep(const struct replies *r, const char *provider, const char *key,
		 int64_t now_s, const struct request *masked, const char *term,
		 const struct http_reply *reply, char sha256[65],
		 struct fault *f) YORE_MUST_CHECK;

/*
 * Removes replies that mention a name or an address on the list, in the request or in
 * what came back, and files that cannot be read. How many; 0 where there is no folder.
 */
int replies_text(const char *path, struct buf *ret); /* all of one file, unpacked */
struct erased;
int64_t replies_erase(const char *folder, const struct erased *list, struct fault *f);

/* gzip (RFC 1952), whole, with a ceiling on what comes out. */
int gzip_put(struct bytes in, struct buf *out) YORE_MUST_CHECK;
int gzip_take(struct bytes in, struct buf *out) YORE_MUST_CHECK;

#endif
