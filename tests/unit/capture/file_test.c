/* Capture files: each format, order and resolution; compressed; cut and damaged. */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/lines.h"
#include "capture/source.h"
#include "tap.h"

/* --- writing --- */

static uint8_t file[1 << 20];
static size_t len;
static bool big;

static void put(const void *p, size_t n)
{
	memcpy(file + len, p, n);
	len += n;
}

static void put32(uint32_t v)
{
	if (!big)
		v = __builtin_bswap32(v);
	store_u32be(file + len, v);
	len += 4;
}

static void put16(uint16_t v)
{
	store_u16be(file + len, big ? v : (uint16_t)(v << 8 | v >> 8));
	len += 2;
}

static void pcap_header(uint32_t magic, uint16_t minor, uint32_t link)
{
	len = 0;
	put32(magic);
	put16(2);
	put16(minor);
	put32(0);
	put32(0);
	put32(65535);
	put32(link);
}

static void pcap_record(uint32_t s, uint32_t fraction, uint32_t caught, uint32_t wire,
			const char *octets)
{
	put32(s);
	put32(fraction);
	put32(caught);
	put32(wire);
	put(octets, caught);
}

static void block(uint32_t type, const void *body, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;
	put32(type);
	put32((uint32_t)padded + 12);
	memset(file + len, 0, padded);
	memcpy(file + len, body, n);
	len += padded;
	put32((uint32_t)padded + 12);
}

/* Where a block's body is put together, in the section's order. */
static uint8_t body[4096];
static size_t body_len;

static void body16(uint16_t v)
{
	store_u16be(body + body_len, big ? v : (uint16_t)(v << 8 | v >> 8));
	body_len += 2;
}

static void body32(uint32_t v)
{
	store_u32be(body + body_len, big ? v : __builtin_bswap32(v));
	body_len += 4;
}

static void body_octets(const void *p, size_t n)
{
	memset(body + body_len, 0, n + 3);
	memcpy(body + body_len, p, n);
	body_len += (n + 3) & ~(size_t)3;
}

static void section(void)
{
	body_len = 0;
	body32(0x1a2b3c4d);
	body16(1);
	body16(0);
	body32(0xffffffff);
	body32(0xffffffff);
	block(0x0a0d0d0a, body, body_len);
}

static void interface(uint16_t link, uint32_t snaplen, int tsresol, int64_t offset)
{
	body_len = 0;
	body16(link);
	body16(0);
	body32(snaplen);
	body16(2); /* a name that nobody needs */
	body16(5);
	body_octets("eth00", 5);
	if (tsresol >= 0) {
		uint8_t v = (uint8_t)tsresol;
		body16(9);
		body16(1);
		body_octets(&v, 1);
	}
	if (offset) {
		body16(14);
		body16(8);
		uint64_t v = (uint64_t)offset;
		body32((uint32_t)(big ? v >> 32 : v));
		body32((uint32_t)(big ? v : v >> 32));
	}
	body16(0);
	body16(0);
	block(1, body, body_len);
}

static void enhanced(uint32_t which, uint64_t ticks, const char *octets, uint32_t wire)
{
	body_len = 0;
	body32(which);
	body32((uint32_t)(ticks >> 32));
	body32((uint32_t)ticks);
	body32((uint32_t)strlen(octets));
	body32(wire);
	body_octets(octets, strlen(octets));
	block(6, body, body_len);
}

/* --- reading --- */

static char path[64];

static void save(struct bytes b)
{
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(b.at, 1, b.len, f) != b.len || fclose(f) != 0)
		printf("not ok - cannot write %s\n", path);
}

static struct source *source;
static struct fault fault;

static int open_saved(void)
{
	fault = (struct fault){0};
	source = NULL;
	return source_open_file(path, 3, &fault, &source);
}

static int open_octets(struct bytes b)
{
	save(b);
	return open_saved();
}

/* "time/link/wire/octets#number" of each frame, in a row. */
static const char *frames(void)
{
	static char out[4096];
	size_t n = 0;
	struct frame f = {0};
	int r;
	out[0] = 0;
	while ((r = source_next(source, &f)) == 1 && n < sizeof(out) - 300) {
		n += (size_t)snprintf(
		    out + n, sizeof(out) - n, "%s%lld/%u/%u/%.*s#%llu", n ? " " : "",
		    (long long)f.time_us, f.link, f.wire_len, (int)f.octets.len,
		    (const char *)f.octets.at, (unsigned long long)f.number);
		if (f.input != 3)
			snprintf(out, sizeof(out), "input %u", f.input);
	}
	if (r < 0)
		snprintf(out + n, sizeof(out) - n, " error %d", r);
	return out;
}

