/*
 * The store's choices, each beside its alternatives: the rows of a filled database are
 * written anew in each way and asked. One alternative a line.
 *
 *     bench-tuning DATABASE MILLIONS SCRATCH [ALTERNATIVE]
 *
 * DATABASE was filled by bench-store with so many millions. Figures are those of one
 * shelf (the first year's): octets a row of R, CPU to write a row, look-ups of names with
 * the block in the cache and without, and rows scanned.
 */
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "dns/name.h"
#include "record/span.h"
#include "store/rocks.h"
#include "traffic.h"

#define LOOKUPS 4000
#define PIECES 40 /* segments, where compaction is what is measured */

struct rows {
	uint8_t *octets;
	uint64_t *at; /* of each: key length (2), value length (2), key, value */
	uint64_t count, used, sets;
};

struct way {
	const char *name;
	unsigned block_kib, bloom, restart; /* 0: ours */
	bool ribbon, no_filter, lz4, whole_index, small_parts;
	int level, dictionary;
	void (*change)(struct buf *key, struct buf *value); /* NULL: as it is */
	bool two_years;
};

static double cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       ((double)u.ru_utime.tv_usec + (double)u.ru_stime.tv_usec) / 1e6;
}

static double wall_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench-tuning: %s: %s\n", what, why);
	exit(1);
}

static void *must(void *p)
{
	if (p == NULL)
		die("memory", "none left");
	return p;
}

/* ---- the rows ---- */

static struct bytes row_key(const struct rows *r, uint64_t i)
{
	const uint8_t *p = r->octets + r->at[i];
	return BYTES(p + 4, load_u16be(p));
}

static struct bytes row_value(const struct rows *r, uint64_t i)
{
	const uint8_t *p = r->octets + r->at[i];
	return BYTES(p + 4 + load_u16be(p), load_u16be(p + 2));
}

static void add_row(struct rows *r, struct bytes key, struct bytes value)
{
	static uint64_t room, size;
	if (r->count == 0)
		room = size = 0;
	if (r->count == room) {
		room = room ? 2 * room : 1 << 20;
		r->at = must(realloc(r->at, room * sizeof(*r->at)));
	}
	if (r->used + key.len + value.len + 4 > size) {
		size = size ? 2 * size : 64 << 20;
		r->octets = must(realloc(r->octets, size));
	}
	uint8_t *p = r->octets + r->used;
	r->at[r->count++] = r->used;
	store_u16be(p, (uint16_t)key.len);
	store_u16be(p + 2, (uint16_t)value.len);
	memcpy(p + 4, key.at, key.len);
	memcpy(p + 4 + key.len, value.at, value.len);
	r->used += 4 + key.len + value.len;
	r->sets += key.at[0] == TABLE_RRSET;
}

/* Rows of some shelves, merged; with more than one, keys end in year and month. */
static void read_rows(const char *dir, const int *years, size_t count, struct rows *ret)
{
	rocksdb_options_t *o = rocks_options(NULL);
	rocksdb_readoptions_t *ro = rocksdb_readoptions_create();
	rocksdb_t *db[2];
	rocksdb_iterator_t *it[2];
	rocksdb_readoptions_set_total_order_seek(ro, 1);
	for (size_t i = 0; i < count; i++) {
		char path[4096], *err = NULL;
		snprintf(path, sizeof(path), "%s/y%d", dir, years[i]);
		db[i] = rocksdb_open_for_read_only(o, path, 0, &err);
		if (err)
			die(path, err);
		it[i] = rocksdb_create_iterator(db[i], ro);
		rocksdb_iter_seek_to_first(it[i]);
	}
	for (;;) {
		size_t least = count;
		struct bytes key, best = {0}, value;
		for (size_t i = 0; i < count; i++) {
			if (!rocksdb_iter_valid(it[i]))
				continue;
			key.at = (const uint8_t *)rocksdb_iter_key(it[i], &key.len);
			if (least == count || bytes_compare(key, best) < 0) {
				least = i;
				best = key;
			}
		}
		if (least == count)
			break;
		value.at = (const uint8_t *)rocksdb_iter_value(it[least], &value.len);
		uint8_t whole[4096];
		if (best.len + 1 < sizeof(whole) && best.at[0] != TABLE_LEDGER) {
			memcpy(whole, best.at, best.len);
			if (count > 1) {
				whole[best.len] = whole[best.len - 1];
				whole[best.len - 1] = (uint8_t)least;
				best.len++;
			}
			add_row(ret, BYTES(whole, best.len), value);
		}
		rocksdb_iter_next(it[least]);
	}
	for (size_t i = 0; i < count; i++) {
		rocksdb_iter_destroy(it[i]);
		rocksdb_close(db[i]);
	}
	rocksdb_readoptions_destroy(ro);
	rocksdb_options_destroy(o);
}

