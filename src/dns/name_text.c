#include "dns/name_text.h"

#include "dns/name_read.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int text_octet(const char **at, const char *end, bool *escaped)
{
	const char *p = *at;
	*escaped = *p == '\\';
	if (!*escaped) {
		*at = p + 1;
		return (uint8_t)*p;
	}
	if (end - p < 2)
		return -1;
	if (!is_digit(p[1])) {
		*at = p + 2;
		return (uint8_t)p[1];
	}
	if (end - p < 4 || !is_digit(p[2]) || !is_digit(p[3]))
		return -1;
	int v = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
	*at = p + 4;
	return v < 256 ? v : -1;
}

size_t text_put_octet(char *out, uint8_t c, bool special)
{
	if (c < 0x20 || c > 0x7e || (c == ' ' && special)) {
		out[0] = '\\';
		out[1] = (char)('0' + c / 100);
		out[2] = (char)('0' + c / 10 % 10);
		out[3] = (char)('0' + c % 10);
		return 4;
	}
	if (special || c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	out[0] = (char)c;
	return 1;
}

int name_of_text_range(const char *text, const char *end, bool lower, struct name *ret)
{
	struct name n = {.len = 1};
	size_t start = 0, at = 1; /* start: length octet of the label being read */

	if (end - text == 1 && *text == '.')
		text = end;
	for (const char *p = text; p < end;) {
		bool escaped = *p == '\\';
		int c = escaped ? text_octet(&p, end, &escaped) : (uint8_t)*p++;
		if (c < 0)
			return YORE_EMALFORMED;
		if (c == '.' && !escaped) {
			if (at == start + 1)
				return YORE_EMALFORMED;
			n.wire[start] = (uint8_t)(at - start - 1);
			start = at++;
			continue;
		}
		/* a final zero octet must still fit */
		if (at - start > 63 || at + 1 >= NAME_WIRE_MAX)
			return YORE_EMALFORMED;
		n.wire[at++] = lower ? octet_lower((uint8_t)c) : (uint8_t)c;
	}
	if (at > start + 1) { /* no final dot */
		n.wire[start] = (uint8_t)(at - start - 1);
		start = at;
	}
	n.wire[start] = 0;
	n.len = (uint8_t)(start + 1);
	*ret = n;
	return 0;
}

int name_of_text(const char *text, struct name *ret)
{
	return name_of_text_range(text, text + strlen(text), true, ret);
}

/* Which characters mean something in a master file (RFC 1035 5.1). */
static bool name_special(uint8_t c)
{
	return c <= ' ' || c > '~' || c == '.' || c == '\\' || c == '"' || c == '(' ||
	       c == ')' || c == ';' || c == '@' || c == '$';
}

static size_t put_label(char *out, const uint8_t *label, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = label[i];
		if (name_special(c))
			len += text_put_octet(out + len, c, true);
		else
			out[len++] = (char)c;
	}
	return len;
}

static size_t put_labels(char *out, struct bytes wire)
{
	size_t len = 0;
	for (size_t at = 0; at < wire.len && wire.at[at] != 0;) {
		size_t n = wire.at[at];
		len += put_label(out + len, wire.at + at + 1, n);
		out[len++] = '.';
		at += n + 1;
	}
	if (len == 0)
		out[len++] = '.';
	return len;
}

size_t name_text(struct bytes wire, char out[NAME_TEXT_MAX])
{
	size_t len = put_labels(out, wire);
	out[len] = 0;
	return len;
}

void name_put(struct buf *out, struct bytes wire)
{
	char text[NAME_TEXT_MAX];
	buf_put(out, text, put_labels(text, wire));
}

void name_put_chomped(struct buf *out, struct bytes wire)
{
	char text[NAME_TEXT_MAX];
	size_t len = put_labels(text, wire);
	buf_put(out, text, len > 1 ? len - 1 : len);
}