static void expect(const char *want, const char *format, const char *what)
{
	if (!ok(open_octets(BYTES(file, len)) == 0, "%s: opened", what)) {
		printf("# %s\n", fault.text);
		return;
	}
	is_str(frames(), want, what);
	const struct source_state *st = source_state(source);
	is_str(st->format, format, "its format is named");
	ok(!st->damaged && st->octets == len && st->file_size == len, "read to its end");
	is_int(source_next(source, &(struct frame){0}), 0, "the end stays the end");
	source_close(source);
}

static void test_pcap(void)
{
	for (int order = 0; order < 2; order++) {
		big = order;
		pcap_header(0xa1b2c3d4, 4, 1);
		pcap_record(1445212800, 999999, 3, 3, "abc");
		pcap_record(1445212801, 1, 2, 60, "de");
		pcap_record(4294967295u, 0, 0, 0, "");
		expect("1445212800999999/1/3/abc#1 1445212801000001/1/60/de#2 "
		       "4294967295000000/1/0/#3",
		       "pcap", big ? "pcap, big-endian" : "pcap, little-endian");
		pcap_header(0xa1b23c4d, 4, 0x10000065);
		pcap_record(5, 999999999, 1, 1, "x");
		expect("5999999/101/1/x#1", "pcap",
		       "nanoseconds; the link type's FCS bits");
		pcap_header(0xa1b2c3d4, 2, 1);
		pcap_record(5, 6, 4, 4, "abcd");
		store_u32be(file + 24 + 8, big ? 60 : __builtin_bswap32(60));
		expect("5000006/1/60/abcd#1", "pcap",
		       "version 2.2: lengths the other way");
		pcap_header(0xa1b2c3d4, 3, 1);
		pcap_record(5, 6, 4, 2, "abcd");
		len -= 2;
		expect("5000006/1/4/ab#1", "pcap",
		       "version 2.3: the greater is the wire's");
		pcap_header(0xa1b2cd34, 4, 1);
		put32(5);
		put32(6);
		put32(2);
		put32(2);
		put("12345678ab", 10);
		expect("5000006/1/2/ab#1", "pcap", "Kuznetzov's records");
		pcap_header(0xa1b2c3d4, 4, 1);
		expect("", "pcap", "no packet at all");
	}
}

static void test_pcapng(void)
{
	for (int order = 0; order < 2; order++) {
		big = order;
		len = 0;
		section();
		interface(1, 0, -1, 0);
		interface(101, 4, 9, 0);
		interface(113, 0, 0x80 | 10, 0);
		interface(1, 0, 3, 1000);
		interface(1, 0, 6, -1);
		block(4, "names", 5); /* none of ours */
		enhanced(0, 1445212800000001u, "abc", 3);
		enhanced(1, 1445212800123456789u, "nano", 60);
		enhanced(2, (5u << 10) + 512, "two", 3);
		enhanced(3, 2500, "off", 3);
		enhanced(4, 3000000, "neg", 3);
		expect("1445212800000001/1/3/abc#1 1445212800123456/101/60/nano#2 "
		       "5500000/113/3/two#3 1002500000/1/3/off#4 2000000/1/3/neg#5",
		       "pcapng", big ? "pcapng, big-endian" : "pcapng, little-endian");

		/* another section, of the other order, with interfaces of its own */
		len = 0;
		section();
		interface(1, 0, -1, 0);
		enhanced(0, 1, "a", 1);
		big = !big;
		section();
		interface(113, 0, 0, 0);
		enhanced(0, 7, "b", 1);
		big = !big;
		section();
		interface(101, 0, -1, 0);
		body_len = 0; /* the old Packet Block: interface and drops in 16 bits */
		body16(0);
		body16(9);
		body32(0);
		body32(8);
		body32(1);
		body32(2);
		body_octets("c", 1);
		block(2, body, body_len);
		expect("1/1/1/a#1 7000000/113/1/b#2 8/101/2/c#3", "pcapng",
		       "three sections in different orders");

		len = 0;
		section();
		interface(1, 3, -1, 0);
		body_len = 0;
		body32(60);
		body_octets("abcd", 4);
		block(3, body, body_len);
		expect("0/1/60/abc#1", "pcapng",
		       "a simple packet: no time, cut by snaplen");
	}
	big = false;
	len = 0;
	section();
	interface(1, 0, 0, INT64_MAX);
	enhanced(0, UINT64_MAX, "x", 1);
	expect("1152921504606846976/1/1/x#1", "pcapng",
	       "times beyond all sense are held");
	len = 0;
	section();
	interface(1, 0, 0, INT64_MIN);
	enhanced(0, 0, "x", 1);
	expect("-1152921504606846976/1/1/x#1", "pcapng", "in both directions");
	len = 0;
	section();
	interface(1, 0, 127, 0);
	enhanced(0, UINT64_MAX, "x", 1);
	interface(1, 0, 255, 0);
	enhanced(1, UINT64_MAX, "y", 1);
	expect("0/1/1/x#1 0/1/1/y#2", "pcapng", "resolutions finer than anything");
}

