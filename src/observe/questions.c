#include "observe/questions.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "observe/match.h"
#include "record/asked.h"

#define UNIT 8
#define HEADER_LEN 12
#define ENTRY_LEAST 64 /* octets of the smallest entries, for the number of slots */
#define SWEEPS_PER_AGE 4

struct entry {
	uint64_t key;
	int64_t time_us;
	struct addr client;
	uint16_t type;
	bool told;
	uint8_t name_len;
	uint8_t name[]; /* lower-case wire form */
};

static struct entry *entry_at(const struct questions *q, uint32_t unit)
{
	return (struct entry *)(q->at + (size_t)unit * UNIT);
}

static size_t entry_octets(size_t name_len)
{
	return (sizeof(struct entry) + name_len + UNIT - 1) / UNIT * UNIT;
}

int questions_init(struct questions *q, size_t octets, int64_t age_us, question_fn tell,
		   void *arg)
{
	size_t slots = 1024;
	while (slots * 2 * ENTRY_LEAST <= octets)
		slots *= 2;
	slots *= 2; /* half of them stay free */
	*q = (struct questions){.used = UNIT,
				.room = octets < 65536 ? 65536 : octets,
				.mask = slots - 1,
				.age_us = age_us,
				.swept = INT64_MIN,
				.tell = tell,
				.arg = arg};
	q->at = mmap(NULL, q->room, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	q->slots = calloc(slots, sizeof(*q->slots));
	if (q->at == MAP_FAILED || q->slots == NULL) {
		questions_release(q);
		return YORE_ENOMEM;
	}
	return 0;
}

void questions_release(struct questions *q)
{
	if (q->at != NULL && q->at != MAP_FAILED)
		munmap(q->at, q->room);
	free(q->slots);
	*q = (struct questions){0};
}

/* ---- telling ---- */

static int tell(struct questions *q, struct asking *what)
{
	if (q->selection != NULL &&
	    !selection_wants_set(q->selection, what->name, what->type))
		return 0;
	q->told++;
	return q->tell(what, q->arg);
}

static int tell_unanswered(struct questions *q, struct entry *e, uint32_t input,
			   uint64_t number)
{
	struct asking what = {.name = BYTES(e->name, e->name_len),
			      .type = e->type,
			      .outcome = ASKED_UNANSWERED,
			      .client = &e->client,
			      .time_s = e->time_us / 1000000,
			      .input = input,
			      .number = number};
	e->told = true;
	return tell(q, &what);
}

/* ---- finding ---- */

static void put_slot(struct questions *q, const struct entry *e, uint32_t unit)
{
	uint64_t i = e->key & q->mask;
	while (q->slots[i] != 0)
		i = (i + 1) & q->mask;
	q->slots[i] = unit;
}

/* The open one of this key; *before: one was there and is told. */
static struct entry *find(const struct questions *q, uint64_t key, bool *before)
{
	*before = false;
	for (uint64_t i = key & q->mask; q->slots[i] != 0; i = (i + 1) & q->mask) {
		struct entry *e = entry_at(q, q->slots[i]);
		if (e->key != key)
			continue;
		if (!e->told)
			return e;
		*before = true;
	}
	return NULL;
}

/* ---- sweeping ---- */

/*
 * What was told and is old enough goes, what is too old is told. Later copies of an
 * answer find the told one for as long as it stays.
 */
static int sweep(struct questions *q, int64_t before_us, uint32_t input, uint64_t number,
		 bool told_too)
{
	size_t to = UNIT, n = 0;
	uint64_t count = 0;
	int r = 0;
	memset(q->slots, 0, (q->mask + 1) * sizeof(*q->slots));
	for (size_t at = UNIT; at < q->used; at += n) {
		struct entry *e = (struct entry *)(q->at + at);
		n = entry_octets(e->name_len);
		bool old = e->time_us < before_us;
		if (old && !e->told && r == 0)
			r = tell_unanswered(q, e, input, number);
		if (old || (e->told && told_too))
			continue;
		memmove(q->at + to, e, n);
		put_slot(q, (struct entry *)(q->at + to), (uint32_t)(to / UNIT));
		to += n;
		count++;
	}
	q->used = to;
	q->count = count;
	return r;
}

int questions_age(struct questions *q, int64_t now_us, uint32_t input, uint64_t number)
{
	/* by the clock and not since the beginning: whatever was read before, the same
	   packet tells of the same questions */
	int64_t step = q->age_us / SWEEPS_PER_AGE + 1, now = now_us / step;
	if (q->swept == INT64_MIN)
		q->swept = now;
	if (now <= q->swept)
		return 0;
	q->swept = now;
	return sweep(q, now * step - q->age_us, input, number, false);
}

int questions_end(struct questions *q, uint32_t input, uint64_t number)
{
	return sweep(q, INT64_MAX, input, number, true);
}

void questions_forget(struct questions *q)
{
	memset(q->slots, 0, (q->mask + 1) * sizeof(*q->slots));
	q->used = UNIT;
	q->count = 0;
}

static bool is_full(const struct questions *q)
{
	return q->room - q->used < entry_octets(255) || q->count >= q->mask / 2;
}

/* The middle of what is there, by time: half of the entries are older or about so. */
static int64_t middle(const struct questions *q)
{
	size_t half = q->used / 2, n;
	int64_t latest = INT64_MIN;
	for (size_t at = UNIT; at < half; at += n) {
		const struct entry *e = (const struct entry *)(q->at + at);
		n = entry_octets(e->name_len);
		if (e->time_us > latest)
			latest = e->time_us;
	}
	return latest == INT64_MIN ? INT64_MAX : latest + 1;
}

/* Memory ends: first what was told goes, then the older half, as unanswered. */
static int make_room(struct questions *q, const struct datagram *d)
{
	int r = sweep(q, d->time_us - q->age_us, d->input, d->number, true);
	if (r < 0 || (q->used < q->room / 4 * 3 && q->count < q->mask / 8 * 3))
		return r;
	uint64_t before = q->count;
	r = sweep(q, middle(q), d->input, d->number, true);
	q->early += before - q->count;
	return r;
}

/* ---- messages ---- */

/* The question of a message whose key could be made: it is plain and whole. */
static int read_question(struct bytes msg, struct name *name, uint16_t *type,
			 uint16_t *class)
{
	size_t end = HEADER_LEN;
	while (end < msg.len && msg.at[end] != 0)
		end += msg.at[end] + 1u;
	if (end + 5 > msg.len)
		return YORE_EMALFORMED;
	*type = load_u16be(msg.at + end + 1);
	*class = load_u16be(msg.at + end + 3);
	return name_of_wire(BYTES(msg.at + HEADER_LEN, end + 1 - HEADER_LEN), name);
}

int questions_asked(struct questions *q, const struct datagram *d, uint64_t key)
{
	struct name name;
	uint16_t type, class;
	bool before;
	int r = questions_age(q, d->time_us, d->input, d->number);
	if (r < 0 || find(q, key, &before) != NULL)
		return r;
	if (read_question(d->payload, &name, &type, &class) < 0 || class != CLASS_IN)
		return 0;
	if (is_full(q))
		r = make_room(q, d);
	struct bytes wire = name_bytes(&name);
	struct entry *e = (struct entry *)(q->at + q->used);
	*e = (struct entry){.key = key,
			    .time_us = d->time_us,
			    .client = d->src,
			    .type = type,
			    .name_len = (uint8_t)wire.len};
	memcpy(e->name, wire.at, wire.len);
	put_slot(q, e, (uint32_t)(q->used / UNIT));
	q->used += entry_octets(wire.len);
	q->count++;
	return r;
}

static bool is_terminal(const struct rr *rr)
{
	return rr->class == CLASS_IN && ((rr->type == TYPE_A && rr->rdata.len == 4) ||
					 (rr->type == TYPE_AAAA && rr->rdata.len == 16));
}

/* Addresses of the answer section: where the client will go. */
static void take_addresses(const struct message *m, struct asked_value *v)
{
	for (unsigned i = 0; i < m->rr_count && m->rr[i].section == SECTION_ANSWER; i++) {
		if (!is_terminal(&m->rr[i]))
			continue;
		struct addr a = addr_of(m->rr[i].rdata.at, (uint8_t)m->rr[i].rdata.len);
		asked_value_add(v, &a);
	}
}

int questions_answered(struct questions *q, const struct datagram *d,
		       const struct message *m, uint64_t key, bool not_below, bool alone)
{
	bool before;
	int r = questions_age(q, d->time_us, d->input, d->number);
	struct entry *e = find(q, key, &before);
	if (e != NULL)
		e->told = true;
	if (r < 0 || not_below || (e == NULL && (before || !alone)) || m->qdcount != 1 ||
	    m->question.class != CLASS_IN)
		return r;
	struct asked_value v = {.count = 0};
	take_addresses(m, &v);
	struct asking what = {.name = m->question.name,
			      .type = m->question.type,
			      .outcome = m->rcode,
			      .client = e ? &e->client : &d->dst,
			      .time_s = (e ? e->time_us : d->time_us) / 1000000,
			      .addrs = v.addrs,
			      .addr_count = v.count,
			      .more = v.more,
			      .input = d->input,
			      .number = d->number};
	return tell(q, &what);
}
