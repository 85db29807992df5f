/*
 * Running text, line by line: defanging undone with its places marked, then chunk by
 * chunk (between white space, quotes and table bars) URLs, mail addresses, IPv6, and
 * runs that may be hosts. Chunks that are paths of a file system are passed over.
 */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "intel/iocs.h"

#define LINE_MOST (1 << 20)

struct scan {
	struct iocs *iocs;
	const char *s; /* the plain line and, octet by octet, what was undone */
	const uint8_t *mark;
	size_t n;
	uint32_t line;
	unsigned extra;
	char prose[32]; /* the chunk before, lower case */
};

static const struct {
	const char *from, *to;
} undo[] = {
    {"[.]", "."},   {"(.)", "."},     {"{.}", "."},   {"<.>", "."},	{"[dot]", "."},
    {"(dot)", "."}, {"{dot}", "."},   {"[d0t]", "."}, {"[punkt]", "."}, {"[point]", "."},
    {"[:]", ":"},   {"[://]", "://"}, {"[:/]", ":/"}, {"[/]", "/"},	{"[at]", "@"},
    {"(at)", "@"},  {"[@]", "@"},     {"{at}", "@"},
};

static bool part_of_name(int c)
{
	return isalnum(c) || c == '-' || c == '_' || c >= 0x80;
}

static size_t undo_at(const char *s, size_t left, const char **to)
{
	for (size_t i = 0; i < sizeof(undo) / sizeof(undo[0]); i++) {
		size_t n = strlen(undo[i].from);
		if (n <= left && strncasecmp(s, undo[i].from, n) == 0) {
			*to = undo[i].to;
			return n;
		}
	}
	return 0;
}

static int refang_line(struct bytes line, struct buf *plain, struct buf *mark)
{
	const char *s = (const char *)line.at, *to;
	for (size_t i = 0; i < line.len;) {
		size_t took =
		    strchr("[({<", s[i]) && s[i] ? undo_at(s + i, line.len - i, &to) : 0;
		if (took == 0 && s[i] == '\\' && i > 0 && i + 2 < line.len &&
		    s[i + 1] == '.' && part_of_name((unsigned char)s[i - 1]) &&
		    part_of_name((unsigned char)s[i + 2])) {
			took = 2;
			to = ".";
		}
		if (took == 0) {
			buf_putc(plain, s[i] ? (unsigned char)s[i] : ' ');
			buf_putc(mark, 0);
			i++;
			continue;
		}
		buf_puts(plain, to);
		for (size_t k = 0; to[k]; k++)
			buf_putc(mark, 1);
		i += took;
	}
	buf_putc(plain, 0);
	return plain->err ? plain->err : mark->err;
}

static bool marked(const struct scan *c, size_t from, size_t to)
{
	return memchr(c->mark + from, 1, to - from) != NULL;
}

/* Typographic quotes, dashes and spaces (U+2000..206F), guillemets, no-break space. */
static size_t delimiter(const char *s, size_t left)
{
	const unsigned char *u = (const unsigned char *)s;
	if (u[0] < 0x80)
		return isspace(u[0]) || strchr("\"'`<>|;,", u[0]) ? 1 : 0;
	if (left >= 3 && u[0] == 0xe2 && (u[1] == 0x80 || u[1] == 0x81))
		return 3;
	if (left >= 3 && u[0] == 0xe3 && u[1] == 0x80)
		return 3;
	return left >= 2 && u[0] == 0xc2 && (u[1] == 0xa0 || u[1] == 0xab || u[1] == 0xbb)
		   ? 2
		   : 0;
}

static int report(struct scan *c, struct found *f, unsigned how)
{
	f->how = how | c->extra;
	f->line = c->line;
	return iocs_add(c->iocs, f);
}

