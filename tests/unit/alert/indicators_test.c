#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alert/indicators.h"
#include "base/when.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "tap.h"

struct hits {
	char text[400];
};

static int hit(const struct indicator *i, void *arg)
{
	struct hits *h = arg;
	size_t n = strlen(h->text);
	snprintf(h->text + n, sizeof(h->text) - n, "%s%s", n ? " " : "", i->text);
	return 0;
}

static const char list[] = "# a comment\n"
			   "bad.example.com # the loader\n"
			   "*.zone.net from=2015-07-01 to=2015-07-31\n"
			   "192.0.2.0/24\n"
			   "198.51.100.7\n"
			   "203.0.113.3-203.0.113.10\n"
			   "2001:db8::/32\n"
			   "evil[.]org\n"
			   "/^mail[0-9]+\\./\n\n";

static const struct {
	const char *owner, *type, *rdata, *want;
	bool outside; /* of the zone's validity */
} rows[] = {
    {"bad.example.com", "A", "10.0.0.1", "bad.example.com"},
    {"www.bad.example.com", "A", "10.0.0.1", ""},
    {"zone.net", "A", "10.0.0.1", "*.zone.net"},
    {"a.b.zone.net", "A", "10.0.0.1", "*.zone.net"},
    {"a.b.zone.net", "A", "10.0.0.1", "", true},
    {"azone.net", "A", "10.0.0.1", ""},
    {"x.com", "A", "192.0.2.77", "192.0.2.0/24"},
    {"x.com", "A", "192.0.3.77", ""},
    {"x.com", "A", "198.51.100.7", "198.51.100.7"},
    {"x.com", "A", "203.0.113.2", ""},
    {"x.com", "A", "203.0.113.3", "203.0.113.3-203.0.113.10"},
    {"x.com", "A", "203.0.113.10", "203.0.113.3-203.0.113.10"},
    {"x.com", "A", "203.0.113.11", ""},
    {"x.com", "AAAA", "2001:db8:1::1", "2001:db8::/32"},
    {"x.com", "AAAA", "2001:db9::1", ""},
    {"x.com", "CNAME", "EVIL.org.", "evil[.]org"},
    {"x.com", "MX", "10 bad.example.com.", "bad.example.com"},
    {"mail12.x.com", "A", "10.0.0.1", "/^mail[0-9]+\\./"},
    {"bad.example.com", "CNAME", "q.zone.net.", "bad.example.com *.zone.net"},
};

static void matches(void)
{
	struct indicators s;
	struct fault f = {0};
	ok(indicators_read(&s, BYTES_LIT(list), 0, &f) == 0, "the list is read: %s",
	   f.text);
	is_int(s.count, 8, "eight indicators");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hits h = {""};
		struct name owner;
		struct buf rdata;
		uint16_t type = 0;
		buf_init(&rdata, 4096);
		ok(name_of_text(rows[i].owner, &owner) == 0 &&
		       type_of_text(rows[i].type, &type) == 0 &&
		       rdata_of_text(type, rows[i].rdata, &rdata) == 0,
		   "a record");
		int64_t t = rows[i].outside ? 1500000000 : 1436000000;
		ok(indicators_record(&s, name_bytes(&owner), type, buf_bytes(&rdata), t,
				     hit, &h) == 0,
		   "matched");
		is_str(h.text, rows[i].want, rows[i].owner);
		buf_release(&rdata);
	}
	indicators_release(&s);
	ok(indicators_read(&s, BYTES_LIT("a.com\nb.com soon\n"), 0, &f) < 0 &&
	       strncmp(f.text, "line 2", 6) == 0,
	   "a bad line is named: %s", f.text);
}

static int count(const struct indicator *i, void *arg)
{
	++*(size_t *)arg;
	return 0;
}

/* A million entries; the time is told, and only a gross failure fails. */
static void million(void)
{
	struct indicators s;
	struct fault f = {0};
	struct buf text;
	size_t hits = 0, most = 1000000;
	buf_init(&text, (size_t)1 << 30);
	for (size_t i = 0; i < most; i++)
		if (i % 4 == 3)
			buf_printf(&text, "%u.%u.%u.%u\n", 1 + (unsigned)(i >> 18 & 127),
				   (unsigned)(i >> 10 & 255), (unsigned)(i >> 2 & 255),
				   (unsigned)(i & 255));
		else
			buf_printf(&text, "%shost%zu.bad%zu.com\n", i % 16 ? "" : "*.", i,
				   i / 7);
	ok(indicators_read(&s, buf_bytes(&text), 0, &f) == 0 && s.count == most,
	   "a million are read: %s", f.text);
	buf_release(&text);
	enum { RECORDS = 1 << 13 };
	struct name *owner = calloc(RECORDS, sizeof(*owner));
	uint8_t *rdata = calloc(RECORDS, 4);
	for (size_t i = 0; i < RECORDS; i++) {
		char name[80];
		snprintf(name, sizeof(name), "www%zu.site%zu.example.com", i, i * 7919);
		if (i % 100 == 0)
			snprintf(name, sizeof(name), "host%zu.bad%zu.com", i + 1,
				 (i + 1) / 7);
		if (name_of_text(name, &owner[i]) < 0)
			printf("Bail out! %s\n", name);
		uint32_t a = (uint32_t)(i * 2654435761u) | 0xc8000000u;
		memcpy(rdata + 4 * i, &a, 4);
	}
	double ns = 1e9;
	for (unsigned slice = 0; slice < 20;
	     slice++) { /* the best: others use the caches */
		struct timespec a, b;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		for (unsigned round = 0; round < 5; round++)
			for (size_t i = 0; i < RECORDS; i++)
				indicators_record(&s, name_bytes(&owner[i]), TYPE_A,
						  BYTES(rdata + 4 * i, 4), WHEN_UNKNOWN,
						  count, &hits);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		double took = ((double)(b.tv_sec - a.tv_sec) * 1e9 +
			       (double)(b.tv_nsec - a.tv_nsec)) /
			      (5.0 * RECORDS);
		ns = took < ns ? took : ns;
	}
	printf("# %.1f ns a record with a million entries\n", ns);
	ok(ns < 1000, "a record costs nothing to speak of");
	ok(hits >= 100 * (RECORDS / 100), "what is listed is found: %zu", hits);
	indicators_release(&s);
	free(owner);
	free(rdata);
}

int main(void)
{
	matches();
	million();
	return tap_done();
}
