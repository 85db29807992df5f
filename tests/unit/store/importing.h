/*
 * An "import" of ten windows of rows as a process of its own, to be killed, hindered and
 * raced; what it must come to in the end is computed in memory. A program that uses it
 * calls child() when its first argument is "child".
 */
#ifndef YORE_TESTS_STORE_IMPORTING_H
#define YORE_TESTS_STORE_IMPORTING_H

#include <sys/wait.h>
#include <unistd.h>

#include "unit/store/looking.h"

#define WINDOWS 10

static struct made made;

static inline struct store *open_db(const char *dir, struct fault *f)
{
	struct store_options o = {.write = true, .create = true, .memory = 32u << 20};
	struct store *s = NULL;
	return store_open(dir, &o, f, &s) < 0 ? NULL : s;
}

/* The same rows for the same window, whoever makes them. */
static inline void make_window(uint8_t input, uint64_t window)
{
	made_state = 1000 * input + window + 1;
	made_fill(&made, "y2015", 120);
}

static inline int commit_window(struct store *s, uint8_t input, uint64_t window,
				struct fault *f)
{
	struct ledger_entry e = made_entry(input, window * 100, window * 100 + 100);
	struct segment_meta m = made_meta("y2015", window, &e, 1);
	pid_t pid = getpid(); /* another run is another origin */
	memcpy(m.origin, &pid, sizeof(pid));
	make_window(input, window);
	return store_commit(s, &m, &made.rows, f);
}

/* As an import does it: ask where the shelf stands, go on from there. */
static inline int import(struct store *s, uint8_t input, uint64_t windows,
			 struct fault *f)
{
	struct input_id id = made_entry(input, 0, 0).input;
	for (int turns = 0; turns < 1000; turns++) {
		struct ledger_entry e;
		int r = store_position(s, "y2015", &id, &e, f);
		if (r < 0)
			return r;
		uint64_t at = r ? e.to.packets / 100 : 0;
		if (at >= windows)
			return 0;
		r = commit_window(s, input, at, f);
		if (r < 0 && r != YORE_ESTALE)
			return r;
	}
	return YORE_ETIMEOUT;
}

static inline int forget_zone(struct store *s, struct fault *f)
{
	struct erasure what = {.kind = ERASE_ZONE, .name = BYTES_LIT("\2z3\0")};
	int64_t n;
	return store_erase(s, &what, 1, NULL, NULL, &n, f);
}

/* child DIR INPUT...: (or "e": erases a zone) exits with 0, or 1 and the fault on stdout.
 */
static inline int child(int argc, char **argv)
{
	struct fault f = {0};
	struct store *s = open_db(argv[2], &f);
	int r = s ? 0 : YORE_EIO;
	for (int i = 3; i < argc && r == 0; i++)
		r = argv[i][0] == 'e' ? forget_zone(s, &f)
				      : import(s, (uint8_t)atoi(argv[i]), WINDOWS, &f);
	store_close(s);
	if (r < 0)
		printf("# child: %s\n", f.text);
	return r < 0;
}

static inline pid_t start(const char *dir, const char *variable, const char *step,
			  const char *input)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid)
		return pid;
	if (variable)
		setenv(variable, step, 1);
	execl(self, self, "child", dir, input, (char *)NULL);
	_exit(9);
}

static inline int finish(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static inline uint64_t digest_of(const char *dir, uint64_t *rows)
{
	struct fault f = {0};
	struct store_options o = {0};
	struct store *s = NULL;
	*rows = 0;
	if (store_open(dir, &o, &f, &s) < 0) {
		printf("# %s\n", f.text);
		return 3;
	}
	uint64_t h = digest(s, rows);
	store_close(s);
	return h;
}

/* What undisturbed imports of these inputs give. */
static inline uint64_t wanted(int inputs, uint64_t *rows)
{
	struct fault f = {0};
	struct store *s = open_db("mem:", &f);
	for (int i = 1; i <= inputs; i++)
		if (import(s, (uint8_t)i, WINDOWS, &f) < 0)
			printf("# reference: %s\n", f.text);
	uint64_t h = digest(s, rows);
	store_close(s);
	return h;
}

#endif
