#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "dns/psl.h"
#include "intel/iocs.h"
#include "intel/lists.h"
#include "intel/networks.h"

void iocs_init(struct iocs *s)
{
	*s = (struct iocs){.format = "text"};
	arena_init(&s->arena, (size_t)1 << 30);
}

void iocs_release(struct iocs *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->at[i]->lines);
	free(s->at);
	free(s->slots);
	arena_release(&s->arena);
	*s = (struct iocs){0};
}

static uint64_t key_hash(enum ioc_kind kind, const struct name *name,
			 const struct addr_range *r)
{
	uint64_t h = kind == IOC_ADDR
			 ? hash_mix(hash_keyed(r->lo.at, 16), hash_keyed(r->hi.at, 16))
			 : hash_keyed(name->wire, name->len);
	return hash_mix(h, (uint64_t)kind);
}

static bool same(const struct ioc *i, const struct found *f)
{
	if (i->kind != f->kind)
		return false;
	if (i->kind == IOC_ADDR)
		return addr_equal(&i->range.lo, &f->range.lo) &&
		       addr_equal(&i->range.hi, &f->range.hi);
	return bytes_equal(name_bytes(&i->name), name_bytes(&f->name));
}

static int grow_slots(struct iocs *s)
{
	size_t n = s->slot_count ? s->slot_count * 2 : 1024;
	uint32_t *slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < s->count; i++) {
		const struct ioc *o = s->at[i];
		size_t k = key_hash(o->kind, &o->name, &o->range) & (n - 1);
		while (slots[k])
			k = (k + 1) & (n - 1);
		slots[k] = (uint32_t)i + 1;
	}
	free(s->slots);
	s->slots = slots;
	s->slot_count = n;
	return 0;
}

static int append(struct iocs *s, struct ioc *i, size_t slot)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct ioc **at = realloc(s->at, room * sizeof(struct ioc *));
		if (at == NULL)
			return YORE_ENOMEM;
		s->at = at;
		s->room = room;
	}
	s->at[s->count++] = i;
	s->slots[slot] = (uint32_t)s->count;
	return 0;
}

