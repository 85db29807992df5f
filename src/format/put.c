#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "format/put.h"

#include <stdio.h>

struct last_name {
	struct bytes rdata;
	bool ends;
};

static void look(enum rdata_part part, struct bytes value, void *arg)
{
	struct last_name *l = arg;
	l->ends = part == RDATA_NAME && value.len > 1 &&
		  value.at + value.len == l->rdata.at + l->rdata.len;
}

static bool ends_in_name(uint16_t type, struct bytes rdata)
{
	struct last_name l = {rdata, false};
	if (type == TYPE_A || type == TYPE_AAAA)
		return false;
	if (rdata_is_name(type))
		return rdata.len > 1;
	rdata_parts(type, rdata, look, &l);
	return l.ends;
}

void put_rdata(struct buf *out, uint16_t type, struct bytes rdata, bool chomped)
{
	size_t before = out->len;
	rdata_put(out, type, rdata);
	if (chomped && out->err == 0 && out->len > before + 1 &&
	    out->at[out->len - 1] == '.' && ends_in_name(type, rdata))
		out->len--;
}

bool bailiwick_zone(const struct rrset *set, struct bytes *ret)
{
	if (set->bailiwick == BAILIWICK_ABSENT)
		return false;
	*ret = name_suffix(set->owner, set->bailiwick);
	return true;
}

void month_text(int32_t month, char out[MONTH_TEXT_MAX])
{
	snprintf(out, MONTH_TEXT_MAX, "%04d-%02d", when_month_year(month) % 10000,
		 (int)(month % 12 + 1) & 15);
}

void put_defanged(struct buf *out, struct bytes text)
{
	size_t at = text.len;
	while (at > 0 && text.at[at - 1] != '.')
		at--;
	if (at == text.len && at > 1) { /* the final dot of an absolute name */
		at--;
		while (at > 0 && text.at[at - 1] != '.')
			at--;
	}
	if (at == 0)
		for (at = text.len; at > 0 && text.at[at - 1] != ':'; at--)
			;
	if (at == 0) {
		buf_put_bytes(out, text);
		return;
	}
	buf_put(out, text.at, at - 1);
	buf_putc(out, '[');
	buf_putc(out, text.at[at - 1]);
	buf_putc(out, ']');
	buf_put(out, text.at + at, text.len - at);
}

bool is_unproven(const struct result *r)
{
	if (r->set.source != SOURCE_ABOVE || r->set.bailiwick != BAILIWICK_ABSENT)
		return false;
	return !r->single || !(r->span.flags & SPAN_PROVEN);
}
