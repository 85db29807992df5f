/*
 * A disk that fails or is full, at every call that writes, once or for good: the import
 * may end with an error and never by a signal; what comes after is exact.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "tap.h"
#include "unit/store/importing.h"

#define SECONDS_MOST 150 /* for each way to fail */

static char base[64], library[4096];

/* The library stands beside this program. */
static bool find_library(void)
{
	ssize_t n = readlink("/proc/self/exe", library, sizeof(library) - 40);
	if (n <= 0)
		return false;
	library[n] = 0;
	char *slash = strrchr(library, '/');
	strcpy(slash, "/unit/store/libfail_io.so");
	return io_exists(library);
}

static void set(const char *name, long value)
{
	char text[32];
	snprintf(text, sizeof(text), "%ld", value);
	setenv(name, text, 1);
}

static int hindered(const char *dir, long at, int err, bool stay)
{
	set("YORE_FAIL_IO", at);
	set("YORE_FAIL_ERRNO", err);
	if (stay)
		setenv("YORE_FAIL_STAY", "1", 1);
	setenv("YORE_FAIL_UNDER", dir, 1);
	/* a leak checker would start before the preloaded library */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
	setenv("LD_PRELOAD", library, 1);
	int r = finish(start(dir, NULL, NULL, "1"));
	unsetenv("LD_PRELOAD");
	unsetenv("YORE_FAIL_STAY");
	return r;
}

static long count_calls(void)
{
	char dir[160], path[200];
	struct buf b;
	long n = 0;
	snprintf(dir, sizeof(dir), "%s/count", base);
	snprintf(path, sizeof(path), "%s/calls", base);
	setenv("YORE_FAIL_COUNT", path, 1);
	is_int(hindered(dir, 0, 0, false), 0, "nothing fails: it ends well");
	unsetenv("YORE_FAIL_COUNT");
	if (io_read_file(path, 100, &b, NULL) == 0) {
		n = atol(buf_str(&b));
		buf_release(&b);
	}
	ok(n > 50, "%d calls write", (int)n);
	return n;
}

static void test_calls(long calls, int err, bool stay, long most)
{
	uint64_t all, want = wanted(1, &all);
	int signals = 0, wrong = 0, stuck = 0, found = 0;
	time_t end = time(NULL) + SECONDS_MOST;
	long done = 0;
	for (; done < most && time(NULL) < end; done++) {
		/* a prime: each call once, and none of the parts left to the end */
		long at = 1 + done * 7919 % calls;
		char dir[160];
		uint64_t rows;
		snprintf(dir, sizeof(dir), "%s/io", base);
		int r = hindered(dir, at, err, stay);
		if (r > 1) {
			printf("# call %ld: ended with %d\n", at, r);
			signals++;
		}
		if (finish(start(dir, NULL, NULL, "1")) != 0) {
			printf("# call %ld: cannot go on\n", at);
			stuck++;
		}
		if (digest_of(dir, &rows) != want || rows != all) {
			printf("# call %ld: other rows\n", at);
			wrong++;
		}
		struct fault f = {0};
		struct store *s = open_db(dir, &f);
		found += s == NULL || store_verify(s, NULL, NULL, &f) != 0;
		store_close(s);
		io_remove_tree(dir, NULL);
	}
	ok(signals == 0, "%s%s: no crash", strerror(err), stay ? " from then on" : "");
	ok(true, "%ld of %ld calls failed%s", done, most,
	   done < most ? " # SKIP the rest: time is over" : "");
	is_int(stuck, 0, "the next import ends well");
	is_int(wrong, 0, "nothing is lost and nothing counted twice");
	is_int(found, 0, "verify has nothing to say");
}

/* ---- a real disk that is really full ---- */

static void test_full(void)
{
	char dir[160], db[200], ballast[200];
	uint64_t rows, again;
	struct fault f = {0};
	snprintf(dir, sizeof(dir), "%s/small", base);
	snprintf(db, sizeof(db), "%s/db", dir);
	snprintf(ballast, sizeof(ballast), "%s/ballast", dir);
	mkdir(dir, 0777);
	if (mount("yore", dir, "tmpfs", 0, "size=10m") < 0) {
		ok(true, "a small file system # SKIP needs root");
		return;
	}
	struct store *s = open_db(db, &f);
	ok(s != NULL, "a database on 10 MiB %s", f.text);
	uint64_t done = 0;
	for (; s && done < 5 && commit_window(s, 1, done, &f) == 0; done++)
		;
	is_int(done, 5, "five windows");
	int fd = open(ballast, O_CREAT | O_WRONLY, 0666);
	is_int(posix_fallocate(fd, 0, 3 << 20), 0, "then somebody else takes the room");
	close(fd);
	is_int(commit_window(s, 1, done, &f), YORE_EFULL, f.text);
	uint64_t h = digest(s, &rows);
	ok(rows > 0 && h > 3, "what went in answers (%d rows)", (int)rows);
	is_int(store_compact(s, &f), 0, "and can be compacted");
	store_close(s);
	s = open_db(db, &f);
	is_int(digest(s, &again) == h && again == rows, 1, "and is there afterwards");
	is_int(entries_in(db, "incoming"), 0, "nothing waits");
	store_close(s);
	is_int(mount("yore", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=10m"), 0,
	       "now read-only");
	is_int(digest_of(db, &again) == h && again == rows, 1, "it can still be asked");
	s = open_db(db, &f);
	ok(s == NULL || commit_window(s, 1, done, &f) < 0, "not written: %s", f.text);
	store_close(s);
	mount("yore", dir, "tmpfs", MS_REMOUNT, "size=10m");
	unlink(ballast);
	s = open_db(db, &f);
	is_int(commit_window(s, 1, done, &f), 0, "with room again it goes on");
	store_close(s);
	umount(dir);
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "child") == 0)
		return child(argc, argv);
	if (!find_library())
		return tap_skip("the library to preload is not there");
	snprintf(base, sizeof(base), "/tmp/yore-faults-XXXXXX");
	if (mkdtemp(base) == NULL)
		return 1;
	long calls = count_calls(), most = getenv("YORE_LONG") ? calls : calls / 41;
	test_calls(calls, EIO, false, most);
	test_calls(calls, EIO, true, most);
	test_calls(calls, ENOSPC, false, most);
	test_calls(calls, ENOSPC, true, most);
	test_full();
	io_remove_tree(base, NULL);
	return tap_done();
}