static int add_line(struct ioc *i, uint32_t line)
{
	if (i->line_count && i->lines[i->line_count - 1] >= line)
		return 0;
	if (i->line_count == i->line_room) {
		size_t room = i->line_room ? i->line_room * 2 : 4;
		uint32_t *at = realloc(i->lines, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		i->lines = at;
		i->line_room = room;
	}
	i->lines[i->line_count++] = line;
	return 0;
}

int iocs_add(struct iocs *s, const struct found *f)
{
	if (s->slot_count < (s->count + 1) * 2) {
		int r = grow_slots(s);
		if (r < 0)
			return r;
	}
	size_t k = key_hash(f->kind, &f->name, &f->range) & (s->slot_count - 1);
	while (s->slots[k] && !same(s->at[s->slots[k] - 1], f))
		k = (k + 1) & (s->slot_count - 1);
	struct ioc *i = s->slots[k] ? s->at[s->slots[k] - 1] : NULL;
	if (i == NULL) {
		if (s->count >= IOCS_MOST) {
			s->left_out++;
			return 0;
		}
		i = arena_alloc(&s->arena, sizeof(*i));
		if (i == NULL)
			return YORE_ENOMEM;
		*i = (struct ioc){.kind = f->kind,
				  .name = f->name,
				  .range = f->range,
				  .class = f->class,
				  .why = ""};
		int r = append(s, i, k);
		if (r < 0)
			return r;
	}
	/* what one place proves to be a host is one everywhere */
	if (i->class != f->class && f->class == IOC_INDICATOR)
		i->class = IOC_INDICATOR;
	i->how |= f->how;
	if (i->url == NULL && f->url) {
		struct bytes u = arena_copy(&s->arena, BYTES(f->url, f->url_len + 1));
		if (u.at == NULL)
			return YORE_ENOMEM;
		((char *)(uintptr_t)u.at)[f->url_len] = '\0';
		i->url = (const char *)u.at;
	}
	return add_line(i, f->line);
}

static bool is_publishers(const struct ioc *i, const struct ioc_options *o)
{
	for (const char *const *p = o ? o->publishers : NULL; p && *p; p++) {
		struct name zone;
		if (name_of_text(*p, &zone) == 0 &&
		    name_within(name_bytes(&i->name), name_bytes(&zone)))
			return true;
	}
	return false;
}

static void judge(struct ioc *i, enum ioc_class class, const char *why)
{
	i->class = class;
	i->why = why;
}

static void classify_name(struct ioc *i, const struct ioc_options *o)
{
	struct bytes n = name_bytes(&i->name);
	unsigned strong = i->how & (IOC_DEFANGED | IOC_STATED);
	unsigned plain = i->how & (IOC_BARE | IOC_ALONE | IOC_STATED | IOC_DEFANGED);
	if (i->how & IOC_AS_REFERENCE && !plain)
		judge(i, IOC_REFERENCE, "given as a reference");
	else if (is_publishers(i, o))
		judge(i, IOC_REFERENCE, "the publisher's own");
	else if (list_has_zone("lists/references", n, NULL))
		judge(i, strong ? IOC_CANDIDATE : IOC_REFERENCE,
		      strong ? "a well-known service, written as an indicator"
			     : "a publisher, a code host or the like");
	else if (i->how & IOC_IN_MAIL && list_has_zone("lists/mail-providers", n, NULL))
		judge(i, IOC_REFERENCE, "mail for everybody");
	else if (i->how & IOC_LINKED && !plain)
		judge(i, IOC_REFERENCE, "only linked from the text");
	else if (ioc_is_internal(i))
		judge(i, IOC_CANDIDATE, "an internal name");
	else if (!psl_is_listed(n) && !name_within(n, BYTES_LIT("\7example\0")))
		judge(i, IOC_CANDIDATE, "under no listed public suffix");
	else if (psl_is_suffix(n) && i->kind == IOC_NAME)
		judge(i, IOC_CANDIDATE, "a public suffix itself");
	else
		i->why = "found in the text";
}

void iocs_classify(struct iocs *s, const struct ioc_options *o)
{
	for (size_t k = 0; k < s->count; k++) {
		struct ioc *i = s->at[k];
		if (i->class == IOC_FILE)
			i->why = "the name of a file";
		else if (i->class == IOC_OTHER)
			i->why = "a version, a class or a detection's name";
		else if (i->kind != IOC_ADDR)
			classify_name(i, o);
		else if (addr_is_unreachable(&i->range.lo))
			judge(i, IOC_CANDIDATE, "never reachable from outside");
		else if (i->how == IOC_AS_REFERENCE)
			judge(i, IOC_REFERENCE, "given as a reference");
		else
			i->why = "found in the text";
	}
}

bool ioc_is_internal(const struct ioc *i)
{
	if (i->kind == IOC_ADDR)
		return addr_is_unreachable(&i->range.lo) ||
		       addr_is_unreachable(&i->range.hi);
	return name_labels(name_bytes(&i->name)) < 2 ||
	       list_has_zone("lists/internal-zones", name_bytes(&i->name), NULL);
}

/* The length of the prefix that lo..hi is; -1 when it is none. */
static int prefix_bits(const struct addr_range *r)
{
	struct addr_range whole;
	for (int bits = r->lo.len * 8; bits >= 0; bits--)
		if (addr_range_of_prefix(&r->lo, (unsigned)bits, &whole) == 0 &&
		    addr_equal(&whole.lo, &r->lo) && addr_equal(&whole.hi, &r->hi))
			return bits;
	return -1;
}

size_t ioc_text(const struct ioc *i, char out[IOC_TEXT_MAX])
{
	if (i->kind != IOC_ADDR) {
		size_t at = 0;
		if (i->kind == IOC_ZONE) {
			memcpy(out, "*.", 2);
			at = 2;
		}
		size_t n = at + name_text(name_bytes(&i->name), out + at);
		out[--n] = '\0';
		return n;
	}
	size_t n = addr_text(&i->range.lo, out);
	if (addr_equal(&i->range.lo, &i->range.hi))
		return n;
	int bits = prefix_bits(&i->range);
	if (bits >= 0)
		return n + (size_t)snprintf(out + n, 5, "/%d", bits);
	out[n++] = '-';
	return n + addr_text(&i->range.hi, out + n);
}

const char *ioc_class_name(enum ioc_class c)
{
	static const char *const names[] = {"indicator", "candidate", "reference", "file",
					    "other"};
	return names[c];
}

size_t iocs_count(const struct iocs *s, enum ioc_class c)
{
	size_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		n += s->at[i]->class == c;
	return n;
}
