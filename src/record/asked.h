/*
 * Who asked: one row for each client, question, day and outcome, in two orders, so that
 * both ways to ask are a stretch of keys:
 *
 *   Q  rev(name) type(2) day(2) len client outcome(2)     by name
 *   C  len client day(2) rev(name) type(2) outcome(2)     by client
 *
 * day: since 1970. client: 4 or 16 octets of address, or 8 of pseudonym
 * (record/pseudonym.h). outcome: the rcode, or ASKED_UNANSWERED. Neither has a suffix.
 *
 * The value is what was handed out and when: the terminal addresses, at most
 * ASKED_ADDRS of them (the lowest, so that merging has no order) and a mark when there
 * were more, then a span against 0 with count, first and last.
 */
#ifndef YORE_RECORD_ASKED_H
#define YORE_RECORD_ASKED_H

#include "base/addr.h"
#include "record/key.h"

#define ASKED_ADDRS 8
#define ASKED_VALUE_MAX (1 + ASKED_ADDRS * 17 + SPAN_WIRE_MAX)
#define ASKED_UNANSWERED 0xffff /* nobody answered */
#define PSEUDONYM_LEN 8

struct asked_client {
	uint8_t len; /* 4, 16, or PSEUDONYM_LEN; 0: none */
	uint8_t at[16];
};

struct asked_key {
	struct bytes name; /* lower-case wire form */
	uint16_t type, outcome;
	uint16_t day;
	struct asked_client client;
};

static inline bool table_is_asked(uint8_t table)
{
	return table == TABLE_ASKED || table == TABLE_CLIENT;
}

static inline uint16_t asked_day(int64_t s)
{
	int64_t day = s / 86400;
	return s < 0 ? 0 : day > UINT16_MAX ? UINT16_MAX : (uint16_t)day;
}

void key_asked(struct buf *out, const struct asked_key *a);
void key_asked_client(struct buf *out, const struct asked_key *a);
/* Either of the two; the name goes into the caller's octets. */
int key_asked_read(struct bytes key, uint8_t name[255],
		   struct asked_key *ret) YORE_MUST_CHECK;
/* The day alone, of either, as cheaply as it can be had. EMALFORMED. */
int key_asked_day(struct bytes key, uint16_t *ret) YORE_MUST_CHECK;
/* Everything of one client; and of one of its days. */
void key_client_prefix(struct buf *out, const struct asked_client *c);
void key_client_day_prefix(struct buf *out, const struct asked_client *c, uint16_t day);

struct asked_value {
	struct span span;
	uint8_t count;
	bool more;			/* there were more addresses than are kept */
	struct addr addrs[ASKED_ADDRS]; /* ascending */
};

void asked_value_add(struct asked_value *v, const struct addr *a);
void asked_value_merge(struct asked_value *into, const struct asked_value *other);
size_t asked_value_encode(const struct asked_value *v, uint8_t out[ASKED_VALUE_MAX]);
int asked_value_read(struct bytes wire, struct asked_value *ret) YORE_MUST_CHECK;
/* Was one of these handed out? Without reading the rest. */
bool asked_value_has(struct bytes wire, bool (*wants)(const struct addr *a, void *arg),
		     void *arg);
/* The span's octets; empty where the value is none. */
struct bytes asked_value_span(struct bytes wire);

/*
 * Two values of one key as one, whichever table it is of; 0: one of them is none of this
 * table. The one place where it is said how rows merge.
 */
size_t row_value_merge(uint8_t table, struct bytes a, struct bytes b,
		       uint8_t out[ASKED_VALUE_MAX]);

#endif
