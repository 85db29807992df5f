/*
 * Importing into the reference store: the same packets add nothing a second time, in
 * whatever form they are offered.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "dns/rdata.h"
#include "sensor/import.h"
#include "tap.h"

#define T0 1420070400 /* 2015-01-01 */
#define NOW 1500000000

static char dir[] = "/tmp/yore-import-XXXXXX";

/* ---- captures ---- */

struct capture {
	FILE *file;
	char path[128];
};

static void capture_begin(struct capture *c, const char *name)
{
	static const uint32_t head[6] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
	snprintf(c->path, sizeof(c->path), "%s/%s", dir, name);
	c->file = fopen(c->path, "wb");
	fwrite(head, sizeof(head), 1, c->file);
}

static void put_frame(struct capture *c, int64_t time_us, const uint8_t *octets, size_t n)
{
	uint32_t head[4] = {(uint32_t)(time_us / 1000000), (uint32_t)(time_us % 1000000),
			    (uint32_t)n, (uint32_t)n};
	fwrite(head, sizeof(head), 1, c->file);
	fwrite(octets, n, 1, c->file);
}

/* Ethernet, IPv4, UDP around a message; from the client or from the server. */
static void put_message(struct capture *c, int64_t time_us, bool response,
			const uint8_t *msg, size_t n)
{
	uint8_t f[600] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45};
	static const uint8_t client[] = {192, 0, 2, 1}, server[] = {198, 51, 100, 53};
	store_u16be(f + 16, (uint16_t)(28 + n));
	f[22] = 64;
	f[23] = 17;
	memcpy(f + 26, response ? server : client, 4);
	memcpy(f + 30, response ? client : server, 4);
	store_u16be(f + 34, response ? 53 : 40000);
	store_u16be(f + 36, response ? 40000 : 53);
	store_u16be(f + 38, (uint16_t)(8 + n));
	memcpy(f + 42, msg, n);
	put_frame(c, time_us, f, 42 + n);
}

static size_t question(uint8_t *m, unsigned i, bool response)
{
	memset(m, 0, 512);
	store_u16be(m, (uint16_t)i);
	m[2] = response ? 0x80 : 0;
	m[5] = 1;
	int n = snprintf((char *)m + 13, 32, "host%04u", i);
	m[12] = (uint8_t)n;
	memcpy(m + 13 + n, "\4test\0\0\1\0\1", 10);
	return (size_t)(13 + n + 10);
}

/* Query i and its answer, host i at 10.0.0.i. */
static void put_exchange(struct capture *c, unsigned i, int64_t time_us)
{
	uint8_t m[512];
	size_t n = question(m, i, false);
	put_message(c, time_us, false, m, n);
	n = question(m, i, true);
	m[7] = 1;
	memcpy(m + n, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0", 15);
	m[n + 15] = (uint8_t)i;
	put_message(c, time_us + 1000, true, m, n + 16);
}

static const char *make_capture(struct capture *c, const char *name, unsigned from,
				unsigned to, int64_t start_s)
{
	capture_begin(c, name);
	for (unsigned i = from; i < to; i++)
		put_exchange(c, i, (start_s + i) * 1000000);
	fclose(c->file);
	return c->path;
}

static void copy_cut(const char *from, const char *to, off_t size)
{
	struct buf b;
	struct fault f;
	buf_init(&b, 1 << 24);
	if (io_read_file(from, 1 << 24, &b, &f) < 0 ||
	    io_replace(to, BYTES(b.at, size ? (size_t)size : b.len), 0600, &f) < 0)
		printf("# %s\n", f.text);
	buf_release(&b);
}

/* ---- the history ---- */

static struct store *open_store(void)
{
	struct store_options o = {.write = true, .create = true};
	struct fault f = {0};
	struct store *s = NULL;
	if (store_open("mem:", &o, &f, &s) < 0)
		printf("Bail out! %s\n", f.text);
	return s;
}

struct history {
	uint64_t rows, count, hash; /* all tables; sum of R counts; of everything */
	int64_t first_s;	    /* least of R */
	unsigned entries;
};

static int one_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	((struct history *)arg)->entries++;
	return 0;
}

