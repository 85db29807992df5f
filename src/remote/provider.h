/*
 * A provider of passive DNS: what it is, how it is asked, how its answer is read.
 *
 * A provider is one const struct below, in a file of its own; or an entry of the
 * declarative mapping (remote/mapping.h), which fills the same struct. To add one: a file
 * with the functions, its line in PROVIDER_LIST, its name in meson.build, a fake in
 * tests/it/client/fakes.py, a section in docs/providers.md.
 *
 * build() writes one request for a question and a page of it; read() reads the reply to
 * it into rows, says what became of it, and where the next page is. Neither does I/O.
 */
#ifndef YORE_REMOTE_PROVIDER_H
#define YORE_REMOTE_PROVIDER_H

#include "base/json_in.h"
#include "http/client.h"
#include "query/query.h"
#include "remote/request.h"
#include "remote/findings.h"

enum provider_state {
	PROVIDER_LIVE,
	PROVIDER_RETIRED,   /* switched off by its owner; for people with mirrors */
	PROVIDER_UNVERIFIED /* nobody has been seen using it lately */
};

/* Does asking make the provider look the name up itself, so that others may notice? */
enum provider_lookup {
	LOOKUP_NEVER,
	LOOKUP_UNLESS_TOLD, /* a header or parameter forbids it, and it is always sent */
	LOOKUP_ALWAYS,
	LOOKUP_UNKNOWN
};

enum {			    /* what can be asked for */
       CAN_NAME = 0x01,	    /* records of a name */
       CAN_ZONE = 0x02,	    /* of it and all below */
       CAN_STEM = 0x04,	    /* www.example.* */
       CAN_ADDR = 0x08,	    /* records that hold an address */
       CAN_PREFIX = 0x10,   /* or one of a range of them */
       CAN_POINTING = 0x20, /* records that point at a name */
};

enum outcome {
	OUTCOME_FOUND,
	OUTCOME_NONE,	   /* asked, and there is nothing */
	OUTCOME_REFUSED,   /* the key, or our address, is not welcome */
	OUTCOME_QUOTA,	   /* used up, or too fast */
	OUTCOME_TRUNCATED, /* more than what came: cut off or limited */
	OUTCOME_TIMEOUT,
	OUTCOME_FAILED,	   /* anything else: the text says what */
	OUTCOME_NOT_ASKED, /* it did not leave: the text says why */
	OUTCOME_EARLIER,   /* answered in an earlier run (resume file) */
};
const char *outcome_text(enum outcome o); /* "found", "not found", ... */
/* Is there nothing missing because of this? */
static inline bool outcome_is_whole(enum outcome o)
{
	return o == OUTCOME_FOUND || o == OUTCOME_NONE || o == OUTCOME_EARLIER;
}

struct inquiry {
	const struct term *term;
	enum side side; /* SIDE_RRNAME or SIDE_RDATA; never default */
	uint16_t type;	/* 0: any */
	int64_t last_after_s, first_before_s; /* WHEN_UNKNOWN: not asked */
	uint64_t limit;			      /* records; 0: what the provider gives */
	bool live;   /* the provider may look the name up itself */
	bool months; /* each month apart, not first to last of all times */
};

/* Where in an answer of several requests we are. Zeroes: at the beginning. */
struct page {
	unsigned number; /* of the requests made for this question before this one */
	unsigned part;	 /* of a question that takes several */
	uint64_t offset;
	char cursor[2048];
};

struct provider;

/* A provider as configured. */
struct account {
	const struct provider *provider;
	char name[SOURCE_NAME_MAX + 1]; /* of [provider NAME]; the source of its rows */
	char *url;			/* without a final slash unless it matters */
	char *key, *user, *password;	/* NULL: not configured */
	char *ca_file;
	bool own;		 /* a server of this site: nothing is secret from it */
	bool plain_http;	 /* keys may travel unencrypted */
	enum tlp ceiling;	 /* the most that may be told to it */
	unsigned parallel, lane; /* lane: of the HTTP client, while asking */
	int64_t gap_ms, timeout_ms;
	unsigned pages; /* most of one answer */
	const struct mapping *mapping;
	bool configured; /* has what it needs */
	char lacks[120]; /* what is missing when not */
	char section[48];
};

