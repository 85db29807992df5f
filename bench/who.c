/*
 * Who asked at scale: half a year of questions through the real window and commit path,
 * then lists asked of them. One figure a line.
 *
 *     bench-who DIR MILLIONS
 *
 * A thousand clients and two resolvers that ask for others; names are drawn unevenly of
 * 400,000, one in ten of the questions ends in NXDOMAIN. The list has 3,000 terms as a
 * report's would: names and zones that nobody asked for, and a hundred dead ones that
 * somebody did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "base/num.h"
#include "gather/gather.h"
#include "query/who.h"
#include "store/who.h"

#define NAMES 400000
#define CLIENTS 1000
#define DAYS 182
#define FIRST_DAY 16617 /* 2015-07-01 */
#define TERMS 3000
#define DEAD 100
#define SLICE 10000 /* questions to a step of progress */

/* Of this process, so that others on the machine do not count. */
static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void figure(const char *name, double value, const char *unit)
{
	printf("%s\t%.2f\t%s\n", name, value, unit);
	fflush(stdout);
}

static _Noreturn void fail(const char *what, const struct fault *f)
{
	fprintf(stderr, "bench-who: %s: %s\n", what, f->text);
	exit(1);
}

static uint64_t state = 88172645463325252u;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void name_of(uint64_t n, bool dead, struct name *ret)
{
	char text[80];
	snprintf(text, sizeof(text), "%s%llu.zone%llu.example", dead ? "dead" : "www",
		 (unsigned long long)n, (unsigned long long)(n % 20000));
	if (name_of_text(text, ret) < 0)
		exit(1);
}

/* Low numbers far more often than high ones. */
static uint64_t uneven(uint64_t most)
{
	double u = (double)(draw() >> 11) / 9007199254740992.0;
	return (uint64_t)(u * u * u * (double)most);
}

static double recording; /* CPU seconds of this thread in gather_question, sampled */

static double thread_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int one_question(struct gather *g, uint64_t i, uint64_t count)
{
	struct name name;
	bool dead = draw() % 10 == 0;
	uint64_t n = dead ? uneven(NAMES / 10) : uneven(NAMES);
	name_of(n, dead, &name);
	uint32_t client =
	    draw() % 5 == 0 ? (uint32_t)(draw() % 2) : 2 + (uint32_t)(draw() % CLIENTS);
	struct addr from = {.len = 4,
			    .at = {10, 1, (uint8_t)(client >> 8), (uint8_t)client}};
	struct addr to = {.len = 4, .at = {198, 51, (uint8_t)(n >> 8), (uint8_t)n}};
	struct asking q = {.name = name_bytes(&name),
			   .type = 1,
			   .outcome = dead ? 3 : 0,
			   .client = &from,
			   .time_s = FIRST_DAY * INT64_C(86400) +
				     (int64_t)(i * (DAYS * UINT64_C(86400)) / count),
			   .addrs = &to,
			   .addr_count = dead ? 0 : 1,
			   .number = i + 1};
	if (i % 64)
		return gather_question(&q, g);
	double began = thread_s();
	int r = gather_question(&q, g);
	recording += (thread_s() - began) * 64;
	return r;
}

static void fill(struct store *s, uint64_t count)
{
	struct segment_sink sink = store_sink(s);
	struct gather_options o = {.memory = (size_t)256 << 20};
	struct ledger_entry start = {.name = "bench", .kind = "pcap"};
	struct input_position at = {0};
	struct fault f = {0};
	struct gather *g;
	double began = cpu_s();
	if (gather_new(&sink, &o, &g) < 0 || gather_input(g, 0, &start) < 0)
		fail("gather", &f);
	for (uint64_t i = 0; i < count; i++) {
		if (i % SLICE == 0) {
			int64_t us = (FIRST_DAY * INT64_C(86400) +
				      (int64_t)(i * (DAYS * UINT64_C(86400)) / count)) *
				     1000000;
			gather_progress(g, 0, &at, us, us);
			if (gather_due(g, us) && gather_hand_over(g, &f) < 0)
				fail("commit", &f);
		}
		if (one_question(g, i, count) < 0)
			fail("question", gather_fault(g));
		at.packets = i + 1;
	}
	int64_t us = (FIRST_DAY + DAYS) * INT64_C(86400) * 1000000 - 1;
	gather_progress(g, 0, &at, us, us);
	if (gather_flush(g, &f) < 0)
		fail("commit", &f);
	figure("who_record_question", recording / (double)count * 1e9, "ns");
	figure("who_fill_question", (cpu_s() - began) / (double)count * 1e9, "ns");
	figure("who_rows", (double)gather_counters(g)->rows, "rows");
	gather_free(g);
}

