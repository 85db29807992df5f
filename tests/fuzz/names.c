/*
 * A file of names. 0: a directory as it comes, behind it blocks; else: one block whose
 * octets come, with a literal. Hashes are set right, or hardly anything would get past.
 */
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "base/hash.h"
#include "base/io.h"
#include "dns/name.h"
#include "record/key.h"
#include "store/names.h"
#include "store/names_form.h"

#include "law.h"

static void put_tail(struct buf *file, uint64_t at, uint64_t blocks)
{
	size_t len = file->len - at, tail = file->len;
	buf_u64be(file, at);
	buf_u64be(file, len);
	buf_u64be(file, blocks);
	buf_u64be(file, 3);
	buf_u64be(file, 4);
	buf_u64be(file, hash_fixed(file->at + at, len, 0));
	buf_u64be(file, hash_fixed(file->at + tail, file->len - tail, 0));
}

static void put_directory(struct buf *file, struct input *f)
{
	size_t blocks = feed_u8(f), n = feed_u8(f);
	struct bytes directory = feed_bytes(f, n);
	buf_put_bytes(file, feed_bytes(f, f->left));
	uint64_t at = file->len;
	buf_put_bytes(file, directory);
	put_tail(file, at, blocks);
}

static void put_block(struct buf *file, struct input *f)
{
	struct bytes plain = feed_bytes(f, f->left < 4000 ? f->left : 4000);
	uint8_t packed[8192];
	size_t n = ZSTD_compress(packed, sizeof(packed), plain.at, plain.len, 1);
	buf_put(file, packed, n);
	uint64_t at = file->len;
	buf_varint(file, n);
	buf_varint(file, plain.len);
	buf_u64be(file, hash_fixed(packed, n, 0));
	buf_put_bytes(file, BYTES_LIT("\3\1a\0"));
	put_tail(file, at, 1);
}

static void scan(const char *path, struct bytes literal)
{
	struct names_file *n;
	struct names_scan s;
	struct bytes name, owner;
	size_t octets = 0;
	if (names_open(path, NULL, &n) < 0)
		return;
	names_scan_init(&s, n, BYTES(NULL, 0), BYTES(NULL, 0), literal);
	while (names_scan_next(&s, &name) == 1) {
		uint8_t key[NAME_WIRE_MAX + 1] = {TABLE_NAME};
		LAW(name.len <= NAME_WIRE_MAX, "a name has a length");
		memcpy(key + 1, name.at, name.len);
		LAW(key_name_read(BYTES(key, name.len + 1), &owner) == 0,
		    "what is given is a name");
		octets += name.len;
	}
	LAW(octets <= n->count * (NAMES_BLOCK + NAME_WIRE_MAX), "and was in a block");
	names_scan_release(&s);
	names_put(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	struct buf file;
	char path[40];
	uint8_t kind = feed_u8(&f);
	struct bytes literal = feed_bytes(&f, kind % 4);
	int fd = memfd_create("names", MFD_CLOEXEC);
	buf_init(&file, 1u << 20);
	buf_put_bytes(&file, BYTES_LIT(NAMES_MAGIC));
	if (kind == 0)
		put_directory(&file, &f);
	else
		put_block(&file, &f);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && file.err == 0 &&
	    io_write_all(fd, file.at, file.len, path, NULL) == 0)
		scan(path, literal);
	buf_release(&file);
	if (fd >= 0)
		close(fd);
	return 0;
}
