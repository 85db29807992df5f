#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "record/asked.h"
#include "store/rocks.h"

#define BLOCK_SIZE 8192
#define PART_SIZE 16384 /* of index and filter */
#define BLOOM_BITS 10
#define SCAN_READAHEAD (2u << 20)
#define COMPACTION_READAHEAD_MIN ((size_t)64 << 10)
#define COMPACTION_READAHEAD_MAX ((size_t)1 << 20)
#define CHECKSUM_XXH3 4 /* of blocks; not in the C header */
#define INDEX_TWO_LEVEL 2
#define LOG_FATAL 4

/* ---- merging ---- */

static char *copy_out(const char *p, size_t n, unsigned char *good, size_t *len)
{
	char *out = malloc(n ? n : 1);
	*good = out != NULL;
	if (out == NULL)
		return NULL;
	memcpy(out, p, n);
	*len = n;
	return out;
}

/*
 * Values of one key to one. What does not decode is passed over: a merge that fails
 * would stop compaction of the whole shelf for one bad row. If nothing decodes the row
 * stays as it is, and whoever reads it reports it.
 */
static char *merge_values(const char *first, size_t first_len, const char *const *rest,
			  const size_t *lens, int count, unsigned char *good, size_t *len)
{
	struct span sum, s;
	bool have = first && span_read(BYTES(first, first_len), 0, &sum) == 0;
	uint8_t out[SPAN_WIRE_MAX];
	if (first == NULL && count == 1)
		return copy_out(rest[0], lens[0], good, len);
	for (int i = 0; i < count; i++) {
		if (span_read(BYTES(rest[i], lens[i]), 0, &s) < 0)
			continue;
		if (have)
			span_merge(&sum, &s);
		else
			sum = s;
		have = true;
	}
	if (!have && first)
		return copy_out(first, first_len, good, len);
	if (!have)
		return copy_out(rest[0], lens[0], good, len);
	return copy_out((char *)out, span_encode(&sum, 0, out), good, len);
}

/* The same of rows of who asked. */
static char *merge_asked(const char *first, size_t first_len, const char *const *rest,
			 const size_t *lens, int count, unsigned char *good, size_t *len)
{
	struct asked_value sum, v;
	uint8_t out[ASKED_VALUE_MAX];
	bool have = first && asked_value_read(BYTES(first, first_len), &sum) == 0;
	if (first == NULL && count == 1)
		return copy_out(rest[0], lens[0], good, len);
	for (int i = 0; i < count; i++) {
		if (asked_value_read(BYTES(rest[i], lens[i]), &v) < 0)
			continue;
		if (have)
			asked_value_merge(&sum, &v);
		else
			sum = v;
		have = true;
	}
	if (!have && first)
		return copy_out(first, first_len, good, len);
	if (!have)
		return copy_out(rest[0], lens[0], good, len);
	return copy_out((char *)out, asked_value_encode(&sum, out), good, len);
}

static bool is_asked(const char *key, size_t key_len)
{
	return key_len && table_is_asked((uint8_t)*key);
}

static char *full_merge(void *state, const char *key, size_t key_len,
			const char *existing, size_t existing_len,
			const char *const *operands, const size_t *lens, int count,
			unsigned char *good, size_t *len)
{
	if (is_asked(key, key_len))
		return merge_asked(existing, existing_len, operands, lens, count, good,
				   len);
	return merge_values(existing, existing_len, operands, lens, count, good, len);
}

static char *partial_merge(void *state, const char *key, size_t key_len,
			   const char *const *operands, const size_t *lens, int count,
			   unsigned char *good, size_t *len)
{
	if (is_asked(key, key_len))
		return merge_asked(NULL, 0, operands, lens, count, good, len);
	return merge_values(NULL, 0, operands, lens, count, good, len);
}

static void free_value(void *state, const char *value, size_t len)
{
	free((void *)value);
}

static void nothing(void *state)
{
}

static const char *merge_name(void *state)
{
	return "yore.span.1";
}

/* ---- what filters are built over ---- */

static char *shared_part(void *state, const char *key, size_t n, size_t *len)
{
	*len = key_shared_len(BYTES(key, n));
	return (char *)key;
}

static unsigned char has_shared_part(void *state, const char *key, size_t n)
{
	return key_shared_len(BYTES(key, n)) != 0;
}

static unsigned char is_shared_part(void *state, const char *key, size_t n)
{
	return 0;
}

static const char *shared_name(void *state)
{
	return "yore.key.1";
}

/* ---- options ---- */