/* ---- other encodings ---- */

/* A fixed 44 octets: first, last, count, days, TTLs, one sensor, flags. */
static void plain_values(struct buf *key, struct buf *value)
{
	struct span s;
	uint8_t out[44] = {0};
	if (span_read(buf_bytes(value), 0, &s) < 0)
		return;
	store_u64be(out, (uint64_t)s.first_s);
	store_u64be(out + 8, (uint64_t)s.last_s);
	store_u64be(out + 16, s.count);
	store_u32be(out + 24, s.days);
	store_u32be(out + 28, s.ttl_min);
	store_u32be(out + 32, s.ttl_max);
	store_u32be(out + 36, s.sensors[0]);
	out[40] = s.flags;
	buf_clear(value);
	buf_put(value, out, sizeof(out));
}

static void without_names(struct buf *key, struct buf *value)
{
	if (key->at[0] == TABLE_NAME)
		buf_clear(key);
}

static void blind_rdata(struct buf *key, struct buf *value)
{
	if (key->at[0] == TABLE_RDATA)
		buf_clear(value);
}

/* Where the labels of the owner begin. */
static size_t owner_at(const struct buf *key)
{
	return key->at[0] == TABLE_RDATA ? key_shared_len(buf_bytes(key)) : 1;
}

/* The dozen commonest labels as one octet each. */
static void label_codes(struct buf *key, struct buf *value)
{
	static const char *const common[] = {"com", "net", "org", "de",	  "info",
					     "ru",  "fr",  "io",  "mail", "www",
					     "api", "cdn", "img"};
	size_t from = owner_at(key), to = from;
	while (from < key->len && key->at[from]) {
		size_t n = key->at[from] + 1u, code = 0;
		while (code < 13 &&
		       (strlen(common[code]) != n - 1 ||
			memcmp(common[code], key->at + from + 1, n - 1) != 0))
			code++;
		if (code < 13)
			key->at[to++] = (uint8_t)(128 + code);
		else
			memmove(key->at + to, key->at + from, n), to += n;
		from += n;
	}
	memmove(key->at + to, key->at + from, key->len - from);
	key->len -= from - to;
}

/* Owners of R and D in their usual order: no zone is a stretch any more. */
static void forward_labels(struct buf *key, struct buf *value)
{
	uint8_t name[256];
	size_t at = owner_at(key), n = 0;
	if (key->at[0] != TABLE_RRSET && key->at[0] != TABLE_RDATA)
		return;
	while (at + n < key->len && key->at[at + n])
		n += key->at[at + n] + 1u;
	n += name_reverse(BYTES(key->at + at, n + 1), name) - n;
	memcpy(key->at + at, name, n);
}

/* ---- writing ---- */

