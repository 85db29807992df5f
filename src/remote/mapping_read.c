#include "remote/mapping_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "dns/type.h"
#include "remote/json_path.h"

static const struct mapping_side *side_of(const struct mapping *m,
					  const struct inquiry *q)
{
	return q->side == SIDE_RDATA ? &m->address : &m->name;
}

/* ---- asking ---- */

/* The word of `parts` with this number; false behind the last. */
static bool part_at(const char *parts, unsigned number, char out[32])
{
	out[0] = '\0';
	for (unsigned i = 0; parts && *parts; i++) {
		parts += strspn(parts, " ,");
		size_t n = strcspn(parts, " ,");
		if (i == number && n && n < 32) {
			memcpy(out, parts, n);
			out[n] = '\0';
			return true;
		}
		parts += n;
		parts += strspn(parts, " ,");
	}
	return parts == NULL && number == 0;
}

struct filling {
	const struct account *account;
	const struct page *page;
	const char *value, *part;
	struct request *rq;
	enum { INTO_URL, INTO_BODY, INTO_HEADER } into;
	struct buf *text; /* INTO_HEADER, INTO_BODY */
	bool secret;
};

static void put(struct filling *f, const char *text, bool raw)
{
	if (f->into != INTO_URL)
		buf_puts(f->text, text);
	else if (raw)
		request_url(f->rq, text);
	else
		request_value_keep(f->rq, text, ":");
}

static void put_secret(struct filling *f, const char *text)
{
	f->secret = true;
	if (f->into == INTO_URL)
		request_secret(f->rq, text ? text : "");
	else
		buf_puts(f->text, f->rq->masked ? REQUEST_MASK : text ? text : "");
}

static bool is(const char *at, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(at, word, n) == 0;
}

static int put_placeholder(struct filling *f, const char *at, size_t n)
{
	char number[24];
	if (is(at, n, "url")) {
		put(f, f->account->url, true);
	} else if (is(at, n, "name") || is(at, n, "address")) {
		put(f, f->value, false);
	} else if (is(at, n, "part")) {
		put(f, f->part, false);
	} else if (is(at, n, "cursor")) {
		put(f, f->page->cursor, false);
	} else if (is(at, n, "page")) {
		snprintf(number, sizeof(number), "%" PRIu64, f->page->offset + 1);
		put(f, number, false);
	} else if (is(at, n, "offset")) {
		snprintf(number, sizeof(number), "%" PRIu64, f->page->offset);
		put(f, number, false);
	} else if (is(at, n, "key")) {
		put_secret(f, f->account->key);
	} else if (is(at, n, "user")) {
		put_secret(f, f->account->user);
	} else if (is(at, n, "password")) {
		put_secret(f, f->account->password);
	} else {
		return YORE_EMALFORMED;
	}
	return 0;
}

/* In a body (JSON) braces that hold no placeholder are themselves. */
static int fill(struct filling *f, const char *template, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *close =
		    template[i] == '{' ? memchr(template + i, '}', len - i) : NULL;
		if (close) {
			size_t n = (size_t)(close - template) - i - 1;
			int e = put_placeholder(f, template + i + 1, n);
			if (e == 0) {
				i += n + 1;
				continue;
			}
			if (f->into != INTO_BODY)
				return e;
		}
		char one[2] = {template[i], '\0'};
		put(f, one, true);
	}
	return 0;
}

static int put_headers(struct filling *f, const char *at)
{
	int e = 0;
	while (at && *at && e == 0) {
		struct buf value;
		size_t n = strcspn(at, "|");
		const char *colon = memchr(at, ':', n);
		char name[64];
		buf_init(&value, 4096);
		if (colon == NULL)
			return YORE_EMALFORMED;
		const char *from = at + strspn(at, " "), *behind = colon + 1;
		snprintf(name, sizeof(name), "%.*s", (int)(colon - from), from);
		while (behind < at + n && *behind == ' ')
			behind++;
		size_t len = (size_t)(at + n - behind);
		while (len && behind[len - 1] == ' ')
			len--;
		f->text = &value;
		f->into = INTO_HEADER;
		e = fill(f, behind, len);
		request_header(f->rq, name, buf_str(&value));
		f->rq->secret |= f->secret;
		buf_release(&value);
		at += n + (at[n] == '|');
	}
	return e;
}

