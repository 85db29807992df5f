#include <stdlib.h>

#include "base/hash.h"
#include "net/decode.h"
#include "net/framing.h"
#include "net/stream_own.h"

/* Octets ahead of a hole, and how far a segment may lie from where its stream is. */
#define WAITING_MOST ((size_t)256 << 10)
#define PIECES_MOST 512
#define WINDOW (1 << 20)

static size_t piece_cost(uint32_t len)
{
	return sizeof(struct piece) + len + 16;
}

int streams_new(const struct stream_limits *l, struct decode_counters *c,
		datagram_fn sink, void *arg, struct streams **ret)
{
	struct streams *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return YORE_ENOMEM;
	size_t buckets = 16;
	while (buckets < l->streams)
		buckets *= 2;
	*t = (struct streams){.limits = *l,
			      .counters = c,
			      .sink = sink,
			      .arg = arg,
			      .bucket_mask = buckets - 1};
	ring_init(&t->opened);
	ring_init(&t->idle);
	ring_init(&t->holding);
	ring_init(&t->unused);
	ring_init(&t->holes);
	t->buckets = calloc(buckets, sizeof(struct stream *));
	t->pool = calloc(l->streams, sizeof(*t->pool));
	if (t->buckets == NULL || t->pool == NULL) {
		streams_free(t);
		return YORE_ENOMEM;
	}
	*ret = t;
	return 0;
}

size_t streams_octets(const struct streams *t)
{
	return t->octets;
}

unsigned streams_count(const struct streams *t)
{
	return t->count;
}

/* --- what a stream keeps ---------------------------------------------------------- */

static void free_piece(struct streams *t, struct stream *s)
{
	struct piece *p = s->pieces;
	s->pieces = p->next;
	if (s->pieces == NULL)
		s->last = NULL;
	s->waiting -= piece_cost(p->len);
	t->octets -= piece_cost(p->len);
	s->count--;
	free(p);
}

static struct stream **bucket_of(struct streams *t, const struct stream_key *k)
{
	return &t->buckets[hash_keyed(k, sizeof(*k)) & t->bucket_mask];
}

/* Nothing but its SYN was seen. */
static bool is_opened(const struct stream *s)
{
	return s->start_known && s->sequence == s->start && s->pieces == NULL &&
	       s->unfinished == NULL;
}

/* Puts the stream into the queue that fits what it keeps, as its youngest. */
static void queue(struct streams *t, struct stream *s)
{
	bool opened = is_opened(s);
	t->opened_count += (unsigned)opened - (unsigned)s->opened;
	s->opened = opened;
	if (s->pieces != NULL || s->unfinished != NULL)
		ring_append(&t->holding, &s->age);
	else
		ring_append(s->opened ? &t->opened : &t->idle, &s->age);
}

/* Forgets a stream whose octets are already given up. */
static void remove_stream(struct streams *t, struct stream *s)
{
	struct stream **at = bucket_of(t, &s->key);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	while (s->pieces != NULL) {
		t->counters->tcp_lost_octets += s->pieces->len;
		free_piece(t, s);
	}
	stream_drop_unfinished(t, s);
	t->opened_count -= (unsigned)s->opened;
	ring_remove(&s->hole);
	ring_append(&t->unused, &s->age);
	t->count--;
}

void streams_free(struct streams *t)
{
	if (t == NULL)
		return;
	struct ring *queues[] = {&t->opened, &t->idle, &t->holding};
	for (size_t i = 0; i < sizeof(queues) / sizeof(*queues); i++)
		while (!ring_empty(queues[i]))
			remove_stream(t, RING_OF(queues[i]->next, struct stream, age));
	free(t->buckets);
	free(t->pool);
	free(t);
}

/* --- order ------------------------------------------------------------------------ */

/* Pieces that are no longer ahead; the ring of holes follows. */
static int take_pieces(struct streams *t, struct stream *s)
{
	int r = 0;
	while (s->pieces != NULL && r == 0) {
		struct piece *p = s->pieces;
		int32_t ahead = (int32_t)(p->sequence - s->sequence);
		uint32_t seen = (uint32_t)-ahead;
		if (ahead > 0)
			break;
		if (seen < p->len)
			r = stream_take(t, s, BYTES(p->octets + seen, p->len - seen),
					p->time_us);
		free_piece(t, s);
	}
	if (s->pieces == NULL)
		ring_remove(&s->hole);
	return r;
}

/* Gives up `octets` that are next in order. */
static void skip_octets(struct streams *t, struct stream *s, uint32_t octets)
{
	if (octets == 0)
		return;
	stream_drop_unfinished(t, s);
	stream_lose_framing(t, s, octets);
	s->sequence += octets;
	t->counters->tcp_hole++;
}

static int skip_hole(struct streams *t, struct stream *s)
{
	skip_octets(t, s, s->pieces->sequence - s->sequence);
	s->hole_us = t->now_us;
	int r = take_pieces(t, s);
	if (s->pieces != NULL)
		ring_append(&t->holes, &s->hole);
	return r;
}

