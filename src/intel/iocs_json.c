/*
 * JSON reports: MISP events and STIX 2 say what a value is, so only fields about hosts
 * are read; of any other JSON every string is read as text. jansson keeps no positions:
 * the line of a value is where its text next stands in the document.
 */
#include <strings.h>

#include "base/json_in.h"
#include "intel/iocs.h"

#define JSON_MOST ((size_t)256 << 20)

struct walk {
	struct iocs *iocs;
	struct bytes text;
	size_t at; /* values come in the order of the document, nearly */
	uint32_t line;
	bool misp;
};

static uint32_t line_of(struct walk *w, const char *value)
{
	size_t n = strlen(value);
	const uint8_t *hit = memmem(w->text.at + w->at, w->text.len - w->at, value, n);
	if (hit == NULL)
		return w->line;
	for (const uint8_t *p = w->text.at + w->at; p < hit; p++)
		w->line += *p == '\n';
	w->at = (size_t)(hit - w->text.at);
	return w->line;
}

static int value(struct walk *w, const char *text, unsigned how)
{
	return text ? iocs_scan_value(w->iocs, text, line_of(w, text), how) : 0;
}

/* ---- MISP ---- */

static bool is_one_of(const char *type, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(type, *list) == 0)
			return true;
	return false;
}

static int misp_attribute(struct walk *w, const json_t *a)
{
	static const char *const hosts[] = {"domain",
					    "hostname",
					    "ip-src",
					    "ip-dst",
					    "domain|ip",
					    "ip-dst|port",
					    "ip-src|port",
					    "hostname|port",
					    "url",
					    "uri",
					    "email-src",
					    "email-dst",
					    "email",
					    "whois-registrant-email",
					    "email-reply-to",
					    "dns-soa-email",
					    NULL};
	static const char *const outside[] = {"External analysis", "Internal reference",
					      NULL};
	const char *type = json_in_str(a, "type"), *v = json_in_str(a, "value");
	const char *category = json_in_str(a, "category");
	if (type == NULL || v == NULL)
		return 0;
	if (strcmp(type, "link") == 0)
		return value(w, v, IOC_AS_REFERENCE);
	if (!is_one_of(type, hosts))
		return 0;
	bool elsewhere =
	    strcmp(type, "url") == 0 && category && is_one_of(category, outside);
	return value(w, v, elsewhere ? IOC_AS_REFERENCE : IOC_STATED);
}

/* ---- STIX ---- */

/* Each 'quoted' value whose path in the pattern is about a host. */
static int stix_pattern(struct walk *w, const char *p)
{
	static const char *const about[] = {
	    "domain-name", "ipv4-addr",	      "ipv6-addr",     "url:",
	    "email-addr",  "network-traffic", "email-message", NULL};
	int r = 0;
	while (r == 0 && (p = strchr(p, '['))) {
		bool host = false;
		for (const char *s = p; *s && *s != ']'; s++) {
			if (*s == '[' || *s == '(' || strncasecmp(s, " AND ", 5) == 0 ||
			    strncasecmp(s, " OR ", 4) == 0)
				host = false;
			for (const char *const *k = about; *k; k++)
				host |= strncmp(s, *k, strlen(*k)) == 0;
			if (*s != '\'')
				continue;
			char text[2048];
			size_t n = 0;
			for (s++; *s && *s != '\'' && n < sizeof(text) - 1; s++) {
				s += *s == '\\' && s[1];
				text[n++] = *s;
			}
			text[n] = '\0';
			if (host && (r = value(w, text, IOC_STATED)) < 0)
				return r;
			if (*s == '\0')
				break;
		}
		p++;
	}
	return r;
}

static int stix_object(struct walk *w, const json_t *o)
{
	static const char *const observed[] = {"domain-name", "ipv4-addr",  "ipv6-addr",
					       "url",	      "email-addr", NULL};
	const char *type = json_in_str(o, "type");
	if (type == NULL)
		return 0;
	json_t *links = json_in_array(o, "external_references"), *link;
	size_t i;
	json_array_foreach(links, i, link)
	{
		int r = value(w, json_in_str(link, "url"), IOC_AS_REFERENCE);
		if (r < 0)
			return r;
	}
	if (strcmp(type, "indicator") == 0 && json_in_str(o, "pattern"))
		return stix_pattern(w, json_in_str(o, "pattern"));
	return is_one_of(type, observed) ? value(w, json_in_str(o, "value"), IOC_STATED)
					 : 0;
}

/* ---- walking ---- */

typedef int (*object_fn)(struct walk *w, const json_t *o);

static int every_object(struct walk *w, const json_t *v, object_fn each)
{
	const char *key;
	json_t *child;
	size_t i;
	int r = 0;
	if (json_is_object(v)) {
		r = each(w, v);
		json_object_foreach((json_t *)(uintptr_t)v, key, child)
		{
			if (r < 0)
				return r;
			r = every_object(w, child, each);
		}
	}
	json_array_foreach(v, i, child)
	{
		if (r < 0)
			return r;
		r = every_object(w, child, each);
	}
	return r;
}

static int every_string(struct walk *w, const json_t *v)
{
	const char *key;
	json_t *child;
	size_t i;
	int r = 0;
	if (json_is_string(v))
		return iocs_scan_value(w->iocs, json_string_value(v),
				       line_of(w, json_string_value(v)), 0);
	json_object_foreach((json_t *)(uintptr_t)v, key, child)
	{
		if (r < 0)
			return r;
		r = every_string(w, child);
	}
	json_array_foreach(v, i, child)
	{
		if (r < 0)
			return r;
		r = every_string(w, child);
	}
	return r;
}

static bool is_misp(const json_t *v)
{
	const json_t *one = json_is_array(v) ? json_array_get(v, 0) : v;
	return json_object_get(one, "Event") || json_object_get(one, "Attribute") ||
	       json_object_get(one, "response");
}

int iocs_scan_json(struct iocs *s, struct bytes text, struct fault *f)
{
	struct walk w = {.iocs = s, .text = text, .line = 1};
	json_t *v;
	int r = json_in(text, JSON_MOST, f, &v);
	if (r < 0)
		return r;
	const char *type = json_in_str(v, "type");
	if (is_misp(v)) {
		s->format = "misp";
		r = every_object(&w, v, misp_attribute);
	} else if (type && strcmp(type, "bundle") == 0) {
		s->format = "stix";
		r = every_object(&w, v, stix_object);
	} else {
		s->format = "json";
		r = every_string(&w, v);
	}
	json_decref(v);
	return r;
}
