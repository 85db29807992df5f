#include <stdio.h>
#include <uuid/uuid.h>

#include "intel/case.h"

bool line_is_hunted(const struct line *l)
{
	return l->judged.action == ACTION_HUNT || l->judged.action == ACTION_VICTIMS;
}

bool case_next_prefix(struct addr_range *left, char out[CASE_PREFIX_MAX])
{
	struct addr_range part;
	unsigned bits;
	if (!addr_range_split(left, &part, &bits))
		return false;
	size_t n = addr_text(&part.lo, out);
	if (bits < part.lo.len * 8u)
		snprintf(out + n, CASE_PREFIX_MAX - n, "/%u", bits);
	return true;
}

void line_ends(const struct line *l, int64_t *first, int64_t *last)
{
	*first = *last = WHEN_UNKNOWN;
	for (size_t i = 0; i < l->part_count; i++) {
		const struct part *p = &l->parts[i];
		if (p->first_s != WHEN_UNKNOWN &&
		    (*first == WHEN_UNKNOWN || p->first_s < *first))
			*first = p->first_s;
		if (p->last_s > *last)
			*last = p->last_s;
	}
}

void line_interval(const struct line *l, const struct window *w, int64_t *from,
		   int64_t *to)
{
	bool within =
	    l->judged.action != ACTION_VICTIMS && l->timed.from_s != WHEN_UNKNOWN;
	if (within) {
		*from = l->timed.from_s;
		*to = l->timed.to_s;
	} else { /* a sinkhole tells of victims whenever it stood there */
		line_ends(l, from, to);
	}
	if (*from == WHEN_UNKNOWN)
		*from = *to == WHEN_UNKNOWN ? w->from_s : *to;
	if (*to == WHEN_UNKNOWN)
		*to = w->to_s;
	/* whole days: who got the answer in the morning may call in the evening */
	*from -= *from % 86400;
	*to += 86399 - *to % 86400;
	if (within && *from < w->from_s)
		*from = w->from_s;
	if (within && *to > w->to_s)
		*to = w->to_s;
}

bool line_is_blockable(const struct line *l, int64_t now_s)
{
	int64_t first, last;
	line_ends(l, &first, &last);
	return l->judged.action == ACTION_HUNT && l->whose.ownership == OWNER_DEDICATED &&
	       (l->whose.special == SPECIAL_NONE || l->whose.special == SPECIAL_CLOUD) &&
	       last != WHEN_UNKNOWN && last + CASE_CURRENT_S >= now_s;
}

void put_defanged_text(struct buf *out, const char *text)
{
	const char *dot = strrchr(text, '.');
	const char *mark = dot ? dot : strrchr(text, ':');
	if (mark == NULL) {
		buf_puts(out, text);
		return;
	}
	buf_put(out, text, (size_t)(mark - text));
	buf_printf(out, "[%c]%s", *mark, mark + 1);
}

static void uuid5(const uuid_t space, const char *name, char out[37])
{
	uuid_t id;
	uuid_generate_sha1(id, space, name, strlen(name));
	uuid_unparse_lower(id, out);
}

void case_uuid(const char *kind, const char *name, char out[37])
{
	/* itself version 5: the URL namespace, "urn:yore:case" */
	uuid_t space;
	char text[1200];
	uuid_generate_sha1(space, *uuid_get_template("url"), "urn:yore:case", 13);
	snprintf(text, sizeof(text), "%s %s", kind, name);
	uuid5(space, text, out);
}

void stix_uuid(const char *name, char out[37])
{
	/* STIX 2.1, 2.9: for the identifiers of observables */
	uuid_t space;
	if (uuid_parse("00abedb4-aa42-466c-9c01-fed23315a9b7", space) == 0)
		uuid5(space, name, out);
}
