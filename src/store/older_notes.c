/* Notes of what is missing name keys: where these have another form, they reach further.
 */
#include "record/key_older.h"
#include "store/older.h"

struct bounds {
	struct buf from, to;
};

static bool widen(struct aside_note *n, void *arg)
{
	struct bounds *b = arg;
	bool from = key_renewed_from(n->from, &b->from),
	     to = key_renewed_to(n->to, &b->to);
	if (from)
		n->from = buf_bytes(&b->from);
	if (to)
		n->to = buf_bytes(&b->to);
	return from || to;
}

int older_notes(struct rocks *r, const char *shelf, struct fault *f)
{
	struct bounds b;
	buf_init(&b.from, 1u << 20);
	buf_init(&b.to, 1u << 20);
	int e = aside_change(r->dir, shelf, widen, &b, f);
	buf_release(&b.from);
	buf_release(&b.to);
	return e;
}
