/*
 * Master files (RFC 1035 5, RFC 2308 4 for $TTL). An entry may go over several lines
 * inside parentheses; it is read when its last line is there, and counts as that line.
 * $INCLUDE is not followed: what is in another file is given as another file.
 */
#include <strings.h>

#include "base/num.h"
#include "dns/name_text.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "logs/line.h"

#define ENTRY_MOST ((size_t)1 << 20)

struct zone {
	struct buf entry; /* lines of an entry that is not closed yet */
	unsigned depth;	  /* of parentheses */
	bool quoted;
	struct name origin, owner;
	bool has_owner, first_blank;
	uint32_t ttl;
	bool has_ttl;
	struct buf rdata;
};

/* Follows parentheses and quotes through a line; comments are cut off. */
static void add_line(struct zone *z, struct bytes line)
{
	if (z->entry.len == 0)
		z->first_blank = line.len && (line.at[0] == ' ' || line.at[0] == '\t');
	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.at[i];
		if (c == 0)
			c = ' ';
		if (c == ';' && !z->quoted)
			break;
		buf_putc(&z->entry, c);
		if (c == '\\' && i + 1 < line.len)
			buf_putc(&z->entry, line.at[++i]);
		else if (c == '"')
			z->quoted = !z->quoted;
		else if (c == '(' && !z->quoted)
			z->depth++;
		else if (c == ')' && !z->quoted && z->depth)
			z->depth--;
	}
	buf_putc(&z->entry, ' ');
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '(' || c == ')';
}

/* The next word of an entry, NUL-terminated in place; NULL at the end. */
static char *word(char **at)
{
	char *p = *at;
	while (is_space(*p))
		p++;
	if (*p == 0)
		return NULL;
	char *begin = p;
	while (*p && !is_space(*p))
		p += *p == '\\' && p[1] ? 2 : 1;
	if (*p)
		*p++ = 0;
	*at = p;
	return begin;
}

static bool read_name(const struct zone *z, const char *text, struct name *ret)
{
	/* an NS has a name and nothing else: its reader knows origins */
	struct buf wire;
	struct bytes origin = z->origin.len ? name_bytes(&z->origin) : BYTES("", 1);
	buf_init(&wire, NAME_WIRE_MAX);
	bool good = rdata_of_text_below(TYPE_NS, text, origin, &wire) == 0 &&
		    name_of_wire(buf_bytes(&wire), ret) == 0;
	buf_release(&wire);
	return good;
}

/* Seconds, or 1h30m as BIND writes it. */
static bool read_ttl(const char *text, uint32_t *ret)
{
	uint64_t sum = 0;
	if (*text < '0' || *text > '9')
		return false;
	while (*text) {
		char piece[16];
		size_t n = strspn(text, "0123456789");
		int64_t s;
		n += text[n] != 0;
		if (n >= sizeof(piece))
			return false;
		memcpy(piece, text, n);
		piece[n] = 0;
		for (char *p = piece; *p; p++)
			*p |= *p >= 'A' && *p <= 'Z' ? 0x20 : 0;
		if (num_span(piece, &s) < 0 || (sum += (uint64_t)s) > INT32_MAX)
			return false;
		text += n;
	}
	*ret = (uint32_t)sum;
	return true;
}

static void directive(struct log *l, struct zone *z, char *name, char *rest)
{
	char *value = word(&rest);
	l->counters.other++;
	if (value == NULL)
		log_bad(l, "a directive without its value");
	else if (strcasecmp(name, "$ORIGIN") == 0) {
		if (!read_name(z, value, &z->origin))
			log_bad(l, "$ORIGIN is no name");
	} else if (strcasecmp(name, "$TTL") == 0) {
		z->has_ttl = read_ttl(value, &z->ttl);
		if (!z->has_ttl)
			log_bad(l, "$TTL is no time");
	} else if (strcasecmp(name, "$INCLUDE") == 0) {
		log_bad(l, "$INCLUDE is not followed: give that file too");
	} else {
		log_bad(l, "a directive that is not known");
	}
}

static bool is_class(const char *text, bool *internet)
{
	static const char *const classes[] = {"IN", "CH", "HS", "CS", "ANY", "NONE"};
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strcasecmp(text, classes[i]) == 0) {
			*internet = i == 0;
			return true;
		}
	return false;
}

