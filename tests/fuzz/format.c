/* A result with any owner, type and rdata, written by every format. */
#include "base/json_in.h"
#include "dns/name.h"
#include "format/format.h"

#include "law.h"

static void take_owner(struct input *f, struct name *n)
{
	uint8_t at = 0;
	for (unsigned labels = feed_u8(f) % 6; labels > 0; labels--) {
		struct bytes label = feed_bytes(f, 1 + feed_u8(f) % 40);
		if (label.len == 0)
			break;
		n->wire[at++] = (uint8_t)label.len;
		for (size_t i = 0; i < label.len; i++) {
			uint8_t c = label.at[i];
			n->wire[at++] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		}
	}
	n->wire[at++] = 0;
	n->len = at;
}

static void check_cof(struct bytes text, size_t rdata)
{
	json_t *value;
	struct fault fault = {0};
	int r = json_in(text, 0, &fault, &value);
	LAW(r == 0, "cof is no JSON: %s", fault.text);
	LAW(json_array_size(json_in_array(value, "rdata")) == rdata, "rdata are lost");
	json_decref(value);
}

static void check_text(const char *format, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		LAW((text.at[i] >= 0x20 && text.at[i] < 0x7f) || text.at[i] == '\n' ||
			(text.at[i] == '\t' && strcmp(format, "tsv") == 0) ||
			(text.at[i] == '\r' && strcmp(format, "csv") == 0),
		    "%s holds octet %u", format, text.at[i]);
}

static void write_all(const struct result *r, const struct format_options *o,
		      struct buf *out)
{
	const struct format *f;
	for (size_t i = 0; (f = format_at(i)) != NULL; i++) {
		struct writer w;
		if (strcmp(f->name, "sqlite") == 0)
			continue; /* slow, and no text */
		buf_clear(out);
		LAW(writer_open(f, o, out, &w) == 0, "%s opens", f->name);
		LAW(writer_row(&w, r) == 0, "%s takes the row", f->name);
		LAW(writer_end(&w, NULL) == 0, "%s ends", f->name);
		writer_release(&w);
		check_text(f->name, buf_bytes(out));
		if (strcmp(f->name, "cof") == 0)
			check_cof(buf_bytes(out), rdataset_count(r->set.rdata));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	struct name owner, via;
	struct buf set, out;
	struct month_seen month = {.month = 2015 * 12, .days = 5, .count = 1};
	uint16_t type = feed_u16(&f);
	uint8_t how = feed_u8(&f);
	struct bytes rdata[8];
	size_t count = 0;
	take_owner(&f, &owner);
	take_owner(&f, &via);
	while (count < 8 && (count == 0 || f.left > 0))
		rdata[count++] = feed_bytes(&f, feed_u8(&f));
	buf_init(&set, 1 << 20);
	buf_init(&out, 1 << 22);
	LAW(rdataset_pack(rdata, count, &set) == 0, "a set");
	struct result r = {
	    .set = {name_bytes(&owner), type, SOURCE_ABOVE,
		    how & 1 ? BAILIWICK_ABSENT : 0, buf_bytes(&set)},
	    .single = how & 2,
	    .side = how & 4 ? SIDE_RDATA : SIDE_RRNAME,
	    .month = how & 8 ? month.month : 0,
	    .hop = how & 16 ? 1 : 0,
	    .via = name_bytes(&via),
	    .span = {.first_s = how & 32 ? WHEN_UNKNOWN : 1420070400,
		     .last_s = 1420156800,
		     .days = 5,
		     .count = 1,
		     .ttl_min = 1},
	    .months = &month,
	    .month_count = how >> 7,
	};
	struct format_options o = {.width = how,
				   .days = how & 64,
				   .defang = how & 2,
				   .view = how & 8 ? VIEW_MONTH : VIEW_DEFAULT};
	write_all(&r, &o, &out);
	buf_release(&set);
	buf_release(&out);
	return 0;
}
