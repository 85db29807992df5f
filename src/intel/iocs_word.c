/*
 * One word of a text: host, file name, version or nothing. What makes it hard is that
 * com, zip, py and sh are both endings of files and top-level domains, and that class
 * and detection names (System.Net, Agent.AE) look like domains. The letters' case and
 * how the word stands in the text (defanged, in a URL, alone) decide.
 */
#include <ctype.h>
#include <strings.h>

#include "dns/psl.h"
#include "intel/iocs.h"
#include "intel/lists.h"

static bool all_digits_and_dots(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]) && s[i] != '.')
			return false;
	return true;
}

static int parse4(const char *s, size_t n, struct addr *ret)
{
	char text[16];
	if (n >= sizeof(text) || !all_digits_and_dots(s, n))
		return YORE_EMALFORMED;
	memcpy(text, s, n);
	text[n] = '\0';
	return addr_parse(text, ret);
}

static enum word judge_addr(const char *s, size_t n, struct addr_range *range)
{
	const char *dash = memchr(s, '-', n);
	size_t first = dash ? (size_t)(dash - s) : n;
	if (parse4(s, first, &range->lo) < 0)
		return WORD_NOTHING;
	range->hi = range->lo;
	if (dash && (parse4(dash + 1, n - first - 1, &range->hi) < 0 ||
		     addr_compare(&range->lo, &range->hi) > 0))
		return WORD_NOTHING;
	return WORD_ADDR;
}

struct shape { /* of the last label and of what stands before it */
	const char *last;
	size_t last_len, labels;
	bool upper, lower;	     /* letters of that kind before the last label */
	bool last_upper, last_lower; /* and in it */
	bool odd;		     /* an empty or overlong label, a digit-only ending */
};

static struct shape shape_of(const char *s, size_t n)
{
	struct shape h = {.labels = 1};
	size_t from = 0;
	for (size_t i = 0; i <= n; i++)
		if (i == n || s[i] == '.') {
			h.odd |= i == from || i - from > 63;
			if (i < n) {
				from = i + 1;
				h.labels++;
			}
		}
	h.last = s + from;
	h.last_len = n - from;
	bool letter = false;
	for (size_t i = 0; i < n; i++) {
		bool up = isupper((unsigned char)s[i]) != 0;
		bool low = islower((unsigned char)s[i]) != 0;
		bool tail = i >= from;
		letter |= tail && (up || low || (s[i] & 0x80));
		h.upper |= !tail && up;
		h.lower |= !tail && low;
		h.last_upper |= tail && up;
		h.last_lower |= tail && low;
	}
	h.odd |= !letter || h.last_len < 2;
	return h;
}

static bool in_list(const char *list, const char *s, size_t n)
{
	char lower[64];
	if (n >= sizeof(lower))
		return false;
	for (size_t i = 0; i < n; i++)
		lower[i] = (char)tolower((unsigned char)s[i]);
	return list_has(list, BYTES(lower, n), NULL);
}

/* The top-level label of anything real: letters only, or an A-label, or UTF-8. */
static bool can_be_tld(const struct shape *h)
{
	if (h->last_len > 4 && strncasecmp(h->last, "xn--", 4) == 0)
		return true;
	for (size_t i = 0; i < h->last_len; i++)
		if (!isalpha((unsigned char)h->last[i]) && !(h->last[i] & 0x80))
			return false;
	return true;
}

/* Agent.UIG, System.Net.Http, "end.The": nobody writes hosts so. */
static bool written_as_name(const struct shape *h)
{
	if (h->last_upper && !h->last_lower)
		return !h->lower;
	return !h->last_upper;
}

/* UTF-8 may map to dots and braces (fullwidth ones): what came of it is looked at, too.
 */
static bool maps_to_host(const char *s, size_t len, const struct name *name)
{
	char text[NAME_TEXT_MAX];
	size_t n = name_text(name_bytes(name), text) - 1, i = 0; /* no final dot */
	while (i < len && !(s[i] & 0x80))
		i++;
	if (i == len)
		return true;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]))
			return false;
	struct shape h = shape_of(text, n);
	return !h.odd && can_be_tld(&h);
}

enum word word_judge(const char *s, size_t n, unsigned how, struct name *name,
		     struct addr_range *range)
{
	if (n < 4 || n > 1000)
		return WORD_NOTHING;
	if (isdigit((unsigned char)s[0]) && judge_addr(s, n, range) == WORD_ADDR)
		return WORD_ADDR;
	struct shape h = shape_of(s, n);
	unsigned strong = how & (IOC_DEFANGED | IOC_IN_URL | IOC_IN_MAIL | IOC_STATED);
	if (h.odd || h.labels < 2)
		return WORD_NOTHING;
	char text[1001];
	memcpy(text, s, n);
	text[n] = '\0';
	if (name_of_idn(text, name) < 0 || !maps_to_host(s, n, name))
		return WORD_NOTHING;
	if (in_list("lists/file-extensions", h.last, h.last_len) ||
	    (!strong && in_list("lists/file-names", s, n)))
		return WORD_FILE;
	if (!can_be_tld(&h))
		return WORD_NOTHING;
	if (!strong && h.labels == 2 && !(how & IOC_ALONE) &&
	    in_list("lists/file-or-domain", h.last, h.last_len))
		return WORD_FILE;
	if (!strong && !written_as_name(&h))
		return WORD_OTHER;
	if (!strong && h.upper && h.lower && !psl_is_listed(name_bytes(name)))
		return WORD_OTHER;
	return WORD_NAME;
}