static int give_up(struct streams *t, struct stream *s)
{
	int r = 0;
	while (s->pieces != NULL && r == 0)
		r = skip_hole(t, s);
	stream_drop_unfinished(t, s);
	return r;
}

static int evict(struct streams *t, struct stream *s, uint64_t *counter)
{
	(*counter)++;
	int r = give_up(t, s);
	remove_stream(t, s);
	return r;
}

/* Behind which piece a segment belongs (NULL: first); false when it is there already. */
static bool place_piece(const struct stream *s, uint32_t sequence, size_t len,
			struct piece **after)
{
	*after = NULL;
	struct piece *p = s->pieces;
	if (s->last != NULL && (int32_t)(s->last->sequence - sequence) < 0)
		p = s->last; /* in order behind the hole: no walk */
	for (; p != NULL && (int32_t)(p->sequence - sequence) <= 0; p = p->next) {
		uint32_t inside = sequence - p->sequence;
		if (inside <= p->len && len <= p->len - inside)
			return false;
		*after = p;
	}
	return true;
}

static int keep_piece(struct streams *t, struct stream *s, const struct segment *g,
		      uint32_t sequence, struct bytes b)
{
	struct piece *after;
	if (!place_piece(s, sequence, b.len, &after)) {
		t->counters->tcp_duplicate++;
		return 0;
	}
	struct piece *p = malloc(sizeof(*p) + b.len);
	if (p == NULL) {
		t->counters->tcp_lost_octets += b.len;
		return 0;
	}
	p->time_us = g->time_us;
	p->sequence = sequence;
	p->len = (uint32_t)b.len;
	memcpy(p->octets, b.at, b.len);
	struct piece **link = after ? &after->next : &s->pieces;
	p->next = *link;
	*link = p;
	if (p->next == NULL)
		s->last = p;
	if (s->count++ == 0) {
		s->hole_us = t->now_us;
		ring_append(&t->holes, &s->hole);
	}
	s->waiting += piece_cost(p->len);
	t->octets += piece_cost(p->len);
	if (s->waiting > WAITING_MOST || s->count > PIECES_MOST)
		return skip_hole(t, s);
	return 0;
}

/* --- streams ---------------------------------------------------------------------- */

static struct stream_key key_of(const struct segment *g)
{
	struct stream_key k = {
	    .src_port = g->src_port, .dst_port = g->dst_port, .addr_len = g->addr_len};
	memcpy(k.src, g->src, g->addr_len);
	memcpy(k.dst, g->dst, g->addr_len);
	return k;
}

static struct stream *find(struct streams *t, const struct stream_key *k)
{
	for (struct stream *s = *bucket_of(t, k); s != NULL; s = s->next)
		if (memcmp(&s->key, k, sizeof(*k)) == 0)
			return s;
	return NULL;
}

/* The entry to give up for a new one: half the table at most is for bare SYNs. */
static struct ring *victims(struct streams *t)
{
	if (!ring_empty(&t->opened))
		return &t->opened;
	return ring_empty(&t->idle) ? &t->holding : &t->idle;
}

static int make_room(struct streams *t, bool for_syn)
{
	if (for_syn && t->opened_count >= (t->limits.streams + 1) / 2)
		return evict(t, RING_OF(t->opened.next, struct stream, age),
			     &t->counters->tcp_full);
	if (t->count < t->limits.streams)
		return 0;
	struct ring *from = victims(t);
	return evict(t, RING_OF(from->next, struct stream, age), &t->counters->tcp_full);
}

/* Begins anew at a sequence number: framed when a SYN told where the stream begins. */
static void restart(struct stream *s, uint32_t sequence, bool syn)
{
	s->start = s->sequence = sequence;
	s->start_known = s->framed = s->was_framed = s->rooted = syn;
}

static int new_stream(struct streams *t, const struct segment *g,
		      const struct stream_key *k, struct stream **ret)
{
	bool syn = g->flags & SEGMENT_SYN;
	int r = make_room(t, syn && g->octets.len == 0);
	struct stream *s;
	if (!ring_empty(&t->unused)) {
		s = RING_OF(t->unused.next, struct stream, age);
		ring_remove(&s->age);
	} else {
		s = &t->pool[t->fresh++];
	}
	*s = (struct stream){.key = *k};
	ring_init(&s->age);
	ring_init(&s->hole);
	s->side = g->src_serves == g->dst_serves ? FRAMING_EITHER
		  : g->src_serves		 ? FRAMING_RESPONSE
						 : FRAMING_QUERY;
	restart(s, g->sequence + (syn ? 1 : 0), syn);
	struct stream **bucket = bucket_of(t, k);
	s->next = *bucket;
	*bucket = s;
	t->count++;
	*ret = s;
	return r;
}

