/*
 * Answers without owners. A message lists the aliases in front of what they lead to, so
 * a name among addresses is an alias of the name before it; where names themselves were
 * asked for, only an alias within the reverse tree (RFC 2317) can be told.
 */
#include "dns/type.h"
#include "logs/line.h"

void log_chain_begin(struct log_chain *c, const struct name *qname, uint16_t qtype,
		     uint16_t source, const struct span *span)
{
	c->qtype = qtype;
	c->span = *span;
	c->open = true;
	log_set_begin(&c->set, qname, qtype, source);
}

static void emit(struct log *l, struct log_chain *c)
{
	log_set_emit(l, &c->set, &c->span, false);
	c->set.count = 0;
}

/* The set for a record of this type; TTLs of one set are taken together. */
static void turn_to(struct log *l, struct log_chain *c, uint16_t type, uint32_t ttl)
{
	if (c->set.count && c->set.type != type)
		emit(l, c);
	if (c->set.count == 0) {
		c->set.type = type;
		c->set.rdata = NULL;
		c->set.room = 0;
		c->span.ttl_min = c->span.ttl_max = ttl;
	} else if (ttl > c->span.ttl_max) {
		c->span.ttl_min = c->span.ttl_max = ttl;
	}
}

static void add_alias(struct log *l, struct log_chain *c, const struct name *target,
		      uint32_t ttl)
{
	emit(l, c);
	turn_to(l, c, TYPE_CNAME, ttl);
	if (log_set_add_wire(l, &c->set, name_bytes(target)))
		emit(l, c);
	uint16_t source = c->set.source;
	log_set_begin(&c->set, target, c->qtype, source);
}

static bool in_reverse_tree(const struct name *n)
{
	static const uint8_t v4[] = "\7in-addr\4arpa", v6[] = "\3ip6\4arpa";
	return name_within(name_bytes(n), BYTES(v4, sizeof(v4))) ||
	       name_within(name_bytes(n), BYTES(v6, sizeof(v6)));
}

/* "TXT 11 v=spf1 -all", one after the other: Zeek's way to print character-strings. */
static bool add_counted_text(struct log *l, struct log_chain *c, struct bytes a,
			     uint32_t ttl)
{
	struct buf wire;
	buf_init(&wire, 65535);
	while (a.len > 4 && memcmp(a.at, "TXT ", 4) == 0) {
		a = BYTES(a.at + 4, a.len - 4);
		const uint8_t *space = memchr(a.at, ' ', a.len);
		uint64_t n;
		if (space == NULL || !log_number(BYTES(a.at, (size_t)(space - a.at)), &n))
			break;
		size_t head = (size_t)(space - a.at) + 1;
		if (n > 255 || n > a.len - head)
			break;
		buf_putc(&wire, (int)n);
		buf_put(&wire, a.at + head, n);
		a = BYTES(a.at + head + n, a.len - head - n);
		if (a.len && a.at[0] == ' ')
			a = BYTES(a.at + 1, a.len - 1);
	}
	bool good = a.len == 0 && wire.len > 0 && wire.err == 0;
	if (good) {
		turn_to(l, c, c->qtype, ttl);
		good = log_set_add_wire(l, &c->set, buf_bytes(&wire));
	}
	buf_release(&wire);
	return good;
}

static bool add_address(struct log *l, struct log_chain *c, struct bytes answer,
			uint32_t ttl)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;
	if (answer.len >= sizeof(text))
		return false;
	memcpy(text, answer.at, answer.len);
	text[answer.len] = 0;
	if (addr_parse(text, &a) < 0)
		return false;
	turn_to(l, c, a.len == 4 ? TYPE_A : TYPE_AAAA, ttl);
	return log_set_add_wire(l, &c->set, BYTES(a.at, a.len));
}

/* What the log holds of other types is not the whole record: counted, not guessed. */
static bool add_name(struct log *l, struct log_chain *c, struct bytes answer,
		     uint32_t ttl)
{
	struct name n;
	if (memchr(answer.at, ' ', answer.len) || !log_owner(answer, &n))
		return false;
	switch (c->qtype) {
	case TYPE_A:
	case TYPE_AAAA:
		add_alias(l, c, &n, ttl);
		return true;
	case TYPE_PTR:
		if (in_reverse_tree(&n)) {
			add_alias(l, c, &n, ttl);
			return true;
		}
		break;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_DNAME:
		break;
	default:
		return false;
	}
	turn_to(l, c, c->qtype, ttl);
	return log_set_add_wire(l, &c->set, name_bytes(&n));
}

void log_chain_add(struct log *l, struct log_chain *c, struct bytes answer, uint32_t ttl)
{
	if (answer.len == 0 || !c->open)
		return;
	bool addresses = c->qtype == TYPE_A || c->qtype == TYPE_AAAA;
	if (addresses && add_address(l, c, answer, ttl))
		return;
	if ((c->qtype == TYPE_TXT || c->qtype == TYPE_SPF) &&
	    add_counted_text(l, c, answer, ttl))
		return;
	if (!add_name(l, c, answer, ttl))
		l->counters.incomplete++;
}

void log_chain_end(struct log *l, struct log_chain *c)
{
	if (c->open)
		emit(l, c);
	c->open = false;
}
