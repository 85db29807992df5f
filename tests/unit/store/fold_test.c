/* Old commits in the ledger become fewer; what they say stays. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "store/ledger.h"
#include "tap.h"
#include "unit/store/looking.h"

#define DAY_US ((int64_t)86400 * 1000000)
#define OLD_US (1436313600 * (int64_t)1000000) /* 2015-07-08 */

static struct store *open_db(const char *dir, struct fault *f)
{
	struct store_options o = {.write = true, .create = true, .memory = 32u << 20};
	struct store *s = NULL;
	if (store_open(dir, &o, f, &s) < 0)
		printf("# %s\n", f->text);
	return s;
}

/* Ten packets, a minute behind the one before. */
static int commit_at(struct store *s, uint8_t input, uint64_t n, int64_t at_us,
		     const char *counters)
{
	static struct made made;
	struct fault f = {0};
	struct ledger_entry e = made_entry(input, n * 10, n * 10 + 10);
	struct segment_meta m = made_meta("y2015", input * 1000u + n, &e, 1);
	e.first_us = at_us;
	e.last_us = at_us + 59 * 1000000;
	e.counters = BYTES_STR(counters);
	made_state = n + 1;
	made_fill(&made, "y2015", 50);
	return store_commit(s, &m, &made.rows, &f);
}

struct said {
	char text[4096];
};

static int say_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct said *s = arg;
	size_t n = strlen(s->text);
	snprintf(s->text + n, sizeof(s->text) - n, "%u: %llu-%llu %lld-%lld %.*s\n",
		 e->input.octets[0], (unsigned long long)e->from,
		 (unsigned long long)e->to.packets,
		 (long long)((e->first_us - OLD_US) / 1000000),
		 (long long)((e->last_us - OLD_US) / 1000000), (int)e->counters.len,
		 (const char *)e->counters.at);
	for (char *p = s->text + n; p[0] && p[1]; p++)
		if (*p == '\n')
			*p = ' ';
	return 0;
}

static void count_line(const char *line, void *arg)
{
	printf("# %s\n", line);
	++*(int *)arg;
}

static void test_fold(const char *dir)
{
	struct fault f = {0};
	uint64_t rows, before;
	int lines = 0;
	struct store *s = open_db(dir, &f);
	int64_t now_us = (int64_t)time(NULL) * 1000000;
	ok(commit_at(s, 1, 0, OLD_US, "net.hole=3\nlive.dropped=1\n") == 0 &&
	       commit_at(s, 1, 1, OLD_US + 60000000, "live.dropped=2\n") == 0 &&
	       commit_at(s, 1, 2, OLD_US + 120000000, "zz=1\n") == 0 &&
	       commit_at(s, 1, 3, OLD_US + DAY_US, "") == 0 &&
	       commit_at(s, 1, 4, OLD_US + DAY_US + 60000000, "zz=5\n") == 0 &&
	       commit_at(s, 1, 5, now_us - DAY_US, "") == 0 &&
	       commit_at(s, 1, 6, now_us, "") == 0,
	   "commits of one input, two of them of these days");
	ok(commit_at(s, 2, 0, OLD_US, "") == 0 &&
	       commit_at(s, 2, 1, OLD_US + 60000000, "") == 0,
	   "and of another one, all old");
	before = digest(s, &rows);
	is_int(store_compact(s, &f), 0, "compacted");
	struct said said = {""};
	store_ledger(s, "y2015", say_entry, &said, NULL);
	char *today = strstr(said.text, "1: 50-60");
	ok(strncmp(said.text,
		   "1: 0-30 0-179 net.hole=3 live.dropped=3 zz=1 \n"
		   "1: 30-50 86400-86519 zz=5 \n"
		   "1: 50-60 ",
		   strlen("1: 0-30 0-179 net.hole=3 live.dropped=3 zz=1 \n"
			  "1: 30-50 86400-86519 zz=5 \n"
			  "1: 50-60 ")) == 0,
	   "a row for each day that is over");
	ok(today && strstr(today, "\n1: 60-70 ") && strstr(today, "\n2: 0-10 0-59 \n") &&
	       strstr(today, "\n2: 10-20 60-119 \n"),
	   "what is young stays, and so does each input's last commit");
	printf("# %s", said.text);
	is_int(store_verify(s, count_line, &lines, NULL), 0, "verify finds nothing");
	ok(digest(s, &rows) == before, "and the rows are the same");
	is_int(commit_at(s, 1, 1, OLD_US + 60000000, "live.dropped=2\n"), YORE_ESTALE,
	       "a commit that was folded does not go in again");
	is_int(commit_at(s, 2, 1, OLD_US + 60000000, ""), 0,
	       "the last one is known, whatever its age");
	ok(digest(s, &rows) == before, "neither adds anything");
	is_int(commit_at(s, 2, 2, OLD_US + 120000000, "a=1\n"), 0,
	       "the next one goes in");
	store_close(s);
	s = open_db(dir, &f);
	is_int(store_compact(s, &f), 0, "opened and compacted again");
	said = (struct said){""};
	store_ledger(s, "y2015", say_entry, &said, NULL);
	ok(strstr(said.text, "2: 0-20 0-119 \n2: 20-30 120-179 a=1 \n") != NULL,
	   "then the one before the last is folded");
	is_int(store_verify(s, count_line, &lines, NULL), 0, "verify finds nothing");
	store_close(s);
}