static void test_snoop(void)
{
	big = true;
	len = 0;
	put("snoop\0\0\0", 8);
	put32(2);
	put32(4);
	put32(60);
	put32(3);
	put32(24 + 4);
	put32(0);
	put32(9);
	put32(10);
	put("abc\0", 4);
	expect("9000010/1/60/abc#1", "snoop", "snoop");
	store_u32be(file + 12, 99);
	is_int(open_octets(BYTES(file, len)), YORE_EUNSUPPORTED,
	       "a datalink nobody knows");
	ok(strstr(fault.text, "99") && strstr(fault.text, path), "is named");
}

/* --- compressed --- */

static int (*const filters[])(struct archive *) = {
    archive_write_add_filter_gzip, archive_write_add_filter_xz,
    archive_write_add_filter_zstd, archive_write_add_filter_lz4,
    archive_write_add_filter_bzip2};
static const char *const filter_names[] = {"gzip", "xz", "zstd", "lz4", "bzip2"};

static size_t compress_to(int which, int then, uint8_t *out, size_t room)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t used = 0;
	archive_write_set_format_raw(a);
	filters[which](a);
	if (then >= 0)
		filters[then](a);
	archive_write_set_bytes_in_last_block(a, 1);
	archive_write_open_memory(a, out, room, &used);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_pathname(e, "x");
	archive_write_header(a, e);
	archive_write_data(a, file, len);
	archive_entry_free(e);
	archive_write_close(a);
	archive_write_free(a);
	return used;
}

static void many_packets(unsigned n)
{
	big = false;
	pcap_header(0xa1b2c3d4, 4, 1);
	for (unsigned i = 0; i < n; i++) {
		char octets[64];
		uint32_t seed = i * 2654435761u;
		for (int j = 0; j < 60; j++)
			octets[j] = (char)(seed >> j % 23);
		pcap_record(i, 0, 60, 60, octets);
	}
}

static unsigned count_frames(void)
{
	struct frame f;
	unsigned n = 0;
	int r;
	while ((r = source_next(source, &f)) == 1)
		n++;
	return r < 0 ? UINT32_MAX : n;
}

static void test_compressed(void)
{
	static uint8_t packed[2 << 20];
	char want[64];
	many_packets(10000);
	for (int i = 0; i < 5; i++) {
		size_t n = compress_to(i, -1, packed, sizeof(packed));
		is_int(open_octets(BYTES(packed, n)), 0, filter_names[i]);
		is_int(count_frames(), 10000, "all packets");
		const struct source_state *st = source_state(source);
		snprintf(want, sizeof(want), "pcap (%s)", filter_names[i]);
		is_str(st->format, want, "named");
		ok(!st->damaged && st->octets == len && st->file_octets == n,
		   "positions are of the decompressed stream");
		source_close(source);

		/* cut: what came before is there, and the line says what happened */
		if (open_octets(BYTES(packed, n * 2 / 3)) == 0) {
			unsigned some = count_frames();
			st = source_state(source);
			ok(st->damaged && some < 10000 &&
			       strstr(st->damage, "after packet"),
			   "cut: %u packets, %s", some, st->damage);
			source_close(source);
		} else { /* a block that gives nothing before its end is there */
			ok(strstr(fault.text, "damaged or cut"), "cut: %s", fault.text);
		}

		uint8_t kept = packed[n / 2];
		packed[n / 2] ^= 0x55;
		if (open_octets(BYTES(packed, n)) == 0) {
			unsigned some = count_frames();
			ok(some != UINT32_MAX, "a flipped bit: %u packets, %s", some,
			   source_state(source)->damage);
			source_close(source);
		} else {
			ok(fault.text[0], "a flipped bit: %s", fault.text);
		}
		packed[n / 2] = kept;
	}
	size_t n = compress_to(2, 0, packed, sizeof(packed));
	is_int(open_octets(BYTES(packed, n)), 0, "zstd inside gzip");
	is_int(count_frames(), 10000, "all packets");
	source_close(source);
	n = compress_to(0, -1, packed, sizeof(packed));
	for (size_t cut = 3; cut < 60; cut++) {
		if (open_octets(BYTES(packed, cut)) == 0) {
			unsigned some = count_frames();
			if (some || !source_state(source)->damaged)
				ok(false, "gzip cut at %zu: %u packets", cut, some);
			source_close(source);
		}
	}
	len = 0;
	n = compress_to(0, -1, packed, sizeof(packed));
	is_int(open_octets(BYTES(packed, n)), YORE_EUNSUPPORTED, "nothing, compressed");
}

