/*
 * Zeek's dns.log. Answers stand without owners and types, in the order of the message
 * (chain.c tells what can be told); sections other than the answer are not in it.
 */
#include "dns/type.h"
#include "logs/json_scan.h"
#include "logs/line.h"

#define COLUMNS_MOST 64
#define ANSWERS_MOST 512

enum column {
	C_TS,
	C_PORT,
	C_QUERY,
	C_QCLASS,
	C_QTYPE,
	C_RD,
	C_ANSWERS,
	C_TTLS,
	C_COUNT,
	C_NONE = C_COUNT
};
static const char *const column_names[C_COUNT] = {
    "ts", "id.resp_p", "query", "qclass", "qtype", "RD", "answers", "TTLs"};

struct entry {
	struct bytes field[C_COUNT]; /* single values; empty: unset */
	struct bytes answers[ANSWERS_MOST], ttls[ANSWERS_MOST];
	size_t answer_count, ttl_count;
};

struct zeek {
	struct entry e;
	struct json_scan *scan;	      /* JSON */
	uint8_t column[COLUMNS_MOST]; /* TSV: from #fields */
	size_t columns;
	uint8_t separator, set_separator;
};

static uint32_t ttl_of(const struct entry *e, size_t i)
{
	int64_t us;
	if (i >= e->ttl_count || !log_epoch(e->ttls[i], &us) || us / 1000000 > INT32_MAX)
		return 0;
	return (uint32_t)(us / 1000000);
}

static uint16_t source_of(const struct log *l, struct bytes rd)
{
	if (l->options.sightings)
		return l->options.sightings;
	/* a resolver asks servers without RD, a stub asks a resolver with it */
	return rd.len == 1 && rd.at[0] == 'F' ? SOURCE_ABOVE : SOURCE_BELOW;
}

static void take(struct log *l, const struct entry *e)
{
	struct name qname;
	uint64_t port, class, qtype = 0;
	if (!log_epoch(e->field[C_TS], &l->time_us)) {
		log_bad(l, "no time");
		return;
	}
	if (log_number(e->field[C_PORT], &port) && port != 53) {
		l->counters.other_port++;
		return;
	}
	if (e->answer_count == 0 || e->field[C_QUERY].len == 0) {
		l->counters.unanswered++;
		return;
	}
	if (log_number(e->field[C_QCLASS], &class) && class != CLASS_IN) {
		l->counters.other_class++;
		return;
	}
	if (!log_owner(e->field[C_QUERY], &qname)) {
		log_bad(l, "query is no name");
		return;
	}
	if (!log_number(e->field[C_QTYPE], &qtype))
		qtype = TYPE_A; /* answers to queries that were not seen: addresses tell
				   what they are */
	struct span span = span_of_sighting(l->time_us / 1000000, 0);
	struct log_chain chain;
	log_chain_begin(&chain, &qname, (uint16_t)qtype, source_of(l, e->field[C_RD]),
			&span);
	for (size_t i = 0; i < e->answer_count; i++)
		log_chain_add(l, &chain, e->answers[i], ttl_of(e, i));
	log_chain_end(l, &chain);
}

static enum column column_of(struct bytes name)
{
	for (unsigned i = 0; i < C_COUNT; i++)
		if (path_is(name, column_names[i]))
			return i;
	return C_NONE;
}

/* ---- TSV ---- */

/* Zeek writes octets that would break the format as \xNN. In place: it only shrinks. */
static struct bytes unescape(struct log *l, struct bytes v)
{
	if (v.len == 0 || memchr(v.at, '\\', v.len) == NULL)
		return v;
	uint8_t *out = arena_bytes(&l->arena, v.len);
	if (out == NULL)
		return v;
	size_t n = 0;
	for (size_t i = 0; i < v.len; i++) {
		unsigned hi = 16, lo = 16;
		static const char digits[] = "0123456789abcdef";
		if (v.at[i] == '\\' && i + 3 < v.len && v.at[i + 1] == 'x') {
			const char *h = memchr(digits, v.at[i + 2] | 0x20, 16);
			const char *w = memchr(digits, v.at[i + 3] | 0x20, 16);
			if (h && w) {
				hi = (unsigned)(h - digits);
				lo = (unsigned)(w - digits);
			}
		}
		if (hi < 16) {
			out[n++] = (uint8_t)(hi << 4 | lo);
			i += 3;
		} else {
			out[n++] = v.at[i];
		}
	}
	return BYTES(out, n);
}

static bool is_unset(struct bytes v)
{
	return bytes_equal(v, BYTES_LIT("-")) || bytes_equal(v, BYTES_LIT("(empty)"));
}

static size_t split(struct log *l, struct bytes v, uint8_t by, struct bytes *out)
{
	size_t n = 0;
	while (n < ANSWERS_MOST) {
		const uint8_t *p = v.len ? memchr(v.at, by, v.len) : NULL;
		size_t len = p ? (size_t)(p - v.at) : v.len;
		out[n++] = unescape(l, BYTES(v.at, len));
		if (p == NULL)
			return n;
		v = BYTES(p + 1, v.len - len - 1);
	}
	l->counters.incomplete++;
	return n;
}