static struct history history_of(struct store *s)
{
	struct history h = {.first_s = INT64_MAX};
	struct fault f;
	for (const char *table = "BDNR"; *table; table++) {
		struct scan scan = {.table = (uint8_t)*table, .lo = BYTES(table, 1)};
		struct cursor *c;
		struct store_row row;
		if (store_scan(s, &scan, &f, &c) < 0)
			continue;
		while (cursor_next(c, &row) == 1) {
			uint8_t value[SPAN_WIRE_MAX];
			size_t n = span_encode(&row.span, 0, value);
			h.rows++;
			h.hash =
			    hash_mix(h.hash, hash_fixed(row.base.at, row.base.len, 1));
			h.hash = hash_mix(h.hash, hash_fixed(value, n, 2));
			if (*table != 'R')
				continue;
			h.count += row.span.count;
			if (row.span.first_s < h.first_s)
				h.first_s = row.span.first_s;
		}
		cursor_close(c);
	}
	if (store_ledger(s, NULL, one_entry, &h, &f) < 0)
		printf("# ledger: %s\n", f.text);
	return h;
}

static struct import_options options_of(struct store *s)
{
	return (struct import_options){.store = s, .now_s = NOW, .memory = 20 << 20};
}

/* One file; the file's part of the summary is left in *ret. */
static int import_one(const struct import_options *base, const char *path,
		      struct import_file *ret)
{
	struct import_options o = *base;
	struct import_summary sum;
	struct fault f = {0};
	o.files = &path;
	o.file_count = 1;
	int r = import_run(&o, &sum, &f);
	if (r < 0)
		printf("# %s\n", f.text);
	if (ret)
		*ret = sum.files[0];
	ok(observe_counters_balance(&sum.observe) && decode_counters_balance(&sum.net),
	   "the counters add up");
	import_summary_release(&sum);
	return r;
}

static void test_twice(const char *path)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct import_file file;
	is_int(import_one(&o, path, &file), 0, "imported");
	is_int(file.status, IMPORT_DONE, "to its end");
	is_int(file.packets, 200, "all packets");
	is_int(file.already_there, 0, "none of them known");
	struct history once = history_of(s);
	is_int(once.rows, 300, "100 sets, 100 records, 100 names");
	is_int(once.count, 100, "each seen once");
	is_int(once.entries, 1, "one line in the ledger");
	is_int(import_one(&o, path, &file), 0, "imported again");
	is_int(file.already_there, 200, "all were there");
	struct history twice = history_of(s);
	ok(twice.hash == once.hash && twice.entries == once.entries, "nothing changed");
	store_close(s);
}

static void test_forms(const char *path)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct import_file file;
	char other[160], command[512];
	is_int(import_one(&o, path, NULL), 0, "imported");
	struct history once = history_of(s);
	snprintf(other, sizeof(other), "%s/renamed", dir);
	copy_cut(path, other, 0);
	is_int(import_one(&o, other, NULL), 0, "under another name");
	ok(history_of(s).hash == once.hash, "changes nothing");
	snprintf(other, sizeof(other), "%s/cut", dir);
	copy_cut(path, other, 5000);
	is_int(import_one(&o, other, &file), 0, "cut");
	ok(file.damage[0] != '\0', "is told: %s", file.damage);
	ok(history_of(s).hash == once.hash, "changes nothing");
	snprintf(command, sizeof(command), "gzip -c %s > %s/packed.gz", path, dir);
	snprintf(other, sizeof(other), "%s/packed.gz", dir);
	ok(system(command) == 0, "packed");
	is_int(import_one(&o, other, &file), 0, "compressed");
	is_str(file.format, "pcap (gzip)", "is recognised");
	ok(history_of(s).hash == once.hash && history_of(s).entries == once.entries,
	   "changes nothing");
	store_close(s);
}

/* Standard input is a pipe, so it cannot be read twice. */
static int import_stdin(const struct import_options *o, const char *path,
			struct import_file *ret)
{
	char command[200];
	snprintf(command, sizeof(command), "cat %s", path);
	FILE *p = popen(command, "r");
	int before = dup(0);
	dup2(fileno(p), 0);
	int r = import_one(o, "-", ret);
	dup2(before, 0);
	close(before);
	pclose(p);
	return r;
}

