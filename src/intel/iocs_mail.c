/*
 * Mail: each part's text with its transfer encoding undone (quoted-printable, base64),
 * one after the other; parts that are no text (attachments) say nothing. The number of a
 * line is that of the line of the file in which it begins, however it is encoded: it can
 * be found there.
 */
#include <ctype.h>
#include <strings.h>

#include "base/buf.h"
#include "intel/iocs.h"

enum encoding { AS_IT_IS, QUOTED, BASE64 };

struct mail {
	struct iocs *iocs;
	struct buf line;	/* what is read of one, decoded */
	uint32_t number, began; /* of the file: the line in hand, and where ours began */
	int err;
	bool header; /* of the message, or of a part */
	bool text;   /* this part is */
	enum encoding encoding;
	uint32_t bits; /* of base64, not yet whole octets */
	unsigned bit_count;
};

static void end_line(struct mail *m)
{
	if (m->line.len == 0)
		m->began = m->number;
	if (m->line.err && m->err == 0)
		m->err = m->line.err;
	int r = m->err ? 0 : iocs_scan_whole_line(m->iocs, buf_bytes(&m->line), m->began);
	if (r < 0)
		m->err = r;
	buf_clear(&m->line);
}

static void put(struct mail *m, int c)
{
	if (c == '\n') {
		end_line(m);
		return;
	}
	if (m->line.len == 0)
		m->began = m->number;
	buf_putc(&m->line, c);
}

static void put_line(struct mail *m, struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		put(m, line.at[i]);
	put(m, '\n');
}

static bool begins(struct bytes line, const char *with)
{
	size_t n = strlen(with);
	return line.len >= n && strncasecmp((const char *)line.at, with, n) == 0;
}

static bool has(struct bytes line, const char *what)
{
	for (size_t i = 0; i < line.len; i++)
		if (begins(BYTES(line.at + i, line.len - i), what))
			return true;
	return false;
}

static int digit64(int c)
{
	if (isupper(c))
		return c - 'A';
	if (islower(c))
		return c - 'a' + 26;
	return isdigit(c) ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void base64_line(struct mail *m, struct bytes line)
{
	for (size_t i = 0; i < line.len; i++) {
		int d = digit64(line.at[i]);
		if (d < 0)
			continue;
		m->bits = m->bits << 6 | (uint32_t)d;
		m->bit_count += 6;
		if (m->bit_count >= 8) {
			m->bit_count -= 8;
			put(m, m->bits >> m->bit_count & 255);
		}
	}
}

static int hex_digit(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

static void quoted_line(struct mail *m, struct bytes line)
{
	for (size_t i = 0; i < line.len; i++) {
		int c = line.at[i];
		if (c == '=' && i + 1 == line.len) /* a soft break */
			return;
		if (c == '=' && i + 2 < line.len && hex_digit(line.at[i + 1]) >= 0 &&
		    hex_digit(line.at[i + 2]) >= 0) {
			c = hex_digit(line.at[i + 1]) * 16 + hex_digit(line.at[i + 2]);
			i += 2;
		}
		put(m, c);
	}
	put(m, '\n');
}

static void header_line(struct mail *m, struct bytes line)
{
	if (begins(line, "content-type:"))
		m->text = has(line, "text/") || has(line, "multipart/") ||
			  has(line, "message/");
	if (begins(line, "content-transfer-encoding:"))
		m->encoding = has(line, "base64")	      ? BASE64
			      : has(line, "quoted-printable") ? QUOTED
							      : AS_IT_IS;
	m->header = line.len != 0;
	put_line(m, line);
}

static void new_part(struct mail *m)
{
	put(m, '\n');
	m->header = m->text = true;
	m->encoding = AS_IT_IS;
	m->bits = m->bit_count = 0;
}

static void mail_line(struct mail *m, struct bytes line)
{
	if (m->header)
		header_line(m, line);
	else if (line.len > 2 && line.at[0] == '-' && line.at[1] == '-')
		new_part(m);
	else if (!m->text)
		put(m, '\n');
	else if (m->encoding == BASE64)
		base64_line(m, line);
	else if (m->encoding == QUOTED)
		quoted_line(m, line);
	else
		put_line(m, line);
}

int iocs_scan_mail(struct iocs *s, struct bytes text)
{
	struct mail m = {.iocs = s, .header = true, .text = true};
	buf_init(&m.line, text.len + 64);
	for (size_t at = 0; at < text.len && m.err == 0;) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		size_t n = nl ? (size_t)(nl - text.at) - at : text.len - at;
		size_t cut = n && text.at[at + n - 1] == '\r';
		m.number++;
		mail_line(&m, BYTES(text.at + at, n - cut));
		at += n + 1;
	}
	if (m.line.len)
		end_line(&m);
	buf_release(&m.line);
	return m.err;
}