static int report_word(struct scan *c, const char *s, size_t n, unsigned how,
		       struct found *f)
{
	enum word w = word_judge(s, n, how | c->extra, &f->name, &f->range);
	if (w == WORD_NOTHING)
		return 0;
	f->kind = w == WORD_ADDR ? IOC_ADDR : f->kind == IOC_ZONE ? IOC_ZONE : IOC_NAME;
	f->class = w == WORD_FILE    ? IOC_FILE
		   : w == WORD_OTHER ? IOC_OTHER
				     : IOC_INDICATOR;
	return report(c, f, how);
}

/* ---- URLs ---- */

static bool is_scheme_char(int c)
{
	return isalnum(c) || c == '+' || c == '*' || c == '-';
}

/* At s[i]: letters and "://". Length of the scheme with it, or 0. */
static size_t scheme_at(const char *s, size_t n)
{
	size_t k = 0;
	while (k < n && k < 12 && is_scheme_char((unsigned char)s[k]))
		k++;
	return k >= 2 && k + 3 < n && memcmp(s + k, "://", 3) == 0 ? k + 3 : 0;
}

static size_t url_end(const struct scan *c, size_t i, size_t end)
{
	int depth = 0;
	while (i < end && !strchr("[]{}\\", c->s[i])) {
		depth += c->s[i] == '(';
		if (c->s[i] == ')' && --depth < 0)
			break;
		i++;
	}
	while (i > 0 && strchr(".:!?*", c->s[i - 1]))
		i--;
	return i;
}

static int report_v6(struct scan *c, const char *s, size_t n, unsigned how,
		     struct found *f, bool *good)
{
	char text[ADDR_TEXT_MAX];
	*good = false;
	if (n >= sizeof(text))
		return 0;
	memcpy(text, s, n);
	text[n] = '\0';
	if (addr_parse(text, &f->range.lo) < 0 || f->range.lo.len != 16)
		return 0;
	*good = true;
	f->range.hi = f->range.lo;
	f->kind = IOC_ADDR;
	f->class = IOC_INDICATOR;
	return report(c, f, how);
}

/* host[:port] of a URL in [i, end); the rest of it is no place to look for hosts. */
static int scan_url(struct scan *c, size_t start, size_t scheme, size_t end, size_t *next)
{
	size_t i = start + scheme, stop = i;
	bool good = false;
	bool hxxp =
	    memchr(c->s + start, 'x', scheme) || memchr(c->s + start, '*', scheme);
	bool escaped = start > 0 && c->s[start - 1] == '\\';
	struct found f = {.url = c->s + start};
	unsigned how = IOC_IN_URL;
	if (c->s[i] == '[') {
		size_t close = strcspn(c->s + i, "]") + i;
		*next = close < end ? close + 1 : end;
		return close < end
			   ? report_v6(c, c->s + i + 1, close - i - 1, how, &f, &good)
			   : 0;
	}
	while (stop < end && !strchr("/?#[]{}()\\", c->s[stop]))
		stop++;
	*next = url_end(c, start, end);
	for (size_t k = i; k < stop; k++)
		if (c->s[k] == '@')
			i = k + 1;
	size_t host = i;
	while (host < stop && c->s[host] != ':')
		host++;
	if (hxxp || escaped || marked(c, start, stop))
		how |= IOC_DEFANGED;
	bool linked = (*next < end && c->s[*next] == '[') ||
		      (start > 1 && memcmp(c->s + start - 2, "](", 2) == 0) ||
		      (start > 5 && memcmp(c->s + start - 5, "link:", 5) == 0);
	if (linked && !(how & IOC_DEFANGED))
		how |= IOC_LINKED;
	f.url_len = *next > start ? *next - start : 0;
	if (*next < stop)
		*next = stop;
	while (host > i && c->s[host - 1] == '.')
		host--;
	return report_word(c, c->s + i, host - i, how, &f);
}

/* ---- runs that may be hosts ---- */