/* --- cut and damaged --- */

static void expect_damage(const char *want_frames, const char *words, const char *what)
{
	if (open_octets(BYTES(file, len)) < 0) {
		ok(strstr(fault.text, words), "%s: %s", what, fault.text);
		return;
	}
	is_str(frames(), want_frames, what);
	const struct source_state *st = source_state(source);
	ok(st->damaged && strstr(st->damage, words), "%s: %s", what, st->damage);
	source_close(source);
}

static void two_records(void)
{
	big = false;
	pcap_header(0xa1b2c3d4, 4, 1);
	pcap_record(1, 2, 3, 3, "abc");
	pcap_record(4, 5, 3, 3, "def");
}

static void test_damage(void)
{
	two_records();
	size_t whole = len;
	for (len = 24; len < whole; len++) {
		if (len == 24 || len == 43)
			continue; /* a record's end is an end */
		bool first = len > 43;
		open_octets(BYTES(file, len));
		if (strcmp(frames(), first ? "1000002/1/3/abc#1" : "") != 0 ||
		    !source_state(source)->damaged)
			ok(false, "pcap cut at %zu", len);
		source_close(source);
	}
	two_records();
	len -= 1;
	expect_damage("1000002/1/3/abc#1", "at offset 43, after packet 1",
		      "cut in a record");
	two_records();
	store_u32be(file + 43 + 8, 0xffffffff);
	expect_damage("1000002/1/3/abc#1", "states 4294967295 octets, at offset 43",
		      "a length that lies");
	two_records();
	len = 10;
	expect_damage("", "cut inside the file header", "a file header cut");
	two_records();
	file[4] = 9;
	expect_damage("", "pcap version 9.4 is not known", "another version");

	big = false;
	len = 0;
	section();
	size_t interface_at = len;
	interface(1, 0, -1, 0);
	size_t packet_at = len;
	enhanced(0, 1, "abc", 3);
	size_t second_at = len;
	enhanced(0, 2, "def", 3);
	size_t end = len;
	static uint8_t keep[4096];
	memcpy(keep, file, end);
	int bad = 0;
	for (len = 12; len < end; len++) {
		if (len == interface_at || len == packet_at || len == second_at)
			continue;
		if (open_octets(BYTES(file, len)) < 0) {
			bad++;
			continue;
		}
		bad += strcmp(frames(), len > second_at ? "1/1/3/abc#1" : "") != 0;
		bad += !source_state(source)->damaged;
		source_close(source);
	}
	is_int(bad, 0, "pcapng cut anywhere");
	len = end;
	file[second_at + 8] = 1;
	expect_damage("1/1/3/abc#1", "a packet of interface 1 of 1", "no such interface");
	memcpy(file, keep, end);
	file[second_at + 20] = 200;
	expect_damage("1/1/3/abc#1", "states 200 octets",
		      "a packet longer than its block");
	memcpy(file, keep, end);
	file[second_at + 4] ^= 8;
	expect_damage("1/1/3/abc#1", "cut inside a block",
		      "a block longer than the file");
	memcpy(file, keep, end);
	file[end - 4] ^= 4;
	expect_damage("1/1/3/abc#1", "two different lengths", "lengths that differ");
	memcpy(file, keep, end);
	file[second_at + 4] = 8;
	expect_damage("1/1/3/abc#1", "a block states 8 octets", "a block of eight");
	memcpy(file, keep, end);
	file[second_at + 4] += 1;
	expect_damage("1/1/3/abc#1", "a block states", "a length not of four");
	memcpy(file, keep, end);
	file[second_at + 7] = 0x7f;
	expect_damage("1/1/3/abc#1", "a block states", "a block of two gigabytes");
	memcpy(file, keep, end);
	len = end;
	section();
	file[end + 12] = 2;
	expect_damage("1/1/3/abc#1 2/1/3/def#2", "a section of version 2", "section 2.0");
	memcpy(file, keep, end);
	len = end;
	section();
	file[end + 8] = 0;
	expect_damage("1/1/3/abc#1 2/1/3/def#2", "no byte order",
		      "a section of no order");
	memcpy(file, keep, end);
	len = end;
	section();
	enhanced(0, 3, "ghi", 3);
	expect_damage("1/1/3/abc#1 2/1/3/def#2", "interface 0 of 0",
		      "interfaces end with their section");
}