int mapping_build(const struct account *a, const struct inquiry *q,
		  const struct page *page, struct request *rq)
{
	const struct mapping *m = a->mapping;
	const struct mapping_side *s = side_of(m, q);
	char part[32];
	struct buf value;
	if (s->url == NULL || !part_at(s->parts, page->part, part))
		return YORE_EUNSUPPORTED;
	buf_init(&value, INQUIRY_NAME_MAX);
	inquiry_put_name(&value, q);
	struct filling f = {.account = a,
			    .page = page,
			    .value = buf_str(&value),
			    .part = part,
			    .rq = rq,
			    .into = INTO_URL};
	int e = fill(&f, s->url, strlen(s->url));
	if (e == 0)
		e = put_headers(&f, m->header);
	if (e == 0 && s->body) {
		f.into = INTO_BODY;
		f.text = &rq->body;
		e = fill(&f, s->body, strlen(s->body));
		request_header(rq, "Content-Type", "application/json");
	}
	if (s->post)
		rq->method = "POST";
	if (m->basic && a->user)
		request_basic(rq, a->user,
			      a->password ? a->password
			      : a->key	  ? a->key
					  : "");
	buf_release(&value);
	return e;
}

/* ---- reading ---- */

struct saying {
	struct reading *r;
	const struct mapping *m;
	const struct mapping_side *side;
	char *room[MAPPING_FIELDS];
};

/* "2015-07-01T00:00:00.000-0000" -> "2015-07-01T00:00:00-00:00" */
static void plain_date(const char *in, char *out, size_t room)
{
	size_t n = 0;
	bool clock = strchr(in, ':') != NULL;
	while (*in && n + 2 < room) {
		if (clock && *in == '.' && in[1] >= '0' && in[1] <= '9') {
			in++;
			in += strspn(in, "0123456789");
			continue;
		}
		size_t left = strlen(in);
		if (clock && (*in == '+' || *in == '-') && left == 5 && n > 16 &&
		    strspn(in + 1, "0123456789") == 4) {
			n += (size_t)snprintf(out + n, room - n, "%.3s:%.2s", in, in + 3);
			break;
		}
		out[n++] = *in++;
	}
	out[n < room ? n : room - 1] = '\0';
	if (n > 4 && strcmp(out + n - 4, " UTC") == 0)
		out[n - 4] = '\0';
}

static int date_of(const struct mapping *m, const char *text, bool end, int64_t *ret)
{
	char plain[64];
	int64_t v;
	if (text == NULL || strcmp(text, "None") == 0)
		return 0;
	if (m->date == DATE_TEXT) {
		plain_date(text, plain, sizeof(plain));
		return when_parse(plain, 0, 0, end, ret);
	}
	char *rest;
	v = strtoll(text, &rest, 10);
	if (rest == text || (*rest && *rest != '.') || v < 0)
		return YORE_EMALFORMED;
	*ret = m->date == DATE_MS ? v / 1000 : v;
	return 0;
}

static const char *rdata_field(const struct mapping *m, const struct mapping_side *s,
			       const char *type)
{
	for (size_t i = 0; i < m->rdata_count; i++)
		if (type && strcasecmp(m->rdata[i].type, type) == 0)
			return m->rdata[i].field;
	return s->field[FIELD_RDATA];
}

static bool fill_times(const struct mapping *m, const char *const *text, struct said *s)
{
	uint64_t n;
	if (date_of(m, text[FIELD_FIRST], false, &s->first_s) < 0 ||
	    date_of(m, text[FIELD_LAST], true, &s->last_s) < 0)
		return false;
	if (text[FIELD_COUNT] && num_u64(text[FIELD_COUNT], UINT64_MAX, &s->count) < 0)
		return false;
	if (text[FIELD_TTL] && num_u64(text[FIELD_TTL], UINT32_MAX, &n) == 0) {
		s->has_ttl = true;
		s->ttl_min = s->ttl_max = (uint32_t)n;
	}
	return true;
}

/* "A or AAAA" where a provider does not say: by what the address is. */
static const char *type_by_rdata(const char *rdata)
{
	struct addr a;
	if (addr_parse(rdata, &a) < 0)
		return NULL;
	return a.len == 4 ? "A" : "AAAA";
}

static int say_one(struct json_scope *scope, void *arg)
{
	struct saying *y = arg;
	const char *text[MAPPING_FIELDS];
	struct said s = SAID_NOTHING;
	enum tlp tlp;
	for (size_t i = 0; i < MAPPING_FIELDS; i++)
		text[i] = i == FIELD_RDATA
			      ? NULL
			      : json_field(y->side->field[i], scope, y->room[i]);
	text[FIELD_RDATA] = json_field(rdata_field(y->m, y->side, text[FIELD_TYPE]),
				       scope, y->room[FIELD_RDATA]);
	if (text[FIELD_RDATA] && text[FIELD_TYPE] &&
	    strcmp(text[FIELD_TYPE], "address") == 0)
		text[FIELD_TYPE] = type_by_rdata(text[FIELD_RDATA]);
	if (!text[FIELD_OWNER] || !text[FIELD_TYPE] || !text[FIELD_RDATA]) {
		findings_unread(y->r->findings, "a record without owner, type or rdata");
		return 0;
	}
	if (!fill_times(y->m, text, &s)) {
		findings_unread(y->r->findings,
				"a record with a date or number that is none");
		return 0;
	}
	s.owner = text[FIELD_OWNER];
	s.type = text[FIELD_TYPE];
	s.rdata = &text[FIELD_RDATA];
	s.rdata_count = 1;
	s.subsource = text[FIELD_SOURCE];
	if (text[FIELD_TLP] && tlp_of_text(text[FIELD_TLP], &tlp) == 0)
		s.tlp = &tlp;
	return findings_say(y->r->findings, &s);
}

