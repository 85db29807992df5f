#include "record/record.h"

#include <stdlib.h>

static int by_octets(const void *a, const void *b)
{
	return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void sort_rdata(struct bytes *v, size_t n)
{
	if (n > 24) {
		qsort(v, n, sizeof(*v), by_octets);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct bytes x = v[i];
		size_t j = i;
		for (; j > 0 && bytes_compare(v[j - 1], x) > 0; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

int rdataset_pack(struct bytes *rdata, size_t count, struct buf *ret)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		if (rdata[i].len > UINT16_MAX)
			return YORE_ELIMIT;
		total += 2 + rdata[i].len;
	}
	if (count > 1)
		sort_rdata(rdata, count);
	uint8_t *p = buf_room(ret, total);
	if (p == NULL)
		return ret->err;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && bytes_equal(rdata[i - 1], rdata[i]))
			continue;
		store_u16be(p, (uint16_t)rdata[i].len);
		if (rdata[i].len)
			memcpy(p + 2, rdata[i].at, rdata[i].len);
		p += 2 + rdata[i].len;
		ret->len += 2 + rdata[i].len;
	}
	return 0;
}

bool rdataset_valid(struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct bytes last = {0}, now;
	for (bool any = false; rdataset_next(&r, &now); any = true) {
		if (any && bytes_compare(last, now) >= 0)
			return false;
		last = now;
	}
	return r.err == 0 && reader_left(&r) == 0;
}

size_t rdataset_count(struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct bytes one;
	size_t n = 0;
	while (rdataset_next(&r, &one))
		n++;
	return n;
}