/* server-{1,30}.example.com and [1-30]: each name of the range. */
static int expand(struct scan *c, const char *before, size_t nb, unsigned from,
		  unsigned to, const char *after, size_t na, unsigned how)
{
	char text[512];
	if (nb + na + 12 > sizeof(text) || to - from > 1000)
		return 0;
	for (unsigned v = from; v <= to; v++) {
		int n = snprintf(text, sizeof(text), "%.*s%u%.*s", (int)nb, before, v,
				 (int)na, after);
		struct found f = {0};
		int r = report_word(c, text, (size_t)n, how, &f);
		if (r < 0)
			return r;
		c->iocs->expanded++;
	}
	return 0;
}

/* A run that begins with a dot: what stands before it was a pattern of some kind. */
static int scan_tail(struct scan *c, size_t begin, size_t s, size_t e, unsigned how)
{
	unsigned from, to;
	struct found f = {.kind = IOC_ZONE};
	if (s > begin && c->s[s - 1] == '}') {
		size_t open = s - 1;
		while (open > begin && c->s[open] != '{')
			open--;
		size_t b = open;
		while (b > begin &&
		       (part_of_name((unsigned char)c->s[b - 1]) || c->s[b - 1] == '.'))
			b--;
		if (sscanf(c->s + open, "{%4u,%4u}", &from, &to) == 2 && from <= to)
			return expand(c, c->s + b, open - b, from, to, c->s + s, e - s,
				      how);
	}
	bool pattern = s > begin && strchr("*]}>%", c->s[s - 1]);
	if (!pattern && s > begin)
		return 0;
	if (memchr(c->s + s + 1, '.', e - s - 1) == NULL)
		return 0;
	return report_word(c, c->s + s + 1, e - s - 1, how, &f);
}

static bool ends_with(const struct scan *c, size_t begin, size_t at, const char *what)
{
	size_t n = strlen(what);
	return at >= begin + n && strncasecmp(c->s + at - n, what, n) == 0;
}

/* link:other.adoc[...], include::x.md[]: documents beside this one. */
static bool names_document(const struct scan *c, size_t begin, size_t s)
{
	return ends_with(c, begin, s, "link:") || ends_with(c, begin, s, "xref:") ||
	       ends_with(c, begin, s, "image:") || ends_with(c, begin, s, "include::");
}

static bool is_version(const struct scan *c, const char *s)
{
	static const char *const words[] = {"version",	"ver",	   "ver.",    "v",
					    "v.",	"build",   "release", "rev",
					    "firmware", "versions"};
	if (!isdigit((unsigned char)*s))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(c->prose, words[i]) == 0)
			return true;
	return false;
}

/* "/24" behind an address; the octets it takes, 0 when there is none. */
static size_t prefix_at(const struct scan *c, size_t e, size_t end, unsigned most,
			unsigned *bits)
{
	size_t k = e + 1;
	if (e >= end || c->s[e] != '/')
		return 0;
	for (*bits = 0; k < end && k < e + 4 && isdigit((unsigned char)c->s[k]); k++)
		*bits = *bits * 10 + (unsigned)(c->s[k] - '0');
	if (k == e + 1 || *bits > most ||
	    (k < end && part_of_name((unsigned char)c->s[k])))
		return 0;
	return k < end && c->s[k] == '/' ? 0 : k - e;
}

