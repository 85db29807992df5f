#include <ctype.h>
#include <strings.h>

#include "query/refang.h"
#include "base/addr.h"

static const struct {
	const char *from, *to;
} undo[] = {
    {"[.]", "."},   {"(.)", "."},     {"{.}", "."},	{"[dot]", "."}, {"(dot)", "."},
    {"{dot}", "."}, {"[punkt]", "."}, {"[point]", "."}, {"[:]", ":"},	{"[://]", "://"},
    {"[/]", "/"},   {"[at]", "@"},    {"(at)", "@"},	{"[@]", "@"},	{"{at}", "@"},
    {"[.", "."},    {".]", "."},      {" dot ", "."},	{" . ", "."},
};

static const char *const schemes[] = {"http",  "https", "hxxp", "hxxps", "h**p",
				      "h**ps", "htxp",	"fxp",	"ftp",	 "meow",
				      "tcp",   "udp",	"ws",	"wss",	 "dns"};

/* Is "[2001:db8::1]" what begins here? Its brackets are no defanging. */
static bool bracketed_host(const char *s)
{
	char inside[ADDR_TEXT_MAX];
	const char *end = strchr(s, ']');
	if (*s != '[' || end == NULL || (size_t)(end - s) >= sizeof(inside))
		return false;
	memcpy(inside, s + 1, (size_t)(end - s) - 1);
	inside[end - s - 1] = '\0';
	struct addr a;
	return addr_parse(inside, &a) == 0 && a.len == 16;
}

static size_t undo_at(const char *s, const char **to)
{
	for (size_t i = 0; i < sizeof(undo) / sizeof(undo[0]); i++) {
		size_t n = strlen(undo[i].from);
		if (strncasecmp(s, undo[i].from, n) == 0) {
			*to = undo[i].to;
			return n;
		}
	}
	return 0;
}

/* A name whose last dot is escaped was defanged: no top-level label holds a dot. */
static bool dots_are_defanged(const char *s)
{
	const char *last = strrchr(s, '.');
	if (last && last[1] == '\0') /* the final dot of an absolute name */
		return false;
	return last && last > s && last[-1] == '\\' &&
	       !(last - 1 > s && last[-2] == '\\');
}

static bool undo_marks(const char *s, size_t n, struct buf *out)
{
	bool changed = false;
	for (size_t i = 0; i < n;) {
		const char *to;
		size_t took = bracketed_host(s + i) ? 0 : undo_at(s + i, &to);
		if (took && i + took <= n) {
			buf_puts(out, to);
			i += took;
			changed = true;
		} else {
			buf_putc(out, (unsigned char)s[i++]);
		}
	}
	return changed;
}

static bool drop_escaped_dots(struct buf *b)
{
	if (!dots_are_defanged(buf_str(b)))
		return false;
	size_t to = 0;
	for (size_t i = 0; i < b->len; i++) {
		if (b->at[i] == '\\' && i + 1 < b->len && b->at[i + 1] == '.')
			continue;
		b->at[to++] = b->at[i];
	}
	b->len = to;
	return true;
}

/* Behind "scheme://", or s itself. A scheme nobody knows still counts before "://". */
static const char *behind_scheme(const char *s)
{
	const char *mark = strstr(s, "://");
	if (mark && mark > s) {
		for (const char *c = s; c < mark; c++)
			if (!isalnum((unsigned char)*c) && !strchr("+-*.", *c))
				return s;
		return mark + 3;
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i]);
		if (strncasecmp(s, schemes[i], n) == 0 && strncmp(s + n, ":\\\\", 3) == 0)
			return s + n + 3;
	}
	return s[0] == '/' && s[1] == '/' ? s + 2 : s;
}

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return n > 0;
}

/* "192.0.2.0/33" is a prefix that is wrong, "192.0.2.1/login" a host with a path. */
static bool wrong_prefix(const char *s)
{
	char host[ADDR_TEXT_MAX];
	size_t n = strcspn(s, "/,");
	struct addr a;
	if (s[n] == '\0' || n >= sizeof(host) ||
	    (s[n] == '/' && !isdigit((unsigned char)s[n + 1])))
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	return addr_parse(host, &a) == 0;
}

/* Octets of s before the first of these that no backslash makes part of a name. */
static size_t span(const char *s, size_t n, const char *stop)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\\' && i + 1 < n)
			i++;
		else if (strchr(stop, s[i]))
			return i;
	return n;
}

bool refang_is_name(const char *s)
{
	size_t n = strlen(s);
	if (n >= 5 && strcasecmp(s + n - 5, ".arpa") == 0)
		return true;
	if (n < 2 || s[n - 1] != '.')
		return false;
	size_t before = n - 1;
	while (before > 0 && s[before - 1] == '\\')
		before--;
	return (n - 1 - before) % 2 == 0;
}

/* Without user@, brackets and :port. */
static struct bytes host_of(const char *s, size_t n)
{
	for (size_t at; (at = span(s, n, "@")) < n;) { /* the last @, as browsers do */
		s += at + 1;
		n -= at + 1;
	}
	if (bracketed_host(s))
		return BYTES(s + 1, (size_t)(strchr(s, ']') - s) - 1);
	size_t left = span(s, n, ":");
	if (left < n && all_digits(s + left + 1, n - left - 1))
		n = left;
	return BYTES(s, n);
}

/* Can it stand in front of a path? "1.0" of "1.0/25.2.0.192.in-addr.arpa" cannot. */
static bool is_host(struct bytes b)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;
	if (b.len < sizeof(text)) {
		memcpy(text, b.at, b.len);
		text[b.len] = '\0';
		if (addr_parse(text, &a) == 0)
			return true;
	}
	if (b.len && b.at[b.len - 1] == '.')
		b.len--;
	const char *s = (const char *)b.at, *dot = memrchr(s, '.', b.len);
	return dot && !all_digits(dot + 1, (size_t)(s + b.len - dot) - 1);
}

/* The host between user@ and :port, /path, ?query, #fragment. */
static void put_host(struct buf *out, const char *s, bool scheme)
{
	size_t n = strlen(s), path = span(s, n, "/?#");
	struct bytes host = host_of(s, path);
	if (!scheme && path < n && (refang_is_name(s) || !is_host(host)))
		host = host_of(s, n);
	buf_put_bytes(out, host);
}

int refang(const char *text, struct buf *out)
{
	struct buf plain;
	buf_init(&plain, out->ceiling);
	while (isspace((unsigned char)*text))
		text++;
	size_t n = strlen(text);
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	bool changed = undo_marks(text, n, &plain);
	changed |= drop_escaped_dots(&plain);
	const char *s = buf_str(&plain);
	const char *host = behind_scheme(s);
	struct addr_range range;
	size_t before = out->len;
	int r = 0;
	if (host == s && addr_range_parse(s, &range) == 0)
		buf_puts(out, s);
	else if (host == s && wrong_prefix(s) && !refang_is_name(s))
		r = YORE_EMALFORMED;
	else if (host == s && strpbrk(s, "*?[") && !strpbrk(s, "/@:"))
		buf_puts(out, s); /* wildcards and globs, not URLs */
	else
		put_host(out, host, host != s);
	changed |= out->len - before != plain.len;
	if (plain.err || out->err)
		r = plain.err ? plain.err : out->err;
	buf_release(&plain);
	return r ? r : changed;
}
