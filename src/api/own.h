/* What the files of our own API share. */
#ifndef YORE_API_OWN_H
#define YORE_API_OWN_H

#include "api/answer_feed.h"
#include "base/json.h"
#include "query/absent.h"
#include "query/coverage.h"

/* Everything but the terms, from the parameters; false after leaving an error. */
bool own_params(struct call *c, struct ask *a);

/* The coverage of a fence as a JSON object; a value where one is due. */
void own_put_coverage(struct json *j, const struct coverage *c);
/* The same, measured; null when it cannot be. */
void own_put_coverage_of(struct json *j, struct store *s, const struct fence *fence,
			 enum watched *watched);

/* Of an answer without a row that proves nothing: "erased", "expired" or "unknown" true,
   or "collapsed" and the owner to ask for. */
bool own_put_absent(struct json *j, struct store *s, const struct query *q);

/* The posted terms, a line each, counted; false after leaving an error. */
bool own_posted_terms(struct call *c, struct buf *lines);

/* Records as lines, and a last line {"end": ...}; or one document of both. */
extern const struct shape shape_own, shape_own_document;

#endif