static void put_column(struct log *l, struct zeek *z, enum column c, struct bytes v)
{
	if (c == C_NONE || is_unset(v))
		return;
	if (c == C_ANSWERS)
		z->e.answer_count = split(l, v, z->set_separator, z->e.answers);
	else if (c == C_TTLS)
		z->e.ttl_count = split(l, v, z->set_separator, z->e.ttls);
	else
		z->e.field[c] = unescape(l, v);
}

typedef void (*field_fn)(struct log *l, struct zeek *z, size_t index, struct bytes v);

static size_t each_field(struct log *l, struct zeek *z, struct bytes line, field_fn each)
{
	size_t i = 0;
	for (;; i++) {
		const uint8_t *p =
		    line.len ? memchr(line.at, z->separator, line.len) : NULL;
		size_t len = p ? (size_t)(p - line.at) : line.len;
		each(l, z, i, BYTES(line.at, len));
		if (p == NULL)
			return i + 1;
		line = BYTES(p + 1, line.len - len - 1);
	}
}

static void take_field(struct log *l, struct zeek *z, size_t i, struct bytes v)
{
	if (i < z->columns)
		put_column(l, z, z->column[i], v);
}

static void name_column(struct log *l, struct zeek *z, size_t i, struct bytes v)
{
	(void)l;
	if (i == 0 || i > COLUMNS_MOST) /* "#fields" itself */
		return;
	z->column[i - 1] = (uint8_t)column_of(v);
	z->columns = i;
}

static void read_comment(struct log *l, struct zeek *z, struct bytes line)
{
	l->counters.other++;
	if (bytes_begins(line, BYTES_LIT("#separator \\x")) && line.len >= 15) {
		struct bytes s = unescape(l, BYTES(line.at + 11, 4));
		if (s.len == 1)
			z->separator = s.at[0];
	} else if (bytes_begins(line, BYTES_LIT("#set_separator")) && line.len > 15) {
		z->set_separator = line.at[15];
	} else if (bytes_begins(line, BYTES_LIT("#fields"))) {
		z->columns = 0;
		each_field(l, z, line, name_column);
	}
}

static void read_tsv(struct log *l, struct bytes line)
{
	struct zeek *z = l->own;
	if (line.at[0] == '#') {
		read_comment(l, z, line);
		return;
	}
	memset(z->e.field, 0, sizeof(z->e.field));
	z->e.answer_count = z->e.ttl_count = 0;
	if (z->columns == 0)
		log_bad(l, "no #fields line before it");
	else if (each_field(l, z, line, take_field) < z->columns)
		log_bad(l, "fewer fields than #fields names");
	else
		take(l, &z->e);
}

static int open_tsv(struct log *l, struct fault *f)
{
	struct zeek *z = l->own;
	(void)f;
	z->separator = '\t';
	z->set_separator = ',';
	return 0;
}

/* ---- JSON ---- */

static void on_value(enum json_event ev, struct bytes path, struct bytes v, void *arg)
{
	struct log *l = arg;
	struct zeek *z = l->own;
	enum column c = column_of(path);
	struct bytes *list = c == C_ANSWERS ? z->e.answers : z->e.ttls;
	size_t *count = c == C_ANSWERS ? &z->e.answer_count : &z->e.ttl_count;
	if (c == C_NONE)
		return;
	if (c == C_RD) {
		z->e.field[c] = ev == JSON_TRUE ? BYTES_LIT("T") : BYTES_LIT("F");
		return;
	}
	if (ev != JSON_STRING && ev != JSON_NUMBER)
		return;
	v = arena_copy(&l->arena, v);
	if (c != C_ANSWERS && c != C_TTLS)
		z->e.field[c] = v;
	else if (*count < ANSWERS_MOST)
		list[(*count)++] = v;
	else
		l->counters.incomplete++;
}

static int open_json(struct log *l, struct fault *f)
{
	struct zeek *z = l->own;
	int r = json_scan_new(on_value, l, &z->scan);
	return r < 0 ? fault_set(f, r, "out of memory") : 0;
}

static void read_json(struct log *l, struct bytes line)
{
	struct zeek *z = l->own;
	memset(z->e.field, 0, sizeof(z->e.field));
	z->e.answer_count = z->e.ttl_count = 0;
	if (json_scan_line(z->scan, line) < 0)
		log_bad(l, "no JSON object");
	else
		take(l, &z->e);
}

static void close_json(struct log *l)
{
	json_scan_free(((struct zeek *)l->own)->scan);
}

static bool looks_tsv(struct bytes head)
{
	return bytes_begins(head, BYTES_LIT("#separator ")) &&
	       memmem(head.at, head.len, "#path\tdns", 9);
}

static bool looks_json(struct bytes head)
{
	return head.len && head.at[0] == '{' &&
	       memmem(head.at, head.len, "\"id.resp_p\"", 11) &&
	       memmem(head.at, head.len, "\"trans_id\"", 10);
}

const struct log_format log_zeek = {"zeek",   true,	looks_tsv, sizeof(struct zeek),
				    open_tsv, read_tsv, NULL};
const struct log_format log_zeek_json = {
    "zeek", true, looks_json, sizeof(struct zeek), open_json, read_json, close_json};
