/* DNS messages made by hand for tests: names as text, records one by one. */
#ifndef YORE_TESTS_MESSAGE_MAKE_H
#define YORE_TESTS_MESSAGE_MAKE_H

#include "dns/message.h"
#include "dns/rdata.h"
#include "net/datagram.h"
#include "tap.h"

struct made {
	struct buf b;
};

static inline void made_name(struct made *m, const char *text)
{
	struct name n;
	if (name_of_text(text, &n) == 0)
		buf_put_bytes(&m->b, name_bytes(&n));
}

/* The question's spelling stays as given. */
static inline void made_question(struct made *m, uint16_t id, uint16_t flags,
				 const char *name, uint16_t type)
{
	buf_init(&m->b, 70000);
	buf_u16be(&m->b, id);
	buf_u16be(&m->b, flags);
	buf_u16be(&m->b, 1);
	buf_put(&m->b, "\0\0\0\0\0\0", 6);
	for (const char *p = name; *p != '\0' && strcmp(p, ".") != 0;) {
		size_t n = strcspn(p, ".");
		buf_putc(&m->b, (int)n);
		buf_put(&m->b, p, n);
		p += n + (p[n] == '.');
	}
	buf_putc(&m->b, 0);
	buf_u16be(&m->b, type);
	buf_u16be(&m->b, CLASS_IN);
}

static inline void made_rr_class(struct made *m, enum section section, const char *owner,
				 uint16_t class, uint32_t ttl, const char *type_name,
				 const char *rdata)
{
	uint16_t type = 0;
	struct buf r;
	buf_init(&r, 70000);
	if (type_of_text(type_name, &type) < 0 || rdata_of_text(type, rdata, &r) < 0)
		printf("# bad record in the test: %s %s\n", type_name, rdata);
	made_name(m, owner);
	buf_u16be(&m->b, type);
	buf_u16be(&m->b, class);
	buf_u32be(&m->b, ttl);
	buf_u16be(&m->b, (uint16_t)r.len);
	buf_put_bytes(&m->b, buf_bytes(&r));
	buf_release(&r);
	uint8_t *count = m->b.at + 6 + 2 * section;
	store_u16be(count, (uint16_t)(load_u16be(count) + 1));
}

static inline void made_rr(struct made *m, enum section section, const char *owner,
			   uint32_t ttl, const char *type, const char *rdata)
{
	made_rr_class(m, section, owner, CLASS_IN, ttl, type, rdata);
}

static inline struct addr made_addr(const char *text)
{
	struct addr a = {0};
	if (addr_parse(text, &a) < 0)
		printf("# bad address in the test: %s\n", text);
	return a;
}

/* From client to server and back, UDP, client's port 40000. */
static inline struct datagram made_datagram(const struct made *m, const char *client,
					    const char *server, int64_t time_us)
{
	bool response = m->b.at[2] & 0x80;
	struct datagram d = {.time_us = time_us,
			     .src = made_addr(response ? server : client),
			     .dst = made_addr(response ? client : server),
			     .src_port = response ? 53 : 40000,
			     .dst_port = response ? 40000 : 53,
			     .number = 1,
			     .payload = buf_bytes(&m->b)};
	return d;
}

#endif
