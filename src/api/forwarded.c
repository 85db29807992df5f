#include "api/forwarded.h"

int forwarded_trust(struct forwarded *f, const char *proxy)
{
	if (f->count == FORWARDED_PROXIES_MAX)
		return YORE_ELIMIT;
	int r = addr_range_parse(proxy, &f->proxy[f->count]);
	f->count += r == 0;
	return r;
}

bool forwarded_trusts(const struct forwarded *f, const struct addr *a)
{
	for (size_t i = 0; i < f->count; i++)
		if (addr_range_has(&f->proxy[i], a))
			return true;
	return false;
}

/* ::ffff:192.0.2.1 is what some call 192.0.2.1. */
static struct addr plain(struct addr a)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	return a.len == 16 && memcmp(a.at, mapped, 12) == 0 ? addr_of(a.at + 12, 4) : a;
}

/* "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711". */
static int read_address(const char *at, size_t len, struct addr *ret)
{
	char text[ADDR_TEXT_MAX + 8];
	while (len && (*at == ' ' || *at == '\t')) {
		at++;
		len--;
	}
	while (len && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	if (len == 0 || len >= sizeof(text))
		return YORE_EMALFORMED;
	memcpy(text, at, len);
	text[len] = '\0';
	char *begin = text, *colon = strchr(text, ':');
	if (*text == '[') {
		begin = text + 1;
		text[strcspn(text, "]")] = '\0';
	} else if (colon && strchr(colon + 1, ':') == NULL) {
		*colon = '\0';
	}
	int r = addr_parse(begin, ret);
	if (r == 0)
		*ret = plain(*ret);
	return r;
}

struct addr forwarded_client(const struct forwarded *f, const struct addr *peer,
			     const char *text)
{
	struct addr client = *peer, before;
	size_t end = text ? strlen(text) : 0;
	while (end && forwarded_trusts(f, &client)) {
		size_t begin = end;
		while (begin && text[begin - 1] != ',')
			begin--;
		if (read_address(text + begin, end - begin, &before) < 0)
			break;
		client = before;
		end = begin ? begin - 1 : 0;
	}
	return client;
}