static void emit(struct log *l, struct zone *z, uint16_t type, uint32_t ttl,
		 const char *rdata)
{
	struct bytes origin = z->origin.len ? name_bytes(&z->origin) : BYTES("", 1);
	struct log_set s;
	struct span span = {.first_s = l->options.now_s,
			    .last_s = l->options.now_s,
			    .count = 1,
			    .ttl_min = ttl,
			    .ttl_max = ttl,
			    .flags = SPAN_INTERVAL};
	buf_clear(&z->rdata);
	if (rdata_of_text_below(type, rdata, origin, &z->rdata) < 0) {
		log_bad(l, "rdata is not of its type's form");
		return;
	}
	log_set_begin(&s, &z->owner, type, l->source);
	if (log_set_add_wire(l, &s, buf_bytes(&z->rdata)))
		log_set_emit(l, &s, &span, true);
}

/* TTL and class in either order, both optional, then the type (RFC 1035 5.1). */
static void record(struct log *l, struct zone *z, char *at)
{
	uint32_t ttl = z->has_ttl ? z->ttl : 0;
	bool internet = true;
	for (char *w; (w = word(&at)) != NULL;) {
		uint16_t type;
		if (read_ttl(w, &ttl) || is_class(w, &internet))
			continue;
		if (type_of_text(w, &type) < 0)
			log_bad(l, "neither TTL, class nor type");
		else if (!internet)
			l->counters.other_class++;
		else
			emit(l, z, type, ttl, at);
		return;
	}
	log_bad(l, "no type");
}

static void entry(struct log *l, struct zone *z)
{
	char *at = (char *)(uintptr_t)buf_str(&z->entry);
	char *rest = at + strspn(at, " \t()");
	if (*rest == 0) {
		l->counters.other++;
		return;
	}
	if (!z->first_blank) {
		char *owner = word(&at);
		if (*owner == '$') {
			directive(l, z, owner, at);
			return;
		}
		z->has_owner = read_name(z, owner, &z->owner);
		if (!z->has_owner) {
			log_bad(l, "the owner is no name");
			return;
		}
	}
	if (!z->has_owner)
		log_bad(l, "no owner");
	else
		record(l, z, at);
}

static void read_line(struct log *l, struct bytes line)
{
	struct zone *z = l->own;
	add_line(z, line);
	if (z->entry.err == 0 && (z->depth || z->quoted)) {
		l->counters.other++; /* goes on in the next line */
		return;
	}
	if (z->entry.err)
		log_bad(l, "an entry longer than one may be");
	else
		entry(l, z);
	buf_clear(&z->entry);
	z->depth = 0;
	z->quoted = false;
}

static int start(struct log *l, struct fault *f)
{
	struct zone *z = l->own;
	buf_init(&z->entry, ENTRY_MOST);
	buf_init(&z->rdata, RDATA_MAX + 1);
	const char *origin = l->options.origin;
	if (origin && name_of_text(origin, &z->origin) < 0)
		return fault_set(f, YORE_EUSAGE, "the origin '%s' is no name", origin);
	return 0;
}

static void stop(struct log *l)
{
	struct zone *z = l->own;
	buf_release(&z->entry);
	buf_release(&z->rdata);
}

/* A line, after comments, that is a directive or holds "IN" and then a type or "SOA". */
static bool looks(struct bytes head)
{
	while (head.len) {
		const uint8_t *nl = memchr(head.at, '\n', head.len);
		size_t n = nl ? (size_t)(nl - head.at) : head.len;
		if (n && (head.at[0] == '$' || memmem(head.at, n, "SOA", 3)) &&
		    !memchr(head.at, '{', n))
			return head.at[0] != '$' ||
			       bytes_begins(head, BYTES_LIT("$ORIGIN")) ||
			       bytes_begins(head, BYTES_LIT("$TTL"));
		if (n && head.at[0] != ';' && head.at[0] != '\r' && head.at[0] != 0x20 &&
		    head.at[0] != 0x09)
			return false;
		head = nl ? BYTES(nl + 1, head.len - n - 1) : BYTES(head.at, 0);
	}
	return false;
}

const struct log_format log_zone = {"zone", false,     looks, sizeof(struct zone),
				    start,  read_line, stop};
