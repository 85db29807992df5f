#include "observe/suspect.h"

#include "dns/name.h"
#include "dns/type.h"

/* RFC 1918, 1122, 3927, 6598; 4193, 4291. Networks that exist only for who is in them. */
static bool private4(const uint8_t *a)
{
	return a[0] == 10 || a[0] == 127 || a[0] == 0 ||
	       (a[0] == 172 && a[1] >> 4 == 1) || (a[0] == 192 && a[1] == 168) ||
	       (a[0] == 169 && a[1] == 254) || (a[0] == 100 && a[1] >> 6 == 1);
}

static bool private6(const uint8_t *a)
{
	static const uint8_t zeros[15] = {0};
	return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
	       (memcmp(a, zeros, 15) == 0 && a[15] <= 1);
}

/* Names that are somebody's own (RFC 6761, 6762, 8375 and what sites use). */
static bool is_local(struct bytes owner)
{
	static const char *const tops[] = {"\4test",	  "\5local",   "\11localhost",
					   "\10internal", "\3lan",     "\4home",
					   "\4corp",	  "\7private", "\4arpa"};
	if (owner.len < 2)
		return true;
	struct bytes top = name_suffix(owner, 1);
	for (size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++)
		if (top.len == strlen(tops[i]) + 1 &&
		    memcmp(top.at, tops[i], top.len - 1) == 0)
			return true;
	return false;
}

bool suspect_private(const struct rrset *s)
{
	struct reader r = reader_of(s->rdata);
	struct bytes a;
	if (s->type != TYPE_A && s->type != TYPE_AAAA)
		return false;
	while (rdataset_next(&r, &a))
		if ((a.len == 4 && private4(a.at)) || (a.len == 16 && private6(a.at)))
			return !is_local(s->owner);
	return false;
}
