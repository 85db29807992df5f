#include "record/pseudonym.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/hash.h"
#include "base/io.h"

#define KEY_LEN 32
#define PATH_ROOM 4096
#define KNOWN 4096 /* addresses whose pseudonym is kept at hand; a power of two */

struct known_address {
	struct addr addr;
	uint8_t pseudonym[PSEUDONYM_LEN];
};

struct pseudonyms {
	char dir[PATH_ROOM - 64];
	bool make;
	int32_t month; /* of the key at hand; INT32_MIN: none */
	bool absent;   /* and it is not there */
	uint8_t key[KEY_LEN];
	struct known_address known[KNOWN];
};

static int check_private(const char *path, mode_t wanted, struct fault *f)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return fault_set(f, yore_error_of_errno(errno), "%s: %s", path,
				 strerror(errno));
	if ((st.st_mode & S_IFMT) != wanted)
		return fault_set(f, YORE_EUSAGE,
				 "%s is no %s; keys of pseudonyms are "
				 "files of a folder of their own",
				 path, wanted == S_IFDIR ? "folder" : "plain file");
	if (st.st_mode & 077)
		return fault_set(f, YORE_EACCESS,
				 "%s can be read by others than its owner; keys of "
				 "pseudonyms must not be (chmod go= %s)",
				 path, path);
	return 0;
}

int pseudonyms_open(const char *dir, bool make, struct fault *f, struct pseudonyms **ret)
{
	struct pseudonyms *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory for pseudonyms");
	p->make = make;
	p->month = INT32_MIN;
	int n = snprintf(p->dir, sizeof(p->dir), "%s", dir);
	int r = n < 0 || (size_t)n >= sizeof(p->dir)
		    ? fault_set(f, YORE_ELIMIT, "path too long: %.80s...", dir)
		    : 0;
	if (r == 0 && make && !io_exists(dir))
		r = io_mkdirs(dir, 0700, f);
	if (r == 0)
		r = check_private(dir, S_IFDIR, f);
	if (r < 0) {
		free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void pseudonyms_close(struct pseudonyms *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, sizeof(*p));
	free(p);
}

static int make_key(struct pseudonyms *p, const char *path, struct fault *f)
{
	if (getrandom(p->key, KEY_LEN, 0) != KEY_LEN)
		return fault_set(f, YORE_EIO, "no random numbers: %s", strerror(errno));
	return io_replace(path, BYTES(p->key, KEY_LEN), 0600, f);
}

static int read_key(struct pseudonyms *p, const char *path, struct fault *f)
{
	struct buf b;
	int r = check_private(path, S_IFREG, f);
	if (r == 0)
		r = io_read_file(path, KEY_LEN, &b, f);
	if (r < 0)
		return r;
	if (b.len == KEY_LEN)
		memcpy(p->key, b.at, KEY_LEN);
	else
		r = fault_set(f, YORE_ECORRUPT, "%s has %zu octets instead of %d", path,
			      b.len, KEY_LEN);
	explicit_bzero(b.at, b.len);
	buf_release(&b);
	return r;
}

static int take_key(struct pseudonyms *p, int32_t month, struct fault *f)
{
	char path[PATH_ROOM];
	snprintf(path, sizeof(path), "%s/%04d-%02d.key", p->dir, when_month_year(month),
		 month % 12 + 1);
	memset(p->known, 0, sizeof(p->known));
	p->month = INT32_MIN;
	p->absent = false;
	int r = 0;
	if (io_exists(path))
		r = read_key(p, path, f);
	else if (p->make)
		r = make_key(p, path, f);
	else
		p->absent = true;
	if (r == 0)
		p->month = month;
	return r;
}

int pseudonym_of(struct pseudonyms *p, const struct addr *a, int32_t month,
		 struct asked_client *ret, struct fault *f)
{
	int r = p->month == month ? 0 : take_key(p, month, f);
	if (r < 0)
		return r;
	if (p->absent)
		return fault_set(f, YORE_ENOENT, "%s: no key of %04d-%02d", p->dir,
				 when_month_year(month), month % 12 + 1);
	struct known_address *k = &p->known[hash_keyed(a->at, a->len) & (KNOWN - 1)];
	if (!addr_equal(&k->addr, a)) {
		uint8_t mac[32];
		digest_hmac_sha256(BYTES(p->key, KEY_LEN), BYTES(a->at, a->len), mac);
		memcpy(k->pseudonym, mac, PSEUDONYM_LEN);
		k->addr = *a;
	}
	*ret = (struct asked_client){.len = PSEUDONYM_LEN};
	memcpy(ret->at, k->pseudonym, PSEUDONYM_LEN);
	return 0;
}
