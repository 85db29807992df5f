#include "cmd/outside_evidence.h"

int outside_evidence(const struct outside *w, struct evidence *e, struct buf *names)
{
	struct evidence_outside *o = &e->outside;
	size_t n = asking_count(w->asking);
	o->wide = arena_alloc(&e->arena, (n + 1) * sizeof(*o->wide));
	if (o->wide == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct asked *a = asking_at(w->asking, i);
		bool whole = outcome_is_whole(a->outcome);
		o->asked += a->outcome != OUTCOME_NOT_ASKED;
		o->missing += !whole && a->outcome != OUTCOME_NOT_ASKED;
		if (a->side == SIDE_RDATA && whole && !w->chosen[a->account]->own &&
		    addr_range_parse(a->term, &o->wide[o->wide_count]) == 0)
			o->wide_count++;
	}
	for (size_t i = 0; i < w->ask.with_count; i++)
		buf_printf(names, "%s%s", i ? ", " : "", w->chosen[i]->name);
	o->names = buf_str(names);
	return 0;
}