/* The holder does it by itself, while it has nothing else to do. */
static void test_background(const char *dir)
{
	struct fault f = {0};
	struct store *s = open_db(dir, &f);
	int n = 0;
	for (uint64_t i = 0; i < 40; i++)
		n += commit_at(s, 1, i, OLD_US + (int64_t)i * 60000000, "x=1\n");
	is_int(n, 0, "forty commits");
	struct said said;
	for (int i = 0; i < 200; i++) {
		said = (struct said){""};
		store_ledger(s, "y2015", say_entry, &said, NULL);
		if (strncmp(said.text, "1: 0-390 0-2339 x=39 \n1: 390-400 ", 33) == 0)
			break;
		store_close(s); /* a pass an hour: the next holder begins at once */
		s = open_db(dir, &f);
		usleep(50000 + (useconds_t)i * 20000);
	}
	ok(strncmp(said.text, "1: 0-390 0-2339 x=39 \n1: 390-400 ", 33) == 0,
	   "are two rows soon");
	store_close(s);
}

static void test_join(void)
{
	struct ledger_entry a = made_entry(1, 0, 10), b = made_entry(1, 10, 20);
	struct buf counters;
	char many[5000] = "";
	buf_init(&counters, LEDGER_VALUE_MAX);
	buf_puts(&counters, "x=18446744073709551615\nended\nx=1\n");
	a.first_us = b.first_us = OLD_US;
	a.last_us = WHEN_UNKNOWN;
	b.last_us = OLD_US + 5;
	b.counters = BYTES_STR("ended\nx=7\ny=2\ny=3\n");
	ok(ledger_join(&a, &counters, &b), "neighbours are joined");
	is_str(buf_str(&counters), "x=18446744073709551615\nended\ny=5\n",
	       "sums do not turn over, what is no number stands once");
	ok(a.last_us == OLD_US + 5, "a time that is not known is no time");
	struct ledger_entry c = made_entry(1, 21, 30), d = made_entry(1, 20, 30);
	ok(!ledger_join(&a, &counters, &c), "a hole between them: not joined");
	d.first_us = d.last_us = OLD_US;
	snprintf(d.sensor, sizeof(d.sensor), "other");
	ok(!ledger_join(&a, &counters, &d), "another sensor: not joined");
	d.sensor[0] = 0;
	for (unsigned i = 0; i < 400; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "n%u=1\n", i);
	memcpy(d.sensor, a.sensor, sizeof(d.sensor));
	d.counters = BYTES(many, 4090);
	ok(!ledger_join(&a, &counters, &d) && a.to.packets == 20,
	   "more counters than a row holds: not joined, nothing is lost");
	buf_release(&counters);
}

int main(void)
{
	char base[] = "/tmp/yore-fold-XXXXXX", dir[80];
	if (mkdtemp(base) == NULL)
		return 1;
	test_join();
	snprintf(dir, sizeof(dir), "%s/a", base);
	test_fold(dir);
	snprintf(dir, sizeof(dir), "%s/b", base);
	test_background(dir);
	io_remove_tree(base, NULL);
	return tap_done();
}
