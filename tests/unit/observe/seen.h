/* An observer whose sightings are kept as lines of text, to be compared. */
#ifndef YORE_TESTS_SEEN_H
#define YORE_TESTS_SEEN_H

#include "message_make.h"
#include "observe/observe.h"

#define T0 1420070400000000 /* 2015-01-01 */

struct seen {
	struct observer *observer;
	struct buf lines; /* "owner type bailiwick-labels|- source rdata[,rdata] ttl\n" */
	struct buf servers; /* "address zone\n" */
};

static inline void put_rdata(struct buf *b, const struct rrset *s)
{
	struct reader r = reader_of(s->rdata);
	struct bytes one;
	for (bool more = false; rdataset_next(&r, &one); more = true) {
		if (more)
			buf_putc(b, ',');
		rdata_put(b, s->type, one);
	}
}

static inline int see(const struct sighting *s, size_t count, void *arg)
{
	struct seen *to = arg;
	for (size_t i = 0; i < count; i++) {
		char type[TYPE_TEXT_MAX];
		type_text(s[i].set.type, type);
		name_put(&to->lines, s[i].set.owner);
		buf_printf(&to->lines, " %s ", type);
		if (s[i].set.bailiwick == BAILIWICK_ABSENT)
			buf_putc(&to->lines, '-');
		else
			buf_u64(&to->lines, s[i].set.bailiwick);
		buf_printf(&to->lines, " %s ", source_name(s[i].set.source));
		put_rdata(&to->lines, &s[i].set);
		buf_printf(&to->lines, " %u%s\n", s[i].ttl,
			   s[i].span_flags & SPAN_PARTIAL ? " partial" : "");
	}
	return 0;
}

static inline int see_server(const struct addr *server, struct bytes zone, int64_t time_s,
			     uint32_t input, uint64_t number, void *arg)
{
	struct seen *to = arg;
	char text[ADDR_TEXT_MAX];
	addr_text(server, text);
	buf_printf(&to->servers, "%s ", text);
	name_put(&to->servers, zone);
	buf_putc(&to->servers, '\n');
	return 0;
}

static inline void seen_init(struct seen *s, const struct observe_options *o)
{
	struct observe_sink sink = {see, see_server, s};
	buf_init(&s->lines, 1 << 20);
	buf_init(&s->servers, 1 << 20);
	if (observer_new(o, &sink, &s->observer) < 0)
		printf("Bail out! no observer\n");
}

static inline void seen_release(struct seen *s)
{
	observer_free(s->observer);
	buf_release(&s->lines);
	buf_release(&s->servers);
}

/* What one message made of it, forgotten with the next call; the message is freed. */
static inline const char *seen_of(struct seen *s, struct made *m, const char *client,
				  const char *server, int64_t time_us)
{
	struct datagram d = made_datagram(m, client, server, time_us);
	buf_clear(&s->lines);
	buf_clear(&s->servers);
	if (observer_datagram(&d, s->observer) < 0)
		printf("# observer_datagram failed\n");
	buf_release(&m->b);
	return buf_str(&s->lines);
}

static inline void ask(struct seen *s, uint16_t id, const char *name, uint16_t type,
		       const char *client, const char *server, int64_t time_us)
{
	struct made m;
	made_question(&m, id, 0, name, type);
	seen_of(s, &m, client, server, time_us);
}

#endif
