#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "query/term.h"
#include "remote/replies.h"
#include "store/erased.h"

#define REPLY_MAX (80u << 20)
#define WORD_MAX 300
#define LAYERS 3 /* of escapes */
#define DEPTH 3	 /* FOLDER/PROVIDER/KK/FILE */

struct erasing {
	const struct erased *list;
	struct fault *fault;
	struct buf text;
	int64_t removed;
};

/* What a name or an address may be written with; others part words. */
static bool in_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       c == '.' || c == '-' || c == '_' || c == ':' || c == '*' || c >= 0x80;
}

/* U-labels, which are A-labels on the list. */
static bool is_international(const struct erased *list, const char *text)
{
	const char *c = text;
	struct term t;
	while (*c > 0)
		c++;
	if (*c == 0 || term_parse(text, NULL, &t) < 0)
		return false;
	bool found = t.kind == TERM_NAME && erased_has_name(list, name_bytes(&t.name));
	term_release(&t);
	return found;
}

static bool is_erased(const struct erased *list, struct bytes word)
{
	char text[WORD_MAX + 1];
	struct addr a;
	struct name n;
	while (word.len && (word.at[word.len - 1] == '.' || word.at[word.len - 1] == ':'))
		word.len--;
	if (word.len == 0 || word.len > WORD_MAX)
		return false;
	memcpy(text, word.at, word.len);
	text[word.len] = 0;
	if (addr_parse(text, &a) == 0)
		return erased_has_addr(list, &a);
	if (name_of_text(text, &n) == 0 && erased_has_name(list, name_bytes(&n)))
		return true;
	if (is_international(list, text))
		return true;
	/* a port, or what a URL begins with */
	const uint8_t *colon = memchr(word.at, ':', word.len);
	return colon && is_erased(list, BYTES(word.at, (size_t)(colon - word.at)));
}

static bool has_word(const struct erased *list, struct bytes text)
{
	for (size_t at = 0; at < text.len;) {
		size_t n = 0;
		while (at + n < text.len && in_word(text.at[at + n]))
			n++;
		if (n && is_erased(list, BYTES(text.at + at, n)))
			return true;
		at += n + 1;
	}
	return false;
}

/* ---- what may be written in another way ---- */

static int hex_digit(uint8_t c)
{
	int low = c | 32;
	return c >= '0' && c <= '9'	  ? c - '0'
	       : low >= 'a' && low <= 'f' ? low - 'a' + 10
					  : -1;
}

/* So many hexadecimal digits from at on; -1: they are not there. */
static int hex_number(struct bytes t, size_t at, unsigned digits)
{
	int n = 0;
	for (unsigned i = 0; i < digits; i++) {
		int d = at + i < t.len ? hex_digit(t.at[at + i]) : -1;
		if (d < 0)
			return -1;
		n = n << 4 | d;
	}
	return n;
}

static void put_utf8(struct buf *out, int c)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c >= 0x800)
		buf_putc(out, (char)(0xe0 | (c >> 12 & 15)));
	buf_putc(out, (char)(c >= 0x800 ? 0x80 | (c >> 6 & 63) : 0xc0 | c >> 6));
	buf_putc(out, (char)(0x80 | (c & 63)));
}

/* JSON: \u002e, \n and the like; others stand for themselves. How many octets. */
static size_t take_backslash(struct bytes t, size_t at, struct buf *out)
{
	int c = at + 1 < t.len ? t.at[at + 1] : ' ';
	int u = c == 'u' ? hex_number(t, at + 2, 4) : -1;
	if (u >= 0)
		put_utf8(out, u);
	else
		buf_putc(out, strchr("nrtbf", c) ? ' ' : (char)c);
	return u >= 0 ? 6 : 2;
}

