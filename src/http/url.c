#include "http/url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#include "base/addr.h"

void url_put(struct buf *out, struct bytes octets, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < octets.len; i++) {
		uint8_t c = octets.at[i];
		bool plain = c < 0x80 && (isalnum(c) || strchr("-._~", c) ||
					  (keep && strchr(keep, c)));
		if (plain && c) {
			buf_putc(out, c);
		} else {
			buf_putc(out, '%');
			buf_putc(out, digits[c >> 4]);
			buf_putc(out, digits[c & 15]);
		}
	}
}

static CURLU *parsed(const char *url)
{
	CURLU *u = curl_url();
	if (u && curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK) {
		curl_url_cleanup(u);
		u = NULL;
	}
	return u;
}

/* A part, or ""; freed with curl_free when not NULL. */
static char *part(CURLU *u, CURLUPart which)
{
	char *s = NULL;
	if (curl_url_get(u, which, &s, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return NULL;
	return s;
}

int url_check(const char *url, struct fault *f)
{
	CURLU *u = parsed(url);
	if (u == NULL)
		return fault_set(f, YORE_EMALFORMED, "not a URL: '%.100s'", url);
	char *scheme = part(u, CURLUPART_SCHEME), *host = part(u, CURLUPART_HOST);
	char *user = part(u, CURLUPART_USER);
	int r = 0;
	if (!scheme || (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
		r = fault_set(f, YORE_EMALFORMED,
			      "'%.100s': only https and http are asked", url);
	else if (!host || !*host)
		r = fault_set(f, YORE_EMALFORMED, "'%.100s' names no host", url);
	else if (user)
		r = fault_set(
		    f, YORE_EMALFORMED,
		    "a URL with a user or password in it; configure those apart");
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(u);
	return r;
}

static bool same(CURLU *a, CURLU *b, CURLUPart which)
{
	char *x = part(a, which), *y = part(b, which);
	bool equal = x && y && strcasecmp(x, y) == 0;
	curl_free(x);
	curl_free(y);
	return equal;
}

bool url_same_origin(const char *a, const char *b)
{
	CURLU *x = parsed(a), *y = parsed(b);
	bool equal = x && y && same(x, y, CURLUPART_SCHEME) &&
		     same(x, y, CURLUPART_HOST) && same(x, y, CURLUPART_PORT);
	curl_url_cleanup(x);
	curl_url_cleanup(y);
	return equal;
}

void url_host(const char *url, char out[URL_HOST_MAX])
{
	CURLU *u = parsed(url);
	char *host = u ? part(u, CURLUPART_HOST) : NULL;
	size_t n = 0;
	for (const char *c = host ? host : ""; *c && n < URL_HOST_MAX - 1; c++)
		if (*c != '[' && *c != ']')
			out[n++] = (char)tolower((unsigned char)*c);
	out[n] = '\0';
	curl_free(host);
	curl_url_cleanup(u);
}

bool url_is_private(const char *url)
{
	char host[URL_HOST_MAX];
	struct addr a;
	if (strncasecmp(url, "https:", 6) == 0)
		return true;
	url_host(url, host);
	if (strcmp(host, "localhost") == 0)
		return true;
	if (addr_parse(host, &a) < 0)
		return false;
	static const uint8_t one[16] = {[15] = 1};
	return a.len == 4 ? a.at[0] == 127 : memcmp(a.at, one, 16) == 0;
}
