/*
 * Rows of one shelf, and the way past what cannot be read. RocksDB ends an iteration at
 * a bad block. Where that block ends it does not say, so the first key behind it that
 * can be sought is searched for: outwards from the last good key until a seek works,
 * then inwards octet by octet.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/older_form.h"

#define KEY_ROOM (1u << 20)
#define INWARDS 48 /* octets of precision behind the place where good and bad part */

struct rocks_iter {
	struct shelf_iter iter;
	struct handle *handle;
	rocksdb_readoptions_t *options;
	rocksdb_iterator_t *at;
	uint8_t *bounds;
	struct bytes lo, hi;
	enum {
		TO_LO,	/* nothing done yet */
		AT_ROW, /* at a row that was not given */
		GIVEN,	/* at a row that was */
		ENDED
	} state;
	struct buf last; /* the key last given, or sought */
	struct buf lost; /* up to where something was skipped */
	size_t told;	 /* so many notes of what is missing were looked at */
	bool exact;	 /* within one prefix: the iterator may be used again */
	bool failed;	 /* it met damage: not again */
	bool keeping, complete;
	struct buf answer;	  /* of a small look-up, to be kept */
	struct older_form *older; /* of a database of an earlier format; else NULL */
};

/* ---- iterators that are used again ---- */

static bool take_spare(struct rocks_iter *i)
{
	struct handle *h = i->handle;
	struct spare s = {0};
	pthread_mutex_lock(&h->spare_lock);
	if (h->spare_count)
		s = h->spares[--h->spare_count];
	pthread_mutex_unlock(&h->spare_lock);
	if (s.at == NULL)
		return false;
	i->options = s.options;
	i->at = s.at;
	rocksdb_readoptions_set_iterate_upper_bound(i->options, (const char *)i->hi.at,
						    i->hi.len);
	return true;
}

static bool keep_spare(struct rocks_iter *i)
{
	struct handle *h = i->handle;
	bool kept = false;
	if (!i->exact || i->failed || h->owner)
		return false;
	pthread_mutex_lock(&h->spare_lock);
	if (h->spare_count < SPARES_MAX) {
		h->spares[h->spare_count++] = (struct spare){i->options, i->at};
		kept = true;
	}
	pthread_mutex_unlock(&h->spare_lock);
	return kept;
}

void rocks_spares_free(struct handle *h)
{
	while (h->spare_count) {
		struct spare *s = &h->spares[--h->spare_count];
		rocksdb_iter_destroy(s->at);
		rocksdb_readoptions_destroy(s->options);
	}
}

/* ---- positions ---- */

static void set_last(struct rocks_iter *i, struct bytes key)
{
	/* done for every row: most keys fit into what the longest before took */
	if (i->last.err == 0 && key.len && key.len <= i->last.room) {
		memcpy(i->last.at, key.at, key.len);
		i->last.len = key.len;
		return;
	}
	buf_clear(&i->last);
	buf_put_bytes(&i->last, key);
}

static void seek(struct rocks_iter *i, struct bytes key)
{
	rocksdb_iter_seek(i->at, (const char *)key.at, key.len);
}

/* An iterator that has failed may pass over the bad block in silence the next time. */
static void seek_anew(struct rocks_iter *i, struct bytes key)
{
	rocksdb_iter_destroy(i->at);
	i->at = rocksdb_create_iterator(i->handle->db, i->options);
	seek(i, key);
}

/* The message of a failed position, or NULL. */
static char *failure(const struct rocks_iter *i)
{
	char *err = NULL;
	rocksdb_iter_get_error(i->at, &err);
	return err;
}

/* Does a seek to this key work (or find the end)? Where it works before the end it is
   a row; the end is no proof, since what lies behind the damage may be nothing. */
static bool good_at(struct rocks_iter *i, struct bytes key)
{
	seek_anew(i, key);
	if (rocksdb_iter_valid(i->at))
		return true;
	char *err = failure(i);
	rocksdb_free(err);
	return err == NULL;
}

/* What comes behind all keys that begin with the first n octets of the last one; false:
   the end of what is asked. */
