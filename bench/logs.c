/*
 * COF lines to a segment, as import does it, without files to read and a store to fill:
 *
 *   bench-logs [-n LINES] FOLDER      figures: name, value, unit
 *
 * CPU time, of one thread or of all: what "on one core" means, whatever else runs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "gather/gather.h"
#include "logs/log.h"
#include "store/segment.h"

#define LINES 1000000u

static uint64_t mixed(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15u;
	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9u;
	return x ^ x >> 32;
}

/* Owners come back about three times, with other addresses and times. */
static void put_line(struct buf *b, uint32_t i)
{
	uint64_t h = mixed(i / 3), g = mixed(i + 0x10000000u);
	unsigned kind = (unsigned)(h % 20);
	char owner[80];
	snprintf(owner, sizeof(owner), "%s%u.%s%u.%s", h & 1 << 8 ? "www" : "host",
		 (unsigned)(h >> 40 & 0xffff), h & 1 << 9 ? "example-shop" : "cdn",
		 (unsigned)(h >> 16 & 0x3ffff), h & 1 << 10 ? "com" : "co.uk");
	buf_printf(b, "{\"rrname\":\"%s\",\"rrtype\":\"%s\",\"rdata\":", owner,
		   kind < 13   ? "A"
		   : kind < 16 ? "AAAA"
		   : kind < 18 ? "CNAME"
		   : kind < 19 ? "NS"
			       : "MX");
	if (kind < 13)
		buf_printf(b, "[\"%u.%u.%u.%u\"%s", (unsigned)(g >> 8 & 127) + 1,
			   (unsigned)(g >> 16 & 255), (unsigned)(g >> 24 & 255),
			   (unsigned)(g >> 32 & 255), kind < 3 ? ",\"192.0.2.7\"]" : "]");
	else if (kind < 16)
		buf_printf(b, "[\"2001:db8:%x:%x::%x\"]", (unsigned)(g >> 8 & 0xffff),
			   (unsigned)(g >> 24 & 0xffff), (unsigned)(g >> 40 & 0xffff));
	else if (kind < 18)
		buf_printf(b, "[\"edge%u.net.example.\"]", (unsigned)(g >> 8 & 0xffff));
	else if (kind < 19)
		buf_printf(b, "[\"ns1.dns%u.example.\",\"ns2.dns%u.example.\"]",
			   (unsigned)(g >> 8 & 0xfff), (unsigned)(g >> 8 & 0xfff));
	else
		buf_printf(b, "[\"10 mx%u.example.\"]", (unsigned)(g >> 8 & 0xfff));
	uint64_t first = 1400000000 + (g >> 20) % 40000000;
	buf_printf(
	    b, ",\"time_first\":%" PRIu64 ",\"time_last\":%" PRIu64 ",\"count\":%u}\n",
	    first, first + (h >> 20) % 9000000, (unsigned)(g % 900) + 1);
}

static double cpu_s(int who)
{
	struct rusage u;
	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void put(const char *name, double us, uint32_t lines)
{
	printf("cof_%s\t%.2f\tus of CPU a line\ncof_%s_rate\t%.0f\tlines/s on one core\n",
	       name, us * 1e6 / lines, name, lines / us);
	fflush(stdout);
}

static void fail(const char *what, int code)
{
	fprintf(stderr, "bench-logs: %s: %s\n", what, yore_strerror(code));
	exit(1);
}

/* Every line, with each record handed to gather where there is one. */
static void read_all(struct bytes text, struct gather *g)
{
	struct log_options o = {.now_s = 1500000000};
	struct fault f = {0};
	struct log *l;
	uint64_t number = 0;
	int r = log_new(BYTES(text.at, 2000), "made", &o, &f, &l);
	if (r < 0)
		fail(f.text, r);
	while (text.len) {
		const uint8_t *end = memchr(text.at, '\n', text.len);
		struct bytes line = BYTES(text.at, (size_t)(end - text.at));
		struct input_position at = {.packets = ++number};
		struct log_line got;
		log_read(l, line, false, &got);
		if (got.bad)
			fail(got.bad, YORE_EMALFORMED);
		if (g && gather_due(g, 0)) {
			at.packets--;
			gather_progress(g, 0, &at, WHEN_UNKNOWN, WHEN_UNKNOWN);
			if (gather_hand_over(g, &f) < 0)
				fail(f.text, f.code);
			at.packets++;
		}
		for (size_t i = 0; g && i < got.count; i++) {
			struct record rec = {.set = got.records[i].set,
					     .span = got.records[i].span};
			r = gather_record(g, &rec, 0, number);
			if (r < 0)
				fail("gather", r);
		}
		text = BYTES(end + 1, text.len - line.len - 1);
	}
	if (g) {
		struct input_position at = {.packets = number};
		gather_progress(g, 0, &at, WHEN_UNKNOWN, WHEN_UNKNOWN);
		if (gather_flush(g, &f) < 0)
			fail(f.text, f.code);
	}
	log_free(l);
}

static int drop_rows(void *arg, const struct segment_meta *meta,
		     struct segment_rows *rows, struct fault *f)
{
	struct bytes key, value;
	int r;
	while ((r = rows->next(rows, &key, &value)) == 1)
		;
	return r;
}

static int write_segment(void *arg, const struct segment_meta *meta,
			 struct segment_rows *rows, struct fault *f)
{
	char name[SEGMENT_NAME_MAX], folder[4096];
	struct erased none = {0};
	segment_name(meta, name);
	snprintf(folder, sizeof(folder), "%s/%s", (const char *)arg, name);
	int r = io_mkdirs(folder, 0700, f);
	if (r == 0)
		r = segment_write(folder, meta, rows, &none, f);
	io_remove_tree(folder, NULL);
	return r;
}

static void gathered(struct bytes text, const char *name, struct segment_sink sink,
		     uint32_t lines)
{
	struct gather_options o = {0};
	struct ledger_entry start = {.input = {{1}}, .name = "made", .kind = "cof"};
	struct gather *g;
	double began = cpu_s(RUSAGE_SELF), own = cpu_s(RUSAGE_THREAD);
	int r = gather_new(&sink, &o, &g);
	if (r == 0)
		r = gather_input(g, 0, &start);
	if (r < 0)
		fail("gather", r);
	read_all(text, g);
	own = cpu_s(RUSAGE_THREAD) - own;
	gather_free(g);
	put(name, cpu_s(RUSAGE_SELF) - began, lines);
	printf("cof_%s_reader\t%.2f\tus a line of these in the reader's thread\n", name,
	       own * 1e6 / lines);
}

int main(int argc, char **argv)
{
	uint32_t lines = LINES;
	int c;
	while ((c = getopt(argc, argv, "n:")) != -1)
		if (c != 'n' || (lines = (uint32_t)atoi(optarg)) < 100)
			return 2;
	if (optind + 1 != argc)
		return 2;
	struct buf b;
	buf_init(&b, (size_t)4 << 30);
	for (uint32_t i = 0; i < lines; i++)
		put_line(&b, i);
	if (b.err)
		fail("lines", b.err);
	double began = cpu_s(RUSAGE_THREAD);
	read_all(buf_bytes(&b), NULL);
	put("parse", cpu_s(RUSAGE_THREAD) - began, lines);
	gathered(buf_bytes(&b), "rows", (struct segment_sink){drop_rows, NULL}, lines);
	gathered(buf_bytes(&b), "segment",
		 (struct segment_sink){write_segment, argv[optind]}, lines);
	buf_release(&b);
	return 0;
}
