/* Plain lines are read by our own scanner: it must say what yajl says, or leave it to it.
 */
#include "base/buf.h"
#include "logs/json_scan.h"
#include "tap.h"

struct heard {
	struct json_scan *scan;
	struct buf said; /* "event path=value\n" */
};

static void hear(enum json_event e, struct bytes path, struct bytes value, void *arg)
{
	struct heard *h = arg;
	buf_printf(&h->said, "%d ", (int)e);
	buf_put_bytes(&h->said, path);
	buf_putc(&h->said, '=');
	buf_put_bytes(&h->said, value);
	buf_putc(&h->said, '\n');
}

static void listen(struct heard *h)
{
	buf_init(&h->said, 1 << 20);
	if (json_scan_new(hear, h, &h->scan) < 0)
		printf("Bail out! no scanner\n");
}

static void stop(struct heard *h)
{
	json_scan_free(h->scan);
	buf_release(&h->said);
}

/* The line as it is, and behind a blank, which is not plain. */
static bool same(struct heard *h, struct bytes line)
{
	uint8_t room[600] = " ";
	struct buf *said = &h->said;
	buf_clear(said);
	int r = json_scan_line(h->scan, line);
	size_t n = said->len;
	memcpy(room + 1, line.at, line.len);
	int s = json_scan_line(h->scan, BYTES(room, line.len + 1));
	return (r < 0) == (s < 0) && said->len == 2 * n &&
	       (n == 0 || memcmp(said->at, said->at + n, n) == 0);
}

static const char *const lines[] = {
    "{\"rrname\":\"www.example.com\",\"rdata\":[\"192.0.2.1\",\"x\"],\"count\":3}",
    "{\"obj\":{\"count\":3,\"rrname\":\"a.b.\",\"rdata\":[\"x\"]}}",
    "{ \"a\" : [ 1 , -2.5 , true , false , null , { } , [ ] ] , \"b\" : \"\" }",
    "{\"a\":[[[{\"b\":{\"c\":[1]}}]]],\"d\":0}",
    "{\"a\":1e5,\"b\":\"\\u0041\\n\",\"c\":-0,\"d\":0.5}",
    "{}",
    "{\"a\":[]}",
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
    "{\"a\":1}{\"b\":2}",
    "{\"a\":1} ",
    "{\"a\":01}",
    "{\"a\":1.}",
    "{\"a\":-}",
    "{\"a\" 1}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":[1,]}",
    "{\"a\":[,1]}",
    "{\"a\":1]",
    "{\"a\":[1}",
    "{\"a\":tru}",
    "{\"a\":truex}",
    "{\"a\"}",
    "{\"a\":}",
    "{1:2}",
    "{\"a\":\"b",
    "[1]",
    "\"a\"",
    "",
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static void test_lines(void)
{
	for (size_t i = 0; i < LINES; i++) {
		struct heard h;
		listen(&h);
		ok(same(&h, BYTES_STR(lines[i])), "%s", lines[i]);
		stop(&h);
	}
}

static void test_changed(void)
{
	static const char letters[] = "{}[]\",:\\ 0123456789.-+eEtfn\x01\x7f\xff\tab";
	uint64_t state = 7;
	unsigned wrong = 0, whole = 0;
	struct heard h;
	listen(&h);
	for (unsigned i = 0; i < 60000; i++) {
		uint8_t room[400];
		struct bytes line = BYTES_STR(lines[i % 8]);
		memcpy(room, line.at, line.len);
		for (unsigned n = 0; n <= i % 3; n++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			room[(state >> 33) % line.len] =
			    (uint8_t)letters[(state >> 20) % (sizeof(letters) - 1)];
		}
		line.at = room;
		wrong += !same(&h, line);
		whole += json_scan_line(h.scan, line) == 0;
	}
	ok(wrong == 0, "60000 changed lines say the same (%u do not)", wrong);
	ok(whole > 1000 && whole < 59000, "and %u of them are whole", whole);
	stop(&h);
}

/* A line that ends within a word or a text is whole for itself only. */
static void test_half(void)
{
	static const char *const halves[] = {"\"abc", "8", "tru", "{\"a\":\"b",
					     "{\"a\":["};
	struct heard h;
	listen(&h);
	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		(void)!json_scan_line(h.scan, BYTES_STR(halves[i]));
		buf_clear(&h.said);
		int r = json_scan_line(h.scan, BYTES_STR(" {\"a\":\"b\"}"));
		ok(r == 0, "behind %s the next line is whole", halves[i]);
		is_str(buf_str(&h.said), "5 =\n0 a=b\n6 =\n", "and says what it says");
	}
	stop(&h);
}

static void test_many(void)
{
	struct heard h;
	struct buf line;
	listen(&h);
	buf_init(&line, 1 << 16);
	buf_puts(&line, "{\"a\":[0");
	for (int i = 0; i < 250; i++)
		buf_puts(&line, ",1");
	buf_puts(&line, "]}");
	ok(same(&h, buf_bytes(&line)), "more values than a plain line may have");
	buf_release(&line);
	stop(&h);
}

int main(void)
{
	test_lines();
	test_changed();
	test_half();
	test_many();
	return tap_done();
}