static void test_stdin(const char *path)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct import_file file;
	is_int(import_stdin(&o, path, &file), 0, "from standard input");
	struct history once = history_of(s);
	is_int(once.count, 100, "all of it");
	is_int(import_stdin(&o, path, &file), 0, "and again");
	is_int(file.already_there, 200, "is known");
	is_int(import_one(&o, path, &file), 0, "and as a file");
	ok(history_of(s).hash == once.hash && history_of(s).entries == 1,
	   "changes nothing");
	store_close(s);
}

static void test_grown(const char *path)
{
	struct store *whole = open_store(), *s = open_store();
	struct import_options o = options_of(whole);
	struct import_file file;
	char part[160];
	is_int(import_one(&o, path, NULL), 0, "whole");
	o = options_of(s);
	snprintf(part, sizeof(part), "%s/part", dir);
	for (off_t size = 3000; size <= 9000; size += 3000) {
		copy_cut(path, part, size);
		is_int(import_one(&o, part, NULL), 0, "a part");
	}
	is_int(import_one(&o, path, &file), 0, "the whole behind its parts");
	ok(file.already_there > 50 && file.already_there < 200, "goes on where it was");
	ok(history_of(s).hash == history_of(whole).hash, "and is the same in the end");
	is_int(history_of(s).entries, 4, "four lines in the ledger");
	store_close(s);
	store_close(whole);
}

/* Same first packet, then something else. */
static void test_branch(void)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct capture a, b;
	struct import_file file;
	capture_begin(&a, "branch-a");
	capture_begin(&b, "branch-b");
	for (unsigned i = 0; i < 10; i++) {
		put_exchange(&a, i, (T0 + i) * (int64_t)1000000);
		put_exchange(&b, i ? i + 50 : 0, (T0 + i) * (int64_t)1000000);
	}
	fclose(a.file);
	fclose(b.file);
	is_int(import_one(&o, a.path, NULL), 0, "a file");
	is_int(import_one(&o, b.path, &file), 0, "another with the same first packet");
	is_int(file.already_there, 0, "is another");
	struct history h = history_of(s);
	is_int(h.count, 20, "both are in the history");
	is_int(h.entries, 2, "and in the ledger");
	is_int(import_one(&o, a.path, NULL), 0, "the first again");
	is_int(import_one(&o, b.path, NULL), 0, "the second again");
	ok(history_of(s).hash == h.hash && history_of(s).entries == 2,
	   "each is known as what it is");
	store_close(s);
}

static void test_older(const char *path)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct capture old;
	make_capture(&old, "older", 0, 100, T0 - 20 * 86400);
	is_int(import_one(&o, path, NULL), 0, "a file");
	is_int(history_of(s).first_s, T0, "first seen in 2015");
	is_int(import_one(&o, old.path, NULL), 0, "an older one");
	is_int(history_of(s).first_s, T0 - 20 * 86400, "first seen moves back");
	store_close(s);
}

static void test_sensor(const char *path)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct import_file file;
	struct capture overlap, next;
	make_capture(&overlap, "overlap", 50, 150, T0);
	make_capture(&next, "next", 100, 120, T0);
	o.sensor = "edge";
	is_int(import_one(&o, path, NULL), 0, "a named sensor");
	is_int(import_one(&o, overlap.path, &file), 0, "an overlapping capture of it");
	is_int(file.status, IMPORT_REFUSED, "is refused");
	ok(strstr(file.text, "--again") != NULL, "and told: %s", file.text);
	is_int(history_of(s).count, 100, "nothing was added");
	is_int(import_one(&o, path, &file), 0, "itself");
	is_int(file.status, IMPORT_DONE, "is not in its own way");
	is_int(import_one(&o, next.path, &file), 0, "what follows");
	is_int(file.status, IMPORT_DONE, "is taken");
	o.again = true;
	is_int(import_one(&o, overlap.path, &file), 0, "with --again");
	is_int(file.status, IMPORT_DONE, "it is taken");
	o.again = false;
	o.sensor = NULL;
	is_int(import_one(&o, overlap.path, &file), 0, "without a sensor's name");
	is_int(file.status, IMPORT_DONE, "it is an input of its own");
	store_close(s);
}

