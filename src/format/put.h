/*
 * Parts that several formats share: names and rdata as text. All of it is printable
 * ASCII, whatever octets the record holds.
 */
#ifndef YORE_FORMAT_PUT_H
#define YORE_FORMAT_PUT_H

#include "query/run.h"

/*
 * One rdata in presentation form; chomped leaves the final dot off where the text ends
 * in a name ("10 mail.example.com").
 */
void put_rdata(struct buf *out, uint16_t type, struct bytes rdata, bool chomped);

/* The zone a bailiwick names; false when there is none. Borrowed from the owner. */
bool bailiwick_zone(const struct rrset *set, struct bytes *ret);

/* "2015-07" */
#define MONTH_TEXT_MAX 16
void month_text(int32_t month, char out[MONTH_TEXT_MAX]);

/* example[.]com, 192.0.2[.]1, 2001:db8:[:]1: the last dot or colon of what is text. */
void put_defanged(struct buf *out, struct bytes text);

/*
 * The U-label form of a name that has xn-- labels, when all of it is letters, digits and
 * marks that are safe to show; false when there is nothing to show.
 */
bool put_unicode(struct buf *out, struct bytes name);

/* Is an RRset of a source that could prove one without a bailiwick? */
bool is_unproven(const struct result *r);

#endif