static rocksdb_options_t *make_options(const struct way *w, size_t cache_mib)
{
	rocksdb_options_t *o = rocks_options(NULL);
	rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
	rocksdb_cache_t *cache = rocksdb_cache_create_lru(cache_mib << 20);
	int bits = w->bloom ? (int)w->bloom : 10;
	rocksdb_block_based_options_set_block_size(t, (w->block_kib ? w->block_kib : 8) *
							  1024);
	rocksdb_block_based_options_set_block_restart_interval(
	    t, w->restart ? (int)w->restart : 16);
	rocksdb_block_based_options_set_format_version(t, 5);
	rocksdb_block_based_options_set_checksum(t, 4);
	rocksdb_block_based_options_set_whole_key_filtering(t, 0);
	if (!w->no_filter)
		rocksdb_block_based_options_set_filter_policy(
		    t, w->ribbon ? rocksdb_filterpolicy_create_ribbon(bits)
				 : rocksdb_filterpolicy_create_bloom_full(bits));
	if (!w->whole_index) {
		rocksdb_block_based_options_set_index_type(t, 2);
		rocksdb_block_based_options_set_partition_filters(t, !w->no_filter);
		rocksdb_block_based_options_set_metadata_block_size(
		    t, w->small_parts ? 4096 : 16384);
		rocksdb_block_based_options_set_pin_top_level_index_and_filter(t, 1);
	}
	rocksdb_block_based_options_set_block_cache(t, cache);
	rocksdb_block_based_options_set_cache_index_and_filter_blocks(t, 1);
	rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(
	    t, 1);
	rocksdb_options_set_block_based_table_factory(o, t);
	rocksdb_block_based_options_destroy(t);
	rocksdb_cache_destroy(cache);
	if (w->lz4)
		rocksdb_options_set_bottommost_compression(o, rocksdb_lz4_compression);
	rocksdb_options_set_bottommost_compression_options(
	    o, -14, w->level ? w->level : 3, 0, w->dictionary, 1);
	rocksdb_options_set_create_if_missing(o, 1);
	rocksdb_options_compaction_readahead_size(o, 1 << 20);
	return o;
}

/* Rows whose number has the remainder `piece`; pieces 1: all. */
static uint64_t write_file(const struct rows *r, const struct way *w,
			   rocksdb_options_t *o, const char *path, uint64_t piece,
			   uint64_t pieces)
{
	rocksdb_envoptions_t *env = rocksdb_envoptions_create();
	rocksdb_sstfilewriter_t *out = rocksdb_sstfilewriter_create(env, o);
	struct buf key, value;
	char *err = NULL;
	uint64_t n = 0;
	buf_init(&key, 1 << 20);
	buf_init(&value, 1 << 20);
	rocksdb_sstfilewriter_open(out, path, &err);
	for (uint64_t i = 0; i < r->count && err == NULL; i++) {
		if (pieces > 1 && hash_mix(i, 7) % pieces != piece)
			continue;
		struct bytes k = row_key(r, i), v = row_value(r, i);
		if (w->change) {
			buf_clear(&key);
			buf_clear(&value);
			buf_put_bytes(&key, k);
			buf_put_bytes(&value, v);
			w->change(&key, &value);
			k = buf_bytes(&key);
			v = buf_bytes(&value);
			if (k.len == 0)
				continue;
		}
		rocksdb_sstfilewriter_put(out, (const char *)k.at, k.len,
					  (const char *)v.at, v.len, &err);
		n++;
	}
	if (err == NULL)
		rocksdb_sstfilewriter_finish(out, &err);
	if (err)
		die(path, err);
	rocksdb_sstfilewriter_destroy(out);
	rocksdb_envoptions_destroy(env);
	buf_release(&key);
	buf_release(&value);
	return n;
}

static rocksdb_t *open_in(const char *dir, rocksdb_options_t *o)
{
	char *err = NULL;
	rocksdb_t *db = rocksdb_open(o, dir, &err);
	if (err)
		die(dir, err);
	return db;
}

static void ingest(rocksdb_t *db, const char *file)
{
	const char *list[1] = {file};
	char *err = NULL;
	rocksdb_ingestexternalfileoptions_t *i =
	    rocksdb_ingestexternalfileoptions_create();
	rocksdb_ingestexternalfileoptions_set_move_files(i, 1);
	rocksdb_ingest_external_file(db, list, 1, i, &err);
	rocksdb_ingestexternalfileoptions_destroy(i);
	if (err)
		die(file, err);
}