/* The query in one file, its answer in the next, given in the wrong order. */
static void test_stream(void)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct import_summary sum;
	struct capture a, b, bad;
	uint8_t m[512];
	struct fault f = {0};
	capture_begin(&a, "first");
	put_message(&a, T0 * (int64_t)1000000, false, m, question(m, 1, false));
	fclose(a.file);
	capture_begin(&b, "second");
	size_t n = question(m, 1, true);
	m[7] = 1;
	memcpy(m + n, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\1", 16);
	put_message(&b, T0 * (int64_t)1000000 + 5000, true, m, n + 16);
	fclose(b.file);
	capture_begin(&bad, "nothing");
	fclose(bad.file);
	copy_cut("/etc/passwd", bad.path, 0);
	const char *files[] = {b.path, bad.path, "/nonexistent/file", a.path};
	o.files = files;
	o.file_count = 4;
	is_int(import_run(&o, &sum, &f), 0, "files out of order, two that are none");
	is_int(sum.observe.responses, 1, "the answer finds its query in the file before");
	is_int(sum.packets, 2, "two packets");
	int done = 0, refused = 0, failed = 0;
	for (size_t i = 0; i < sum.file_count; i++) {
		done += sum.files[i].status == IMPORT_DONE;
		refused += sum.files[i].status == IMPORT_REFUSED && sum.files[i].text[0];
		failed += sum.files[i].status == IMPORT_FAILED && sum.files[i].text[0];
	}
	ok(done == 2 && refused == 1 && failed == 1, "each file has its own outcome");
	import_summary_release(&sum);
	store_close(s);
}

/* ---- two imports of one file at a time ---- */

struct rival {
	struct store *store;
	const char *path;
	bool done;
};

/* Before the first commit another import takes the file in. */
static int rival_commit(void *arg, const struct segment_meta *meta,
			struct segment_rows *rows, struct fault *f)
{
	struct rival *r = arg;
	if (!r->done) {
		r->done = true;
		struct import_options o = options_of(r->store);
		is_int(import_one(&o, r->path, NULL), 0, "the other import");
	}
	return store_commit(r->store, meta, rows, f);
}

static void test_rival(const char *path)
{
	struct store *s = open_store();
	struct rival rival = {s, path, false};
	struct segment_sink sink = {rival_commit, &rival};
	struct import_options o = options_of(s);
	struct import_summary sum;
	struct fault f = {0};
	o.sink = &sink;
	o.files = &path;
	o.file_count = 1;
	is_int(import_run(&o, &sum, &f), 0, "beside another import");
	is_int(sum.restarts, 1, "it began again");
	is_int(history_of(s).count, 100, "and all is there once");
	import_summary_release(&sum);
	store_close(s);
}

static int stop_soon(const struct import_progress *p, void *arg)
{
	return YORE_EAGAIN;
}

static void test_stopped(const char *path)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	o.progress = stop_soon;
	is_int(import_one(&o, path, NULL), YORE_EAGAIN, "progress can stop it");
	store_close(s);
}

static void test_dates(void)
{
	struct store *s = open_store();
	struct import_options o = options_of(s);
	struct capture c;
	capture_begin(&c, "dates");
	put_exchange(&c, 1, 1000000);
	put_exchange(&c, 2, (int64_t)4000000000 * 1000000);
	put_exchange(&c, 3, T0 * (int64_t)1000000);
	fclose(c.file);
	is_int(import_one(&o, c.path, NULL), 0, "packets of 1970, 2096 and 2015");
	struct history h = history_of(s);
	ok(h.count == 1 && h.first_s == T0 && h.entries == 1, "only 2015 has any");
	store_close(s);
}

int main(void)
{
	struct capture c;
	struct fault f;
	if (mkdtemp(dir) == NULL)
		return 1;
	const char *path = make_capture(&c, "one", 0, 100, T0);
	test_twice(path);
	test_forms(path);
	test_stdin(path);
	test_grown(path);
	test_branch();
	test_older(path);
	test_sensor(path);
	test_stream();
	test_rival(path);
	test_stopped(path);
	test_dates();
	if (io_remove_tree(dir, &f) < 0)
		printf("# %s\n", f.text);
	return tap_done();
}