static bool behind_prefix(const struct rocks_iter *i, size_t n, struct buf *key)
{
	buf_clear(key);
	while (n > 0 && i->last.at[n - 1] == 0xff)
		n--;
	if (n == 0)
		return false;
	buf_put(key, i->last.at, n);
	key->at[n - 1]++;
	return i->hi.len == 0 || bytes_compare(buf_bytes(key), i->hi) < 0;
}

static bool good_behind(struct rocks_iter *i, size_t n, struct buf *key)
{
	return !behind_prefix(i, n, key) || good_at(i, buf_bytes(key));
}

/*
 * Outwards: behind ever shorter prefixes of the last key, in steps that double and then
 * halve, since a key may have 64 Ki octets and each try reads the bad block once more.
 * Leaves a key that fails in bad and the first that does not, or the end, in good.
 */
static void outwards(struct rocks_iter *i, struct buf *bad, struct buf *good)
{
	size_t fails = i->last.len + 1, works = i->last.len;
	for (size_t step = 1; works > 0 && !good_behind(i, works, good); step *= 2) {
		fails = works;
		works -= step < works ? step : works;
	}
	while (fails - works > 1) {
		size_t n = works + (fails - works) / 2;
		if (good_behind(i, n, good))
			works = n;
		else
			fails = n;
	}
	if (fails <= i->last.len) {
		(void)behind_prefix(i, fails, bad);
	} else {
		buf_put_bytes(bad, buf_bytes(&i->last));
		buf_putc(bad, 0);
	}
	if (!behind_prefix(i, works, good)) {
		buf_clear(good);
		buf_put_bytes(good, i->hi.len ? i->hi : BYTES_LIT("\xff\xff\xff\xff"));
	}
}

/*
 * Inwards: bad fails, good works (or is the end), bad < good, and they agree in the
 * first n octets or differ in no way that matters. One octet more of precision. Never
 * tries a key below bad: before the damage seeks work as well. 0: nothing is between.
 */
static bool refine(struct rocks_iter *i, struct buf *bad, struct buf *good, size_t n)
{
	struct buf key;
	int lo = bad->len > n ? bad->at[n] : -1, hi = 256, first = lo;
	buf_init(&key, KEY_ROOM);
	buf_put(&key, bad->at, n);
	buf_putc(&key, 0);
	while (hi - lo > 1 && key.err == 0) {
		int mid = (lo + hi) / 2;
		key.at[n] = (uint8_t)mid;
		if (bytes_compare(buf_bytes(&key), buf_bytes(good)) >= 0) {
			hi = mid;
		} else if (good_at(i, buf_bytes(&key))) {
			hi = mid;
			buf_clear(good);
			buf_put_bytes(good, buf_bytes(&key));
		} else {
			lo = mid;
		}
	}
	if (lo > first && key.err == 0) {
		key.at[n] = (uint8_t)lo;
		buf_clear(bad);
		buf_put_bytes(bad, buf_bytes(&key));
	}
	buf_release(&key);
	return bad->len > n;
}

static size_t parting(const struct buf *a, const struct buf *b)
{
	size_t n = 0;
	while (n < a->len && n < b->len && a->at[n] == b->at[n])
		n++;
	return n;
}

static void put_hex(char *out, size_t room, struct bytes key)
{
	size_t n = key.len < room / 2 - 2 ? key.len : room / 2 - 2;
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", key.at[i]);
	out[2 * n] = 0;
}

static void tell(struct rocks_iter *i, const char *message, struct bytes to)
{
	char from_text[82], to_text[82] = "the end";
	put_hex(from_text, sizeof(from_text), buf_bytes(&i->last));
	if (to.len)
		put_hex(to_text, sizeof(to_text), to);
	uint8_t table = i->last.len ? i->last.at[0] : to.len ? to.at[0] : '?';
	fault_set(&i->iter.fault, YORE_ECORRUPT,
		  "%s: table %c damaged behind key %s up to %s, left out: %.220s",
		  i->handle->shelf, table, from_text, to_text, message);
}

