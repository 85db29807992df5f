/* Request targets, and the keys of a file of keys. */
#include "api/key.h"
#include "api/url.h"

#include "law.h"

static void encode(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_printf(out, "%%%02X", (uint8_t)*text);
}

/* What was understood, written with every octet encoded, is understood the same. */
static void check_again(const struct url *u)
{
	static struct url again;
	struct buf b;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < u->piece_count; i++) {
		buf_putc(&b, '/');
		encode(&b, u->piece[i]);
	}
	for (size_t i = 0; i < u->param_count; i++) {
		buf_putc(&b, i ? '&' : '?');
		encode(&b, u->param[i].name);
		buf_putc(&b, '=');
		encode(&b, u->param[i].value);
	}
	int r = url_parse(buf_str(&b), false, &again);
	LAW(r == 0 || r == YORE_ELIMIT, "encoded it is refused");
	if (r == 0) {
		LAW(again.piece_count == u->piece_count, "pieces");
		for (size_t i = 0; i < u->piece_count; i++)
			LAW(strcmp(again.piece[i], u->piece[i]) == 0, "piece %zu", i);
		LAW(again.param_count == u->param_count, "parameters");
		for (size_t i = 0; i < u->param_count; i++)
			LAW(strcmp(again.param[i].name, u->param[i].name) == 0 &&
				strcmp(again.param[i].value, u->param[i].value) == 0,
			    "parameter %zu", i);
	}
	buf_release(&b);
}

static void check_keys(const char *text)
{
	struct key_ring ring, again;
	struct buf out;
	if (key_ring_parse(BYTES_STR(text), "x", &ring, NULL) < 0)
		return;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < ring.count; i++)
		key_put(&out, &ring.keys[i]);
	LAW(key_ring_parse(buf_bytes(&out), "x", &again, NULL) == 0, "keys written anew");
	LAW(again.count == ring.count, "as many");
	key_ring_release(&again);
	key_ring_release(&ring);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct url u;
	struct input f = {data, size};
	uint8_t how = feed_u8(&f);
	char *text = feed_text(&f), rest[256];
	if (how & 2) {
		check_keys(text);
	} else if (url_parse(text, how & 1, &u) == 0) {
		LAW(u.piece_count <= URL_PIECES_MAX && u.param_count <= URL_PARAMS_MAX,
		    "ceilings");
		for (size_t i = 0; i < u.piece_count; i++)
			LAW(u.piece[i][0], "no empty piece");
		(void)!url_rest(&u, 0, rest, sizeof(rest));
		check_again(&u);
	}
	free(text);
	return 0;
}
