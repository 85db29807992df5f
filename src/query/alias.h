/*
 * Aliases: records by which one name leads to another (CNAME: RFC 1034 3.6.2, DNAME: RFC
 * 6672, SVCB and HTTPS: RFC 9460), and the list of names still to be chased.
 */
#ifndef YORE_QUERY_ALIAS_H
#define YORE_QUERY_ALIAS_H

#include "base/arena.h"
#include "dns/name.h"

bool alias_type(uint16_t type);
/* Where one record leads; false when it leads nowhere else (SVCB to "."). */
bool alias_target(uint16_t type, struct bytes rdata, struct name *ret);
/*
 * What a DNAME makes of a name below its owner (RFC 6672 2.2): the suffix replaced.
 * False when name is not below, or the result would not be a name.
 */
bool alias_replace(struct bytes name, struct bytes owner, struct bytes target,
		   struct name *ret);

struct chase {
	struct name name, via;
	unsigned hop;
	bool backwards;	     /* who leads here, instead of where this leads */
	bool ancestors_only; /* the name itself was asked already: DNAMEs above it */
};

/* Each name once in each direction, first come first chased. */
struct chase_list {
	struct arena arena;
	struct chase **at;
	size_t count, room, next;
	uint32_t *slots;
	size_t slot_count;
	size_t most; /* names */
	unsigned hops;
	uint64_t *told; /* hashes of names whose DNAMEs were looked up */
	size_t told_count, told_room;
};

void chase_list_init(struct chase_list *l, size_t most, unsigned hops);
void chase_list_release(struct chase_list *l);
/* 1: will be chased; 0: known already; ELIMIT: a ceiling; ENOMEM. */
int chase_list_add(struct chase_list *l, const struct chase *c);
/* Notes that the DNAMEs of a name are looked up. 1: they were before; 0; ENOMEM. */
int chase_list_told(struct chase_list *l, struct bytes name, bool backwards);
const struct chase *chase_list_next(struct chase_list *l); /* NULL at the end */

#endif