/* ---- asking ---- */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The median of look-ups of names, microseconds. */
static double ask_names(rocksdb_t *db, uint64_t all, bool absent, bool again)
{
	static double times[LOOKUPS];
	for (int round = 0; round < 1 + again; round++)
		for (uint64_t i = 0; i < LOOKUPS; i++) {
			struct made m;
			struct buf lo, hi;
			/* of the first year */
			traffic_rr(traffic_mix(i, 31) % (all / 2), all, &m);
			if (absent)
				m.owner[1] = '~';
			double t = wall_s();
			buf_init(&lo, 1024);
			buf_init(&hi, 1024);
			key_owner_prefix(&lo, TABLE_RRSET, m.set.owner, false);
			buf_put_bytes(&hi, buf_bytes(&lo));
			key_after(&hi);
			rocksdb_readoptions_t *o = rocksdb_readoptions_create();
			rocksdb_readoptions_set_prefix_same_as_start(o, 1);
			rocksdb_readoptions_set_iterate_upper_bound(
			    o, (const char *)hi.at, hi.len);
			rocksdb_iterator_t *it = rocksdb_create_iterator(db, o);
			rocksdb_iter_seek(it, (const char *)lo.at, lo.len);
			for (int k = 0; k < 1000 && rocksdb_iter_valid(it); k++)
				rocksdb_iter_next(it);
			rocksdb_iter_destroy(it);
			rocksdb_readoptions_destroy(o);
			buf_release(&lo);
			buf_release(&hi);
			times[i] = wall_s() - t;
		}
	qsort(times, LOOKUPS, sizeof(*times), compare_doubles);
	return times[LOOKUPS / 2] * 1e6;
}

/* Millions of rows of R a CPU second. */
static double scan(rocksdb_t *db)
{
	rocksdb_readoptions_t *o = rocksdb_readoptions_create();
	rocksdb_readoptions_set_total_order_seek(o, 1);
	rocksdb_readoptions_set_readahead_size(o, 2 << 20);
	rocksdb_readoptions_set_fill_cache(o, 0);
	rocksdb_readoptions_set_iterate_upper_bound(o, "S", 1);
	rocksdb_iterator_t *it = rocksdb_create_iterator(db, o);
	uint64_t n = 0;
	double c = cpu_s();
	for (rocksdb_iter_seek(it, "R", 1); rocksdb_iter_valid(it); rocksdb_iter_next(it))
		n++;
	c = cpu_s() - c;
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(o);
	return (double)n / c / 1e6;
}

static void try_way(const struct rows *r, const struct way *w, const char *scratch,
		    uint64_t all)
{
	char dir[4096], file[4096];
	snprintf(dir, sizeof(dir), "%s/db", scratch);
	snprintf(file, sizeof(file), "%s/rows.sst", scratch);
	io_remove_tree(dir, NULL);
	rocksdb_options_t *o = make_options(w, 1024);
	double c = cpu_s();
	uint64_t n = write_file(r, w, o, file, 0, 1);
	c = cpu_s() - c;
	rocksdb_t *db = open_in(dir, o);
	ingest(db, file);
	uint64_t octets = rocks_property(db, "rocksdb.live-sst-files-size");
	bool found = w->change == NULL || w->change == plain_values;
	double warm = found ? ask_names(db, all, false, true) : 0;
	double absent = found ? ask_names(db, all, true, true) : 0;
	double rows_s = scan(db);
	rocksdb_close(db);
	rocksdb_options_destroy(o);
	o = make_options(w, 8);
	db = open_in(dir, o);
	double cold = found ? ask_names(db, all, false, true) : 0;
	rocksdb_close(db);
	rocksdb_options_destroy(o);
	printf("%-18s octets_per_set %6.2f write_us %.3f name_us %5.2f absent_us %5.2f "
	       "uncached_us %6.2f scan_M_per_s %.2f\n",
	       w->name, (double)octets / (double)r->sets, c * 1e6 / (double)n, warm,
	       absent, cold, rows_s);
	fflush(stdout);
	io_remove_tree(dir, NULL);
}

