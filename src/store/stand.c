#include "store/stand.h"

#include <stdlib.h>

#include "store/ledger.h"

void stand_release(struct stand *s)
{
	free(s->at);
	*s = (struct stand){0};
}

static int add_input(struct stand *in, const struct ledger_entry *e)
{
	if (in->count == in->room) {
		size_t room = in->room ? 2 * in->room : 16;
		struct ledger_entry *more = realloc(in->at, room * sizeof(*more));
		if (more == NULL)
			return YORE_ENOMEM;
		in->at = more;
		in->room = room;
	}
	in->at[in->count] = *e;
	in->at[in->count].counters = BYTES(NULL, 0);
	in->at[in->count++].from = 0;
	return 0;
}

int stand_read(struct engine *e, const char *shelf, struct stand *ret, struct fault *f)
{
	static const uint8_t lo = TABLE_LEDGER, hi = TABLE_LEDGER + 1;
	struct stretch s = {.lo = BYTES(&lo, 1), .hi = BYTES(&hi, 1)};
	struct shelf_iter *it;
	struct bytes key, value;
	struct ledger_entry entry;
	int r = e->ops->iter(e, shelf, &s, f, &it);
	if (r < 0)
		return r;
	while ((r = it->ops->next(it, &key, &value)) == 1) {
		if (!ledger_key_is_last(key))
			continue;
		r = ledger_read(key, value, NULL, &entry);
		if (r == 0)
			r = add_input(ret, &entry);
		if (r < 0)
			break;
	}
	if (r < 0)
		fault_set(f, r, "%s: its ledger cannot be read: %s", shelf,
			  it->fault.code ? it->fault.text : yore_strerror(r));
	it->ops->close(it);
	return r;
}