static void set_table(rocksdb_options_t *o, rocksdb_cache_t *cache)
{
	rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
	rocksdb_block_based_options_set_block_size(t, BLOCK_SIZE);
	rocksdb_block_based_options_set_format_version(t, 5);
	rocksdb_block_based_options_set_checksum(t, CHECKSUM_XXH3);
	rocksdb_block_based_options_set_filter_policy(
	    t, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
	rocksdb_block_based_options_set_whole_key_filtering(t, 0);
	/* In pieces, so that index and filter of a large file fit under the ceiling. */
	rocksdb_block_based_options_set_index_type(t, INDEX_TWO_LEVEL);
	rocksdb_block_based_options_set_partition_filters(t, 1);
	rocksdb_block_based_options_set_metadata_block_size(t, PART_SIZE);
	if (cache) {
		rocksdb_block_based_options_set_block_cache(t, cache);
		rocksdb_block_based_options_set_cache_index_and_filter_blocks(t, 1);
		rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(
		    t, 1);
		rocksdb_block_based_options_set_pin_top_level_index_and_filter(t, 1);
	}
	rocksdb_options_set_block_based_table_factory(o, t);
	rocksdb_block_based_options_destroy(t);
}

/* Each file that is read has so much; thirty and more are in a large compaction. */
static size_t compaction_readahead(size_t memory)
{
	size_t n = memory / 2048;
	return n < COMPACTION_READAHEAD_MIN   ? COMPACTION_READAHEAD_MIN
	       : n > COMPACTION_READAHEAD_MAX ? COMPACTION_READAHEAD_MAX
					      : n;
}

static void set_compaction(rocksdb_options_t *o, size_t memory)
{
	rocksdb_universal_compaction_options_t *u =
	    rocksdb_universal_compaction_options_create();
	rocksdb_universal_compaction_options_set_size_ratio(u, 20);
	rocksdb_universal_compaction_options_set_min_merge_width(u, 2);
	rocksdb_universal_compaction_options_set_max_size_amplification_percent(u, 200);
	rocksdb_options_set_compaction_style(o, rocksdb_universal_compaction);
	rocksdb_options_set_universal_compaction_options(o, u);
	rocksdb_universal_compaction_options_destroy(u);
	rocksdb_options_set_level0_file_num_compaction_trigger(o, 8);
	rocksdb_options_set_level0_slowdown_writes_trigger(o, 60);
	rocksdb_options_set_level0_stop_writes_trigger(o, 90);
	rocksdb_options_compaction_readahead_size(o, compaction_readahead(memory));
	/* Two compactions at once: while a whole shelf is written for minutes the files
	 * that come meanwhile, or those of another shelf, are put together beside it. */
	rocksdb_options_set_max_background_jobs(o, 3);
	if (io_point("compaction") < 0) /* fault tests hold it back */
		rocksdb_options_set_disable_auto_compactions(o, 1);
}

static void set_compression(rocksdb_options_t *o)
{
	rocksdb_options_set_compression(o, rocksdb_lz4_compression);
	rocksdb_options_set_bottommost_compression(o, rocksdb_zstd_compression);
	rocksdb_options_set_bottommost_compression_options(o, -14, 3, 0, 0, 1);
}

/* Nothing is ever written but whole files: the memtables stay empty. */
static void set_small(rocksdb_options_t *o)
{
	rocksdb_options_set_write_buffer_size(o, 256 << 10);
	rocksdb_options_set_max_write_buffer_number(o, 2);
	rocksdb_options_set_max_open_files(o, -1);
	rocksdb_options_set_info_log_level(o, LOG_FATAL);
	rocksdb_options_set_keep_log_file_num(o, 1);
	rocksdb_options_set_manifest_preallocation_size(o, 64 << 10);
	rocksdb_options_set_stats_dump_period_sec(o, 0);
	rocksdb_options_set_stats_persist_period_sec(o, 0);
	rocksdb_options_set_skip_stats_update_on_db_open(o, 1);
}

/*
 * The engine's journal for people goes to memory: a build with assertions ends the
 * process when it cannot write it, and the disk is what may fail here.
 */
void rocks_log_to_memory(rocksdb_options_t *o)
{
	char path[64];
	struct stat st;
	snprintf(path, sizeof(path), MEMORY_FOLDER "/yore-%u", (unsigned)geteuid());
	(void)mkdir(path, 0700);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & 077) == 0)
		rocksdb_options_set_db_log_dir(o, path);
}

