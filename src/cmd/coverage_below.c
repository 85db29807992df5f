#include "cmd/coverage_below.h"

#include <inttypes.h>
#include <stdlib.h>

struct asked { /* one server */
	struct addr addr;
	bool watched;
	uint64_t answers;
};

struct below_sum {
	struct asked *at; /* most first */
	size_t count, room;
	uint64_t watched, past, others; /* answers; others are past, too */
	uint64_t dot, doq, doh;
};

/* What follows the prefix of a reason, or NULL. */
static const char *behind(const struct loss *l, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(l->reason, prefix, n) == 0 ? l->reason + n : NULL;
}

/* Not yet merged: a server may come as asked and, later on, as watched. */
static bool add_server(struct below_sum *s, const char *text, bool watched, uint64_t n)
{
	struct addr a;
	if (addr_parse(text, &a) < 0)
		return false;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct asked *at = realloc(s->at, room * sizeof(*at));
		if (at == NULL)
			return false;
		s->at = at;
		s->room = room;
	}
	s->at[s->count++] = (struct asked){a, watched, n};
	return true;
}

static int by_address(const void *a, const void *b)
{
	return addr_compare(&((const struct asked *)a)->addr,
			    &((const struct asked *)b)->addr);
}

static void merge(struct below_sum *s, const struct site *site)
{
	size_t n = 0;
	if (s->count > 0)
		qsort(s->at, s->count, sizeof(*s->at), by_address);
	for (size_t i = 0; i < s->count; i++) {
		if (n > 0 && addr_equal(&s->at[n - 1].addr, &s->at[i].addr)) {
			s->at[n - 1].watched |= s->at[i].watched;
			s->at[n - 1].answers += s->at[i].answers;
			continue;
		}
		s->at[n] = s->at[i];
		s->at[n++].watched |= site_is_resolver(site, &s->at[i].addr);
	}
	s->count = n;
	for (size_t i = 0; i < n; i++)
		*(s->at[i].watched ? &s->watched : &s->past) += s->at[i].answers;
	s->past += s->others;
}

static int most_first(const void *a, const void *b)
{
	const struct asked *x = a, *y = b;
	if (x->answers != y->answers)
		return x->answers < y->answers ? 1 : -1;
	return addr_compare(&x->addr, &y->addr);
}

static struct below_sum sum_up(const struct losses *all, const struct coverage_input *in,
			       const struct site *site)
{
	struct below_sum s = {.count = 0};
	const struct loss *l = NULL;
	while ((l = losses_next(all, in, true, l)) != NULL) {
		const char *watched = behind(l, "below.watched."),
			   *asked = behind(l, "below.asked.");
		if (watched != NULL || asked != NULL) {
			if (!add_server(&s, watched ? watched : asked, watched != NULL,
					l->count))
				s.others += l->count;
		} else if (behind(l, "below.others")) {
			s.others += l->count;
		} else if (behind(l, "below.dot")) {
			s.dot += l->count;
		} else if (behind(l, "below.doq")) {
			s.doq += l->count;
		} else if (behind(l, "below.doh")) {
			s.doh += l->count;
		}
	}
	merge(&s, site);
	if (s.count > 0)
		qsort(s.at, s.count, sizeof(*s.at), most_first);
	return s;
}

static bool is_empty(const struct below_sum *s)
{
	return s->watched + s->past + s->dot + s->doq + s->doh == 0;
}

/* Never 100 % when anything went past. */
static unsigned share(const struct below_sum *s)
{
	uint64_t all = s->watched + s->past;
	return all ? (unsigned)((__int128)s->watched * 10000 / all) : 10000;
}

static void put_servers(struct buf *out, const struct below_sum *s, size_t most)
{
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < s->count && i < most; i++) {
		addr_text(&s->at[i].addr, text);
		buf_printf(out, "    %-7s %9" PRIu64 "  %s\n",
			   s->at[i].watched ? "watched" : "past", s->at[i].answers, text);
	}
	if (s->count > most)
		buf_printf(out, "    and %zu servers more (--servers)\n",
			   s->count - most);
	if (s->others > 0)
		buf_printf(out,
			   "    past    %9" PRIu64 "  servers that were not told apart\n",
			   s->others);
}

static void put_names(struct buf *out, const struct losses *all,
		      const struct coverage_input *in)
{
	const struct loss *l = NULL;
	unsigned n = 0;
	while ((l = losses_next(all, in, true, l)) != NULL) {
		const char *name = behind(l, "below.doh.");
		if (name != NULL && n++ < 3)
			buf_printf(out, "%s%s", n > 1 ? ", " : ": ", name);
	}
	buf_puts(out, n > 3 ? ", ...\n" : "\n");
}

void below_put(struct buf *out, const struct losses *l, const struct coverage_input *in,
	       const struct site *site, size_t most)
{
	struct below_sum s = sum_up(l, in, site);
	uint64_t answers = s.watched + s.past;
	if (answers > 0)
		buf_printf(out,
			   "    below: %" PRIu64 " answers, %u.%02u %% of watched "
			   "resolvers\n",
			   answers, share(&s) / 100, share(&s) % 100);
	put_servers(out, &s, most);
	if (s.dot > 0)
		buf_printf(out, "    past    %9" PRIu64 "  connections, DNS over TLS\n",
			   s.dot);
	if (s.doq > 0)
		buf_printf(out, "    past    %9" PRIu64 "  connections, DNS over QUIC\n",
			   s.doq);
	if (s.doh > 0) {
		buf_printf(out, "    hint    %9" PRIu64 "  questions, DNS over HTTPS",
			   s.doh);
		put_names(out, l, in);
	}
	free(s.at);
}

static void put_number(struct json *j, const char *key, uint64_t n)
{
	json_key(j, key);
	json_u64(j, n);
}

static void put_servers_json(struct json *j, const struct below_sum *s)
{
	char text[ADDR_TEXT_MAX];
	json_key(j, "servers");
	json_open(j, '[');
	for (size_t i = 0; i < s->count; i++) {
		addr_text(&s->at[i].addr, text);
		json_open(j, '{');
		json_key(j, "server");
		json_str(j, text);
		json_key(j, "watched");
		json_bool(j, s->at[i].watched);
		put_number(j, "answers", s->at[i].answers);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void below_put_json(struct json *j, const struct losses *l,
		    const struct coverage_input *in, const struct site *site)
{
	struct below_sum s = sum_up(l, in, site);
	const struct loss *one = NULL;
	if (!is_empty(&s)) {
		json_key(j, "below");
		json_open(j, '{');
		put_number(j, "answers", s.watched + s.past);
		put_number(j, "watched", s.watched);
		put_servers_json(j, &s);
		put_number(j, "others", s.others);
		put_number(j, "dot", s.dot);
		put_number(j, "doq", s.doq);
		put_number(j, "doh", s.doh);
		json_key(j, "doh_names");
		json_open(j, '{');
		while ((one = losses_next(l, in, true, one)) != NULL)
			if (behind(one, "below.doh.")) {
				json_key(j, behind(one, "below.doh."));
				json_u64(j, one->count);
			}
		json_close(j, '}');
		json_close(j, '}');
	}
	free(s.at);
}
