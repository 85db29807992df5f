#include "remote/discretion.h"

#include <stdio.h>
#include <stdlib.h>

#include "dns/psl.h"

/* ---- from the configuration ---- */

struct loading {
	struct discretion *d;
	const struct conf_entry *e;
	struct fault *f;
};

static int bad(struct loading *l, const char *word, const char *what)
{
	return fault_set(l->f, YORE_EMALFORMED, "%s:%u: [%s] %s: '%.60s' %s", l->e->file,
			 l->e->line, l->e->section, l->e->key, word, what);
}

static int take_kind(const char *word, void *arg)
{
	static const char *const words[] = {"single", "special", "unlisted", "private",
					    "own"};
	struct loading *l = arg;
	for (unsigned i = 0; i < 5; i++) {
		if (strcmp(word, words[i]) == 0) {
			l->d->never |= 1u << i;
			return 0;
		}
	}
	return strcmp(word, "nothing") == 0 ? 0 : bad(l, word, "is no kind of term");
}

static int take_zone(const char *word, void *arg)
{
	struct loading *l = arg;
	struct discretion *d = l->d;
	struct addr_range range;
	if (d->zone_count == OWN_MAX || d->network_count == OWN_MAX)
		return bad(l, word, "is one too many");
	if (addr_range_parse(word, &range) == 0) {
		d->networks[d->network_count++] = range;
		return 0;
	}
	if (name_of_idn(word, &d->zones[d->zone_count]) < 0)
		return bad(l, word, "is neither a name nor a network");
	if (d->zones[d->zone_count].len == 1)
		return bad(l, word, "is the root");
	d->zone_count++;
	return 0;
}

int discretion_load(struct discretion *d, struct conf *c, struct fault *f)
{
	struct loading l = {.d = d, .f = f};
	memset(d, 0, sizeof(*d));
	d->zones = calloc(OWN_MAX, sizeof(*d->zones));
	d->networks = calloc(OWN_MAX, sizeof(*d->networks));
	d->unmarked = TLP_AMBER;
	if (!d->zones || !d->networks)
		return fault_set(f, YORE_ENOMEM, "discretion: out of memory");
	l.e = conf_find(c, "local", "never-send");
	int r = l.e ? conf_words(c, "local", "never-send", take_kind, &l) : 0;
	if (l.e == NULL)
		d->never = NEVER_ALL;
	l.e = conf_find(c, "local", "zones");
	if (r == 0 && l.e)
		r = conf_words(c, "local", "zones", take_zone, &l);
	l.e = conf_find(c, "local", "tlp");
	if (r == 0 && l.e && tlp_of_text(l.e->value, &d->unmarked) < 0)
		r = bad(&l, l.e->value, "is no TLP colour");
	if (r == 0)
		r = conf_bool(c, "local", "live", &d->live, f);
	if (r < 0)
		discretion_release(d);
	return r < 0 ? r : 0;
}

void discretion_release(struct discretion *d)
{
	free(d->zones);
	free(d->networks);
	memset(d, 0, sizeof(*d));
}

/* ---- names ---- */

static bool is_special_name(struct bytes name)
{
	/* the IANA registry of special-use names, and what sites use as if it were in it
	 */
	static const char *const words[] = {
	    "local",   "localhost", "localdomain", "internal", "intranet",  "private",
	    "lan",     "home",	    "corp",	   "mail",     "test",	    "invalid",
	    "example", "onion",	    "alt",	   "arpa",     "workgroup", "domain"};
	struct bytes top = name_suffix(name, 1);
	struct name arpa_home, arpa_in, arpa_ip6;
	if (name_labels(name) == 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct bytes w = BYTES_STR(words[i]);
		if (top.at[0] != w.len || memcmp(top.at + 1, w.at, w.len) != 0)
			continue;
		if (strcmp(words[i], "arpa") != 0)
			return true;
		/* reverse names are judged by their address */
		return name_of_text("home.arpa", &arpa_home) < 0 ||
		       name_of_text("in-addr.arpa", &arpa_in) < 0 ||
		       name_of_text("ip6.arpa", &arpa_ip6) < 0 ||
		       (!name_within(name, name_bytes(&arpa_in)) &&
			!name_within(name, name_bytes(&arpa_ip6)));
	}
	return false;
}

/* A reverse name with so many labels below the arpa zone, zeros put before them. */
static bool address_of(struct bytes name, unsigned want, struct addr *ret)
{
	struct name full = {0};
	for (unsigned have = name_labels(name) - 2; have < want; have++) {
		full.wire[full.len++] = 1;
		full.wire[full.len++] = '0';
	}
	if (full.len + name.len > NAME_WIRE_MAX)
		return false;
	memcpy(full.wire + full.len, name.at, name.len);
	full.len = (uint8_t)(full.len + name.len);
	return name_to_addr(name_bytes(&full), ret) == 0;
}

