/*
 * Mail: each part's text with its transfer encoding undone (quoted-printable, base64),
 * one after the other; parts that are no text (attachments) say nothing. Lines keep their
 * numbers, but for base64, where they are those of what was encoded.
 */
#include <ctype.h>
#include <strings.h>

#include "base/buf.h"
#include "intel/iocs.h"

enum encoding { AS_IT_IS, QUOTED, BASE64 };

struct mail {
	struct buf *out;
	bool header; /* of the message, or of a part */
	bool text;   /* this part is */
	enum encoding encoding;
	uint32_t bits; /* of base64, not yet whole octets */
	unsigned bit_count;
	unsigned joined; /* lines that soft breaks made part of this one */
};

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
			buf_putc(m->out, m->bits >> m->bit_count & 255);
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
		if (c == '=' && i + 1 == line.len) { /* a soft break */
			m->joined++;
			return;
		}
		if (c == '=' && i + 2 < line.len && hex_digit(line.at[i + 1]) >= 0 &&
		    hex_digit(line.at[i + 2]) >= 0) {
			c = hex_digit(line.at[i + 1]) * 16 + hex_digit(line.at[i + 2]);
			i += 2;
		}
		buf_putc(m->out, c);
	}
	for (m->joined++; m->joined > 0; m->joined--)
		buf_putc(m->out, '\n');
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
	buf_put_bytes(m->out, line);
	buf_putc(m->out, '\n');
}

static void new_part(struct mail *m)
{
	*m = (struct mail){.out = m->out, .header = true, .text = true};
	buf_putc(m->out, '\n');
}

static void mail_line(struct mail *m, struct bytes line)
{
	if (m->header)
		header_line(m, line);
	else if (line.len > 2 && line.at[0] == '-' && line.at[1] == '-')
		new_part(m);
	else if (!m->text)
		buf_putc(m->out, '\n');
	else if (m->encoding == BASE64)
		base64_line(m, line);
	else if (m->encoding == QUOTED)
		quoted_line(m, line);
	else {
		buf_put_bytes(m->out, line);
		buf_putc(m->out, '\n');
	}
}

int iocs_scan_mail(struct iocs *s, struct bytes text)
{
	struct buf plain;
	struct mail m = {.out = &plain, .header = true, .text = true};
	buf_init(&plain, text.len * 2 + 64);
	for (size_t at = 0; at < text.len && plain.err == 0;) {
		const uint8_t *nl = memchr(text.at + at, '\n', text.len - at);
		size_t n = nl ? (size_t)(nl - text.at) - at : text.len - at;
		size_t cut = n && text.at[at + n - 1] == '\r';
		mail_line(&m, BYTES(text.at + at, n - cut));
		at += n + 1;
	}
	int r = plain.err ? plain.err : iocs_scan_text(s, buf_bytes(&plain));
	buf_release(&plain);
	return r;
}