/* Steps over the damage the iterator has just met. */
static int skip_damage(struct rocks_iter *i, char *message)
{
	struct buf bad, good;
	buf_init(&bad, KEY_ROOM);
	buf_init(&good, KEY_ROOM);
	i->state = ENDED;
	i->failed = true;
	outwards(i, &bad, &good);
	size_t n = parting(&bad, &good);
	for (size_t end = n + INWARDS; n < end; n++)
		if (!refine(i, &bad, &good, n))
			break;
	if (i->hi.len == 0 || bytes_compare(buf_bytes(&good), i->hi) < 0)
		seek_anew(i, buf_bytes(&good));
	if (rocksdb_iter_valid(i->at))
		i->state = AT_ROW;
	if (i->state == ENDED)
		buf_clear(&good);
	tell(i, message, i->state == ENDED ? i->hi : buf_bytes(&good));
	buf_clear(&i->lost);
	buf_put_bytes(&i->lost, buf_bytes(&good));
	i->iter.noted = false;
	i->iter.lost_from = buf_bytes(&i->last);
	i->iter.lost_to = buf_bytes(&i->lost);
	rocksdb_free(message);
	buf_release(&bad);
	buf_release(&good);
	return YORE_ECORRUPT;
}

/* What is known to be missing here is told before the first row. */
static bool tell_missing(struct rocks_iter *i)
{
	const struct aside *a = &i->handle->aside;
	while (i->told < a->count) {
		const struct aside_note *n = &a->at[i->told++];
		if (!aside_touches(n, i->lo, i->hi))
			continue;
		fault_set(&i->iter.fault, n->denied ? YORE_EACCESS : YORE_ECORRUPT, "%s",
			  n->reason);
		i->iter.noted = true;
		return true;
	}
	return false;
}

static int next_row(struct rocks_iter *i, struct bytes *key, struct bytes *value)
{
	if (i->handle->aside.count && tell_missing(i))
		return YORE_ECORRUPT;
	if (i->state == ENDED)
		return 0;
	if (i->state == TO_LO) {
		set_last(i, i->lo);
		seek(i, i->lo);
	} else if (i->state == GIVEN) {
		rocksdb_iter_next(i->at);
	}
	if (!rocksdb_iter_valid(i->at)) {
		char *err = failure(i);
		i->state = ENDED;
		i->complete = err == NULL;
		return err ? skip_damage(i, err) : 0;
	}
	key->at = (const uint8_t *)rocksdb_iter_key(i->at, &key->len);
	value->at = (const uint8_t *)rocksdb_iter_value(i->at, &value->len);
	set_last(i, *key);
	i->state = GIVEN;
	if (i->keeping)
		i->keeping = kept_row(&i->answer, *key, *value);
	return 1;
}

/* What is left out of an answer is said once, and the answer is not kept. */
static int tell_older(struct rocks_iter *i)
{
	older_form_tell(i->older, &i->iter.fault);
	i->iter.noted = true;
	i->keeping = false;
	return YORE_ECORRUPT;
}

static int iter_next(struct shelf_iter *it, struct bytes *key, struct bytes *value)
{
	struct rocks_iter *i = (struct rocks_iter *)it;
	if (i->older == NULL)
		return next_row(i, key, value);
	if (older_form_begins(i->older, i->lo))
		return tell_older(i);
	for (;;) {
		int r = next_row(i, key, value);
		if (r != 1 || !older_form_is(i->older, *key))
			return r;
		i->keeping = false;
		if (!older_form_told(i->older))
			return tell_older(i);
	}
}

static void iter_seek(struct shelf_iter *it, struct bytes key)
{
	struct rocks_iter *i = (struct rocks_iter *)it;
	if (i->state == ENDED || bytes_compare(key, i->lo) <= 0)
		return;
	if (i->state == GIVEN && bytes_compare(key, buf_bytes(&i->last)) <= 0)
		return;
	if (i->hi.len && bytes_compare(key, i->hi) >= 0) {
		i->state = ENDED;
		i->keeping = false;
		return;
	}
	set_last(i, key);
	seek(i, key);
	i->state = AT_ROW;
	i->keeping = false;
}

