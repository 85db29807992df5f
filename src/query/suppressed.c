#include "query/run.h"
#include "store/erased.h"

static bool is_erased(const struct erased *list, const struct term *t)
{
	switch (t->kind) {
	case TERM_NAME:
		return erased_has_name(list, name_bytes(&t->name));
	case TERM_ZONE:
		return erased_has_zone(list, name_bytes(&t->name));
	case TERM_ADDR:
		return erased_meets_range(list, &t->range);
	default:
		return false;
	}
}

int query_erased(struct store *s, const struct query *q, struct fault *f)
{
	struct erased list;
	int r = store_erased(s, &list, f);
	for (size_t i = 0; i < q->term_count && r == 0; i++)
		r = is_erased(&list, &q->terms[i]);
	erased_release(&list);
	return r;
}
