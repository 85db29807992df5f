/* The two handshakes of Frame Streams, octet by octet, and what breaks them. */
#include "capture/fstrm_step.h"

#include "tap.h"

#define CONTENT_FIELD "\0\0\0\1\0\0\0\x16" FSTRM_CONTENT
#define READY "\0\0\0\0\0\0\0\x22\0\0\0\4" CONTENT_FIELD
#define START "\0\0\0\0\0\0\0\x22\0\0\0\2" CONTENT_FIELD
#define ACCEPT "\0\0\0\0\0\0\0\x22\0\0\0\1" CONTENT_FIELD
#define STOP "\0\0\0\0\0\0\0\4\0\0\0\3"
#define FINISH "\0\0\0\0\0\0\0\4\0\0\0\5"
#define OTHER "\0\0\0\0\0\0\0\x10\0\0\0\4\0\0\0\1\0\0\0\4json"

struct taken {
	unsigned data, replies;
	uint8_t reply[128];
	size_t reply_len;
	int err;
};

/* Gives the stream in pieces of `piece` octets, keeping what was not used. */
static struct taken take(struct bytes in, size_t piece, struct fstrm_step *s)
{
	struct taken t = {0};
	size_t at = 0, have = 0;
	while (t.err == 0) {
		int r = fstrm_step(s, BYTES(in.at + at, have));
		at += s->used;
		have -= s->used;
		if (r < 0) {
			t.err = r;
		} else if (r == FSTRM_DATA) {
			t.data++;
		} else if (r == FSTRM_REPLY) {
			memcpy(t.reply + t.reply_len, s->reply.at, s->reply.len);
			t.reply_len += s->reply.len;
			t.replies++;
		} else if (r == FSTRM_MORE) {
			if (at + have == in.len)
				break;
			have = in.len - at - have < piece ? in.len - at : have + piece;
		}
		if (s->state == FSTRM_OVER)
			break;
	}
	return t;
}

static const struct row {
	const char *text;
	struct bytes in;
	unsigned data;
	int err;
	struct bytes reply;
} rows[] = {
    {"a one-way stream is never answered", BYTES_LIT(START "\0\0\0\2ab" STOP), 1, 0, {0}},
    {"an answered stream gets ACCEPT and FINISH",
     BYTES_LIT(READY START "\0\0\0\2ab\0\0\0\1c" STOP), 2, 0, BYTES_LIT(ACCEPT FINISH)},
    {"a producer that offers something else is refused",
     BYTES_LIT(OTHER),
     0,
     YORE_EUNSUPPORTED,
     {0}},
    {"data before START", BYTES_LIT("\0\0\0\2ab"), 0, YORE_EMALFORMED, {0}},
    {"data between READY and START", BYTES_LIT(READY "\0\0\0\2ab"), 0, YORE_EMALFORMED,
     BYTES_LIT(ACCEPT)},
    {"READY inside a stream", BYTES_LIT(START READY), 0, YORE_EMALFORMED, {0}},
    {"ACCEPT is ours to send", BYTES_LIT(ACCEPT), 0, YORE_EMALFORMED, {0}},
    {"STOP before START", BYTES_LIT(READY STOP), 0, YORE_EMALFORMED, BYTES_LIT(ACCEPT)},
    {"a frame beyond the ceiling", BYTES_LIT(START "\0\4\0\1a"), 0, YORE_ELIMIT, {0}},
    {"a control frame without its type",
     BYTES_LIT("\0\0\0\0\0\0\0\3abc"),
     0,
     YORE_EMALFORMED,
     {0}},
    {"a control frame that is too long",
     BYTES_LIT("\0\0\0\0\0\0\2\1abc"),
     0,
     YORE_EMALFORMED,
     {0}},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		for (size_t piece = 1; piece < 64; piece += 13) {
			struct fstrm_step s;
			if (fstrm_step_init(&s) < 0)
				return 1;
			struct taken t = take(row->in, piece, &s);
			ok(t.data == row->data && t.err == row->err &&
			       bytes_equal(BYTES(t.reply, t.reply_len), row->reply),
			   "%s, %zu octets at a time", row->text, piece);
			fstrm_step_release(&s);
		}
	}
	ok(fstrm_knows(BYTES_LIT(START)), "a stream is recognised");
	ok(!fstrm_knows(BYTES_LIT("\0\0\0\0\0\0\0\4")), "half a control frame is not");
	ok(!fstrm_knows(BYTES_LIT("\0\0\0\0\0\0\0\4\0\0\0\6")), "nor is an unknown type");
	return tap_done();
}
