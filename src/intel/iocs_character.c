/* Characters in other forms: UTF-16 as Windows writes it, entities of HTML. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "intel/iocs.h"

void put_character(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(out, (int)c);
		return;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x800) {
		buf_putc(out, (int)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_putc(out, (int)(0xe0 | c >> 12));
		buf_putc(out, (int)(0x80 | (c >> 6 & 63)));
	} else {
		buf_putc(out, (int)(0xf0 | c >> 18));
		buf_putc(out, (int)(0x80 | (c >> 12 & 63)));
		buf_putc(out, (int)(0x80 | (c >> 6 & 63)));
	}
	buf_putc(out, (int)(0x80 | (c & 63)));
}

int text_of_utf16(struct bytes in, struct buf *out)
{
	bool big = in.len >= 2 && in.at[0] == 0xfe;
	for (size_t i = 2; i + 1 < in.len && out->err == 0; i += 2) {
		uint32_t c = (uint32_t)in.at[i + !big] << 8 | in.at[i + big];
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < in.len) {
			uint32_t low =
			    (uint32_t)in.at[i + 2 + !big] << 8 | in.at[i + 2 + big];
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		put_character(out, c);
	}
	return out->err;
}

/* The letters of Latin-1 from U+00C0 on, by their names. */
static const char letters[][7] = {
    "Agrave", "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",	"AElig", "Ccedil",
    "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute", "Icirc", "Iuml",
    "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",	 "times",
    "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN", "szlig",
    "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",	"aelig", "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc", "iuml",
    "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",	 "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn", "yuml"};

static uint32_t named(const char *name)
{
	static const struct {
		const char *name;
		uint32_t c;
	} known[] = {
	    {"amp", '&'},    {"lt", '<'},	{"gt", '>'},	  {"quot", '"'},
	    {"apos", '\''},  {"nbsp", ' '},	{"lsqb", '['},	  {"rsqb", ']'},
	    {"lbrack", '['}, {"rbrack", ']'},	{"lpar", '('},	  {"rpar", ')'},
	    {"period", '.'}, {"colon", ':'},	{"sol", '/'},	  {"commat", '@'},
	    {"shy", 0xad},   {"ndash", 0x2013}, {"mdash", 0x2014}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].c;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (strncmp(name, letters[i], sizeof(letters[i])) == 0)
			return 0xc0 + (uint32_t)i;
	return 0;
}

size_t put_entity(const char *s, size_t left, struct buf *out)
{
	char word[12];
	const char *end = memchr(s, ';', left < sizeof(word) ? left : sizeof(word));
	if (end == NULL || end - s < 3)
		return 0;
	size_t n = (size_t)(end - s) - 1;
	memcpy(word, s + 1, n);
	word[n] = '\0';
	uint32_t c = word[0] != '#'	     ? named(word)
		     : (word[1] | 32) == 'x' ? (uint32_t)strtoul(word + 2, NULL, 16)
					     : (uint32_t)strtoul(word + 1, NULL, 10);
	if (c == 0)
		return 0;
	if (c != 0xad) /* a soft hyphen is no part of the word */
		put_character(out, c == 0xa0 ? ' ' : c);
	return n + 2;
}
