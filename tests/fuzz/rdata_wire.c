/* RDATA: two octets of type, one of where it begins, a message that ends with it. */
#include "dns/name.h"
#include "dns/rdata.h"

#include "law.h"

static void look(enum rdata_part part, struct bytes value, void *arg)
{
	const struct bytes *rdata = arg;
	LAW(value.at >= rdata->at && value.at + value.len <= rdata->at + rdata->len,
	    "a part lies inside");
	LAW(part != RDATA_NAME || name_wire_valid(value), "a name is one");
	LAW(part != RDATA_ADDR4 || value.len == 4, "four octets");
	LAW(part != RDATA_ADDR6 || value.len == 16, "sixteen octets");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[RDATA_MAX + 1000], again[RDATA_MAX + 1000];
	struct input f = {data, size};
	uint16_t type = feed_u16(&f);
	size_t at = feed_u8(&f);
	struct bytes msg = BYTES(f.at, f.left);
	if (at > msg.len)
		at = msg.len;
	struct buf text, back;
	buf_init(&text, 1 << 20);
	buf_init(&back, 1 << 20);
	/* whatever it is, it prints, and what prints is ASCII */
	rdata_put(&text, type, msg);
	for (size_t i = 0; i < text.len; i++)
		LAW(text.at[i] >= ' ' && text.at[i] < 0x7f, "text is printable");
	rdata_parts(type, msg, look, &msg);
	int n = rdata_canonical(msg, at, msg.len - at, type, out, sizeof(out));
	if (n >= 0) {
		struct bytes rdata = BYTES(out, n);
		LAW(rdata_valid(type, rdata), "canonical is valid");
		int m = rdata_canonical(rdata, 0, rdata.len, type, again, sizeof(again));
		LAW(m == n && memcmp(out, again, (size_t)n) == 0, "canonical twice");
		m = rdata_canonical(msg, at, msg.len - at, type, again, (size_t)n);
		LAW(m == n && memcmp(out, again, (size_t)n) == 0,
		    "the long way is the short");
		rdata_parts(type, rdata, look, &rdata);
		buf_clear(&text);
		rdata_put(&text, type, rdata);
		LAW(rdata_of_text(type, buf_str(&text), &back) == 0, "%s is refused",
		    buf_str(&text));
		LAW(bytes_equal(buf_bytes(&back), rdata), "%s does not come back",
		    buf_str(&text));
	}
	buf_release(&text);
	buf_release(&back);
	return 0;
}
