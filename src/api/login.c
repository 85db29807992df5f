#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "api/login.h"
#include "api/service.h"

static int base64_digit(char c)
{
	const char *digits =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Up to the first character that is none of its digits. */
static void base64_read(const char *text, char *out, size_t room)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;
	for (int d; (d = base64_digit(*text)) >= 0 && n + 1 < room; text++) {
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	out[n] = '\0';
}

static int copy(const char *text, char out[LOGIN_TEXT_MAX])
{
	size_t n = strlen(text);
	if (n >= LOGIN_TEXT_MAX)
		n = 0; /* no key is that long */
	memcpy(out, text, n);
	out[n] = '\0';
	return 1;
}

static int from_basic(const char *text, char out[LOGIN_TEXT_MAX])
{
	char pair[LOGIN_TEXT_MAX];
	base64_read(text, pair, sizeof(pair));
	const char *colon = strchr(pair, ':');
	if (colon && colon[1])
		return copy(colon + 1, out);
	pair[strcspn(pair, ":")] = '\0';
	return copy(pair, out);
}

int login_text(const struct call *c, char out[LOGIN_TEXT_MAX])
{
	const char *key = c->header(c, "X-API-Key");
	if (key == NULL)
		key = c->header(c, "Argus-API-Key");
	if (key)
		return copy(key, out);
	const char *text = c->header(c, "Authorization");
	if (text == NULL)
		return 0;
	if (strncasecmp(text, "Basic ", 6) == 0)
		return from_basic(text + 6 + strspn(text + 6, " "), out);
	if (strncasecmp(text, "Bearer ", 7) == 0)
		return copy(text + 7 + strspn(text + 7, " "), out);
	return copy(text, out);
}

static bool find_key(struct service *s, const char *text, struct key *room)
{
	pthread_rwlock_rdlock(&s->ring_lock);
	const struct key *k = key_find(&s->ring, text);
	if (k)
		*room = *k;
	pthread_rwlock_unlock(&s->ring_lock);
	return k != NULL;
}

static bool refuse(struct call *c, int status, const char *text)
{
	atomic_fetch_add(&c->service->metrics.keys_refused, 1);
	if (status == 401)
		call_header(c, "WWW-Authenticate", "Basic realm=\"yore\"");
	call_error(c, status, "%s", text);
	return false;
}

static int64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool take_quota(struct call *c)
{
	int64_t wait_s;
	enum quota_verdict v = quota_take(c->service->quota, c->key, now_us(), &wait_s);
	if (v == QUOTA_GOOD)
		return true;
	atomic_fetch_add(&c->service->metrics.quota_refused, 1);
	call_header(c, "Retry-After", "%lld", (long long)wait_s);
	call_error(c, 429,
		   v == QUOTA_DAY ? "quota of the day is used up"
				  : "too many requests at once");
	return false;
}

bool login(struct call *c, unsigned scope, bool charged, struct key *room)
{
	char text[LOGIN_TEXT_MAX];
	bool dnsdb = c->dialect == DIALECT_DNSDB1 || c->dialect == DIALECT_DNSDB2;
	if (!c->service->keyed || scope == 0)
		return true;
	if (login_text(c, text) == 0)
		return refuse(c, 401, "API key missing");
	if (!find_key(c->service, text, room))
		return refuse(c, dnsdb ? 403 : 401, "Invalid API key");
	c->key = room;
	if (!key_allows_from(room, &c->peer))
		return refuse(c, 403, "this API key is not for this address");
	if ((room->scopes & scope) != scope && !(room->scopes & SCOPE_ADMIN))
		return refuse(c, 403, "this API key is not for that");
	return !charged || take_quota(c);
}
