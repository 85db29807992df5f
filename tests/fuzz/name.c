/* Names off the wire (an offset, then the message) and as text. */
#include "dns/name.h"

#include "law.h"

static void check(struct bytes wire)
{
	char text[NAME_TEXT_MAX];
	struct name again;
	uint8_t once[NAME_WIRE_MAX], twice[NAME_WIRE_MAX];
	LAW(name_wire_valid(wire), "what was read is a name");
	size_t n = name_text(wire, text);
	LAW(n == strlen(text) && n < NAME_TEXT_MAX, "text of %zu", n);
	for (size_t i = 0; i < n; i++)
		LAW(text[i] > ' ' && text[i] < 0x7f, "text is printable");
	LAW(name_of_text(text, &again) == 0 && bytes_equal(name_bytes(&again), wire),
	    "'%s' does not read back", text);
	name_reverse(wire, once);
	name_reverse(BYTES(once, wire.len), twice);
	LAW(memcmp(twice, wire.at, wire.len) == 0, "twice reversed");
	LAW(name_compare(wire, wire) == 0, "equal to itself");
	unsigned labels = name_labels(wire);
	for (unsigned i = 0; i <= labels; i++) {
		struct bytes zone = name_suffix(wire, i);
		LAW(name_labels(zone) == i && name_within(wire, zone), "suffix of %u", i);
		LAW(i == labels || name_compare(wire, zone) > 0, "below its zones");
	}
	struct addr a;
	if (name_to_addr(wire, &a) == 0) {
		name_of_addr(&a, &again);
		LAW(bytes_equal(name_bytes(&again), wire), "a reverse name reads back");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	size_t at = feed_u8(&f), from = at;
	uint8_t lower[NAME_WIRE_MAX], kept[NAME_WIRE_MAX];
	struct bytes msg = BYTES(f.at, f.left);
	int n = name_decompress(msg, &at, lower);
	LAW(n == YORE_EMALFORMED ? at == from : n >= 1 && n <= NAME_WIRE_MAX, "result %d",
	    n);
	if (n > 0) {
		size_t behind = from;
		LAW(at > from && at <= msg.len, "the offset moves on");
		LAW(name_decompress_case(msg, &behind, kept) == n && behind == at,
		    "as long");
		name_lower(kept, (size_t)n);
		LAW(memcmp(kept, lower, (size_t)n) == 0, "the same but for case");
		check(BYTES(lower, n));
	}
	char *text = feed_text(&f);
	struct name name;
	if (name_of_text(text, &name) == 0)
		check(name_bytes(&name));
	if (name_of_idn(text, &name) == 0)
		check(name_bytes(&name));
	free(text);
	return 0;
}