struct reading {
	const struct account *account;
	const struct inquiry *question;
	struct page page;
	const struct http_reply *reply;
	struct findings *findings;
	/* out */
	enum outcome outcome; /* FOUND or NONE is settled by what rows were said */
	char text[300];	      /* beside the outcome, for people; may be empty */
	bool more;	      /* ask again with `next` */
	struct page next;
};

struct quota { /* -1: not said */
	int64_t limit, remaining, reset_s;
	bool unlimited;
};
#define QUOTA_NOT_SAID ((struct quota){-1, -1, -1, false})

struct provider {
	const char *name, *title;
	char letter; /* of pdnstool's -d; 0: none */
	enum provider_state state;
	enum provider_lookup lookup;
	unsigned can;
	const char *url;   /* usual base; NULL: has to be configured */
	const char *needs; /* "key", "user password", "key?" (optional), "" */
	const char *note;  /* one line for `yore providers`; may be NULL */
	unsigned parallel;
	int64_t gap_ms;
	unsigned pages;	    /* of one answer, since each may be charged; 0: 100 */
	enum tlp tlp;	    /* of its answers, when they say nothing */
	const char *quotas; /* its usual ones, for people; may be NULL */

	/* 0, EUNSUPPORTED: such a question cannot be put to it. */
	int (*build)(const struct account *a, const struct inquiry *q,
		     const struct page *page, struct request *rq);
	/* The reply is whole and its status 2xx, or one that own_status claimed. */
	void (*read)(struct reading *r);
	/* Judges a status itself (sets outcome, true), or leaves it to the usual rule. */
	bool (*own_status)(struct reading *r);
	/* Asks how much is left; NULL: it cannot be asked. */
	int (*quota_build)(const struct account *a, struct request *rq);
	int (*quota_read)(const struct http_reply *reply, struct quota *ret);
};

#define PROVIDER_LIST(X) \
	X(yore)          \
	X(cof)           \
	X(circl)         \
	X(dnsdb)         \
	X(dnsdb1)        \
	X(virustotal)    \
	X(mnemonic)      \
	X(passivetotal)  \
	X(cn360)

#define X(name) extern const struct provider provider_##name;
PROVIDER_LIST(X)
#undef X

const struct provider *provider_at(size_t i); /* built in; NULL behind the last */
const struct provider *provider_find(const char *name);
const char *provider_state_text(enum provider_state s);
const char *provider_lookup_text(enum provider_lookup l);
/* "names, zones, addresses" */
void provider_can_put(struct buf *out, unsigned can);

/* What a question needs a provider to be able to do: one CAN_ bit; 0: nobody can. */
unsigned inquiry_needs(const struct inquiry *q);
#define INQUIRY_NAME_MAX 2048 /* more than a name of NAME_TEXT_MAX and "*." */
/* The term as text for a URL: a name without final dot, an address, a prefix. */
void inquiry_put_name(struct buf *out, const struct inquiry *q);

/* ---- for the files of providers ---- */

/* inquiry_put_name() as a value of the URL, percent-encoded but for what `keep` holds. */
void request_name(struct request *rq, const struct inquiry *q, const char *keep);
/* User and password, or else the key, as Authorization. */
void request_account(struct request *rq, const struct account *a);

void reading_say(struct reading *r, enum outcome o, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The body, to be json_decref'ed; NULL: it is no JSON, and that was said. */
json_t *reading_json(struct reading *r);
/* An own_status: 404 says that there is nothing. */
bool reading_404_is_none(struct reading *r);
/* What a status means everywhere: 401, 403, 404, 429, 5xx. True: outcome is set. */
bool reading_usual_status(struct reading *r);
/* One COF object into rows (remote/cof_object.c); `swap`: CIRCL's exchanged columns. */
void cof_say(struct findings *to, const json_t *object, bool swap);
/* The answer of DNSDB's rate_limit, which others speak as well. */
int dnsdb_quota_read(const struct http_reply *reply, struct quota *ret);
/* Lines of a body, each a COF object; how many were JSON objects. */
size_t cof_lines(struct reading *r, struct bytes body, bool swap);

#endif
