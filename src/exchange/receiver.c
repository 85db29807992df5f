#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "exchange/receiver.h"

#define PATH_ROOM 4096
#define NEWER_WAIT_S 60

struct receiver {
	struct store *store;
	char *dir;
	size_t parts_octets;
	int64_t part_age_s;
	pthread_mutex_t lock;	/* of the parts */
	pthread_mutex_t taking; /* one segment at a time */
	int64_t swept_s;
};

int receiver_open(struct store *s, const struct receiver_options *o, struct fault *f,
		  struct receiver **ret)
{
	struct receiver *r = calloc(1, sizeof(*r));
	if (r)
		r->dir = strdup(o->dir);
	if (r == NULL || r->dir == NULL) {
		free(r);
		return fault_set(f, YORE_ENOMEM, "receiver: out of memory");
	}
	int e = io_mkdirs(o->dir, 0700, f);
	if (e < 0) {
		free(r->dir);
		free(r);
		return e;
	}
	r->store = s;
	r->parts_octets = o->parts_octets ? o->parts_octets : (size_t)1 << 30;
	r->part_age_s = o->part_age_s ? o->part_age_s : 86400;
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->taking, NULL);
	*ret = r;
	return 0;
}

void receiver_close(struct receiver *r)
{
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->taking);
	free(r->dir);
	free(r);
}

static void part_path(const struct receiver *r, const char *name, char out[PATH_ROOM])
{
	snprintf(out, PATH_ROOM, "%s/%s.part", r->dir, name);
}

static uint64_t size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* Octets of all parts; those that nobody went on with are removed. */
static uint64_t sweep(struct receiver *r, int64_t now_s)
{
	uint64_t total = 0;
	DIR *d = opendir(r->dir);
	struct dirent *e;
	while (d && (e = readdir(d)) != NULL) {
		struct stat st;
		if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, 0) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (st.st_mtime < now_s - r->part_age_s)
			unlinkat(dirfd(d), e->d_name, 0);
		else
			total += (uint64_t)st.st_size;
	}
	if (d)
		closedir(d);
	r->swept_s = now_s;
	return total;
}

static int append(const char *path, uint64_t offset, struct bytes part, struct fault *f)
{
	int fd = io_open(path, O_WRONLY | O_CREAT, 0600, f);
	if (fd < 0)
		return fd;
	int r = 0;
	if (lseek(fd, (off_t)offset, SEEK_SET) < 0)
		r = fault_set(f, YORE_EIO, "%s: %s", path, strerror(errno));
	if (r == 0)
		r = io_write_all(fd, part.at, part.len, path, f);
	close(fd);
	return r;
}

static void busy(struct offer *o, unsigned wait_s)
{
	o->state = OFFER_BUSY;
	o->wait_s = wait_s;
}

/* What a newer program sent is good, and this one will be replaced some day. */
static void newer(struct offer *o)
{
	o->state = OFFER_NEWER;
	o->wait_s = NEWER_WAIT_S;
}

static void bad(struct offer *o, int code, const char *text)
{
	o->state = OFFER_BAD;
	fault_set(&o->fault, code, "%s", text);
}

/* The part is put where it belongs; true when the segment is whole. */
static bool keep_part(struct receiver *r, const char *path, uint64_t offset,
		      uint64_t size, struct bytes part, int64_t now_s, struct offer *o)
{
	uint64_t have = size_of(path);
	o->state = OFFER_PART;
	o->have = have;
	if (offset > have) /* the sender asks again from `have` */
		return false;
	if (have == 0 && sweep(r, now_s) + size > r->parts_octets) {
		busy(o, 10);
		return false;
	}
	if (offset + part.len > have) {
		if (append(path, offset, part, &o->fault) < 0) {
			busy(o, 30);
			return false;
		}
		have = offset + part.len;
	}
	o->have = have;
	return have >= size;
}

/* Is it for ever that this error stands in the way? */
static bool is_final(int code)
{
	return code == YORE_EMALFORMED || code == YORE_ELIMIT ||
	       code == YORE_EUNSUPPORTED || code == YORE_ETRUNCATED;
}

static void take(struct receiver *r, struct bytes segment, struct offer *o)
{
	if (pthread_mutex_trylock(&r->taking) != 0) {
		busy(o, 1);
		return;
	}
	int e = take_segment(r->store, segment, &o->take, &o->position, &o->fault);
	pthread_mutex_unlock(&r->taking);
	if (e == 0)
		o->state = OFFER_TAKEN;
	else if (e == YORE_EVERSION)
		newer(o);
	else if (is_final(e))
		o->state = OFFER_BAD;
	else
		busy(o, e == YORE_EFULL ? 60 : 5);
}

static void take_whole(struct receiver *r, const char *name, struct bytes segment,
		       struct offer *o)
{
	char is[WIRE_NAME_LEN + 1];
	wire_name(segment, is);
	if (strcmp(is, name) != 0)
		bad(o, YORE_EMALFORMED, "the octets are not what the name says");
	else
		take(r, segment, o);
}

static void take_file(struct receiver *r, const char *name, const char *path,
		      uint64_t size, struct offer *o)
{
	struct buf all;
	buf_init(&all, WIRE_OCTETS_MAX + 1);
	if (io_read_file(path, WIRE_OCTETS_MAX, &all, &o->fault) < 0)
		busy(o, 10);
	else if (all.len != size)
		bad(o, YORE_EMALFORMED, "more octets came than there should be");
	else
		take_whole(r, name, buf_bytes(&all), o);
	buf_release(&all);
	if (o->state != OFFER_BUSY && o->state != OFFER_NEWER)
		unlink(path);
}

void receiver_offer(struct receiver *r, const char *name, uint64_t offset, uint64_t size,
		    struct bytes part, int64_t now_s, struct offer *ret)
{
	char path[PATH_ROOM];
	*ret = (struct offer){.wait_s = 1};
	if (!wire_name_good(name) || size == 0 || size > WIRE_OCTETS_MAX ||
	    part.len > PART_MAX || offset > size || part.len > size - offset) {
		bad(ret, YORE_EMALFORMED, "name, offset or size cannot be");
		return;
	}
	if (offset == 0 && part.len == size) {
		take_whole(r, name, part, ret);
		return;
	}
	part_path(r, name, path);
	pthread_mutex_lock(&r->lock);
	bool whole = keep_part(r, path, offset, size, part, now_s, ret);
	pthread_mutex_unlock(&r->lock);
	if (whole)
		take_file(r, name, path, size, ret);
}

uint64_t receiver_have(struct receiver *r, const char *name)
{
	char path[PATH_ROOM];
	if (!wire_name_good(name))
		return 0;
	part_path(r, name, path);
	return size_of(path);
}
