/*
 * Whole documents: which kind it is, and what is text in it. HTML and OpenIOC lose their
 * tags but keep their lines; PDF becomes text through pdftotext; mail: iocs_mail.c.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <strings.h>
#include <sys/mman.h>
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
		if (tag_is(tag, "Content")) {
			m->silent = !m->network;
			buf_clear(&m->line); /* what stands between the items */
		}
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
	size_t n = *s == '&' ? put_entity(s, left, &m->line) : 0;
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

/* ---- what it is ---- */

static bool is_mail(struct bytes d)
{
	return holds(d, 65536, "content-transfer-encoding: quoted-printable") ||
	       holds(d, 65536, "content-transfer-encoding: base64");
}

static int read_text(struct iocs *s, struct bytes d, struct fault *f)
{
	size_t lead = 0;
	while (lead < d.len && isspace(d.at[lead]))
		lead++;
	int first = lead < d.len ? d.at[lead] : 0;
	if (first == '{' ||
	    (first == '[' && lead + 1 < d.len && strchr("{[\"\n\r ", d.at[lead + 1])))
		return iocs_scan_json(s, d, f);
	if (first == '<' && (holds(d, 2000, "openioc") || holds(d, 400, "<ioc"))) {
		s->format = "openioc";
		return iocs_scan_markup(s, d, true);
	}
	if (first == '<' && (holds(d, 2000, "<html") || holds(d, 200, "<!doctype") ||
			     holds(d, 200, "<?xml"))) {
		s->format = "html";
		return iocs_scan_markup(s, d, false);
	}
	if (!is_mail(d))
		return iocs_scan_text(s, d);
	s->format = "mail";
	return iocs_scan_mail(s, d);
}

int iocs_read(struct iocs *s, struct bytes d, const struct ioc_options *o,
	      struct fault *f)
{
	struct buf plain;
	int r = 0;
	buf_init(&plain, DOCUMENT_MOST);
	if (d.len >= 3 && memcmp(d.at, "\xef\xbb\xbf", 3) == 0) {
		d = BYTES(d.at + 3, d.len - 3);
	} else if (d.len >= 2 && (memcmp(d.at, "\xff\xfe", 2) == 0 ||
				  memcmp(d.at, "\xfe\xff", 2) == 0)) {
		r = text_of_utf16(d, &plain);
		d = buf_bytes(&plain);
	}
	if (r == 0)
		r = read_text(s, d, f);
	iocs_classify(s, o);
	buf_release(&plain);
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
	char name[] = "pdftotext", layout[] = "-layout", quiet[] = "-q", out[] = "-";
	char dashes[] = "--";
	char *argv[] = {name, layout, quiet, dashes, (char *)(uintptr_t)path, out, NULL};
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

/* A PDF that came on stdin is a file without a name for as long as it is read. */
static int pdf_of_stdin(struct bytes pdf, struct buf *ret, struct fault *f)
{
	char path[32];
	int fd = memfd_create("report", 0);
	if (fd < 0)
		return fault_set(f, YORE_EIO, "no room for the PDF of stdin");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int r = io_write_all(fd, pdf.at, pdf.len, "the PDF", f);
	if (r == 0)
		r = pdf_text(path, ret, f);
	close(fd);
	return r < 0 ? fault_set(f, r, "pdftotext cannot read the PDF of stdin") : 0;
}

static int read_kind(struct iocs *s, const char *path, const struct ioc_options *o,
		     struct bytes raw, struct fault *f)
{
	struct buf text;
	if (!bytes_begins(raw, BYTES_LIT("%PDF-")))
		return iocs_read(s, raw, o, f);
	buf_init(&text, DOCUMENT_MOST);
	s->format = "pdf";
	int r = strcmp(path, "-") == 0 ? pdf_of_stdin(raw, &text, f)
				       : pdf_text(path, &text, f);
	if (r == 0)
		r = iocs_read(s, buf_bytes(&text), o, f);
	buf_release(&text);
	return r;
}

int iocs_read_file(struct iocs *s, const char *path, const struct ioc_options *o,
		   struct buf *raw, struct fault *f)
{
	int r = read_all(path, raw, f);
	if (r == 0)
		r = read_kind(s, path, o, buf_bytes(raw), f);
	if (r < 0 && f && strstr(f->text, path) == NULL) {
		struct fault inner = *f;
		return fault_set(f, r, "%s: %.300s",
				 strcmp(path, "-") == 0 ? "stdin" : path, inner.text);
	}
	return r;
}
