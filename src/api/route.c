#include "api/route.h"

#define Q SCOPE_QUERY

const struct route route_table[] = {
    {METHOD_GET, "dnsdb/v2/lookup/+", DIALECT_DNSDB2, Q, true, dnsdb_lookup},
    {METHOD_GET, "dnsdb/v2/summarize/+", DIALECT_DNSDB2, Q, true, dnsdb_summarize},
    {METHOD_GET, "dnsdb/v2/regex/+", DIALECT_DNSDB2, Q, true, dnsdb_regex},
    {METHOD_GET, "dnsdb/v2/glob/+", DIALECT_DNSDB2, Q, true, dnsdb_glob},
    {METHOD_GET, "dnsdb/v2/rate_limit", DIALECT_DNSDB2, Q, false, dnsdb_rate_limit},
    {METHOD_GET, "dnsdb/v2/ping", DIALECT_DNSDB2, 0, false, dnsdb_ping},
    {METHOD_GET, "lookup/rate_limit", DIALECT_DNSDB1, Q, false, dnsdb_rate_limit},
    {METHOD_GET, "lookup/+", DIALECT_DNSDB1, Q, true, dnsdb_lookup},
    {METHOD_GET, "summarize/+", DIALECT_DNSDB1, Q, true, dnsdb_summarize},
    {METHOD_GET, "pdns/query/+", DIALECT_CIRCL, Q, true, circl_query},
    {METHOD_GET, "pdns/v3/cof/+", DIALECT_MNEMONIC, Q, true, mnemonic_cof},
    {METHOD_GET, "pdns/v3/+", DIALECT_MNEMONIC, Q, true, mnemonic_query},
    {METHOD_GET, "query/+", DIALECT_D4, Q, true, d4_query},
    {METHOD_GET, "fquery/+", DIALECT_D4, Q, true, d4_fquery},
    {METHOD_GET, "info", DIALECT_D4, Q, false, d4_info},
    {METHOD_GET, "wise/+", DIALECT_WISE, Q, true, wise_lookup},
    {METHOD_GET, "api/v1/records", DIALECT_OWN, Q, true, own_records},
    {METHOD_POST, "api/v1/records", DIALECT_OWN, Q, true, own_batch},
    {METHOD_GET, "api/v1/summary", DIALECT_OWN, Q, true, own_summary},
    {METHOD_GET, "api/v1/coverage", DIALECT_OWN, Q, false, own_coverage},
    {METHOD_GET, "api/v1/who-asked", DIALECT_OWN, SCOPE_WHO_ASKED, true, own_who},
    {METHOD_POST, "api/v1/who-asked", DIALECT_OWN, SCOPE_WHO_ASKED, true, own_who},
    {METHOD_GET, "api/v1/inputs", DIALECT_OWN, SCOPE_ADMIN, false, own_inputs},
    {METHOD_POST, "api/v1/segments", DIALECT_UPLOAD, SCOPE_UPLOAD, false, upload_segment},
    {METHOD_GET, "api/v1/segments/+", DIALECT_UPLOAD, SCOPE_UPLOAD, false, upload_state},
    {METHOD_GET, "api/v1/positions", DIALECT_UPLOAD, SCOPE_UPLOAD, false,
     upload_position},
    {METHOD_GET, "healthz", DIALECT_OPERATION, 0, false, operation_health},
    {METHOD_GET, "readyz", DIALECT_OPERATION, 0, false, operation_ready},
    {METHOD_GET, "metrics", DIALECT_OPERATION, SCOPE_ADMIN, false, operation_metrics},
    {METHOD_GET, "openapi.json", DIALECT_OPERATION, 0, false, operation_openapi},
    {METHOD_GET, "", DIALECT_OPERATION, 0, false, page_file},
    {METHOD_GET, "page/+", DIALECT_OPERATION, 0, false, page_file},
    {0, NULL, DIALECT_OWN, 0, false, NULL},
};

/* Does the path fit, and how many pieces does it name? */
static bool match(const char *path, const struct url *u, size_t *named)
{
	size_t i = 0;
	for (; *path; i++) {
		size_t n = strcspn(path, "/");
		*named = i;
		if (n == 1 && path[0] == '+')
			return u->piece_count > i;
		if (i == u->piece_count || strlen(u->piece[i]) != n ||
		    memcmp(u->piece[i], path, n) != 0)
			return false;
		path += n + (path[n] == '/');
	}
	*named = i;
	return i == u->piece_count;
}

static unsigned method_bit(const char *method)
{
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		return METHOD_GET;
	return strcmp(method, "POST") == 0 ? METHOD_POST : 0;
}

const struct route *route_find(const char *method, const struct url *u, size_t *at,
			       unsigned *methods)
{
	unsigned bit = method_bit(method);
	*methods = 0;
	for (const struct route *r = route_table; r->run; r++) {
		size_t n;
		if (!match(r->path, u, &n))
			continue;
		if (r->methods & bit) {
			*at = n;
			return r;
		}
		*methods |= r->methods;
	}
	return NULL;
}