struct counting {
	uint64_t rows;
};

static int on_row(const struct who_row *r, void *arg)
{
	++((struct counting *)arg)->rows;
	return 0;
}

static void ask(struct store *s, const char *what, const struct who_query *q)
{
	double best = 1e9;
	struct counting c = {0};
	for (int i = 0; i < 3; i++) {
		struct who_about about = {0};
		struct fault f = {0};
		c.rows = 0;
		double began = cpu_s();
		if (who_ask(s, q, on_row, &c, &about, &f) < 0)
			fail(what, &f);
		double took = cpu_s() - began;
		best = took < best ? took : best;
		if (i == 0) {
			char name[80];
			snprintf(name, sizeof(name), "%s_first", what);
			figure(name, took, "s");
		}
		who_about_release(&about);
	}
	char rows[80];
	figure(what, best, "s");
	snprintf(rows, sizeof(rows), "%s_rows", what);
	figure(rows, (double)c.rows, "rows");
}

static void add(struct term *terms, size_t *n, const char *text)
{
	struct fault f = {0};
	if (term_parse(text, &f, &terms[*n]) < 0)
		fail(text, &f);
	++*n;
}

static void ask_all(struct store *s)
{
	struct term *terms = calloc(TERMS + 8, sizeof(*terms));
	size_t n = 0;
	char text[80];
	for (unsigned i = 0; n < TERMS - DEAD; i++) {
		snprintf(text, sizeof(text),
			 i % 10 ? "absent%u.c2-%u.example.net"
				: "*.zone%u-%u.example.org",
			 i, i % 700);
		add(terms, &n, text);
	}
	for (unsigned i = 0; i < DEAD; i++) {
		snprintf(text, sizeof(text), "dead%u.zone%u.example", 7 + i * 11,
			 (7 + i * 11) % 20000);
		add(terms, &n, text);
	}
	struct who_query q = {.terms = terms,
			      .term_count = n,
			      .fence = FENCE_OPEN,
			      .now_s = (FIRST_DAY + DAYS) * INT64_C(86400)};
	struct fault f = {0};
	ask(s, "who_3000_terms", &q);
	add(terms, &n, "/^dead17\\.zone/");
	add(terms, &n, "198.51.3.0/28");
	q.term_count = n;
	ask(s, "who_3000_terms_regex_prefix", &q);
	struct who_query one = {.fence = FENCE_OPEN, .now_s = q.now_s};
	if (who_client_parse("10.1.1.77", &one, &f) < 0)
		fail("client", &f);
	ask(s, "who_one_client", &one);
	one.terms = terms + TERMS - DEAD;
	one.term_count = DEAD;
	ask(s, "who_one_client_100_terms", &one);
	for (size_t i = 0; i < n; i++)
		term_release(&terms[i]);
	free(terms);
}

int main(int argc, char **argv)
{
	struct store_options o = {.write = true, .create = true};
	struct fault f = {0};
	uint64_t millions;
	struct store *s;
	if (argc != 3 || num_u64(argv[2], 1000, &millions) < 0) {
		fprintf(stderr, "usage: bench-who DIR MILLIONS\n");
		return 2;
	}
	if (store_open(argv[1], &o, &f, &s) < 0)
		fail("open", &f);
	fill(s, millions * 1000000);
	store_close(s);
	if (store_open(argv[1], &o, &f, &s) < 0)
		fail("open", &f);
	ask_all(s);
	if (store_compact(s, &f) < 0)
		fail("compact", &f);
	store_close(s);
	return 0;
}
