/*
 * Cursors from clients: what is read is what was written, and whatever place it names,
 * the answer goes on with rows of the answer, in its order, to its end.
 */
#include "base/hash.h"
#include "query/place.h"

#include "../unit/store/segments.h"
#include "law.h"

#define QUESTIONS 10
#define ROWS_MOST 1200

static struct store *history;
static struct query questions[QUESTIONS];
static struct term terms[QUESTIONS];
static uint64_t whole[QUESTIONS][ROWS_MOST];
static size_t whole_count[QUESTIONS];

static uint64_t row_of(const struct result *r)
{
	uint64_t how[] = {r->set.type,
			  r->set.source,
			  r->set.bailiwick,
			  (uint64_t)r->month,
			  r->span.count,
			  (uint64_t)r->span.first_s,
			  (uint64_t)r->span.last_s};
	uint64_t h = hash_fixed(how, sizeof(how), 1);
	h = hash_fixed(r->set.owner.at, r->set.owner.len, h);
	return hash_fixed(r->set.rdata.at, r->set.rdata.len, h);
}

static size_t ask(const struct query *q, uint64_t *rows)
{
	struct answer *a;
	struct result r;
	struct fault f = {0};
	size_t n = 0;
	if (answer_open(history, q, &f, &a) < 0)
		return SIZE_MAX;
	int more;
	while ((more = answer_next(a, &r)) == 1) {
		LAW(n < ROWS_MOST, "more rows than there are");
		rows[n++] = row_of(&r);
	}
	LAW(more == 0, "it ends well: %s", answer_fault(a)->text);
	answer_close(a);
	return n;
}

static void fill(const char *shelf, unsigned rows, uint64_t sequence)
{
	static struct made made;
	struct ledger_entry e = made_entry((uint8_t)sequence, 0, 100);
	struct segment_meta m = made_meta(shelf, sequence, &e, 1);
	made_fill(&made, shelf, rows);
	LAW(store_commit(history, &m, &made.rows, NULL) == 0, "a segment");
}

static void load(void)
{
	static const char *const texts[QUESTIONS] = {
	    "h07.z0",	 "*.z3",    "*",    "/h[0-9]1/", "192.0.2.0/24",
	    "192.0.2.3", "h1*.z2.", "*.z1", "*.z5",	 "*"};
	struct store_options o = {.write = true, .create = true};
	if (history)
		return;
	LAW(store_open("mem:", &o, NULL, &history) == 0, "a store");
	fill("y2015", 500, 1);
	fill("y2016", 300, 2);
	fill("intervals", 300, 3);
	for (int i = 0; i < QUESTIONS; i++) {
		struct query *q = &questions[i];
		*q = QUERY_ALL;
		q->threads = 1;
		q->view = (enum view)(i % 3);
		if (texts[i][1]) {
			LAW(term_parse(texts[i], NULL, &terms[i]) == 0, "%s", texts[i]);
			q->terms = &terms[i];
			q->term_count = 1;
			q->side = terms[i].kind == TERM_ADDR ? SIDE_RDATA : SIDE_RRNAME;
		}
		whole_count[i] = ask(q, whole[i]);
		LAW(whole_count[i] != SIZE_MAX, "%s can be asked", texts[i]);
	}
}

static bool same_gap(const struct gap *a, const struct gap *b)
{
	return a->octets == b->octets && bytes_equal(a->digest, b->digest) &&
	       bytes_equal(a->end, b->end);
}

static bool same_place(const struct place *a, const struct place *b)
{
	return place_compare(a, b) == 0 && a->question == b->question &&
	       same_gap(&a->row_gap, &b->row_gap) && same_gap(&a->set_gap, &b->set_gap) &&
	       same_gap(&a->rdata_gap, &b->rdata_gap);
}

/* What was left out of it is in itself. */
static void close_gap(struct gap *g, struct bytes all, struct buf *room,
		      struct bytes *begin)
{
	if (g->octets)
		LAW(gap_close(g, all, room, begin), "it is like itself");
	*g = (struct gap){0};
}

