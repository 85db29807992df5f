/*
 * Internationalised names (RFC 5890 to 5893, non-transitional, with the mapping of UTS
 * 46), label by label: a label of plain ASCII is left as it is, so _dmarc, wildcards and
 * escapes work beside U-labels.
 */
#include <idn2.h>

#include "dns/name.h"

static bool is_ascii(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((uint8_t)p[i] > 0x7f)
			return false;
	}
	return true;
}

/* How many octets of a label separator stand here (UTS 46: U+3002 U+FF0E U+FF61). */
static size_t dot_len(const char *p)
{
	if (*p == '.')
		return 1;
	if (strncmp(p, "\xe3\x80\x82", 3) == 0 || strncmp(p, "\xef\xbc\x8e", 3) == 0 ||
	    strncmp(p, "\xef\xbd\xa1", 3) == 0)
		return 3;
	return 0;
}

static size_t label_len(const char *p)
{
	size_t n = 0;
	while (p[n] && dot_len(p + n) == 0)
		n += p[n] == '\\' && p[n + 1] ? 2 : 1;
	return n;
}

static int put_ascii(char *out, size_t *len, const char *p, size_t n)
{
	if (*len + n + 2 > NAME_TEXT_MAX)
		return YORE_EMALFORMED;
	memcpy(out + *len, p, n);
	*len += n;
	return 0;
}

static int put_label(char *out, size_t *len, const char *p, size_t n)
{
	if (is_ascii(p, n) || memchr(p, '\\', n))
		return put_ascii(out, len, p, n);
	if (n > NAME_TEXT_MAX)
		return YORE_EMALFORMED;

	char label[NAME_TEXT_MAX + 1], *ascii = NULL;
	memcpy(label, p, n);
	label[n] = 0;
	int r = idn2_to_ascii_8z(label, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (r == IDN2_MALLOC)
		return YORE_ENOMEM;
	if (r != IDN2_OK)
		return YORE_EMALFORMED;
	r = put_ascii(out, len, ascii, strlen(ascii));
	idn2_free(ascii);
	return r;
}

int name_of_idn(const char *text, struct name *ret)
{
	char ascii[NAME_TEXT_MAX];
	size_t len = 0;

	if (is_ascii(text, strlen(text)))
		return name_of_text(text, ret);
	while (*text) {
		size_t n = label_len(text);
		int r = put_label(ascii, &len, text, n);
		if (r < 0)
			return r;
		text += n;
		if (*text) {
			ascii[len++] = '.';
			text += dot_len(text);
		}
	}
	ascii[len] = 0;
	return name_of_text(ascii, ret);
}