/* A SYN on a stream that is known: its repetition, one that came late, or a new one. */
static int syn_again(struct streams *t, struct stream *s, uint32_t start)
{
	if (s->start == start) {
		if (!s->start_known && s->sequence == start)
			s->framed = s->was_framed = s->rooted = true;
		s->start_known = true;
		return 0;
	}
	int r = give_up(t, s);
	restart(s, start, true);
	return r;
}

/* Places a segment's octets: seen, next, ahead, or too far away to belong here. */
static int place(struct streams *t, struct stream *s, const struct segment *g,
		 uint32_t sequence)
{
	struct bytes b = g->octets;
	int32_t ahead = (int32_t)(sequence - s->sequence);
	if (ahead > WINDOW || ahead < -WINDOW) {
		int r = give_up(t, s);
		t->counters->tcp_hole++;
		restart(s, sequence, false);
		if (r < 0)
			return r;
		ahead = 0;
	}
	if (ahead > 0)
		return keep_piece(t, s, g, sequence, b);
	uint32_t seen = (uint32_t)-ahead;
	if (seen >= b.len) {
		t->counters->tcp_duplicate++;
		return 0;
	}
	int r = stream_take(t, s, BYTES(b.at + seen, b.len - seen), g->time_us);
	skip_octets(t, s, g->missing);
	return r < 0 ? r : take_pieces(t, s);
}

/* Both directions are over; they stay to tell what comes late. */
static int reset(struct streams *t, struct stream *s, const struct stream_key *k)
{
	struct stream_key back = {
	    .src_port = k->dst_port, .dst_port = k->src_port, .addr_len = k->addr_len};
	memcpy(back.src, k->dst, 16);
	memcpy(back.dst, k->src, 16);
	struct stream *both[] = {s, find(t, &back)};
	int r = 0;
	for (int i = 0; i < 2; i++) {
		if (both[i] == NULL)
			continue;
		int e = give_up(t, both[i]);
		both[i]->last_us = t->now_us;
		queue(t, both[i]);
		r = r < 0 ? r : e;
	}
	return r;
}

/* The ceiling on octets: the stream that was silent longest goes. */
static int hold_ceiling(struct streams *t)
{
	int r = 0;
	while (t->octets > t->limits.octets && !ring_empty(&t->holding) && r == 0)
		r = evict(t, RING_OF(t->holding.next, struct stream, age),
			  &t->counters->tcp_full);
	return r;
}

static int expire_holes(struct streams *t)
{
	int r = 0;
	while (!ring_empty(&t->holes) && r == 0) {
		struct stream *s = RING_OF(t->holes.next, struct stream, hole);
		if (t->now_us - s->hole_us <= t->limits.hole_age_us)
			break;
		r = skip_hole(t, s);
		queue(t, s);
	}
	return r;
}

static int expire_queue(struct streams *t, struct ring *q)
{
	int r = 0;
	while (!ring_empty(q) && r == 0) {
		struct stream *s = RING_OF(q->next, struct stream, age);
		uint64_t quiet = 0; /* nothing of it is lost */
		if (t->now_us - s->last_us <= t->limits.age_us)
			break;
		r = evict(t, s, q == &t->holding ? &t->counters->tcp_expired : &quiet);
	}
	return r;
}

static int expire(struct streams *t)
{
	struct ring *queues[] = {&t->opened, &t->idle, &t->holding};
	int r = expire_holes(t);
	for (size_t i = 0; i < sizeof(queues) / sizeof(*queues) && r == 0; i++)
		r = expire_queue(t, queues[i]);
	return r;
}

int streams_expire(struct streams *t, const struct frame *now)
{
	t->now_us = now->time_us;
	t->number = now->number;
	t->input = now->input;
	return expire(t);
}

int streams_add(struct streams *t, const struct segment *g)
{
	t->now_us = g->time_us;
	t->number = g->number;
	t->input = g->input;
	int r = expire(t);
	if (r < 0)
		return r;
	struct stream_key key = key_of(g);
	struct stream *s = find(t, &key);
	if (g->flags & SEGMENT_RST)
		return reset(t, s, &key);
	bool syn = g->flags & SEGMENT_SYN;
	if (s == NULL && !syn && g->octets.len == 0)
		return 0;
	uint32_t sequence = g->sequence + (syn ? 1 : 0);
	if (s == NULL)
		r = new_stream(t, g, &key, &s);
	else if (syn)
		r = syn_again(t, s, sequence);
	if (r == 0 && g->octets.len > 0)
		r = place(t, s, g, sequence);
	if ((g->flags & SEGMENT_FIN) &&
	    s->sequence == sequence + (uint32_t)g->octets.len + g->missing)
		stream_drop_unfinished(t, s);
	s->last_us = g->time_us;
	queue(t, s);
	return r < 0 ? r : hold_ceiling(t);
}

int streams_drop_all(struct streams *t)
{
	int r = 0;
	while (!ring_empty(&t->holding) && r == 0)
		r = evict(t, RING_OF(t->holding.next, struct stream, age),
			  &t->counters->tcp_expired);
	return r;
}