/* XML and HTML: &#46; &#x2e; */
static size_t take_entity(struct bytes t, size_t at, struct buf *out)
{
	bool hex = at + 2 < t.len && (t.at[at + 2] | 32) == 'x';
	size_t i = at + (hex ? 3 : 2);
	int n = 0, d;
	while (i < t.len && n < 0x10000 && (d = hex_digit(t.at[i])) >= 0 &&
	       d < (hex ? 16 : 10)) {
		n = n * (hex ? 16 : 10) + d;
		i++;
	}
	if (n == 0 || n >= 0x10000 || i >= t.len || t.at[i] != ';') {
		buf_putc(out, '&');
		return 1;
	}
	put_utf8(out, n);
	return i + 1 - at;
}

/* evil[.]example, evil(dot)example */
static size_t dot_len(struct bytes t, size_t at)
{
	static const char *const dots[] = {"[.]",   "(.)",   "{.}",
					   "[dot]", "(dot)", "{dot}"};
	for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
		size_t n = strlen(dots[i]);
		if (t.len - at >= n &&
		    strncasecmp((const char *)t.at + at, dots[i], n) == 0)
			return n;
	}
	return 0;
}

/* The text with one layer of escapes taken off; false: there was none. */
static bool unescape(struct bytes t, struct buf *out)
{
	size_t at = 0, n;
	bool found = false;
	buf_clear(out);
	while (at < t.len && out->err == 0) {
		uint8_t c = t.at[at];
		size_t begin = at;
		int octet = c == '%' ? hex_number(t, at + 1, 2) : -1;
		if (c == '\\') {
			at += take_backslash(t, at, out);
		} else if (octet >= 0) {
			buf_putc(out, (char)octet);
			at += 3;
		} else if (c == '&' && at + 1 < t.len && t.at[at + 1] == '#') {
			at += take_entity(t, at, out);
		} else if (strchr("[({", c) && c && (n = dot_len(t, at))) {
			buf_putc(out, '.');
			at += n;
		} else {
			buf_putc(out, (char)c);
			at++;
		}
		found |= at - begin > 1;
	}
	return found && out->err == 0;
}

/* As it stands, and as it reads when escapes are taken off (a URL in JSON: two layers).
 */
static bool mentions(const struct erased *list, struct bytes text)
{
	struct buf layers[2];
	buf_init(&layers[0], REPLY_MAX);
	buf_init(&layers[1], REPLY_MAX);
	bool found = has_word(list, text);
	for (unsigned i = 0; i < LAYERS && !found; i++) {
		struct buf *next = &layers[i % 2];
		if (!unescape(text, next))
			break;
		text = buf_bytes(next);
		found = has_word(list, text);
	}
	buf_release(&layers[0]);
	buf_release(&layers[1]);
	return found;
}

static int one_file(struct erasing *x, const char *path)
{
	size_t n = strlen(path);
	if (n < 3 || strcmp(path + n - 3, ".gz") != 0)
		return 0;
	bool readable = replies_text(path, &x->text) == 0;
	if (readable && !mentions(x->list, buf_bytes(&x->text)))
		return 0;
	if (unlink(path) < 0)
		return fault_set(x->fault, yore_error_of_errno(errno),
				 "cannot remove %s: %s", path, strerror(errno));
	x->removed++;
	return 0;
}

static int one_folder(struct erasing *x, const char *folder, int depth)
{
	char path[4096];
	struct stat st;
	struct dirent *e;
	int r = 0;
	DIR *d = opendir(folder);
	if (d == NULL)
		return errno == ENOENT
			   ? 0
			   : fault_set(x->fault, yore_error_of_errno(errno),
				       "cannot read %s: %s", folder, strerror(errno));
	while (r == 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		int len = snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (len >= (int)sizeof(path) || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 1)
			r = one_folder(x, path, depth - 1);
		else if (S_ISREG(st.st_mode))
			r = one_file(x, path);
	}
	closedir(d);
	return r;
}

int64_t replies_erase(const char *folder, const struct erased *list, struct fault *f)
{
	struct erasing x = {.list = list, .fault = f};
	buf_init(&x.text, REPLY_MAX);
	int r = one_folder(&x, folder, DEPTH);
	buf_release(&x.text);
	return r < 0 ? r : x.removed;
}
