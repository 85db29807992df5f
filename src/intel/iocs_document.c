/*
 * Whole documents: which kind it is, and what is text in it. HTML and OpenIOC lose their
 * tags but keep their lines; PDF becomes text through pdftotext; mail is text whose soft
 * line breaks (quoted-printable) are undone.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "intel/iocs.h"

#define DOCUMENT_MOST ((size_t)256 << 20)

extern char **environ;

static bool holds(struct bytes text, size_t within, const char *what)
{
	size_t n = text.len < within ? text.len : within, w = strlen(what);
	for (size_t i = 0; i + w <= n; i++)
		if (strncasecmp((const char *)text.at + i, what, w) == 0)
			return true;
	return false;
}

/* ---- markup ---- */

struct markup {
	struct iocs *iocs;
	struct buf line; /* text of the line so far */
	uint32_t number;
	bool openioc, silent; /* silent: inside a script, or a field of another kind */
	bool network;	      /* the last Context spoke of the network */
};

static int flush_line(struct markup *m, unsigned how)
{
	int r = iocs_scan_line(m->iocs, buf_bytes(&m->line), m->number, how);
	buf_clear(&m->line);
	return r;
}

/* The value of an attribute within a tag, up to its quote; empty when not there. */
static struct bytes attribute(struct bytes tag, const char *name)
{
	size_t w = strlen(name);
	for (size_t i = 0; i + w + 2 < tag.len; i++) {
		const char *s = (const char *)tag.at + i;
		if (strncasecmp(s, name, w) != 0 || s[w] != '=' ||
		    (s[w + 1] != '"' && s[w + 1] != '\''))
			continue;
		const uint8_t *from = tag.at + i + w + 2;
		const uint8_t *end = memchr(from, s[w + 1], tag.len - (i + w + 2));
		return end ? BYTES(from, (size_t)(end - from)) : BYTES(NULL, 0);
	}
	return BYTES(NULL, 0);
}

static bool tag_is(struct bytes tag, const char *name)
{
	size_t w = strlen(name);
	return tag.len >= w && strncasecmp((const char *)tag.at, name, w) == 0 &&
	       (tag.len == w || !isalnum(tag.at[w]));
}

static bool speaks_of_network(struct bytes search)
{
	static const char *const words[] = {"network", "dns",	"portitem/remoteip",
					    "url",     "email", "remotehost"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (holds(search, search.len, words[i]))
			return true;
	return false;
}

static int markup_tag(struct markup *m, struct bytes tag)
{
	if (m->openioc) {
		if (tag_is(tag, "Context"))
			m->network = speaks_of_network(attribute(tag, "search"));
		if (tag_is(tag, "Content"))
			m->silent = !m->network;
		if (tag_is(tag, "/Content")) {
			int r = m->silent ? 0 : flush_line(m, IOC_STATED);
			buf_clear(&m->line);
			m->silent = false;
			return r;
		}
		return 0;
	}
	if (tag_is(tag, "script") || tag_is(tag, "style"))
		m->silent = true;
	if (tag_is(tag, "/script") || tag_is(tag, "/style"))
		m->silent = false;
	static const char *const blocks[] = {"td",  "th",  "li", "p",	"br",	"tr",
					     "/td", "/li", "/p", "div", "/div", "/tr"};
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (tag_is(tag, blocks[i]))
			return flush_line(m, 0);
	struct bytes href = tag_is(tag, "a") ? attribute(tag, "href") : BYTES(NULL, 0);
	return href.len ? iocs_scan_line(m->iocs, href, m->number, IOC_LINKED) : 0;
}

static size_t entity(const char *s, size_t left, struct buf *out)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {{"&amp;", '&'},  {"&lt;", '<'},   {"&gt;", '>'},	{"&quot;", '"'},
		     {"&nbsp;", ' '}, {"&#91;", '['},  {"&#93;", ']'},	{"&#46;", '.'},
		     {"&#39;", '\''}, {"&#x2e;", '.'}, {"&apos;", '\''}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = strlen(known[i].name);
		if (n <= left && strncasecmp(s, known[i].name, n) == 0) {
			buf_putc(out, known[i].c);
			return n;
		}
	}
	return 0;
}

static int markup_char(struct markup *m, const char *s, size_t left, size_t *took)
{
	*took = 1;
	if (*s == '\n') {
		int r = m->openioc ? 0 : flush_line(m, 0);
		m->number++;
		return r;
	}
	if (m->silent)
		return 0;
	size_t n = *s == '&' ? entity(s, left, &m->line) : 0;
	if (n)
		*took = n;
	else
		buf_putc(&m->line, (unsigned char)*s);
	return m->line.err;
}

int iocs_scan_markup(struct iocs *s, struct bytes text, bool openioc)
{
	struct markup m = {.iocs = s, .number = 1, .openioc = openioc};
	buf_init(&m.line, DOCUMENT_MOST);
	int r = 0;
	for (size_t i = 0, took; r == 0 && i < text.len; i += took) {
		const uint8_t *close =
		    text.at[i] == '<' && i + 1 < text.len &&
			    (isalpha(text.at[i + 1]) || strchr("/!?", text.at[i + 1]))
			? memchr(text.at + i, '>', text.len - i)
			: NULL;
		if (close == NULL) {
			r = markup_char(&m, (const char *)text.at + i, text.len - i,
					&took);
			continue;
		}
		took = (size_t)(close - text.at) - i + 1;
		r = markup_tag(&m, BYTES(text.at + i + 1, took - 2));
		for (size_t k = i; k < i + took; k++)
			m.number += text.at[k] == '\n';
	}
	if (r == 0 && !m.silent)
		r = flush_line(&m, 0);
	buf_release(&m.line);
	return r;
}

/* ---- mail ---- */