/* --- what is no capture --- */

static const struct {
	const char *what, *words;
	struct bytes octets;
} others[] = {
    {"nothing", "is empty, not a capture", BYTES_LIT("")},
    {"one octet", "not a capture", BYTES_LIT("\1")},
    {"Network Monitor 2", "editcap", BYTES_LIT("GMBU\0\2\0\0")},
    {"a zip archive", "unpack it first", BYTES_LIT("PK\3\4\24\0\0\0")},
    {"a program", "a program",
     BYTES_LIT("\x7f"
	       "ELF\2\1\1")},
    {"noise", "begins with 01 02 03 04", BYTES_LIT("\1\2\3\4\5\6\7\10\11")},
};

/* Text is lines, whatever it says: which log it is others tell. */
static void test_lines(void)
{
	struct frame f;
	int r = open_octets(BYTES_LIT("hello\r\n\nworld\nhalf"));
	is_int(r, 0, "a text is opened");
	is_str(source_state(source)->format, "lines", "as lines");
	ok(source_next(source, &f) == 1 && f.link == LINK_LINE &&
	       bytes_equal(f.octets, BYTES_LIT("hello")),
	   "a line without its end");
	ok(source_next(source, &f) == 1 && f.octets.len == 0, "an empty one");
	ok(source_next(source, &f) == 1 && f.number == 3, "numbered");
	is_int(source_next(source, &f), 0, "half a line is left out");
	ok(source_state(source)->damaged &&
	       strstr(source_state(source)->damage, "cut inside a line"),
	   "and told: %s", source_state(source)->damage);
	source_close(source);
	open_octets(BYTES_LIT("{\"a\":1}"));
	ok(source_next(source, &f) == 1 && f.octets.len == 7 &&
	       source_next(source, &f) == 0 && !source_state(source)->damaged,
	   "but a whole JSON object needs no end");
	source_close(source);
}

static void test_foreign(void)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		int r = open_octets(others[i].octets);
		ok(r == YORE_EUNSUPPORTED && strstr(fault.text, others[i].words) &&
		       strstr(fault.text, path) && !strchr(fault.text, '\n'),
		   "%s: %s", others[i].what, fault.text);
	}
	unlink(path);
	ok(open_saved() == YORE_ENOENT && strstr(fault.text, path), "no file: %s",
	   fault.text);
	is_int(source_open_file("/", 0, &fault, &source), YORE_EIO, "a folder");
	ok(strstr(fault.text, "/:") && strstr(fault.text, "directory"), "says so: %s",
	   fault.text);
	is_int(source_open_file(path, 0, NULL, &source), YORE_ENOENT, "without a fault");
	source_close(NULL);
}

/* --- pipes: no size, read in pieces --- */

static void test_pipe(void)
{
	int ends[2];
	two_records();
	if (pipe(ends) < 0)
		return;
	if (write(ends[1], file, len) != (ssize_t)len)
		printf("# short write\n");
	close(ends[1]);
	is_int(source_open_fd(ends[0], "a pipe", 3, &fault, &source), 0, "a pipe");
	is_str(frames(), "1000002/1/3/abc#1 4000005/1/3/def#2", "is read");
	is_int(source_state(source)->file_size, 0, "and has no size");
	source_close(source);
	int r = close(ends[0]);
	is_int(r, 0, "the descriptor stays the caller's");

	if (pipe(ends) < 0)
		return;
	many_packets(5000);
	if (fork() == 0) { /* pieces of every size */
		close(ends[0]);
		for (size_t at = 0, n = 1; at < len; at += n, n = n % 997 + 13) {
			if (at + n > len)
				n = len - at;
			if (write(ends[1], file + at, n) < 0)
				break;
		}
		_exit(0);
	}
	close(ends[1]);
	int keep = dup(STDIN_FILENO);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	is_int(source_open_file("-", 3, &fault, &source), 0, "standard input");
	is_int(count_frames(), 5000, "in small pieces");
	source_close(source);
	dup2(keep, STDIN_FILENO);
	close(keep);
}

int main(void)
{
	const char *folder = getenv("TMPDIR");
	snprintf(path, sizeof(path), "%s/yore-capture-XXXXXX", folder ? folder : "/tmp");
	int fd = mkstemp(path);
	if (fd < 0)
		return tap_skip("no temporary file");
	close(fd);
	test_pcap();
	test_pcapng();
	test_snoop();
	test_compressed();
	test_damage();
	test_lines();
	test_foreign();
	test_pipe();
	unlink(path);
	return tap_done();
}