static void iter_close(struct shelf_iter *it)
{
	struct rocks_iter *i = (struct rocks_iter *)it;
	if (i->keeping && i->complete && !i->failed)
		kept_add(i->handle->rocks, i->handle, buf_bytes(&i->answer));
	if (i->at && !keep_spare(i)) {
		rocksdb_iter_destroy(i->at);
		rocksdb_readoptions_destroy(i->options);
	}
	if (i->handle)
		rocks_put(i->handle);
	buf_release(&i->last);
	buf_release(&i->lost);
	buf_release(&i->answer);
	older_form_free(i->older);
	free(i->bounds);
	free(i);
}

/* A shelf that cannot be opened is damage of all of it: told once, then the end. */
static int lost_next(struct shelf_iter *it, struct bytes *key, struct bytes *value)
{
	struct rocks_iter *i = (struct rocks_iter *)it;
	if (i->state == ENDED)
		return 0;
	i->state = ENDED;
	return YORE_ECORRUPT;
}

static int keep_bounds(struct rocks_iter *i, const struct stretch *s)
{
	i->bounds = malloc(s->lo.len + s->hi.len + 1);
	if (i->bounds == NULL)
		return YORE_ENOMEM;
	memcpy(i->bounds, s->lo.at, s->lo.len);
	if (s->hi.len)
		memcpy(i->bounds + s->lo.len, s->hi.at, s->hi.len);
	i->lo = BYTES(i->bounds, s->lo.len);
	i->hi = BYTES(i->bounds + s->lo.len, s->hi.len);
	return 0;
}

static int open_iter(struct rocks_iter *i, struct rocks *r, const char *shelf,
		     const struct stretch *s, struct shelf_iter **kept, struct fault *f)
{
	static const struct shelf_iter_ops ops = {iter_next, iter_seek, iter_close};
	static const struct shelf_iter_ops lost = {lost_next, iter_seek, iter_close};
	i->iter.ops = &ops;
	buf_init(&i->last, KEY_ROOM);
	buf_init(&i->lost, KEY_ROOM);
	int e = keep_bounds(i, s);
	if (e < 0)
		return fault_set(f, e, "%s: out of memory", shelf);
	e = rocks_look(r, f);
	if (e < 0)
		return e;
	e = rocks_get(r, shelf, false, &i->iter.fault, &i->handle);
	if (e == YORE_ECORRUPT || e == YORE_EIO || e == YORE_EACCESS) {
		i->iter.ops = &lost;
		return 0;
	}
	if (e < 0)
		return fault_set(f, e, "%s", i->iter.fault.text);
	/* what the engine counts in each thread costs a twentieth, and nobody reads it */
	rocksdb_set_perf_level(rocksdb_disable);
	if (r->format < FORMAT_VERSION && !r->older &&
	    (e = older_form_of(r, shelf, f, &i->older)) < 0)
		return e;
	struct stretch own = *s;
	own.lo = i->lo;
	own.hi = i->hi;
	i->exact = rocks_within_one_prefix(&own);
	if (i->exact && !i->handle->owner && i->handle->aside.count == 0) {
		i->keeping = kept_begin(&i->answer, i->lo, i->hi);
		*kept = i->keeping ? kept_iter(i->handle, buf_bytes(&i->answer)) : NULL;
		if (*kept)
			return 0;
	}
	if (i->exact && take_spare(i))
		return 0;
	i->options = rocks_read_options(&own);
	i->at = rocksdb_create_iterator(i->handle->db, i->options);
	return 0;
}

int rocks_iter(struct engine *e, const char *shelf, const struct stretch *s,
	       struct fault *f, struct shelf_iter **ret)
{
	if (rocks_names_iter((struct rocks *)e, shelf, s, ret))
		return 0;
	struct rocks_iter *i = calloc(1, sizeof(*i));
	if (i == NULL)
		return fault_set(f, YORE_ENOMEM, "%s: out of memory", shelf);
	struct shelf_iter *kept = NULL;
	int r = open_iter(i, (struct rocks *)e, shelf, s, &kept, f);
	if (r < 0 || kept) {
		iter_close(&i->iter);
		*ret = kept;
		return r;
	}
	*ret = &i->iter;
	return 0;
}
