#include "dns/message.h"

#include <stdlib.h>

#include "dns/name_read.h"
#include "dns/rdata.h"

#define CEILING_DEFAULT ((size_t)4 << 20)
#define MESSAGE_MAX 65535
#define HEADER_LEN 12
#define RR_LEN_MIN 11 /* root, type, class, TTL, length */
#define RR_MAX (MESSAGE_MAX / RR_LEN_MIN)

/*
 * A name is read once for each place it stands in: owners that point at the question, at
 * the owner before, or at a name inside an earlier rdata share its octets.
 */
#define SEEN_SLOTS 64

struct seen {
	uint32_t message; /* which call put it here */
	uint16_t offset;
	uint16_t len;
	const uint8_t *at;
};

struct message_parser {
	uint8_t *scratch, *end; /* end: the ceiling, with NAME_READ_ROOM behind it */
	uint8_t *at;
	struct rr *rr;
	uint32_t message;
	struct seen seen[SEEN_SLOTS];
};

struct message_parser *message_parser_new(size_t ceiling)
{
	struct message_parser *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	if (ceiling == 0)
		ceiling = CEILING_DEFAULT;
	/* the system gives pages as they are touched: a few, for ordinary messages */
	p->scratch = malloc(ceiling + NAME_READ_ROOM);
	p->rr = malloc(RR_MAX * sizeof(*p->rr));
	if (!p->scratch || !p->rr) {
		message_parser_free(p);
		return NULL;
	}
	p->end = p->scratch + ceiling;
	return p;
}

void message_parser_free(struct message_parser *p)
{
	if (!p)
		return;
	free(p->scratch);
	free(p->rr);
	free(p);
}

static inline struct seen *seen_slot(struct message_parser *p, size_t offset)
{
	return &p->seen[(offset ^ offset >> 6) % SEEN_SLOTS];
}

static inline void seen_add(struct message_parser *p, size_t offset, struct bytes name)
{
	*seen_slot(p, offset) =
	    (struct seen){p->message, (uint16_t)offset, (uint16_t)name.len, name.at};
}

static inline bool room_for_name(const struct message_parser *p)
{
	return (size_t)(p->end - p->at) >= NAME_READ_ROOM;
}

/* Reads a lower-case name into the scratch. */
static inline int scratch_name(struct message_parser *p, struct bytes msg, size_t *at,
			       struct bytes *ret)
{
	size_t from = *at;
	if (!room_for_name(p))
		return YORE_ELIMIT;
	int n = name_read(msg, at, p->at, true);
	if (n < 0)
		return n;
	*ret = BYTES(p->at, n);
	p->at += n;
	seen_add(p, from, *ret);
	return 0;
}

/* An owner name; a pointer to a name that was read before costs nothing. */
static inline int read_owner(struct message_parser *p, struct bytes msg, size_t *at,
			     struct bytes *ret)
{
	size_t from = *at;
	if (from + 2 > msg.len || msg.at[from] < 0xc0)
		return scratch_name(p, msg, at, ret);
	size_t target = load_u16be(msg.at + from) & 0x3fff;
	const struct seen *s = seen_slot(p, target);
	if (s->message == p->message && s->offset == target && target < from) {
		*ret = BYTES(s->at, s->len);
		*at = from + 2;
		return 0;
	}
	int r = scratch_name(p, msg, at, ret);
	if (r == 0)
		seen_add(p, target, *ret);
	return r;
}

/* Where the name begins in the rdata of types that end in one lower-cased name. */
static inline int name_lead(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
		return 0;
	case TYPE_MX:
		return 2;
	case TYPE_SRV:
		return 6;
	default:
		return -1;
	}
}

static inline void copy_rdata(struct message_parser *p, struct bytes raw,
			      struct bytes *ret)
{
	memcpy(p->at, raw.at, raw.len);
	*ret = BYTES(p->at, raw.len);
	p->at += raw.len;
}

/* RFC 2136 2.4, 2.5: an update's conditions and deletions have no rdata. */
static inline bool is_raw(const struct rr *rr, size_t rdlen)
{
	if (type_is_meta(rr->type))
		return true;
	if (rr->class == CLASS_IN)
		return false;
	return rdlen == 0 || (rr->class != CLASS_NONE && rr->class != CLASS_ANY);
}

static inline int read_rdata(struct message_parser *p, struct bytes msg, size_t at,
			     size_t rdlen, struct rr *rr)
{
	size_t room = (size_t)(p->end - p->at);
	if (is_raw(rr, rdlen)) {
		if (rdlen > room)
			return YORE_ELIMIT;
		copy_rdata(p, BYTES(msg.at + at, rdlen), &rr->rdata);
		return 0;
	}
	int n = rdata_canonical(msg, at, rdlen, rr->type, p->at, room);
	if (n < 0)
		return n;
	rr->rdata = BYTES(p->at, n);
	p->at += n;
	int lead = name_lead(rr->type);
	if (lead >= 0 && msg.at[at + (size_t)lead] < 0xc0)
		seen_add(p, at + (size_t)lead,
			 BYTES(rr->rdata.at + lead, rr->rdata.len - (size_t)lead));
	return 0;
}