/* Nobody reads it; the engine keeps it open. */
void rocks_log_remove(const char *dir)
{
	char path[ROCKS_PATH + 64], whole[ROCKS_PATH];
	if (realpath(dir, whole) == NULL)
		return;
	for (char *p = whole + 1; *p; p++)
		if (!strchr("-._", *p) && !(*p >= '0' && *p <= '9') &&
		    !((*p | 32) >= 'a' && (*p | 32) <= 'z'))
			*p = '_';
	snprintf(path, sizeof(path), MEMORY_FOLDER "/yore-%u/%s_LOG", (unsigned)geteuid(),
		 whole + 1);
	(void)unlink(path);
}

rocksdb_options_t *rocks_options(const struct rocks *r)
{
	rocksdb_options_t *o = rocksdb_options_create();
	set_table(o, r ? r->cache : NULL);
	set_compaction(o, r ? r->memory : 0);
	set_compression(o);
	set_small(o);
	rocksdb_options_set_prefix_extractor(
	    o, rocksdb_slicetransform_create(NULL, nothing, shared_part, has_shared_part,
					     is_shared_part, shared_name));
	rocksdb_options_set_merge_operator(
	    o, rocksdb_mergeoperator_create(NULL, nothing, full_merge, partial_merge,
					    free_value, merge_name));
	return o;
}

/*
 * Prefix mode asks the filters, and silently finds nothing outside the prefix of the key
 * it begins at: only where the whole stretch has it.
 */
bool rocks_within_one_prefix(const struct stretch *s)
{
	size_t n = key_shared_len(s->lo);
	if (!s->exact || n == 0 || s->hi.len == 0)
		return false;
	if (bytes_begins(s->hi, BYTES(s->lo.at, n)))
		return true;
	/* hi may be the least key behind everything with the prefix */
	struct buf after;
	buf_init(&after, n + 1);
	buf_put(&after, s->lo.at, n);
	bool in = after.err == 0 && key_after(&after) &&
		  bytes_compare(s->hi, buf_bytes(&after)) <= 0;
	buf_release(&after);
	return in;
}

rocksdb_readoptions_t *rocks_read_options(const struct stretch *s)
{
	rocksdb_readoptions_t *o = rocksdb_readoptions_create();
	bool prefix = rocks_within_one_prefix(s);
	rocksdb_readoptions_set_prefix_same_as_start(o, prefix);
	rocksdb_readoptions_set_total_order_seek(o, !prefix);
	rocksdb_readoptions_set_ignore_range_deletions(o, 1); /* nobody writes any */
	if (s->hi.len)
		rocksdb_readoptions_set_iterate_upper_bound(o, (const char *)s->hi.at,
							    s->hi.len);
	if (s->whole) {
		rocksdb_readoptions_set_readahead_size(o, SCAN_READAHEAD);
		rocksdb_readoptions_set_fill_cache(o, 0);
	}
	return o;
}

/* ---- errors ---- */

static int code_of(const char *m)
{
	static const struct {
		const char *text;
		int code;
	} table[] = {{"No space left", YORE_EFULL},
		     {"quota exceeded", YORE_EFULL},
		     {"Read-only file system", YORE_EACCESS},
		     {"Permission denied", YORE_EACCESS},
		     {"lock hold", YORE_ELOCKED},
		     {"While lock file", YORE_ELOCKED},
		     {"Corruption", YORE_ECORRUPT},
		     {"ascending order", YORE_EUSAGE}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strstr(m, table[i].text))
			return table[i].code;
	return YORE_EIO;
}

int rocks_error(char *message, struct fault *f, const char *doing, const char *where)
{
	int code = code_of(message);
	for (char *p = message; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	fault_set(f, code, "%s: %s: %.300s", where, doing, message);
	rocksdb_free(message);
	return code;
}

char *rocks_take_file(rocksdb_t *db, const char *path)
{
	const char *list[1] = {path};
	char *err = NULL;
	rocksdb_ingestexternalfileoptions_t *o =
	    rocksdb_ingestexternalfileoptions_create();
	rocksdb_ingestexternalfileoptions_set_move_files(o, 1);
	/* with a snapshot to be kept apart from, the file gets a number of its own */
	rocksdb_ingestexternalfileoptions_set_snapshot_consistency(o, 1);
	const rocksdb_snapshot_t *now = rocksdb_create_snapshot(db);
	rocksdb_ingest_external_file(db, list, 1, o, &err);
	rocksdb_release_snapshot(db, now);
	rocksdb_ingestexternalfileoptions_destroy(o);
	return err;
}
