/* Lines of other tools' logs: whatever they hold, what comes out are records. */
#include "dns/name.h"
#include "dns/rdata.h"
#include "logs/log.h"

#include "law.h"

static void check_record(const struct log_record *r)
{
	struct reader set = reader_of(r->set.rdata);
	struct bytes rdata;
	LAW(name_wire_valid(r->set.owner), "the owner is a name");
	LAW(rdataset_valid(r->set.rdata), "the set is one");
	LAW(rdataset_count(r->set.rdata) > 0, "and not empty");
	while (rdataset_next(&set, &rdata))
		LAW(rdata_valid(r->set.type, rdata), "rdata of type %u is canonical",
		    r->set.type);
	LAW(r->interval || (r->span.first_s != WHEN_UNKNOWN && r->span.count > 0),
	    "a sighting has its time and count");
	LAW(r->span.first_s == WHEN_UNKNOWN || r->span.last_s == WHEN_UNKNOWN ||
		r->span.first_s <= r->span.last_s,
	    "first is not after last");
	LAW(r->set.bailiwick == BAILIWICK_ABSENT ||
		r->set.bailiwick <= name_labels(r->set.owner),
	    "the bailiwick is an ancestor");
}

static void read_all(struct log *l, const uint8_t *data, size_t size)
{
	uint64_t lines = 0, bad = 0, records = 0;
	while (size) {
		const uint8_t *nl = memchr(data, '\n', size);
		size_t n = nl ? (size_t)(nl - data) : size;
		struct log_line line;
		log_read(l, BYTES(data, n), false, &line);
		for (size_t i = 0; i < line.count; i++)
			check_record(&line.records[i]);
		lines++;
		bad += line.bad != NULL;
		records += line.count;
		n += nl != NULL;
		data += n;
		size -= n;
	}
	const struct log_counters *c = log_counters(l);
	LAW(c->lines == lines && c->bad == bad && c->records == records,
	    "the counters count");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct log_options o = {.now_s = 1700000000};
	struct fault f = {0};
	struct log *l;
	size_t head = size < 8192 ? size : 8192;
	int r = log_new(BYTES(data, head), "fuzz", &o, &f, &l);
	if (r < 0) {
		LAW(f.text[0], "a line says why");
		return 0;
	}
	read_all(l, data, size);
	log_free(l);
	return 0;
}
