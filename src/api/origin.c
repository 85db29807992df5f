#include <strings.h>

#include "api/origin.h"
#include "api/route.h"
#include "api/service.h"

int origins_add(struct origins *o, const char *origin)
{
	if (o->count == ORIGINS_MAX)
		return YORE_ELIMIT;
	if (strcmp(origin, "*") != 0 && strcmp(origin, "null") != 0) {
		const char *host = strstr(origin, "://");
		if (host == NULL || host == origin || host[3] == '\0' ||
		    strlen(origin) > 300 || origin[strcspn(origin, " ,*?#@\t")] ||
		    strchr(host + 3, '/'))
			return YORE_EMALFORMED;
	}
	o->at[o->count++] = origin;
	return 0;
}

/* "http://127.0.0.1:8053" and Host "127.0.0.1:8053" */
static bool is_ours(const char *origin, const char *host)
{
	const char *at = strstr(origin, "://");
	return at && host && strcasecmp(at + 3, host) == 0;
}

/* What of our list lets it in; NULL: nothing. */
static const char *allowed(const struct origins *o, const char *origin)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->at[i], "*") == 0 || strcasecmp(o->at[i], origin) == 0)
			return o->at[i];
	return NULL;
}

/* No name that somebody else could point here. */
static bool is_local_name(const char *host)
{
	char text[256];
	struct addr a;
	size_t n = strlen(host);
	if (n == 0 || n >= sizeof(text))
		return n == 0;
	memcpy(text, host, n + 1);
	if (*text == '[')
		return strchr(text, ']') != NULL;
	text[strcspn(text, ":")] = '\0';
	n = strlen(text);
	return strchr(text, '.') == NULL || addr_parse(text, &a) == 0 ||
	       (n > 10 && strcasecmp(text + n - 10, ".localhost") == 0);
}

static bool host_admit(struct call *c, const char *host)
{
	if (!c->service->origins.open || host == NULL || is_local_name(host))
		return true;
	call_error(c, 403,
		   "without keys this server answers to its address and to localhost, "
		   "not to the name '%.80s'",
		   host);
	return false;
}

/*
 * A picture or script of a foreign page that points here has no Origin, and its page
 * cannot read the answer, only how long it took. Browsers say so themselves.
 */
static bool is_embedded(const struct call *c)
{
	const char *site = c->header(c, "Sec-Fetch-Site");
	if (site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0)
		return false;
	const char *mode = c->header(c, "Sec-Fetch-Mode");
	return mode && strcmp(mode, "no-cors") == 0 &&
	       allowed(&c->service->origins, "") == NULL;
}

static bool refuse(struct call *c)
{
	call_error(c, 403, "pages of another origin may not ask here (--allow-origin)");
	return false;
}

bool origin_admit(struct call *c)
{
	const char *host = c->header(c, "Host"), *origin = c->header(c, "Origin");
	if (!host_admit(c, host))
		return false;
	if (origin == NULL)
		return is_embedded(c) ? refuse(c) : true;
	if (is_ours(origin, host))
		return true;
	const char *by =
	    strlen(origin) < 400 ? allowed(&c->service->origins, origin) : NULL;
	if (by == NULL)
		return refuse(c);
	call_header(c, "Access-Control-Allow-Origin", "%s", *by == '*' ? "*" : origin);
	call_header(c, "Vary", "Origin");
	call_header(c, "Access-Control-Expose-Headers",
		    "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
		    "X-RateLimit-Reset, x-dribble-cursor, x-dribble-errors");
	return true;
}

void origin_preflight(struct call *c, unsigned methods)
{
	const char *list = methods == METHOD_POST  ? "POST, OPTIONS"
			   : methods == METHOD_GET ? "GET, HEAD, OPTIONS"
						   : "GET, HEAD, POST, OPTIONS";
	call_header(c, "Allow", "%s", list);
	if (c->header(c, "Access-Control-Request-Method")) {
		call_header(c, "Access-Control-Allow-Methods", "%s", list);
		call_header(
		    c, "Access-Control-Allow-Headers",
		    "X-API-Key, Argus-API-Key, Authorization, Accept, "
		    "Content-Type, dribble-filter-rrtype, dribble-paginate-count, "
		    "dribble-paginate-cursor, dribble-disable-active-query");
		call_header(c, "Access-Control-Max-Age", "600");
	}
	/* from a page of the Internet to a machine of this network (WICG) */
	if (c->header(c, "Access-Control-Request-Private-Network"))
		call_header(c, "Access-Control-Allow-Private-Network", "true");
	call_done(c, 204, NULL);
}
