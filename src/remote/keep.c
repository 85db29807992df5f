#include "remote/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "gather/gather.h"

#define MEMORY (64u << 20)

struct keeping {
	struct gather *gather;
	struct input_position at;
	struct fault *f;
};

/* Providers' names, "circl, dnsdb": what a person sees in the ledger. */
static void put_names(const struct ask_options *o, char *out, size_t room)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < o->with_count && n < room; i++)
		n += (size_t)snprintf(out + n, room - n, "%s%s", i ? ", " : "",
				      o->with[i]->name);
}

static int keep_one(struct keeping *k, const struct record *r)
{
	int e = gather_record(k->gather, r, 0, ++k->at.packets);
	if (e < 0)
		return fault_set(k->f, e, "keeping answers: %s", yore_strerror(e));
	gather_progress(k->gather, 0, &k->at, WHEN_UNKNOWN, WHEN_UNKNOWN);
	return gather_due(k->gather, 0) ? gather_hand_over(k->gather, k->f) : 0;
}

static void put_hashes(struct asking *a, int64_t now_s, struct buf *out)
{
	buf_printf(out, "asked=%" PRId64 "\n", now_s);
	for (size_t i = 0; i < asking_count(a) && out->len < 1800; i++)
		if (asking_at(a, i)->sha256[0])
			buf_printf(out, "reply=%s\n", asking_at(a, i)->sha256);
}

static int start(struct keeping *k, struct asking *a, const struct ask_options *o,
		 struct store *s, int64_t now_s)
{
	struct segment_sink sink = store_sink(s);
	struct gather_options go = {.memory = MEMORY};
	struct ledger_entry entry = {.kind = "answers", .version = YORE_VERSION};
	struct buf lines;
	put_names(o, entry.name, sizeof(entry.name));
	if (getrandom(entry.input.octets, sizeof(entry.input.octets), 0) !=
	    (ssize_t)sizeof(entry.input.octets))
		return fault_set(k->f, YORE_EIO, "keeping answers: no random octets");
	int e = gather_new(&sink, &go, &k->gather);
	if (e == 0)
		e = gather_input(k->gather, 0, &entry);
	if (e < 0)
		return fault_set(k->f, e, "keeping answers: %s", yore_strerror(e));
	buf_init(&lines, 2048);
	put_hashes(a, now_s, &lines);
	gather_losses(k->gather, 0, buf_bytes(&lines));
	buf_release(&lines);
	return 0;
}

int asking_keep(struct asking *a, const struct ask_options *o, struct store *s,
		int64_t now_s, struct fault *f)
{
	struct keeping k = {.f = f};
	if (asking_records(a) == 0)
		return 0;
	int e = start(&k, a, o, s, now_s);
	for (size_t i = 0; i < o->with_count && e == 0; i++) {
		const struct findings *all = asking_findings(a, i);
		for (size_t n = 0; n < all->count && e == 0; n++)
			e = keep_one(&k, &all->at[n].record);
	}
	if (e == 0)
		e = gather_flush(k.gather, f);
	gather_free(k.gather);
	return e;
}
