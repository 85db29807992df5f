#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/quota.h"
#include "tap.h"

#define DAY 86400
#define NOON ((int64_t)16617 * DAY + DAY / 2)

static struct key key_of(const char *id, uint64_t quota)
{
	struct key k = {.quota = quota};
	snprintf(k.id, sizeof(k.id), "%s", id);
	return k;
}

static uint64_t left(struct quota_table *t, const struct key *k, int64_t now_s)
{
	struct quota_state st = {0};
	return quota_look(t, k, now_s, &st) ? st.left : UINT64_MAX;
}

static void take(struct quota_table *t, const struct key *k, int64_t now_s, unsigned n)
{
	int64_t wait;
	while (n-- > 0)
		(void)quota_take(t, k, now_s * 1000000, &wait);
}

/* As a process does that is killed: nothing is closed in order. */
static struct quota_table *again(struct quota_table *old, const char *path, int64_t now_s)
{
	struct fault f = {0};
	quota_free(old);
	struct quota_table *t = quota_new();
	if (quota_keep(t, path, now_s, &f) < 0)
		ok(false, "kept: %s", f.text);
	return t;
}

static off_t size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? st.st_size : -1;
}

int main(void)
{
	char dir[] = "/tmp/yore-quota-XXXXXX", path[64];
	struct fault f = {0};
	struct key a = key_of("0123abcd", 10), b = key_of("fedcba98", 5),
		   free_one = key_of("11111111", 0), slow = key_of("22222222", 3);
	int64_t wait;
	slow.rate = 1;
	slow.burst = 2;
	ok(mkdtemp(dir) != NULL, "a folder");
	snprintf(path, sizeof(path), "%s/QUOTAS", dir);

	struct quota_table *t = again(NULL, path, NOON);
	take(t, &a, NOON, 3);
	take(t, &b, NOON, 7);
	take(t, &free_one, NOON, 3);
	is_int(left(t, &a, NOON), 7, "three of ten are used");
	is_int(left(t, &b, NOON), 0, "five of five");
	is_int(size_of(path), 80, "a line for each key with a quota");
	is_int(quota_sync(t, &f), 0, "sync");

	struct quota_table *other = quota_new();
	is_int(quota_keep(other, path, NOON, &f), YORE_EAGAIN, "one server has the file");
	quota_free(other);

	t = again(t, path, NOON + 60);
	is_int(left(t, &a, NOON + 60), 7, "a restart gives nothing back");
	is_int(quota_take(t, &b, (NOON + 60) * 1000000, &wait), QUOTA_DAY,
	       "what is used up stays so");
	is_int(wait, DAY / 2 - 60, "until midnight");
	take(t, &a, NOON + 60, 1);
	is_int(size_of(path), 80, "lines are written over");
	take(t, &slow, NOON, 5);
	is_int(left(t, &slow, NOON), 1, "a burst of two, of three a day");
	t = again(t, path, NOON);
	take(t, &slow, NOON, 1);
	is_int(left(t, &slow, NOON), 0, "tokens are full again, the day's quota is not");

	t = again(t, path, NOON + DAY);
	is_int(size_of(path), 0, "yesterday's lines are of no use");
	is_int(left(t, &a, NOON + DAY), 10, "a new day");
	take(t, &a, NOON + DAY, 2);
	t = again(t, path, NOON + DAY);
	is_int(left(t, &a, NOON + DAY), 8, "is kept, too");

	/* damage: a torn line at the end, rubbish in the middle */
	take(t, &b, NOON + DAY, 1);
	quota_free(t);
	FILE *file = fopen(path, "r+");
	fwrite("rubbish", 1, 7, file);
	fseek(file, 0, SEEK_END);
	fwrite("0123", 1, 4, file);
	fclose(file);
	t = again(NULL, path, NOON + DAY);
	is_int(left(t, &a, NOON + DAY), 10, "a line that cannot be read is none");
	is_int(left(t, &b, NOON + DAY), 4, "the others are");
	take(t, &a, NOON + DAY, 1);
	is_int(size_of(path), 120, "the torn end is written over");
	t = again(t, path, NOON + DAY);
	is_int(left(t, &a, NOON + DAY), 9, "and read again");

	/* many */
	for (unsigned i = 0; i < 1000; i++) {
		char id[KEY_ID_LEN + 1];
		snprintf(id, sizeof(id), "%08x", i * 2654435761u);
		struct key k = key_of(id, 100);
		take(t, &k, NOON + DAY, i % 7);
	}
	t = again(t, path, NOON + DAY);
	bool good = true;
	for (unsigned i = 0; i < 1000; i++) {
		char id[KEY_ID_LEN + 1];
		snprintf(id, sizeof(id), "%08x", i * 2654435761u);
		struct key k = key_of(id, 100);
		good = good && left(t, &k, NOON + DAY) == 100 - i % 7;
	}
	ok(good, "a thousand keys");
	quota_free(t);
	t = quota_new();
	is_int(quota_keep(t, "/nowhere/at/all", NOON, &f), YORE_ENOENT, "no such folder");
	take(t, &a, NOON, 1);
	is_int(left(t, &a, NOON), 9, "in memory it goes on");
	quota_free(t);
	unlink(path);
	rmdir(dir);
	return tap_done();
}
