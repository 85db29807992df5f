#include "cmd/said_by.h"

#include <inttypes.h>

#define LINES_MOST 20

static bool wanted(const struct query *q, struct bytes owner)
{
	for (size_t i = 0; i < q->term_count; i++)
		if (term_wants_owner(&q->terms[i], owner) == 1)
			return true;
	return false;
}

static void say(const struct invocation *in, const struct addr *server,
		struct bytes owner, const struct span *s)
{
	char address[ADDR_TEXT_MAX], name[NAME_TEXT_MAX];
	char first[WHEN_TEXT_MAX], last[WHEN_TEXT_MAX];
	addr_text(server, address);
	name_text(owner, name);
	when_text(s->first_s, first);
	when_text(s->last_s, last);
	command_say(in, "said by %s of %s: %" PRIu64 " time%s, %s to %s", address, name,
		    s->count, s->count == 1 ? "" : "s", first, last);
}

/* All of the shelf's servers are looked at: it is bounded, and ordered by server. */
void said_by(const struct invocation *in, struct store *s, const struct query *q)
{
	static const uint8_t table = TABLE_SERVER;
	struct scan scan = {
	    .table = TABLE_SERVER, .lo = BYTES(&table, 1), .shelf = "suspicious"};
	struct cursor *c;
	struct store_row row;
	uint64_t lines = 0;
	int r;
	if (q->shelf == NULL || strcmp(q->shelf, scan.shelf) != 0 ||
	    store_scan(s, &scan, NULL, &c) < 0)
		return;
	while ((r = cursor_next(c, &row)) == 1 || r == YORE_ECORRUPT) {
		struct addr server;
		uint8_t owner[255];
		size_t len;
		if (r < 0 || key_server_read(row.base, &server, owner, &len) < 0 ||
		    !wanted(q, BYTES(owner, len)))
			continue;
		if (++lines <= LINES_MOST)
			say(in, &server, BYTES(owner, len), &row.span);
	}
	cursor_close(c);
	if (lines > LINES_MOST)
		command_say(in, "and by others: %" PRIu64 " lines more",
			    lines - LINES_MOST);
}