static void next_part(struct reading *r, const struct mapping_side *s)
{
	char part[32];
	if (s->parts == NULL || !part_at(s->parts, r->page.part + 1, part))
		return;
	r->more = true;
	r->next = (struct page){.number = r->page.number + 1, .part = r->page.part + 1};
}

static bool next_page(struct reading *r, const struct mapping *m, const json_t *root,
		      size_t got)
{
	int64_t v;
	const json_t *at =
	    m->next ? json_path_get(m->next_path, strlen(m->next_path), root) : NULL;
	struct page next = r->page;
	next.number++;
	if (m->next == NEXT_CURSOR) {
		const char *c = json_string_value(at);
		if (!c || !*c || strcmp(c, r->page.cursor) == 0 ||
		    strlen(c) >= sizeof(next.cursor))
			return false;
		snprintf(next.cursor, sizeof(next.cursor), "%s", c);
	} else if (at == NULL || json_in_i64(at, &v) != 1 || v < 0) {
		return false;
	} else if (m->next == NEXT_PAGES) {
		if (++next.offset >= (uint64_t)v)
			return false;
	} else {
		next.offset += got;
		if (got == 0 || next.offset >= (uint64_t)v)
			return false;
	}
	r->more = true;
	r->next = next;
	return true;
}

static bool failed(struct reading *r, const struct mapping *m, struct json_scope *scope,
		   char *room)
{
	scope->depth = 1;
	scope->item[0] = scope->root;
	const char *text = m->error ? json_field(m->error, scope, room) : NULL;
	if (text == NULL)
		return false;
	if (m->error_quota && strstr(text, m->error_quota))
		reading_say(r, OUTCOME_QUOTA, "%s", text);
	else
		reading_say(r, OUTCOME_FAILED, "the server says: %s", text);
	return true;
}

static void read_json(struct reading *r, struct saying *y, const json_t *root)
{
	char part[32];
	struct buf value;
	buf_init(&value, INQUIRY_NAME_MAX);
	inquiry_put_name(&value, r->question);
	part_at(y->side->parts, r->page.part, part);
	struct json_scope scope = {.root = root, .part = part};
	if (r->question->side == SIDE_RDATA)
		scope.address = buf_str(&value);
	else
		scope.name = buf_str(&value);
	if (!failed(r, y->m, &scope, y->room[0])) {
		int got = json_path_each(y->side->records, &scope, say_one, y);
		size_t n = got > 0 ? (size_t)got : 0;
		if (!next_page(r, y->m, root, n)) {
			if (y->m->full && n >= y->m->full)
				reading_say(r, OUTCOME_TRUNCATED,
					    "as many as fit: there may be more");
			next_part(r, y->side);
		}
	}
	buf_release(&value);
}

void mapping_read(struct reading *r)
{
	struct saying y = {.r = r,
			   .m = r->account->mapping,
			   .side = side_of(r->account->mapping, r->question)};
	char *room = malloc((size_t)MAPPING_FIELDS * JSON_FIELD_MAX);
	if (room == NULL) {
		reading_say(r, OUTCOME_FAILED, "out of memory");
		return;
	}
	for (size_t i = 0; i < MAPPING_FIELDS; i++)
		y.room[i] = room + i * JSON_FIELD_MAX;
	json_t *root = reading_json(r);
	if (root)
		read_json(r, &y, root);
	json_decref(root);
	free(room);
}

static bool listed(const uint16_t *list, long status)
{
	for (size_t i = 0; i < MAPPING_STATUSES; i++)
		if (list[i] && list[i] == status)
			return true;
	return false;
}

bool mapping_own_status(struct reading *r)
{
	const struct mapping *m = r->account->mapping;
	if (listed(m->quota_status, r->reply->status)) {
		reading_say(r, OUTCOME_QUOTA, "status %ld: the quota is used up",
			    r->reply->status);
		return true;
	}
	if (listed(m->none_status, r->reply->status)) {
		r->outcome = OUTCOME_NONE;
		next_part(r, side_of(m, r->question));
		return true;
	}
	return false;
}
