/* Whole messages: sections, counts that lie, pointers, bombs; and against a slow parser.
 */
#include <stdlib.h>

#include "dns/message.h"
#include "dns/rdata.h"
#include "tap.h"
#include "unit/dns/reference.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static struct message_parser *parser;

/* Parses a copy on the heap of exactly its length, so that a sanitizer sees one more. */
static int parse(struct bytes msg, struct message *ret, bool *partial)
{
	uint8_t *copy = malloc(msg.len ? msg.len : 1);
	memcpy(copy, msg.at, msg.len);
	int r = message_parse(parser, BYTES(copy, msg.len), ret, partial);
	free(copy);
	return r;
}

#define HEADER(flags, qd, an, ns, ar) "\x12\x34" flags "\0" qd "\0" an "\0" ns "\0" ar
#define QUESTION "\3WwW\7Example\3com\0\0\1\0\1"
#define A_RECORD "\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1"

static void test_plain(void)
{
	static const char whole[] = HEADER("\x84\x80", "\1", "\2", "\1", "\2") QUESTION
	    "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3CDN\xc0\x10"
	    "\3cdn\xc0\x10\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1"
	    "\xc0\x10\0\2\0\1\0\0\0\1\0\5\2ns\xc0\x10"
	    "\2NS\xc0\x10\0\x1c\0\1\0\0\0\2\0\x10 \1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\0\0\x29\x10\0\1\0\x80\0\0\0"
	    "tail";
	struct message m;
	bool partial = true;
	is_int(parse(BYTES_LIT(whole), &m, &partial), 0, "a whole message");
	ok(!partial, "is not partial");
	is_int(m.id, 0x1234, "ID");
	is_int(m.flags, 0x8480, "flags");
	is_int(m.opcode, 0, "opcode");
	is_int(m.rcode, 0x10, "the rcode has the bits of EDNS in front");
	is_int(m.rr_count, 5, "records");
	is_int(m.trailing, 4, "octets behind");
	ok(bytes_equal(m.question.name, BYTES_LIT("\3www\7example\3com\0")), "question");
	ok(bytes_equal(m.question.spelling, BYTES_LIT("\3WwW\7Example\3com\0")),
	   "and how it was spelt");
	ok(m.question.type == 1 && m.question.class == 1, "its type and class");
	ok(bytes_equal(m.rr[0].owner, m.question.name) && m.rr[0].type == TYPE_CNAME &&
	       m.rr[0].ttl == 60 && m.rr[0].section == SECTION_ANSWER,
	   "first record");
	ok(bytes_equal(m.rr[0].rdata, BYTES_LIT("\3cdn\7example\3com\0")),
	   "its target is decompressed and lower case");
	ok(bytes_equal(m.rr[1].owner, BYTES_LIT("\3cdn\7example\3com\0")) &&
	       bytes_equal(m.rr[1].rdata, BYTES_LIT("\xc0\0\2\1")) && m.rr[1].ttl == 3600,
	   "second record");
	ok(bytes_equal(m.rr[2].owner, BYTES_LIT("\7example\3com\0")) &&
	       m.rr[2].section == SECTION_AUTHORITY,
	   "authority");
	ok(bytes_equal(m.rr[3].owner, BYTES_LIT("\2ns\7example\3com\0")) &&
	       m.rr[3].type == TYPE_AAAA && m.rr[3].section == SECTION_ADDITIONAL,
	   "additional");
	ok(m.rr[4].type == TYPE_OPT && m.rr[4].class == 4096 && m.rr[4].owner.len == 1,
	   "OPT as it is");
	ok(reference_agrees(BYTES_LIT(whole), &m), "as the slow parser has it");
	is_int(message_parse_question(parser, BYTES_LIT(whole), &m), 0, "question only");
	ok(m.rr_count == 0 && m.question.name.len == 17 && m.flags == 0x8480,
	   "has no records");

	/* cut anywhere: refused whole, and what partial says is so */
	int bad = 0, wrong = 0;
	for (size_t len = 0; len < sizeof(whole) - 1 - 4; len++) {
		bad += parse(BYTES(whole, len), &m, NULL) != YORE_EMALFORMED ||
		       m.rr_count != 0;
		bad += parse(BYTES(whole, len), &m, &partial) != YORE_EMALFORMED;
		wrong += partial != (len >= 12 + 21);
		wrong += partial && !reference_agrees(BYTES(whole, len), &m);
	}
	is_int(bad, 0, "cut anywhere it is refused");
	is_int(wrong, 0,
	       "and the records in front of the cut are those that stand there");
}

