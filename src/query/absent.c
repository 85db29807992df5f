#include "query/absent.h"

#include "dns/type.h"
#include "query/run.h"
#include "store/erased.h"
#include "store/expired.h"

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

static int any_erased(struct store *s, const struct query *q, struct fault *f)
{
	struct erased list;
	int r = store_erased(s, &list, f);
	for (size_t i = 0; i < q->term_count && r == 0; i++)
		r = is_erased(&list, &q->terms[i]);
	erased_release(&list);
	return r;
}

int addrs_erased(struct store *s, const struct addr_range *range, struct fault *f)
{
	struct erased list;
	int r = store_erased(s, &list, f);
	if (r == 0)
		r = erased_meets_range(&list, range);
	erased_release(&list);
	return r;
}

struct looking {
	const struct query *query;
	struct absent *ret;
};

/* Might a row that was removed have been an answer? */
static int look_at(const struct expiring *x, void *arg)
{
	struct looking *l = arg;
	const struct query *q = l->query;
	if ((q->fence.from_s != WHEN_UNKNOWN && q->fence.from_s >= x->before_s) ||
	    (q->bounds.last_after_s != WHEN_UNKNOWN &&
	     q->bounds.last_after_s >= x->before_s))
		return 0;
	const char *shelf = q->shelf ? q->shelf : "";
	bool of_years = strcmp(x->shelf, "intervals") == 0 || *x->shelf == 'y';
	if (*x->shelf && (*shelf ? strcmp(shelf, x->shelf) != 0 : !of_years))
		return 0;
	if ((x->type && !query_wants_type(q, x->type)) ||
	    (x->source != SOURCE_NONE && !query_wants_source(q, x->source)))
		return 0;
	*l->ret = (struct absent){.why = ABSENCE_EXPIRED, .expired = *x};
	return 1;
}

int query_absent(struct store *s, const struct query *q, struct absent *ret,
		 struct fault *f)
{
	struct looking l = {q, ret};
	*ret = (struct absent){.why = ABSENCE_NONE};
	int r = any_erased(s, q, &ret->fault);
	if (r == 1)
		ret->why = ABSENCE_ERASED;
	else if (r == 0 && (r = store_need_whole(s, &ret->fault)) < 0)
		; /* a year may lack what another one says was watched */
	else if (r == 0 && (r = query_collapsed(s, q, &ret->collapsed, &ret->fault)) == 1)
		ret->why = ABSENCE_COLLAPSED;
	else if (r == 0)
		r = store_expired(s, look_at, &l, &ret->fault);
	if (r >= 0)
		return 0;
	ret->why = ABSENCE_UNKNOWN;
	return fault_set(f, r, "%s", ret->fault.text);
}

const char *absence_name(enum absence why)
{
	static const char *const names[] = {[ABSENCE_NONE] = NULL,
					    [ABSENCE_ERASED] = "erased",
					    [ABSENCE_EXPIRED] = "expired",
					    [ABSENCE_COLLAPSED] = "collapsed",
					    [ABSENCE_UNKNOWN] = "unknown"};
	return names[why];
}

void absent_put(struct buf *out, const struct absent *a)
{
	char type[TYPE_TEXT_MAX], when[WHEN_TEXT_MAX];
	const struct expiring *x = &a->expired;
	if (a->why == ABSENCE_ERASED)
		buf_puts(out, "it was erased from this history, and is left out whenever "
			      "it is seen");
	if (a->why == ABSENCE_COLLAPSED) {
		buf_puts(out, "names that were seen once were collapsed here and it may "
			      "be of these, ask for ");
		name_put_chomped(out, name_bytes(&a->collapsed));
	}
	if (a->why == ABSENCE_UNKNOWN)
		buf_puts(out, "what was erased, what expired or what was not copied "
			      "cannot be told here");
	if (a->why != ABSENCE_EXPIRED)
		return;
	buf_puts(out, "records");
	if (x->type) {
		type_text(x->type, type);
		buf_printf(out, " of type %s", type);
	}
	if (x->source != SOURCE_NONE)
		buf_printf(out, " of source %s", source_name(x->source));
	when_text(x->before_s, when);
	buf_printf(out, " that were last seen before %s were removed here (db expire)",
		   when);
}
