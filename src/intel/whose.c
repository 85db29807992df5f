#include <stdarg.h>
#include <stdio.h>

#include "intel/whose.h"

void whose_defaults(struct whose_options *o)
{
	if (o->shared_at == 0)
		o->shared_at = 10;
	if (o->dedicated_most == 0)
		o->dedicated_most = 2;
	if (o->young_s == 0)
		o->young_s = 90 * INT64_C(86400);
	if (o->farm_percent == 0)
		o->farm_percent = 80;
}

/* Was it there during the window? An unknown end counts as the one that is known. */
static bool there(const struct neighbour *n, const struct window *w)
{
	struct fence f = {w->from_s, w->to_s, false, false};
	return fence_passes(&f, n->first_s, n->last_s);
}

/* First seen anywhere not long before the window, as far as the history can tell. */
static bool is_young(const struct neighbour *n, const struct whose_input *in,
		     const struct window *w, const struct whose_options *o)
{
	if (n->born_s == WHEN_UNKNOWN || in->history_begins_s == WHEN_UNKNOWN)
		return false;
	return w->from_s - n->born_s <= o->young_s &&
	       n->born_s - in->history_begins_s >= o->young_s;
}

/* Octets of one UTF-8 character that may stand in any output; 0: none begins here. */
static size_t fit_character(const unsigned char *s)
{
	unsigned c = s[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	unsigned v = n < 2 ? c : c & (0x7f >> n);
	if (n == 0 || c > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (s[i] & 0x3f);
	}
	bool control = v < 0x20 || (v >= 0x7f && v < 0xa0);
	bool turns = (v >= 0x202a && v <= 0x202e) || (v >= 0x2066 && v <= 0x2069);
	bool odd = (n == 3 && v < 0x800) || (n == 4 && v < 0x10000) || v > 0x10ffff ||
		   (v >= 0xd800 && v < 0xe000);
	return control || turns || odd ? 0 : n;
}

/* Names of networks come out of others' tables. */
static void make_fit(char *text)
{
	while (*text) {
		size_t n = fit_character((unsigned char *)text);
		if (n == 0)
			*text = '?';
		text += n ? n : 1;
	}
}

__attribute__((format(printf, 2, 3))) static void say(struct whose *v, const char *fmt,
						      ...)
{
	va_list ap;
	size_t n = strlen(v->evidence);
	if (n && n + 3 < sizeof(v->evidence))
		n += (size_t)snprintf(v->evidence + n, sizeof(v->evidence) - n, "; ");
	va_start(ap, fmt);
	vsnprintf(v->evidence + n, sizeof(v->evidence) - n, fmt, ap);
	va_end(ap);
	make_fit(v->evidence + n);
}

static const char *plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static void judge_many(struct whose *v, const struct whose_input *in,
		       const struct whose_options *o)
{
	v->farm = v->young * 100 >= v->unrelated * o->farm_percent;
	if (!v->farm) {
		v->ownership = OWNER_SHARED;
		say(v, "%s%u unrelated domains there in the window, %u of them young",
		    in->truncated ? "at least " : "", v->unrelated, v->young);
		return;
	}
	v->ownership = in->wide && !in->truncated ? OWNER_DEDICATED : OWNER_UNKNOWN;
	say(v,
	    "%u unrelated domains there in the window, %u of them young: a farm, not "
	    "hosting",
	    v->unrelated, v->young);
}

static void judge_few(struct whose *v, const struct whose_input *in,
		      const struct whose_options *o)
{
	bool whole = in->wide && !in->truncated;
	if (whole && v->unrelated <= o->dedicated_most)
		v->ownership = OWNER_DEDICATED;
	say(v, "%u unrelated domain%s there in the window%s", v->unrelated,
	    plural(v->unrelated),
	    whole	    ? ", by a wide source that answered whole"
	    : in->truncated ? ", answer cut short"
			    : " that this history knows: a lower bound");
}

struct whose whose_judge(const struct whose_input *in, const struct window *w,
			 const struct whose_options *options)
{
	struct whose_options o = *options;
	struct whose v = {.special = in->network ? in->network->special : SPECIAL_NONE};
	whose_defaults(&o);
	if (in->network)
		say(&v, "%s%s%s (%s)", special_name(in->network->special),
		    *in->network->label ? ": " : "", in->network->label,
		    in->network->origin);
	if (in->through && (v.special == SPECIAL_NONE || v.special == SPECIAL_CLOUD)) {
		v.special = in->through->special;
		say(&v, "reached through %s, %s", in->through->label,
		    special_name(in->through->special));
	}
	for (size_t i = 0; i < in->count; i++) {
		const struct neighbour *n = &in->neighbours[i];
		if (!there(n, w))
			continue;
		v.related += n->related;
		v.unrelated += !n->related;
		v.young += !n->related && is_young(n, in, w, &o);
	}
	if (v.unrelated >= o.shared_at)
		judge_many(&v, in, &o);
	else
		judge_few(&v, in, &o);
	if (in->asn.number)
		say(&v, "AS%u %s (%s)", in->asn.number, in->asn.organisation,
		    in->asn.table);
	return v;
}

const char *ownership_name(enum ownership o)
{
	static const char *const names[] = {"unknown", "shared", "dedicated"};
	return names[o];
}