static inline int read_rr(struct message_parser *p, struct bytes msg, size_t *at,
			  struct rr *rr)
{
	int r = read_owner(p, msg, at, &rr->owner);
	if (r < 0)
		return r;
	if (msg.len - *at < 10)
		return YORE_EMALFORMED;
	const uint8_t *fixed = msg.at + *at;
	rr->type = load_u16be(fixed);
	rr->class = load_u16be(fixed + 2);
	rr->ttl = load_u32be(fixed + 4);
	size_t rdlen = load_u16be(fixed + 8);
	*at += 10;
	if (msg.len - *at < rdlen)
		return YORE_EMALFORMED;
	r = read_rdata(p, msg, *at, rdlen, rr);
	*at += rdlen;
	return r;
}

static int read_question(struct message_parser *p, struct bytes msg, size_t *at,
			 struct question *ret)
{
	size_t from = *at;
	if (!room_for_name(p))
		return YORE_ELIMIT;
	int n = name_read(msg, at, p->at, false);
	if (n < 0)
		return n;
	if (msg.len - *at < 4)
		return YORE_EMALFORMED;
	ret->spelling = BYTES(p->at, n);
	p->at += n;
	if (!room_for_name(p))
		return YORE_ELIMIT;
	for (int i = 0; i < n; i += 16)
		name_copy_block(p->at + i, ret->spelling.at + i, true);
	ret->name = BYTES(p->at, n);
	p->at += n;
	seen_add(p, from, ret->name);
	ret->type = load_u16be(msg.at + *at);
	ret->class = load_u16be(msg.at + *at + 2);
	*at += 4;
	return 0;
}

static int read_header(struct message_parser *p, struct bytes msg, struct message *m)
{
	*m = (struct message){.rr = p->rr};
	if (msg.len < HEADER_LEN || msg.len > MESSAGE_MAX)
		return YORE_EMALFORMED;
	p->at = p->scratch;
	if (++p->message == 0) { /* what 2^32 messages ago left is not from this one */
		memset(p->seen, 0, sizeof(p->seen));
		p->message = 1;
	}
	m->id = load_u16be(msg.at);
	m->flags = load_u16be(msg.at + 2);
	m->opcode = m->flags >> 11 & 15;
	m->rcode = m->flags & 15;
	m->qdcount = load_u16be(msg.at + 4);
	return 0;
}

/* All questions; the first is kept. */
static int read_questions(struct message_parser *p, struct bytes msg, size_t *at,
			  struct message *m)
{
	struct question other;
	int r = 0;
	for (unsigned i = 0; i < m->qdcount && r == 0; i++)
		r = read_question(p, msg, at, i == 0 ? &m->question : &other);
	return r;
}

static inline int read_section(struct message_parser *p, struct bytes msg, size_t *at,
			       enum section section, struct message *m)
{
	unsigned count = load_u16be(msg.at + 6 + 2 * section);
	for (unsigned i = 0; i < count; i++) {
		/* each took RR_LEN_MIN octets of the message: this cannot be reached */
		if (m->rr_count == RR_MAX)
			return YORE_ELIMIT;
		struct rr *rr = &p->rr[m->rr_count];
		int r = read_rr(p, msg, at, rr);
		if (r < 0)
			return r;
		rr->section = (uint8_t)section;
		if (rr->type == TYPE_OPT && section == SECTION_ADDITIONAL)
			m->rcode = (uint16_t)((rr->ttl >> 24) << 4 | (m->flags & 15));
		m->rr_count++;
	}
	return 0;
}

/* *front: header and questions were whole. */
static int read_body(struct message_parser *p, struct bytes msg, struct message *m,
		     bool *front)
{
	size_t at = HEADER_LEN;
	int r = read_questions(p, msg, &at, m);
	*front = r == 0;
	for (int s = SECTION_ANSWER; s <= SECTION_ADDITIONAL && r == 0; s++)
		r = read_section(p, msg, &at, (enum section)s, m);
	if (r == 0)
		m->trailing = msg.len - at;
	return r;
}

int message_parse(struct message_parser *p, struct bytes msg, struct message *ret,
		  bool *partial)
{
	bool front;
	int r = read_header(p, msg, ret);
	if (partial)
		*partial = false;
	if (r < 0)
		return r;
	r = read_body(p, msg, ret, &front);
	if (r < 0 && partial)
		*partial = front;
	else if (r < 0)
		ret->rr_count = 0;
	return r;
}

int message_parse_question(struct message_parser *p, struct bytes msg,
			   struct message *ret)
{
	size_t at = HEADER_LEN;
	int r = read_header(p, msg, ret);
	if (r < 0 || ret->qdcount == 0)
		return r;
	return read_question(p, msg, &at, &ret->question);
}