static const struct {
	const char *what;
	struct bytes msg;
	int result;
	unsigned records, trailing;
} messages[] = {
    {"a query", BYTES_LIT(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION), 0, 0, 0},
    {"no question at all", BYTES_LIT(HEADER("\x80\0", "\0", "\0", "\0", "\0")), 0, 0, 0},
    {"one record, the right count",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION A_RECORD), 0, 1, 0},
    {"a count of two and one record",
     BYTES_LIT(HEADER("\x80\0", "\1", "\2", "\0", "\0") QUESTION A_RECORD),
     YORE_EMALFORMED, 0, 0},
    {"a count of none and one record is trailing",
     BYTES_LIT(HEADER("\x80\0", "\1", "\0", "\0", "\0") QUESTION A_RECORD), 0, 0, 16},
    {"a count of 65535 records",
     BYTES_LIT("\0\1\x80\0\0\1\xff\xff\0\0\0\0" QUESTION A_RECORD), YORE_EMALFORMED, 0,
     0},
    {"a count of 65535 questions", BYTES_LIT("\0\1\x80\0\xff\xff\0\0\0\0\0\0" QUESTION),
     YORE_EMALFORMED, 0, 0},
    {"two questions, the first is kept",
     BYTES_LIT(HEADER("\x80\0", "\2", "\0", "\0", "\0") QUESTION "\1x\0\0\1\0\1"), 0, 0,
     0},
    {"two questions and half of the second",
     BYTES_LIT(HEADER("\x80\0", "\2", "\0", "\0", "\0") QUESTION "\1x\0\0"),
     YORE_EMALFORMED, 0, 0},
    {"a record whose length lies",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\0\1\0\1\0\0\0\0\0\5\xc0\0\2\1"),
     YORE_EMALFORMED, 0, 0},
    {"an address of three octets",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\0\1\0\1\0\0\0\0\0\3\xc0\0\2"),
     YORE_EMALFORMED, 0, 0},
    {"a name that ends behind its rdata",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\0\2\0\1\0\0\0\0\0\2\1a\0"),
     YORE_EMALFORMED, 0, 0},
    {"an owner that points at itself",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x21\0\1\0\1\0\0\0\0\0\4\xc0\0\2\1"),
     YORE_EMALFORMED, 0, 0},
    {"an owner that points into the header, which reads as a name",
     BYTES_LIT("\1x\x80\0\0\1\0\1\0\0\0\0" QUESTION
	       "\xc0\4\0\1\0\1\0\0\0\0\0\4\xc0\0\2\1"),
     0, 1, 0},
    {"class CH keeps its octets, whatever they are",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\0\1\0\3\0\0\0\0\0\2ab"),
     0, 1, 0},
    {"an update's deletion has no rdata",
     BYTES_LIT(HEADER("\x28\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\0\1\0\xff\0\0\0\0\0\0"),
     0, 1, 0},
    {"but in class IN an address is needed",
     BYTES_LIT(HEADER("\x28\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\0\1\0\1\0\0\0\0\0\0"),
     YORE_EMALFORMED, 0, 0},
    {"a record of type 0 is kept raw",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\0\0\0\1\0\0\0\0\0\2ab"),
     0, 1, 0},
    {"an unknown type",
     BYTES_LIT(HEADER("\x80\0", "\1", "\1", "\0", "\0") QUESTION
	       "\xc0\x0c\xff\0\0\1\0\0\0\0\0\2ab"),
     0, 1, 0},
    {"ten octets", BYTES_LIT("\0\1\x80\0\0\0\0\0\0\0"), YORE_EMALFORMED, 0, 0},
    {"nothing", BYTES_LIT(""), YORE_EMALFORMED, 0, 0},
};

static void test_messages(void)
{
	for (size_t i = 0; i < ROWS(messages); i++) {
		struct message m;
		int r = parse(messages[i].msg, &m, NULL);
		is_int(r, messages[i].result, messages[i].what);
		is_int(m.rr_count, messages[i].records, "its records");
		is_int(m.trailing, messages[i].trailing, "octets behind them");
		ok(reference_reads(messages[i].msg) == (r == 0),
		   "the slow parser agrees");
		if (r == 0)
			ok(reference_agrees(messages[i].msg, &m), "on everything in it");
	}
	struct message m;
	bool partial = true;
	struct bytes half =
	    BYTES_LIT(HEADER("\x80\0", "\2", "\0", "\0", "\0") QUESTION "\1x\0\0");
	ok(parse(half, &m, &partial) < 0 && !partial,
	   "half a question is not a whole front");
	is_int(message_parse_question(parser, BYTES_LIT("\0\1\1\0\0\0\0\0\0\0\0\0"), &m),
	       0, "no question is asked for");
	is_int(m.question.name.len, 0, "and none given");
	uint8_t *big = calloc(1, 65536);
	memcpy(big, "\0\1\x80\0\0\0\0\0\0\0\0\0", 12);
	is_int(message_parse(parser, BYTES(big, 65535), &m, NULL), 0, "65535 octets");
	is_int(message_parse(parser, BYTES(big, 65536), &m, NULL), YORE_EMALFORMED,
	       "one more is no message");
	free(big);
}

/* As many records as fit, each owner a pointer to the longest name there is. */
static size_t bomb(uint8_t *msg, unsigned *records)
{
	size_t at = 12;
	memcpy(msg, "\0\1\x80\0\0\1\0\0\0\0\0\0", 12);
	for (int i = 0; i < 3; i++, at += 64) {
		msg[at] = 63;
		memset(msg + at + 1, 'a', 63);
	}
	msg[at] = 60;
	memset(msg + at + 1, 'a', 60);
	at += 62;
	memcpy(msg + at - 1, "\0\0\1\0\1", 5);
	at += 4;
	for (*records = 0; at + 14 <= 65535; ++*records, at += 14) {
		memcpy(msg + at, "\xc0\x0c\0\2\0\1\0\0\0\0\0\2\xc0\x0c", 14);
	}
	store_u16be(msg + 6, (uint16_t)*records);
	return at;
}

static void test_bomb(void)
{
	uint8_t *msg = calloc(1, 65535);
	unsigned records;
	struct message m;
	bool partial;
	size_t len = bomb(msg, &records);
	is_int(message_parse(parser, BYTES(msg, len), &m, NULL), 0,
	       "the default ceiling is above what pointers to one name can do");
	is_int(m.rr_count, records, "all of it");
	ok(reference_agrees(BYTES(msg, len), &m), "and right");
	struct message_parser *small = message_parser_new(100000);
	is_int(message_parse(small, BYTES(msg, len), &m, NULL), YORE_ELIMIT,
	       "a small ceiling ends it");
	is_int(m.rr_count, 0, "with nothing");
	is_int(message_parse(small, BYTES(msg, len), &m, &partial), YORE_ELIMIT, "or");
	ok(partial && m.rr_count > 100 && reference_agrees(BYTES(msg, len), &m),
	   "with what came before");
	message_parser_free(small);
	message_parser_free(NULL);
	struct message_parser *none = message_parser_new(1);
	is_int(message_parse(none, BYTES(msg, len), &m, NULL), YORE_ELIMIT,
	       "a ceiling too low for one name");
	message_parser_free(none);
	free(msg);
}

/* --- random messages against the slow parser --- */

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n ? (unsigned)(state >> 16) % n : 0;
}