static int hex_digit(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Soft breaks joined and =XX undone; lines behind a joined one keep later numbers. */
static int unquote_mail(struct bytes text, struct buf *out)
{
	size_t joined = 0;
	for (size_t i = 0; i < text.len; i++) {
		int c = text.at[i];
		if (c == '=' && i + 2 < text.len && text.at[i + 1] == '\r' &&
		    text.at[i + 2] == '\n') {
			i += 2;
			joined++;
		} else if (c == '=' && i + 1 < text.len && text.at[i + 1] == '\n') {
			i++;
			joined++;
		} else if (c == '=' && i + 2 < text.len &&
			   hex_digit(text.at[i + 1]) >= 0 &&
			   hex_digit(text.at[i + 2]) >= 0) {
			buf_putc(out, hex_digit(text.at[i + 1]) * 16 +
					  hex_digit(text.at[i + 2]));
			i += 2;
		} else {
			buf_putc(out, c);
			for (; c == '\n' && joined; joined--)
				buf_putc(out, '\n'); /* so that numbers stay true */
		}
	}
	return out->err;
}

static int scan_mail(struct iocs *s, struct bytes text)
{
	struct buf plain;
	buf_init(&plain, DOCUMENT_MOST);
	int r = unquote_mail(text, &plain);
	if (r == 0)
		r = iocs_scan_text(s, buf_bytes(&plain));
	buf_release(&plain);
	return r;
}

/* ---- what it is ---- */

int iocs_read(struct iocs *s, struct bytes document, const struct ioc_options *o,
	      struct fault *f)
{
	struct bytes d = document;
	int r;
	if (d.len >= 3 && memcmp(d.at, "\xef\xbb\xbf", 3) == 0)
		d = BYTES(d.at + 3, d.len - 3);
	size_t lead = 0;
	while (lead < d.len && isspace(d.at[lead]))
		lead++;
	int first = lead < d.len ? d.at[lead] : 0;
	bool json = first == '{' || (first == '[' && lead + 1 < d.len &&
				     strchr("{[\"\n\r ", d.at[lead + 1]));
	if (json) {
		r = iocs_scan_json(s, d, f);
	} else if (first == '<' && (holds(d, 2000, "openioc") || holds(d, 400, "<ioc"))) {
		s->format = "openioc";
		r = iocs_scan_markup(s, d, true);
	} else if (first == '<' &&
		   (holds(d, 2000, "<html") || holds(d, 200, "<!doctype") ||
		    holds(d, 200, "<?xml"))) {
		s->format = "html";
		r = iocs_scan_markup(s, d, false);
	} else if (holds(d, 65536, "content-transfer-encoding: quoted-printable")) {
		s->format = "mail";
		r = scan_mail(s, d);
	} else {
		r = iocs_scan_text(s, d);
	}
	iocs_classify(s, o);
	if (r < 0 && f && f->code == 0)
		return fault_set(f, r, "the report cannot be read: %s", yore_strerror(r));
	return r;
}

/* ---- files ---- */

/* pdftotext reads the file by its name and writes text to us. */
static int pdf_text(const char *path, struct buf *ret, struct fault *f)
{
	int pipe_fd[2];
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return fault_set(f, YORE_EIO, "no pipe for pdftotext");
	posix_spawn_file_actions_t acts;
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, pipe_fd[1], 1);
	char name[] = "pdftotext", layout[] = "-layout", dashes[] = "--", out[] = "-";
	char *argv[] = {name, layout, dashes, (char *)(uintptr_t)path, out, NULL};
	pid_t pid;
	int e = posix_spawnp(&pid, name, &acts, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&acts);
	close(pipe_fd[1]);
	ssize_t n = 1;
	while (e == 0 && n > 0) {
		uint8_t *room = buf_room(ret, 65536);
		n = room ? io_read(pipe_fd[0], room, 65536, "pdftotext", f) : YORE_ELIMIT;
		ret->len += n > 0 ? (size_t)n : 0;
	}
	close(pipe_fd[0]);
	int status = 0;
	if (e == 0)
		waitpid(pid, &status, 0);
	if (e)
		return fault_set(f, YORE_EUNSUPPORTED,
				 "%s is a PDF and pdftotext (poppler-utils) is not "
				 "installed: give the text of it",
				 path);
	if (n < 0 || status)
		return fault_set(f, YORE_EMALFORMED, "pdftotext cannot read %s", path);
	return 0;
}

static int read_all(const char *path, struct buf *ret, struct fault *f)
{
	if (strcmp(path, "-") != 0)
		return io_read_file(path, DOCUMENT_MOST, ret, f);
	for (ssize_t n = 1; n > 0;) {
		uint8_t *room = buf_room(ret, 65536);
		if (room == NULL)
			return fault_set(f, ret->err, "the report on stdin is too large");
		n = io_read(0, room, 65536, "stdin", f);
		if (n < 0)
			return (int)n;
		ret->len += (size_t)n;
	}
	return 0;
}

int iocs_read_file(struct iocs *s, const char *path, const struct ioc_options *o,
		   struct buf *raw, struct fault *f)
{
	struct buf text;
	int r = read_all(path, raw, f);
	if (r < 0 || !bytes_begins(buf_bytes(raw), BYTES_LIT("%PDF-")))
		return r < 0 ? r : iocs_read(s, buf_bytes(raw), o, f);
	buf_init(&text, DOCUMENT_MOST);
	s->format = "pdf";
	r = strcmp(path, "-") == 0
		? fault_set(f, YORE_EUNSUPPORTED,
			    "a PDF cannot come on stdin: name its file")
		: pdf_text(path, &text, f);
	if (r == 0)
		r = iocs_read(s, buf_bytes(&text), o, f);
	buf_release(&text);
	return r;
}