/*
 * The least address below a reverse name: also of one that is cut ("10.in-addr.arpa")
 * and of one with labels of other kinds in front (RFC 2317).
 */
static bool reverse_address(struct bytes name, struct addr *ret)
{
	struct name arpa;
	bool v4 = name_of_text("in-addr.arpa", &arpa) == 0 &&
		  name_within(name, name_bytes(&arpa));
	if (!v4 && (name_of_text("ip6.arpa", &arpa) < 0 ||
		    !name_within(name, name_bytes(&arpa))))
		return false;
	unsigned have = name_labels(name) - 2, want = v4 ? 4 : 32;
	for (unsigned n = have < want ? have : want; n > 0; n--)
		if (address_of(name_suffix(name, n + 2), want, ret))
			return true;
	return false;
}

/* ---- addresses ---- */

static bool is_documentation(const struct addr *a)
{
	static const char *const prefixes[] = {"192.0.2.0/24", "198.51.100.0/24",
					       "203.0.113.0/24", "2001:db8::/32"};
	for (size_t i = 0; i < 4; i++) {
		struct addr_range r;
		if (addr_range_parse(prefixes[i], &r) == 0 && addr_range_has(&r, a))
			return true;
	}
	return false;
}

static bool is_private(const struct addr *a)
{
	return addr_is_special(a) && !is_documentation(a);
}

static bool overlaps(const struct addr_range *a, const struct addr_range *b)
{
	return a->lo.len == b->lo.len && addr_compare(&a->lo, &b->hi) <= 0 &&
	       addr_compare(&b->lo, &a->hi) <= 0;
}

/* Private networks that a range might lie around without its ends showing it. */
static bool touches_private(const struct addr_range *r)
{
	static const char *const prefixes[] = {
	    "10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
	    "169.254.0.0/16", "127.0.0.0/8",   "fc00::/7",	 "fe80::/10"};
	if (is_private(&r->lo) || is_private(&r->hi))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct addr_range p;
		if (addr_range_parse(prefixes[i], &p) == 0 && overlaps(r, &p))
			return true;
	}
	return false;
}

static bool say(char why[160], const char *what)
{
	snprintf(why, 160, "%s", what);
	return false;
}

static bool range_allowed(const struct discretion *d, const struct addr_range *r,
			  char why[160])
{
	if ((d->never & NEVER_PRIVATE) && touches_private(r))
		return say(why, "a private address");
	for (size_t i = 0; (d->never & NEVER_OWN) && i < d->network_count; i++)
		if (overlaps(r, &d->networks[i]))
			return say(why, "an address of this site");
	return true;
}

static bool name_allowed(const struct discretion *d, const struct term *t, char why[160])
{
	struct bytes n = name_bytes(&t->name);
	struct addr a;
	unsigned labels = name_labels(n);
	for (size_t i = 0; (d->never & NEVER_OWN) && i < d->zone_count; i++)
		if (name_within(n, name_bytes(&d->zones[i])) ||
		    (t->kind == TERM_ZONE && name_within(name_bytes(&d->zones[i]), n)))
			return say(why, "a name of this site");
	if (t->kind == TERM_STEM)
		return labels > 0 ? true : say(why, "every name");
	if (labels == 0)
		return say(why, "the root");
	if (reverse_address(n, &a)) {
		struct addr_range r = {a, a};
		return range_allowed(d, &r, why);
	}
	if ((d->never & NEVER_SPECIAL) && is_special_name(n))
		return say(why, "a special-use name");
	if (labels == 1 && t->kind == TERM_NAME && (d->never & NEVER_SINGLE))
		return say(why, "a name of a single label");
	if ((d->never & NEVER_UNLISTED) && !psl_is_listed(n))
		return say(why, "a name under no listed public suffix");
	return true;
}

bool discretion_term(const struct discretion *d, const struct term *t, char why[160])
{
	switch (t->kind) {
	case TERM_NAME:
	case TERM_ZONE:
	case TERM_STEM:
		return name_allowed(d, t, why);
	case TERM_ADDR:
		return range_allowed(d, &t->range, why);
	default:
		return say(why, "patterns and raw octets are asked of the local history "
				"only");
	}
}

bool discretion_allows(const struct discretion *d, const struct account *a,
		       const struct inquiry *q, const enum tlp *tlp, char why[160])
{
	enum tlp mark = tlp ? *tlp : d->unmarked;
	if (!a->own && !discretion_term(d, q->term, why)) {
		size_t n = strlen(why);
		snprintf(why + n, 160 - n, ": it does not leave this machine");
		return false;
	}
	if (mark > a->ceiling) {
		snprintf(why, 160, "TLP:%s%s is more than %s may be told (%s)",
			 tlp_text(mark), tlp ? "" : " (not marked)", a->name,
			 tlp_text(a->ceiling));
		return false;
	}
	if (a->provider->lookup == LOOKUP_ALWAYS && !d->live && !a->own)
		return say(why, "asking it causes a live look-up; --live allows that");
	return true;
}
