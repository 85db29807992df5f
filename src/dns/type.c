#include "dns/type.h"

#include <stdio.h>
#include <strings.h>

#include "base/num.h"
#include "dns/rdata_form.h"

static size_t put_text(char *out, const char *text, const char *prefix, unsigned number)
{
	int n = text[0] ? snprintf(out, TYPE_TEXT_MAX, "%s", text)
			: snprintf(out, TYPE_TEXT_MAX, "%s%u", prefix, number);
	return (size_t)n;
}

size_t type_text(uint16_t type, char out[TYPE_TEXT_MAX])
{
	return put_text(out, rdata_form(type)->mnemonic, "TYPE", type);
}

/* "TYPE65280" and the like: prefix in any case, then a decimal number. */
static int numbered(const char *text, const char *prefix, uint64_t max, uint64_t *ret)
{
	size_t n = strlen(prefix);
	if (strncasecmp(text, prefix, n) != 0)
		return YORE_EMALFORMED;
	return num_u64(text + n, max, ret);
}

int type_of_text(const char *text, uint16_t *ret)
{
	uint64_t v;
	for (uint16_t t = rdata_form_next(0); t; t = rdata_form_next(t)) {
		if (strcasecmp(text, rdata_form(t)->mnemonic) == 0) {
			*ret = t;
			return 0;
		}
	}
	if (numbered(text, "TYPE", UINT16_MAX, &v) < 0)
		return YORE_EMALFORMED;
	*ret = (uint16_t)v;
	return 0;
}

bool type_known(uint16_t type)
{
	return rdata_form(type)->mnemonic[0] != 0;
}

bool type_is_meta(uint16_t type)
{
	/* RFC 6895 3.1: 128 to 255 are for questions and meta types only */
	return type == 0 || type == TYPE_OPT || (type >= 128 && type <= 255) ||
	       type == UINT16_MAX;
}

bool type_is_dnssec(uint16_t type)
{
	return (rdata_form(type)->flags & FORM_DNSSEC) != 0;
}

void type_each(void (*each)(uint16_t type, const char *mnemonic, void *arg), void *arg)
{
	for (uint16_t t = rdata_form_next(0); t; t = rdata_form_next(t))
		each(t, rdata_form(t)->mnemonic, arg);
}

/* RFC 6895 2.3 and the registry "DNS RCODEs". */
static const char *const rcodes[] = {
    [0] = "NOERROR",  [1] = "FORMERR", [2] = "SERVFAIL",  [3] = "NXDOMAIN",
    [4] = "NOTIMP",   [5] = "REFUSED", [6] = "YXDOMAIN",  [7] = "YXRRSET",
    [8] = "NXRRSET",  [9] = "NOTAUTH", [10] = "NOTZONE",  [11] = "DSOTYPENI",
    [16] = "BADVERS", [17] = "BADKEY", [18] = "BADTIME",  [19] = "BADMODE",
    [20] = "BADNAME", [21] = "BADALG", [22] = "BADTRUNC", [23] = "BADCOOKIE",
};
#define RCODES (sizeof(rcodes) / sizeof(rcodes[0]))

size_t rcode_text(unsigned rcode, char out[TYPE_TEXT_MAX])
{
	const char *text = rcode < RCODES && rcodes[rcode] ? rcodes[rcode] : "";
	return put_text(out, text, "RCODE", rcode);
}

int rcode_of_text(const char *text, unsigned *ret)
{
	uint64_t v;
	for (unsigned i = 0; i < RCODES; i++) {
		if (rcodes[i] && strcasecmp(text, rcodes[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	if (strcasecmp(text, "BADSIG") == 0) { /* RFC 8945: the same number in TSIG */
		*ret = 16;
		return 0;
	}
	if (numbered(text, "RCODE", 4095, &v) < 0)
		return YORE_EMALFORMED;
	*ret = (unsigned)v;
	return 0;
}
