/* Indicators out of any document: what is found is well-formed, and found again. */
#include "intel/iocs.h"

#include "law.h"

static void check(const struct iocs *s, const struct ioc *i, size_t lines)
{
	char text[IOC_TEXT_MAX];
	size_t n = ioc_text(i, text);
	LAW(n > 0 && n == strlen(text), "as text");
	LAW(i->why && *i->why, "a reason");
	LAW(i->line_count > 0, "a line");
	for (size_t k = 0; k < i->line_count; k++)
		LAW(i->lines[k] > (k ? i->lines[k - 1] : 0) && i->lines[k] <= lines,
		    "line %u of %zu", i->lines[k], lines);
	if (i->kind != IOC_ADDR) {
		struct name again;
		LAW(name_of_text(text + (i->kind == IOC_ZONE ? 2 : 0), &again) == 0 &&
			bytes_equal(name_bytes(&again), name_bytes(&i->name)),
		    "a name that reads back");
	} else {
		struct addr_range again;
		LAW(addr_range_parse(text, &again) == 0 &&
			addr_equal(&again.lo, &i->range.lo) &&
			addr_equal(&again.hi, &i->range.hi),
		    "a range that reads back");
	}
}

/* An indicator alone in its line is found, whatever it came from. */
static void check_again(const struct ioc *i)
{
	char text[IOC_TEXT_MAX];
	struct iocs s;
	ioc_text(i, text);
	iocs_init(&s);
	LAW(iocs_read(&s, BYTES_STR(text), NULL, NULL) == 0, "%s", text);
	LAW(s.count == 1, "%s gives %zu", text, s.count);
	iocs_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iocs s;
	size_t lines = 2;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	iocs_init(&s);
	if (iocs_read(&s, BYTES(data, size), NULL, NULL) == 0)
		for (size_t i = 0; i < s.count; i++) {
			check(&s, s.at[i], lines);
			if (s.at[i]->class == IOC_INDICATOR && !s.at[i]->url &&
			    s.at[i]->how & IOC_BARE)
				check_again(s.at[i]);
		}
	iocs_release(&s);
	return 0;
}
