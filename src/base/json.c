#include "base/json.h"

void json_init(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out};
}

static void comma(struct json *j)
{
	uint64_t bit = 1ull << (j->depth & 63);
	if (j->after_key)
		j->after_key = false;
	else if (j->comma & bit)
		buf_putc(j->out, ',');
	j->comma |= bit;
}

void json_open(struct json *j, char bracket)
{
	comma(j);
	buf_putc(j->out, bracket);
	j->depth++;
	j->comma &= ~(1ull << (j->depth & 63));
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	buf_putc(j->out, bracket);
}

void json_key(struct json *j, const char *key)
{
	comma(j);
	buf_putc(j->out, '"');
	buf_puts(j->out, key);
	buf_put(j->out, "\":", 2);
	j->after_key = true;
}

/* Octets of the UTF-8 character that begins here, 0 when there is none (RFC 3629 4). */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	uint8_t c = p[0];
	uint8_t lo = 0x80, hi = 0xbf;
	size_t n = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : 4;
	if (c < 0xc2 || c > 0xf4 || n > left)
		return 0;
	if (c == 0xe0)
		lo = 0xa0;
	else if (c == 0xed)
		hi = 0x9f;
	else if (c == 0xf0)
		lo = 0x90;
	else if (c == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void put_escaped(struct buf *out, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	char u[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
	switch (c) {
	case '"':
	case '\\':
		buf_putc(out, '\\');
		buf_putc(out, c);
		return;
	case '\n':
		buf_put(out, "\\n", 2);
		return;
	case '\t':
		buf_put(out, "\\t", 2);
		return;
	case '\r':
		buf_put(out, "\\r", 2);
		return;
	}
	buf_put(out, u, sizeof(u));
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void json_bytes(struct json *j, struct bytes s)
{
	comma(j);
	buf_putc(j->out, '"');
	for (size_t i = 0; i < s.len;) {
		size_t from = i;
		while (i < s.len && is_plain(s.at[i]))
			i++;
		buf_put(j->out, s.at + from, i - from);
		if (i == s.len)
			break;
		size_t n = s.at[i] < 0x80 ? 0 : utf8_len(s.at + i, s.len - i);
		if (n)
			buf_put(j->out, s.at + i, n);
		else
			put_escaped(j->out, s.at[i]);
		i += n ? n : 1;
	}
	buf_putc(j->out, '"');
}

void json_str(struct json *j, const char *s)
{
	json_bytes(j, BYTES_STR(s));
}

void json_u64(struct json *j, uint64_t v)
{
	comma(j);
	buf_u64(j->out, v);
}

void json_i64(struct json *j, int64_t v)
{
	comma(j);
	buf_i64(j->out, v);
}

void json_bool(struct json *j, bool v)
{
	comma(j);
	buf_puts(j->out, v ? "true" : "false");
}

void json_none(struct json *j)
{
	comma(j);
	buf_puts(j->out, "null");
}

void json_raw(struct json *j, struct bytes text)
{
	comma(j);
	buf_put_bytes(j->out, text);
}