static uint16_t starts[4096]; /* where labels begin */
static unsigned start_count;

/* Mostly where a name is, sometimes anywhere in front, rarely anywhere at all. */
static unsigned random_target(size_t at)
{
	if (start_count > 0 && below(30))
		return starts[below(start_count)];
	return below(4) ? 12 + below((unsigned)at - 12) : below(16384);
}

/* A name out of few labels, ended by a zero or by a pointer. */
static size_t put_random_name(uint8_t *msg, size_t at)
{
	unsigned known = start_count;
	for (unsigned n = below(4); n > 0; n--) {
		size_t len = 1 + below(below(8) ? 3 : 20);
		starts[start_count++] = (uint16_t)at;
		msg[at++] = (uint8_t)len;
		for (; len > 0; len--)
			msg[at++] = (uint8_t)("abAB\0."[below(6)]);
	}
	if (known == 0 || below(3) == 0) {
		msg[at++] = 0;
		return at;
	}
	unsigned all = start_count;
	start_count = known; /* not into this very name */
	store_u16be(msg + at, (uint16_t)(0xc000 | random_target(at)));
	start_count = all;
	return at + 2;
}

static size_t put_random_rr(uint8_t *msg, size_t at)
{
	static const uint16_t types[] = {1,  2,	 5,  6,	 12, 15, 16, 28,
					 33, 39, 41, 46, 47, 65, 999};
	uint16_t type = types[below(ROWS(types))];
	at = put_random_name(msg, at);
	store_u16be(msg + at, type);
	store_u16be(msg + at + 2, (uint16_t)(below(20) ? 1 : below(5)));
	store_u32be(msg + at + 4, below(1 << 30));
	size_t start = at + 10;
	at = start;
	switch (type) {
	case 1:
		at += 4;
		break;
	case 28:
		at += 16;
		break;
	case 15:
	case 33:
		at += type == 15 ? 2 : 6;
		/* fallthrough */
	case 2:
	case 5:
	case 12:
	case 39:
		at = put_random_name(msg, at);
		break;
	case 6:
		at = put_random_name(msg, put_random_name(msg, at)) + 20;
		break;
	case 46:
		at = put_random_name(msg, at + 18) + 1 + below(9);
		break;
	case 47:
		at = put_random_name(msg, at);
		memcpy(msg + at, "\0\1\x40", 3);
		at += 3;
		break;
	default:
		at += below(12);
	}
	store_u16be(msg + start - 2, (uint16_t)(at - start + (below(60) == 0)));
	return at;
}

