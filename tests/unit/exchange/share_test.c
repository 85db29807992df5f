/* A segment for another site holds what the policy lets go and nothing of us. */
#include "exchange/share.h"
#include "tap.h"
#include "unit/exchange/make.h"

#define JULY 1435708800

static bool holds(struct bytes in, const char *text)
{
	return memmem(in.at, in.len, text, strlen(text)) != NULL;
}

int main(void)
{
	struct share_policy policy;
	struct fault f = {0};
	struct window w;
	struct rows rows;
	struct share_filter filter;
	struct buf all, given;
	struct ledger_entry e = make_entry(5, 0, 9), entry;
	struct segment_meta meta = {.shelf = "y2015",
				    .origin = {9},
				    .entries = &e,
				    .entry_count = 1},
			    leaving;
	uint64_t count;
	enum take_result got;
	struct take_position at;
	static const char text[] =
	    "tlp = green\nlicence = CC0-1.0\nzone = ours.com # us\n";
	buf_init(&all, 1 << 20);
	buf_init(&given, 1 << 20);
	e.counters = BYTES_LIT("lost=3\n");
	is_int(share_policy_parse(BYTES_LIT(text), "p", &policy, &f), 0, "a policy");
	if (window_init(&w, 8 << 20, 8 << 20, sensor_hash("edge")) < 0)
		abort();
	make_row(&w, 2015, "www.good-site.com", TYPE_A, "93.184.216.34", JULY, 1);
	make_row(&w, 2015, "www.good-site.com", TYPE_A, "10.0.0.1", JULY, 1);
	make_row(&w, 2015, "www.ours.com", TYPE_A, "93.184.216.34", JULY, 1);
	make_row(&w, 2015, "printer.local", TYPE_A, "93.184.216.34", JULY, 1);
	make_server(&w, 2015, "192.0.2.53", "good-site.com", JULY);
	if (rows_init(&rows, &w, 0) < 0)
		abort();
	share_meta(&meta, &entry, &leaving);
	share_filter_init(&filter, &policy, &meta, &rows.pull);
	is_int(wire_write(&leaving, &policy.terms, &filter.pull, &given, &count, &f), 0,
	       "a segment of what may leave");
	is_int(count, 1, "one row of five");
	is_int(filter.counts[SHARE_ADDRESS], 1, "one for its address");
	is_int(filter.counts[SHARE_OWN], 1, "one of ours");
	is_int(filter.counts[SHARE_SUFFIX], 1, "one that is not public");
	rows_release(&rows);
	ok(!holds(buf_bytes(&given), "edge") && !holds(buf_bytes(&given), "a.pcap") &&
	       !holds(buf_bytes(&given), "lost"),
	   "no sensor, no file, no counters");
	struct wire_head head;
	is_int(wire_read_head(buf_bytes(&given), &head, &f), 0, "its head");
	is_str(head.terms.tlp, "green", "the TLP is in it");
	is_str(head.terms.licence, "CC0-1.0", "and the licence");
	wire_head_release(&head);
	struct wire_reader *r;
	struct bytes key;
	struct span span;
	is_int(wire_open(buf_bytes(&given), &f, &r), 0, "its rows");
	is_int(wire_next(r, &key, &span, &f), 1, "the one");
	is_int(span.sensor_count, 0, "without sensors");
	ok(span.first_at.number == 0 && span.last_at.number == 0, "without places");
	is_int(wire_next(r, &key, &span, &f), 0, "and no more");
	wire_close(r);
	struct store *s = make_store();
	is_int(take_segment(s, buf_bytes(&given), &got, &at, &f), 0,
	       "others can take it");
	buf_clear(&all);
	is_int(make_dump(s, 'R', &all), 1, "one RRset");
	is_int(make_dump(s, 'B', &all), 0, "no servers");
	store_close(s);
	window_release(&w);
	buf_release(&all);
	buf_release(&given);
	return tap_done();
}
