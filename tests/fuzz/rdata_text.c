/* RDATA as text: two octets of type, then the text. */
#include "dns/rdata.h"

#include "law.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	uint16_t type = feed_u16(&f);
	char *text = feed_text(&f);
	struct buf rdata, again, back;
	buf_init(&rdata, 1 << 18);
	buf_init(&again, 1 << 20);
	buf_init(&back, 1 << 18);
	buf_puts(&rdata, "kept");
	int r = rdata_of_text(type, text, &rdata);
	LAW(rdata.len >= 4 && memcmp(rdata.at, "kept", 4) == 0, "what was there is kept");
	LAW(r == 0 || rdata.len == 4, "nothing is left of a failure");
	if (r == 0) {
		struct bytes v = BYTES(rdata.at + 4, rdata.len - 4);
		LAW(rdata_valid(type, v), "what is read is canonical");
		rdata_put(&again, type, v);
		LAW(rdata_of_text(type, buf_str(&again), &back) == 0 &&
			bytes_equal(buf_bytes(&back), v),
		    "%s does not come back", buf_str(&again));
	}
	buf_release(&rdata);
	buf_release(&again);
	buf_release(&back);
	free(text);
	return 0;
}