/* A place out of octets, as anybody can make one whose sum is right. */
static void make_place(struct input *f, uint32_t question, struct buf *text)
{
	struct buf room, row, set, rdata;
	struct place p = {.question = feed_u8(f) & 1 ? question : feed_u16(f),
			  .step = feed_u8(f),
			  .bound = feed_u8(f),
			  .month = (int16_t)feed_u16(f),
			  .first_s = (int64_t)feed_u16(f) << 20},
		     back;
	struct bytes *parts[] = {&p.name, &p.row, &p.set, &p.rdata, &p.source};
	for (int i = 0; i < 5; i++)
		*parts[i] = feed_bytes(f, i < 4 ? feed_u8(f) : f->left);
	place_put(text, &p);
	buf_init(&room, 1u << 20);
	buf_init(&row, 1u << 10);
	buf_init(&set, 1u << 10);
	buf_init(&rdata, 1u << 10);
	LAW(place_read(buf_str(text), &room, &back) == 0, "written and read");
	close_gap(&back.row_gap, p.row, &row, &back.row);
	close_gap(&back.set_gap, p.set, &set, &back.set);
	close_gap(&back.rdata_gap, p.rdata, &rdata, &back.rdata);
	LAW(same_place(&p, &back), "the same place");
	buf_release(&room);
	buf_release(&row);
	buf_release(&set);
	buf_release(&rdata);
}

/* Where the answer really was after so many rows; how many are left. */
static size_t stop_at(const struct query *q, size_t rows, size_t all, struct buf *text)
{
	struct answer *a;
	struct result r;
	size_t n = 0;
	LAW(answer_open(history, q, NULL, &a) == 0, "asked");
	while (n < rows && answer_next(a, &r) == 1)
		n++;
	if (n)
		LAW(answer_cursor(a, text) == 0, "a cursor after %zu rows", n);
	answer_close(a);
	return all - n;
}

/* The octets themselves, with their sum. */
static void raw_place(struct input *f, struct buf *text)
{
	struct buf b;
	buf_init(&b, 1u << 20);
	buf_put_bytes(&b, feed_bytes(f, f->left));
	buf_u32be(&b, (uint32_t)hash_fixed(b.at, b.len, 2));
	buf_hex(text, buf_bytes(&b));
	buf_release(&b);
}

static void check_again(const char *text)
{
	struct buf room, other, out;
	struct place p, back;
	buf_init(&room, 1u << 20);
	buf_init(&other, 1u << 20);
	buf_init(&out, 1u << 20);
	if (place_read(text, &room, &p) == 0) {
		place_put(&out, &p);
		LAW(place_read(buf_str(&out), &other, &back) == 0, "written anew");
		LAW(same_place(&p, &back), "the same place");
	}
	buf_release(&room);
	buf_release(&other);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t rest[ROWS_MOST];
	struct input f = {data, size};
	struct buf text;
	load();
	uint8_t how = feed_u8(&f), which = feed_u8(&f) % QUESTIONS;
	struct query q = questions[which];
	size_t all = whole_count[which], left = SIZE_MAX;
	buf_init(&text, 1u << 20);
	if (how % 4 == 3) {
		left = stop_at(&q, feed_u16(&f) % (all + 1), all, &text);
	} else if (how % 4 == 0) {
		char *typed = feed_text(&f);
		buf_puts(&text, typed);
		free(typed);
	} else if (how % 4 == 1) {
		raw_place(&f, &text);
	} else {
		make_place(&f, place_question(&q), &text);
	}
	check_again(buf_str(&text));
	q.after = buf_str(&text);
	size_t n = ask(&q, rest);
	LAW(left == SIZE_MAX || n == left, "%zu rows left of %zu", left, n);
	if (n != SIZE_MAX) {
		LAW(n <= all, "%zu rows of %zu", n, all);
		LAW(memcmp(rest, whole[which] + all - n, n * sizeof(rest[0])) == 0,
		    "the rest of the answer");
	}
	buf_release(&text);
	return 0;
}
