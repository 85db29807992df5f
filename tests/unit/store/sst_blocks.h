/*
 * Where the blocks of a sorted file lie, as RocksDB's format 5 has them: data, filters
 * (pieces, then their index), index (pieces, then the top), properties, metaindex,
 * footer. For tests that damage one of them.
 */
#ifndef YORE_TESTS_STORE_SST_BLOCKS_H
#define YORE_TESTS_STORE_SST_BLOCKS_H

#include "base/io.h"

#define FOOTER 53
#define TRAILER 5

struct sst_blocks { /* octets from the beginning; 0: not found */
	uint64_t data, filter, filter_top, index, index_top, properties, metaindex,
	    footer;
};

struct handle {
	uint64_t at, octets;
};

static inline struct handle read_handle(struct reader *in)
{
	struct handle h = {reader_varint(in), 0};
	h.octets = reader_varint(in);
	return h;
}

/* The value of the first key that begins so, in a block that is not compressed. */
static inline bool find_value(struct bytes block, const char *begins, struct bytes *ret)
{
	struct reader in = reader_of(block);
	char key[256] = "";
	while (reader_left(&in) > 8 && !in.err) {
		uint64_t shared = reader_varint(&in), more = reader_varint(&in);
		uint64_t n = reader_varint(&in);
		struct bytes rest = reader_take(&in, more);
		*ret = reader_take(&in, n);
		if (in.err || shared + more >= sizeof(key))
			return false;
		memcpy(key + shared, rest.at, rest.len);
		key[shared + more] = 0;
		if (strncmp(key, begins, strlen(begins)) == 0)
			return true;
	}
	return false;
}

static inline struct handle handle_in(struct bytes block, const char *begins)
{
	struct bytes value;
	struct reader in = {0};
	if (find_value(block, begins, &value))
		in = reader_of(value);
	return find_value(block, begins, &value) ? read_handle(&in) : (struct handle){0};
}

static inline bool sst_find_blocks(const char *path, struct sst_blocks *ret)
{
	struct buf b;
	struct bytes value;
	memset(ret, 0, sizeof(*ret));
	if (io_read_file(path, 1u << 26, &b, NULL) < 0)
		return false;
	ret->footer = b.len > FOOTER ? b.len - FOOTER : 0;
	struct reader in = reader_of(BYTES(b.at + ret->footer + 1, 40));
	struct handle meta = read_handle(&in), index = read_handle(&in);
	bool good = meta.at + meta.octets < b.len;
	struct bytes block = BYTES(b.at + meta.at, good ? meta.octets : 0);
	struct handle properties = handle_in(block, "rocksdb.properties");
	struct handle filter = handle_in(block, "partitionedfilter.");
	good = good && properties.octets && filter.octets &&
	       properties.at + properties.octets < b.len &&
	       find_value(BYTES(b.at + properties.at, properties.octets),
			  "rocksdb.data.size", &value);
	if (good) {
		struct reader size = reader_of(value);
		ret->data = 100;
		ret->filter = reader_varint(&size) + 20;
		ret->filter_top = filter.at + 2;
		ret->index = filter.at + filter.octets + TRAILER + 10;
		ret->index_top = index.at + 2;
		ret->properties = properties.at + 40;
		ret->metaindex = meta.at + 5;
		good = ret->filter < ret->filter_top && ret->index < ret->index_top &&
		       ret->index_top < ret->properties;
	}
	ret->footer += 10;
	buf_release(&b);
	return good;
}

#endif