static int scan_run(struct scan *c, size_t begin, size_t s, size_t e, size_t end,
		    unsigned how, size_t *next)
{
	int before = s > begin ? (unsigned char)c->s[s - 1] : 0;
	int after = e < end ? (unsigned char)c->s[e] : 0;
	struct found f = {0};
	unsigned bits;
	*next = e;
	if (after == '@' && e + 1 < end && part_of_name((unsigned char)c->s[e + 1]))
		return 0; /* who, not where */
	if (marked(c, s, e) || (before == '@' && c->mark[s - 1]))
		how |= IOC_DEFANGED;
	if (before == '@')
		how |= IOC_IN_MAIL;
	if (c->s[s] == '.')
		return scan_tail(c, begin, s, e, how);
	if (before == '/' && !(s == begin + 2 && c->s[begin] == '/'))
		return 0;
	if (before == '%' || before == '$' || names_document(c, begin, s))
		return 0;
	if (is_version(c, c->s + s) && !(how & IOC_DEFANGED))
		return 0;
	if (word_judge(c->s + s, e - s, how | c->extra, &f.name, &f.range) == WORD_ADDR) {
		size_t took = prefix_at(c, e, end, 32, &bits);
		*next = e + took;
		if (took && addr_range_of_prefix(&f.range.lo, bits, &f.range) < 0)
			return 0;
		f.kind = IOC_ADDR;
		return report(c, &f, took ? how : how | (after == '/' ? IOC_IN_URL : 0));
	}
	if (after == '/' && e + 1 < end && part_of_name((unsigned char)c->s[e + 1]))
		how |= IOC_IN_URL;
	return report_word(c, c->s + s, e - s, how, &f);
}

static size_t v6_run(const struct scan *c, size_t i, size_t end)
{
	size_t k = i, colons = 0;
	while (k < end &&
	       (isxdigit((unsigned char)c->s[k]) || c->s[k] == ':' || c->s[k] == '.')) {
		colons += c->s[k] == ':';
		k++;
	}
	while (k > i && c->s[k - 1] == '.')
		k--;
	if (k > i + 1 && c->s[k - 1] == ':' && c->s[k - 2] != ':')
		k--;
	if (k < end && part_of_name((unsigned char)c->s[k]))
		return 0;
	unsigned bits;
	bool enough = k - i > 3 || (k - i == 3 && prefix_at(c, k, end, 128, &bits));
	return colons >= 2 && enough ? k - i : 0;
}

static int scan_v6(struct scan *c, size_t i, size_t len, size_t end, unsigned how,
		   size_t *next)
{
	struct found f = {0};
	bool good;
	unsigned bits;
	char text[ADDR_TEXT_MAX];
	size_t took = prefix_at(c, i + len, end, 128, &bits);
	if (marked(c, i, i + len))
		how |= IOC_DEFANGED;
	if (took == 0 || len >= sizeof(text)) {
		int r = report_v6(c, c->s + i, len, how, &f, &good);
		*next = good ? i + len : i;
		return r;
	}
	memcpy(text, c->s + i, len);
	text[len] = '\0';
	if (addr_parse(text, &f.range.lo) < 0 ||
	    addr_range_of_prefix(&f.range.lo, bits, &f.range) < 0)
		return 0;
	*next = i + len + took;
	f.kind = IOC_ADDR;
	return report(c, &f, how);
}

/* ---- chunks ---- */

static bool is_path(const char *s, size_t n)
{
	if (n >= 2 && s[0] == '/' && s[1] != '/')
		return true;
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\\' && scheme_at(s + i + 1, n - i - 1) == 0)
			return true;
	return false;
}

static int scan_chunk(struct scan *c, size_t begin, size_t end, unsigned how)
{
	for (size_t i = begin; i < end;) {
		size_t next = i, n;
		int r = 0;
		bool inside = i > begin && part_of_name((unsigned char)c->s[i - 1]);
		if (!inside && (n = scheme_at(c->s + i, end - i)))
			r = scan_url(c, i, n, end, &next);
		else if (!inside && (n = v6_run(c, i, end)))
			r = scan_v6(c, i, n, end, how, &next);
		if (r < 0)
			return r;
		if (next > i) {
			i = next;
			continue;
		}
		size_t e = i;
		while (e < end &&
		       (part_of_name((unsigned char)c->s[e]) || c->s[e] == '.'))
			e++;
		if (e == i) {
			i++;
			continue;
		}
		size_t s = i, stop = e;
		while (stop > s && strchr(".-_", c->s[stop - 1]))
			stop--;
		while (s < stop && strchr("-_", c->s[s]))
			s++;
		if (stop > s)
			r = scan_run(c, begin, s, stop, end, how, &next);
		if (r < 0)
			return r;
		i = next > e ? next : e;
	}
	return 0;
}

