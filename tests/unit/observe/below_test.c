/* Of whom was asked below: every answer is counted once, whatever the number of servers.
 */
#include <stdlib.h>

#include "observe/below.h"
#include "seen.h"

#define CLIENT "10.0.0.1"

struct made_below {
	struct below below;
	struct buf told;
};

static void answer(struct made_below *b, const struct site *site, const char *client,
		   const char *server)
{
	struct made m;
	struct message message = {.qdcount = 1};
	struct name name;
	made_question(&m, 7, 0x8180, "www.example", TYPE_A);
	struct datagram d = made_datagram(&m, client, server, T0);
	if (name_of_text("www.example", &name) == 0)
		message.question.name = name_bytes(&name);
	below_answered(&b->below, site, &d, &message);
	buf_release(&m.b);
}

static const char *tell(struct made_below *b, const struct site *site)
{
	buf_clear(&b->told);
	below_tell(&b->below, site, &b->told);
	return buf_str(&b->told);
}

static void test_flood(void)
{
	static struct made_below b;
	uint64_t sum = 0;
	unsigned lines = 0;
	buf_init(&b.told, 1 << 16);
	for (unsigned i = 0; i < 5000; i++) {
		char server[32];
		snprintf(server, sizeof(server), "198.51.%u.%u", i >> 8, i & 255);
		answer(&b, NULL, CLIENT, server);
		if (i % 10 == 0)
			answer(&b, NULL, CLIENT, "192.0.2.53");
	}
	const char *text = tell(&b, NULL);
	ok(strncmp(text, "below.asked.192.0.2.53=500\n", 27) == 0,
	   "the busiest is told first");
	for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1, lines++)
		sum += strtoull(strchr(at, '=') + 1, NULL, 10);
	ok(sum == 5500, "every answer is in one of the lines");
	ok(lines == BELOW_SERVERS_TOLD + 1, "of which there are few");
	is_str(tell(&b, NULL), "", "and told once");
	below_release(&b.below);
	buf_release(&b.told);
}

static void test_watched(void)
{
	static struct made_below b;
	struct site *site = site_new();
	struct addr resolver = made_addr("192.0.2.54");
	struct fault f;
	buf_init(&b.told, 1 << 16);
	ok(site_add_resolver(site, "192.0.2.53", &f) == 0, "a resolver is configured");
	answer(&b, site, CLIENT, "192.0.2.53");
	answer(&b, site, CLIENT, "192.0.2.54");
	is_str(tell(&b, site), "below.watched.192.0.2.53=1\nbelow.asked.192.0.2.54=1\n",
	       "it is watched, another is not");
	below_asks_on(&b.below, &resolver);
	answer(&b, site, CLIENT, "192.0.2.54");
	is_str(tell(&b, site), "below.watched.192.0.2.54=1\n",
	       "until it is seen to ask on");
	answer(&b, site, "192.0.2.54", "192.0.2.99");
	answer(&b, site, "192.0.2.53", "192.0.2.99");
	is_str(tell(&b, site), "", "what resolvers ask is no client's question");
	below_release(&b.below);
	buf_release(&b.told);
	site_free(site);
}

int main(void)
{
	test_flood();
	test_watched();
	return tap_done();
}
