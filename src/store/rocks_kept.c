/*
 * What small look-ups found, kept for the next one that asks the same: by a follower's
 * handle, whose shelf never changes under it. A look-up that finds its answer here costs
 * a tenth. At most a sixteenth of the memory, over all shelves; what is in the way goes.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "store/rocks.h"

#define SLOTS 8192
#define MEMORY_PART 16

/* lo and hi with their lengths, then each row's lengths, key and value. */
struct kept {
	_Atomic unsigned users;
	uint64_t hash;
	size_t question, len;
	uint8_t at[];
};

struct kept_table {
	struct kept *slots[SLOTS];
	size_t hand; /* where making room goes on */
};

/* ---- an answer while it is read ---- */

bool kept_begin(struct buf *b, struct bytes lo, struct bytes hi)
{
	buf_init(b, KEPT_MAX);
	buf_u16be(b, (uint16_t)lo.len);
	buf_u16be(b, (uint16_t)hi.len);
	buf_put_bytes(b, lo);
	buf_put_bytes(b, hi);
	return b->err == 0;
}

bool kept_row(struct buf *b, struct bytes key, struct bytes value)
{
	uint8_t *p =
	    key.len + value.len < KEPT_MAX ? buf_room(b, key.len + value.len + 4) : NULL;
	if (p == NULL)
		return false;
	store_u16be(p, (uint16_t)key.len);
	store_u16be(p + 2, (uint16_t)value.len);
	memcpy(p + 4, key.at, key.len);
	if (value.len)
		memcpy(p + 4 + key.len, value.at, value.len);
	b->len += key.len + value.len + 4;
	return true;
}

/* ---- the table of a handle, under its lock ---- */

static void kept_put(struct kept *k)
{
	if (k && atomic_fetch_sub(&k->users, 1) == 1)
		free(k);
}

static void empty_slot(struct rocks *r, struct kept **slot)
{
	if (*slot == NULL)
		return;
	atomic_fetch_sub(&r->kept_octets, (*slot)->len + sizeof(**slot));
	kept_put(*slot);
	*slot = NULL;
}

void kept_free(struct rocks *r, struct kept_table *t)
{
	for (size_t i = 0; t && i < SLOTS; i++)
		empty_slot(r, &t->slots[i]);
	free(t);
}

static bool make_room(struct rocks *r, struct kept_table *t, size_t n)
{
	size_t most = r->memory / MEMORY_PART;
	for (size_t i = 0; i < SLOTS && r->kept_octets + n > most; i++)
		empty_slot(r, &t->slots[t->hand++ % SLOTS]);
	return r->kept_octets + n <= most;
}

void kept_add(struct rocks *r, struct handle *h, struct bytes answer)
{
	size_t question = 4 + load_u16be(answer.at) + load_u16be(answer.at + 2);
	uint64_t hash = hash_keyed(answer.at, question);
	struct kept *k = malloc(sizeof(*k) + answer.len);
	if (k == NULL)
		return;
	k->users = 1;
	k->hash = hash;
	k->question = question;
	k->len = answer.len;
	memcpy(k->at, answer.at, answer.len);
	pthread_mutex_lock(&h->spare_lock);
	if (h->kept == NULL)
		h->kept = calloc(1, sizeof(*h->kept));
	if (h->kept && make_room(r, h->kept, sizeof(*k) + k->len)) {
		struct kept **slot = &h->kept->slots[hash % SLOTS];
		empty_slot(r, slot);
		atomic_fetch_add(&r->kept_octets, sizeof(*k) + k->len);
		*slot = k;
		k = NULL;
	}
	pthread_mutex_unlock(&h->spare_lock);
	kept_put(k);
}

/* Counted up, or NULL. */
static struct kept *find(struct handle *h, struct bytes question)
{
	uint64_t hash = hash_keyed(question.at, question.len);
	struct kept *k = NULL;
	pthread_mutex_lock(&h->spare_lock);
	if (h->kept)
		k = h->kept->slots[hash % SLOTS];
	if (k && k->hash == hash && bytes_equal(question, BYTES(k->at, k->question)))
		atomic_fetch_add(&k->users, 1);
	else
		k = NULL;
	pthread_mutex_unlock(&h->spare_lock);
	return k;
}

/* ---- reading one ---- */

struct kept_iter {
	struct shelf_iter iter;
	struct kept *kept;
	size_t at;
};

static struct bytes key_at(const struct kept_iter *i)
{
	const uint8_t *p = i->kept->at + i->at;
	return BYTES(p + 4, load_u16be(p));
}

static int kept_next(struct shelf_iter *it, struct bytes *key, struct bytes *value)
{
	struct kept_iter *i = (struct kept_iter *)it;
	if (i->at == i->kept->len)
		return 0;
	*key = key_at(i);
	*value = BYTES(key->at + key->len, load_u16be(i->kept->at + i->at + 2));
	i->at += 4 + key->len + value->len;
	return 1;
}

static void kept_seek(struct shelf_iter *it, struct bytes to)
{
	struct kept_iter *i = (struct kept_iter *)it;
	struct bytes key, value;
	while (i->at < i->kept->len && bytes_compare(key_at(i), to) < 0)
		(void)kept_next(it, &key, &value);
}

static void kept_close(struct shelf_iter *it)
{
	struct kept_iter *i = (struct kept_iter *)it;
	kept_put(i->kept);
	free(i);
}

struct shelf_iter *kept_iter(struct handle *h, struct bytes question)
{
	static const struct shelf_iter_ops ops = {kept_next, kept_seek, kept_close};
	struct kept *k = find(h, question);
	struct kept_iter *i = k ? calloc(1, sizeof(*i)) : NULL;
	if (i == NULL) {
		kept_put(k);
		return NULL;
	}
	i->iter.ops = &ops;
	i->kept = k;
	i->at = k->question;
	return &i->iter;
}