static void test_random(void)
{
	int good = 0, bad = 0;
	for (int i = 0; i < 40000; i++) {
		uint8_t msg[8192];
		struct message m;
		bool partial;
		for (size_t j = 0; j < sizeof(msg); j++)
			msg[j] = (uint8_t)below(256);
		memcpy(msg, "\1\1\x80\0\0\1\0\0\0\0\0\0", 12);
		start_count = 0;
		size_t at = put_random_name(msg, 12) + 4;
		unsigned count = 1 + below(12);
		for (unsigned n = 0; n < count; n++)
			at = put_random_rr(msg, at);
		unsigned first = below(count + 1);
		msg[7] = (uint8_t)first;
		msg[9 + 2 * below(2)] = (uint8_t)(count - first);
		struct bytes whole = BYTES(msg, at);
		int r = parse(whole, &m, &partial);
		bad += (r == 0) != reference_reads(whole);
		bad += (r == 0 || partial) && !reference_agrees(whole, &m);
		good += r == 0;
	}
	is_int(bad, 0, "40000 random messages are read as the slow parser reads them");
	ok(good > 2000, "a good part of them, %d, was whole", good);
}

int main(void)
{
	parser = message_parser_new(0);
	test_plain();
	test_messages();
	test_bomb();
	test_random();
	message_parser_free(parser);
	return tap_done();
}
