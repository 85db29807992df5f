/*
 * The value of a row: when and how often. Merging takes the least known first_s, the
 * greatest known last_s (each with its place), all days, flags and TTLs, and adds the
 * counts; where interval rows take part (SPAN_INTERVAL) only their counts matter, and the
 * greatest wins. Laws (tested, fuzzed): span_merge is commutative and associative, so the
 * order of arrival, retries and compactions cannot matter; encode then decode gives the
 * same span; decode accepts nothing else.
 */
#ifndef YORE_RECORD_SPAN_H
#define YORE_RECORD_SPAN_H

#include "base/buf.h"
#include "base/when.h"

#define SPAN_SENSORS 6
#define SPAN_WIRE_MAX 128

enum {
	SPAN_PARTIAL = 1, /* a sighting came from a message with TC=1 */
	SPAN_PROVEN = 2,  /* by-rdata rows: a sighting was inside a known bailiwick */
	SPAN_SENSORS_MORE = 4, /* more sensors than the set holds */
	SPAN_INTERVAL =
	    8, /* merge count and last by maximum, not by sum (interval rows) */
};

/*
 * Where an end was seen, kept on request only (--places): the first four octets of the
 * input's identity (store/store.h) and the number of the packet in it, counted from 1.
 */
struct span_place {
	uint32_t input;
	uint32_t number; /* 0: not kept, and input is 0; UINT32_MAX: that, or more */
};

struct span {
	int64_t first_s, last_s; /* WHEN_UNKNOWN where the input did not say */
	uint64_t count; /* 0: not said (interval rows); saturates at UINT64_MAX */
	uint32_t days;	/* bit d-1: seen on day d of the month; 0 in interval rows */
	uint32_t ttl_min, ttl_max; /* seconds; ttl_min > ttl_max: no TTL known */
	uint8_t flags;
	uint8_t sensor_count;
	uint32_t sensors[SPAN_SENSORS]; /* ascending 32-bit hashes of sensor names */
	struct span_place first_at, last_at;
};

/* One sighting. */
static inline struct span span_of_sighting(int64_t s, uint32_t ttl)
{
	return (struct span){.first_s = s,
			     .last_s = s,
			     .count = 1,
			     .days = 1u << (when_day(s) - 1),
			     .ttl_min = ttl,
			     .ttl_max = ttl};
}

void span_merge(struct span *into, const struct span *other);
void span_add_sensor(struct span *s, uint32_t sensor);
bool span_equal(const struct span *a, const struct span *b);

/*
 * Octets relative to base_s (the month's first second; 0 in interval rows): docs/design/
 * store.md has the layout. A row seen once takes a handful. Merging two values of one
 * key needs no base: decode both with 0, merge, encode with 0.
 */
size_t span_encode(const struct span *s, int64_t base_s, uint8_t out[SPAN_WIRE_MAX]);
int span_decode(struct bytes wire, int64_t base_s, struct span *ret) YORE_MUST_CHECK;
/*
 * The same for octets that this program wrote and a checksum has kept: bounds are
 * checked, that it is the one encoding is not. Half the time. *ret holds nothing good
 * where it fails.
 */
int span_read(struct bytes wire, int64_t base_s, struct span *ret) YORE_MUST_CHECK;

uint32_t sensor_hash(const char *name); /* stable over machines */

#endif