/* ---- compaction ---- */

static double written(void)
{
	struct buf b;
	double n = 0;
	if (io_read_file("/proc/self/io", 4096, &b, NULL) < 0)
		return 0;
	const char *p = strstr(buf_str(&b), "\nwrite_bytes: ");
	if (p)
		n = strtod(p + 14, NULL);
	buf_release(&b);
	return n;
}

struct style {
	const char *name;
	bool level;
	int ratio, trigger;
};

static void wait_for_quiet(rocksdb_t *db)
{
	/* what stays pending is not worth its while to the engine */
	for (int idle = 0; idle < 25; usleep(20000)) {
		bool runs = rocks_property(db, "rocksdb.num-running-compactions");
		idle = runs ? 0 : idle + 1;
		if (!runs && !rocks_property(db, "rocksdb.compaction-pending"))
			break;
	}
}

static void try_style(const struct rows *r, const struct style *s, const char *scratch,
		      uint64_t all)
{
	struct way ours = {0};
	char dir[4096], file[4096];
	snprintf(dir, sizeof(dir), "%s/db", scratch);
	snprintf(file, sizeof(file), "%s/rows.sst", scratch);
	io_remove_tree(dir, NULL);
	rocksdb_options_t *o = make_options(&ours, 256),
			  *segment = make_options(&ours, 8);
	rocksdb_options_set_bottommost_compression(segment, rocksdb_lz4_compression);
	if (s->level)
		rocksdb_options_set_compaction_style(o, rocksdb_level_compaction);
	if (s->ratio) {
		rocksdb_universal_compaction_options_t *u =
		    rocksdb_universal_compaction_options_create();
		rocksdb_universal_compaction_options_set_size_ratio(u, s->ratio);
		rocksdb_universal_compaction_options_set_min_merge_width(u, 2);
		rocksdb_universal_compaction_options_set_max_size_amplification_percent(
		    u, 200);
		rocksdb_options_set_universal_compaction_options(o, u);
		rocksdb_universal_compaction_options_destroy(u);
	}
	rocksdb_options_set_level0_file_num_compaction_trigger(o, s->trigger);
	double c = cpu_s(), bytes = written();
	uint64_t most = 0;
	rocksdb_t *db = open_in(dir, o);
	for (uint64_t i = 0; i < PIECES; i++) {
		write_file(r, &ours, segment, file, i, PIECES);
		ingest(db, file);
		uint64_t level0 = rocks_property(db, "rocksdb.num-files-at-level0");
		most = level0 > most ? level0 : most;
		if (i % 4 == 3) /* as fast as segments come, and no faster */
			wait_for_quiet(db);
	}
	wait_for_quiet(db);
	c = cpu_s() - c;
	bytes = written() - bytes;
	uint64_t octets = rocks_property(db, "rocksdb.live-sst-files-size");
	const rocksdb_livefiles_t *files = rocksdb_livefiles(db);
	int count = rocksdb_livefiles_count(files);
	rocksdb_livefiles_destroy(files);
	double warm = ask_names(db, all, false, true);
	printf(
	    "%-18s cpu_us_per_row %.2f written_per_octet %.2f octets_per_set %.2f files "
	    "%d level0_most %llu name_us %.2f\n",
	    s->name, c * 1e6 / (double)r->count, bytes / (double)octets,
	    (double)octets / (double)r->sets, count, (unsigned long long)most, warm);
	fflush(stdout);
	rocksdb_close(db);
	rocksdb_options_destroy(o);
	rocksdb_options_destroy(segment);
	io_remove_tree(dir, NULL);
}

