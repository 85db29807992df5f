/*
 * Keys as databases of format 1 have them (docs/design/store.md, Versions): sets and
 * records of 1024 octets and more behind a plain length instead of a digest, and rows of
 * who asked by client in the order name, type, day instead of day, name, type. All else
 * is as it is written now, and a database of format 1 may hold either form, since keys
 * changed once before the number did.
 */
#ifndef YORE_RECORD_KEY_OLDER_H
#define YORE_RECORD_KEY_OLDER_H

#include "base/buf.h"

/*
 * 1: the key is in an older form, and out is the one that it has now. 0: it is not (or
 * is no key at all): it stays as it is. suffix: how many octets it ends in behind its
 * base. month: of the shelf, of rows of who asked (base/when.h); their day says which
 * form it is.
 */
int key_renewed(struct bytes key, size_t suffix, int32_t month, struct buf *out);

/*
 * Where the rows that stood from one key up to another can stand now: bounds that are
 * moved outwards as far as needed. The keys may be cut short. True: it was moved.
 */
bool key_renewed_from(struct bytes key, struct buf *out);
bool key_renewed_to(struct bytes key, struct buf *out);

#endif
