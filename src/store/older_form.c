#include "store/older_form.h"

#include <stdlib.h>

#include "record/key_older.h"

struct older_form {
	const struct rocks *r;
	const char *shelf; /* in room */
	struct buf renewed;
	int32_t month;
	bool dated, told, begun;
	char room[SHELF_MAX];
};

int older_form_of(const struct rocks *r, const char *shelf, struct fault *f,
		  struct older_form **ret)
{
	struct older_form *o = calloc(1, sizeof(*o));
	if (o == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", shelf);
	o->r = r;
	memcpy(o->room, shelf, strlen(shelf) + 1);
	o->shelf = o->room;
	o->month = shelf_who_month(shelf);
	o->dated = shelf_year(shelf) != 0;
	buf_init(&o->renewed, 1u << 20);
	*ret = o;
	return 0;
}

void older_form_free(struct older_form *o)
{
	if (o == NULL)
		return;
	buf_release(&o->renewed);
	free(o);
}

bool older_form_is(struct older_form *o, struct bytes key)
{
	size_t suffix = key.len ? key_suffix_len(key.at[0], !o->dated) : 0;
	return key_renewed(key, suffix, o->month, &o->renewed) != 0;
}

bool older_form_begins(struct older_form *o, struct bytes lo)
{
	static const uint8_t raw[] = {TABLE_RDATA, 'r'};
	if (o->begun)
		return false;
	o->begun = true;
	/* D r type ffff: a large one that is asked for by its digest */
	bool large = bytes_begins(lo, BYTES(raw, 2)) && lo.len > 6 &&
		     load_u16be(lo.at + 4) == 0xffff;
	/* C len client day: one who asked, from a day on */
	bool client = lo.len > 2 && lo.at[0] == TABLE_CLIENT && lo.len > 2u + lo.at[1];
	return large || client;
}

bool older_form_told(const struct older_form *o)
{
	return o->told;
}

void older_form_tell(struct older_form *o, struct fault *f)
{
	o->told = true;
	fault_set(
	    f, YORE_ECORRUPT,
	    "%s: the database is of format %u, and what stands there in its form (%s) "
	    "is left out: yore db upgrade %s",
	    o->shelf, o->r->format,
	    o->month ? "who asked, by client" : "sets of 1024 octets and more",
	    o->r->dir);
}