static const struct way ways[] = {
    {"ours"},
    {"block-4k", .block_kib = 4},
    {"block-16k", .block_kib = 16},
    {"block-32k", .block_kib = 32},
    {"block-64k", .block_kib = 64},
    {"bloom-6", .bloom = 6},
    {"bloom-14", .bloom = 14},
    {"ribbon-10", .ribbon = true},
    {"no-filter", .no_filter = true},
    {"restart-4", .restart = 4},
    {"restart-64", .restart = 64},
    {"whole-index", .whole_index = true},
    {"index-parts-4k", .small_parts = true},
    {"lz4", .lz4 = true},
    {"zstd-1", .level = 1},
    {"zstd-9", .level = 9},
    {"zstd-dictionary", .dictionary = 16384},
    {"plain-values", .change = plain_values},
    {"label-codes", .change = label_codes},
    {"forward-labels", .change = forward_labels},
    {"without-N", .change = without_names},
    {"blind-D", .change = blind_rdata},
    {"two-years-in-one", .two_years = true},
};

static const struct style styles[] = {
    {"universal-20", .trigger = 8, .ratio = 20},
    {"universal-1", .trigger = 8, .ratio = 1},
    {"universal-100", .trigger = 8, .ratio = 100},
    {"universal-4-files", .trigger = 4, .ratio = 20},
    {"level", .level = true, .trigger = 8},
};

static const struct rows *sorting;

static int compare_rows(const void *a, const void *b)
{
	const uint8_t *x = sorting->octets + *(const uint64_t *)a;
	const uint8_t *y = sorting->octets + *(const uint64_t *)b;
	return bytes_compare(BYTES(x + 4, load_u16be(x)), BYTES(y + 4, load_u16be(y)));
}

/* Keys must ascend: those that were changed may not. */
static const struct rows *rows_for(const struct rows *r, const struct way *w,
				   struct rows *room)
{
	struct buf key, value;
	if (w->change != label_codes && w->change != forward_labels)
		return r;
	buf_init(&key, 1 << 20);
	buf_init(&value, 1 << 20);
	memset(room, 0, sizeof(*room));
	for (uint64_t i = 0; i < r->count; i++) {
		buf_clear(&key);
		buf_put_bytes(&key, row_key(r, i));
		w->change(&key, &value);
		add_row(room, buf_bytes(&key), row_value(r, i));
	}
	sorting = room;
	qsort(room->at, room->count, sizeof(*room->at), compare_rows);
	buf_release(&key);
	buf_release(&value);
	return room;
}

static void keep(struct buf *key, struct buf *value)
{
}

static void run_way(const char *db, const struct rows *one, const struct way *way,
		    const char *scratch, uint64_t all)
{
	static const int years[] = {2023, 2024};
	struct way w = *way;
	struct rows room = {0};
	const struct rows *r = rows_for(one, &w, &room);
	if (w.two_years) {
		read_rows(db, years, 2, &room);
		r = &room;
	}
	if (r != one && w.change)
		w.change = keep; /* sorted already; names are not found as usual */
	try_way(r, &w, scratch, all);
	free(room.at);
	free(room.octets);
}

int main(int argc, char **argv)
{
	static const int years[] = {2023};
	struct rows one = {0};
	uint64_t all = argc > 2 ? strtoull(argv[2], NULL, 10) * 1000000 : 0;
	const char *only = argc > 4 ? argv[4] : "";
	if (argc < 4 || all == 0) {
		fprintf(stderr, "usage: bench-tuning DATABASE MILLIONS SCRATCH "
				"[ALTERNATIVE]\n");
		return 2;
	}
	hash_set_seed(1);
	if (io_mkdirs(argv[3], 0777, NULL) < 0)
		die(argv[3], "cannot be made");
	read_rows(argv[1], years, 1, &one);
	printf("# %llu rows, %llu of them of R\n", (unsigned long long)one.count,
	       (unsigned long long)one.sets);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strncmp(ways[i].name, only, strlen(only)) == 0)
			run_way(argv[1], &one, &ways[i], argv[3], all);
	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strncmp(styles[i].name, only, strlen(only)) == 0)
			try_style(&one, &styles[i], argv[3], all);
	free(one.at);
	free(one.octets);
	return 0;
}
