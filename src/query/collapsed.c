#include "query/run.h"

static bool is_there(struct store *s, const struct name *owner, struct fault *f, int *err)
{
	struct query q = QUERY_ALL;
	struct term t;
	struct answer *a;
	struct result result;
	*err = term_of_name(name_bytes(owner), &t);
	if (*err < 0)
		return false;
	q.terms = &t;
	q.term_count = 1;
	q.limit = 1;
	int r = answer_open(s, &q, f, &a);
	if (r == 0) {
		r = answer_next(a, &result);
		answer_close(a);
	}
	term_release(&t);
	*err = r < 0 ? r : 0;
	return r == 1;
}

int query_collapsed(struct store *s, struct bytes name, struct name *ret, struct fault *f)
{
	static const char label[] = COLLAPSED_LABEL;
	unsigned labels = name_labels(name);
	for (unsigned n = labels; n-- > 2;) {
		struct bytes zone = name_suffix(name, n);
		struct name owner;
		int err;
		if (zone.len + sizeof(label) > NAME_WIRE_MAX)
			continue;
		owner.wire[0] = sizeof(label) - 1;
		memcpy(owner.wire + 1, label, sizeof(label) - 1);
		memcpy(owner.wire + sizeof(label), zone.at, zone.len);
		owner.len = (uint8_t)(sizeof(label) + zone.len);
		if (is_there(s, &owner, f, &err)) {
			*ret = owner;
			return 1;
		}
		if (err < 0)
			return err;
	}
	return 0;
}