/* Nothing but this chunk between the ends of the line, or the bars of a table. */
static bool is_alone(const struct scan *c, size_t begin, size_t end)
{
	size_t b = begin, e = end;
	while (b > 0 && strchr(" \t*-`\"'", c->s[b - 1]))
		b--;
	while (e < c->n && strchr(" \t\r`\"'", c->s[e]))
		e++;
	return (b == 0 || strchr("|,;", c->s[b - 1])) &&
	       (e >= c->n || strchr("|,;", c->s[e]));
}

static void remember(struct scan *c, size_t begin, size_t end)
{
	size_t n = end - begin < sizeof(c->prose) - 1 ? end - begin : 0;
	for (size_t i = 0; i < n; i++)
		c->prose[i] = (char)tolower((unsigned char)c->s[begin + i]);
	c->prose[n] = '\0';
}

/* The comma of server-{1,30}.example.com parts nothing. */
static bool in_braces(const struct scan *c, size_t begin, size_t e)
{
	unsigned from, to;
	size_t open = e;
	while (open > begin && e - open < 6 && isdigit((unsigned char)c->s[open - 1]))
		open--;
	return c->s[e] == ',' && open > begin && c->s[open - 1] == '{' &&
	       sscanf(c->s + open - 1, "{%4u,%4u}", &from, &to) == 2;
}

int iocs_scan_line(struct iocs *s, struct bytes line, uint32_t number, unsigned extra)
{
	struct buf plain, mark;
	buf_init(&plain, LINE_MOST * 2);
	buf_init(&mark, LINE_MOST * 2);
	int r = refang_line(line, &plain, &mark);
	struct scan c = {.iocs = s,
			 .s = (const char *)plain.at,
			 .mark = mark.at,
			 .n = plain.len ? plain.len - 1 : 0,
			 .line = number,
			 .extra = extra};
	for (size_t i = 0; r == 0 && i < c.n;) {
		size_t d = delimiter(c.s + i, c.n - i), e = i;
		if (d) {
			i += d;
			continue;
		}
		while (e < c.n && (!delimiter(c.s + e, c.n - e) || in_braces(&c, i, e)))
			e++;
		if (is_path(c.s + i, e - i))
			s->paths++;
		else
			r = scan_chunk(&c, i, e,
				       is_alone(&c, i, e) ? IOC_ALONE : IOC_BARE);
		remember(&c, i, e);
		i = e;
	}
	buf_release(&plain);
	buf_release(&mark);
	return r;
}

int iocs_scan_whole_line(struct iocs *s, struct bytes line, uint32_t number)
{
	size_t done = 0;
	int r;
	if (line.len == 0) /* and then its octets may be nowhere */
		return iocs_scan_line(s, line, number, 0);
	do {
		size_t part = line.len - done < LINE_MOST ? line.len - done : LINE_MOST;
		r = iocs_scan_line(s, BYTES(line.at + done, part), number, 0);
		done += part;
	} while (r >= 0 && done < line.len);
	return r;
}

int iocs_scan_text(struct iocs *s, struct bytes text)
{
	uint32_t number = 0;
	for (size_t at = 0; at < text.len;) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		size_t n = nl ? (size_t)(nl - text.at) - at : text.len - at;
		int r = iocs_scan_whole_line(s, BYTES(text.at + at, n), ++number);
		if (r < 0)
			return r;
		at += n + 1;
	}
	return 0;
}

int iocs_scan_value(struct iocs *s, const char *value, uint32_t line, unsigned how)
{
	return iocs_scan_line(s, BYTES_STR(value), line, how);
}
