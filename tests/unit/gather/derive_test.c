/* What writing a window takes was counted beforehand, so that its ceiling holds. */
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "gather/derive.h"
#include "tap.h"

struct shape {
	const char *what, *type, *rdata; /* %u: different each time */
	unsigned records, rows;
};

static const struct shape shapes[] = {
    {"addresses", "A", "10.0.%u.%u", 4, 2000},
    {"addresses of six", "AAAA", "2001:db8::%x:%x", 2, 2000},
    {"names", "NS", "ns%u.host%u.example.", 4, 2000},
    {"two names in one", "SOA", "ns%u.example. admin.example. %u 2 3 4 5", 1, 1000},
    {"texts", "TXT", "\"text %u %u\"", 3, 1000},
    {"hints", "SVCB",
     "1 . ipv4hint=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7 "
     "key1%03u=%u",
     2, 500},
    {"nothing at all", "TYPE65281", "\\# 0 ; %u %u", 1, 500},
    {"signatures", "RRSIG",
     "A 13 2 60 20300101000000 20200101000000 %u example. AAAA ; %u", 1, 500},
};

static unsigned number;

static void add_row(struct window *w, const struct shape *s, unsigned row, size_t pad)
{
	char text[512], owner_text[128];
	struct buf rdata[8], set, key;
	struct bytes one[8];
	struct name owner;
	uint16_t type = 0;
	buf_init(&set, 1 << 20);
	buf_init(&key, 1 << 20);
	snprintf(owner_text, sizeof(owner_text), "row%u.zone%u.example", row, row % 50);
	if (name_of_text(owner_text, &owner) < 0 || type_of_text(s->type, &type) < 0)
		printf("# bad owner or type\n");
	for (unsigned i = 0; i < s->records; i++) {
		buf_init(&rdata[i], 1 << 17);
		number = number * 1103515245 + 12345;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), s->rdata, number >> 8 & 255,
			 1000 + (number >> 16 & 0xfff) % 240);
#pragma GCC diagnostic pop
		if (strcmp(s->type, "A") == 0)
			snprintf(text, sizeof(text), "10.%u.%u.%u", row & 255, i,
				 number >> 16 & 255);
		if (pad == 0 && rdata_of_text(type, text, &rdata[i]) < 0)
			printf("# bad rdata %s\n", text);
		for (size_t n = 0; n < pad; n++)
			buf_putc(&rdata[i], (int)(n + i + row));
		one[i] = buf_bytes(&rdata[i]);
	}
	if (rdataset_pack(one, s->records, &set) < 0)
		printf("# no set\n");
	struct rrset r = {.owner = name_bytes(&owner),
			  .type = type,
			  .source = SOURCE_ABOVE,
			  .bailiwick = 1,
			  .rdata = buf_bytes(&set)};
	key_rrset(&key, &r);
	key_put_month(&key, 2015 * 12);
	int shelf = window_shelf(w, 2015);
	struct window_sighting what = {.at_s = row, .day_bit = 1, .ttl = 60};
	struct bytes k = buf_bytes(&key);
	if (shelf < 0 || window_sight(w, window_hash(k, 0), 0, k, &what) < 0)
		printf("# not taken\n");
	for (unsigned i = 0; i < s->records; i++)
		buf_release(&rdata[i]);
	buf_release(&set);
	buf_release(&key);
}

static size_t taken(const struct order *o)
{
	size_t items = o->rrset_count + o->server_count + o->rdata_count + o->name_count;
	return o->rdata_heap.used + o->name_heap.used + 2 * items * sizeof(*o->rdata);
}

static void test_shape(const struct shape *s, size_t pad)
{
	struct window w;
	struct order o;
	ok(window_init(&w, 64 << 20, 256 << 20, 0) == 0, "a window");
	for (unsigned i = 0; i < s->rows; i++)
		add_row(&w, s, i, pad);
	ok(window_order_init(&o, &w, 0) == 0 && window_order_rrsets(&o) == 0 &&
	       window_order_rdata(&o) == 0,
	   "put in order");
	size_t real = taken(&o);
	ok(real <= w.derived && w.derived <= 6 * real + 4096,
	   "%s: %zu octets counted, %zu taken", s->what, w.derived, real);
	window_order_release(&o);
	window_release(&w);
}

int main(void)
{
	static const struct shape unknown = {"octets of no known form", "TYPE65280", "",
					     1, 40};
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		test_shape(&shapes[i], 0);
	test_shape(&unknown, 60000);
	return tap_done();
}
