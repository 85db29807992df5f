/* Of whom was asked below the resolvers, and what went past the ones that are watched. */
#ifndef YORE_CMD_COVERAGE_BELOW_H
#define YORE_CMD_COVERAGE_BELOW_H

#include "base/json.h"
#include "cmd/coverage_losses.h"
#include "observe/site.h"

/* Lines for people, of the servers the first `most`; nothing when nothing was counted. */
void below_put(struct buf *out, const struct losses *l, const struct coverage_input *in,
	       const struct site *site, size_t most);
/* "below":{...} of an object that is open. */
void below_put_json(struct json *j, const struct losses *l,
		    const struct coverage_input *in, const struct site *site);

#endif
