#include <inttypes.h>

#include "cmd/import_summary.h"

void import_say_files(const struct invocation *in, const struct import_summary *s)
{
	for (size_t i = 0; i < s->file_count; i++) {
		const struct import_file *f = &s->files[i];
		const char *path = strcmp(f->path, "-") == 0 ? "standard input" : f->path;
		if (f->status == IMPORT_NOT_BEGUN)
			command_say(in, "%s: not begun, because of the failure above",
				    path);
		else if (f->status != IMPORT_DONE)
			command_say(in, "%s", *f->text ? f->text : yore_strerror(f->err));
		else if (*f->damage)
			command_say(in, "%s: %s; %" PRIu64 " packet%s before it %s kept",
				    path, f->damage, f->packets,
				    f->packets == 1 ? "" : "s",
				    f->packets == 1 ? "is" : "are");
		else if (*f->text)
			command_say(in, "%s", f->text);
	}
}

static void put_counter(struct buf *out, uint64_t v, const char *text)
{
	if (v)
		buf_printf(out, "  %12" PRIu64 "  %s\n", v, text);
}

static void put_head(struct buf *out, const struct import_summary *s, bool stopped)
{
	unsigned done = 0, damaged = 0;
	for (size_t i = 0; i < s->file_count; i++) {
		done += s->files[i].status == IMPORT_DONE;
		damaged += s->files[i].status == IMPORT_DONE && *s->files[i].damage;
	}
	buf_printf(out, "%u of %zu file%s %s", done, s->file_count,
		   s->file_count == 1 ? "" : "s",
		   stopped ? "read, not all of it added" : "imported");
	if (damaged)
		buf_printf(out, " (%u up to its damage)", damaged);
	const char *unit = s->logs.lines == 0		? "packets"
			   : s->logs.lines < s->packets ? "packets and lines"
							: "lines";
	buf_printf(out, ": %" PRIu64 " %s", s->packets, unit);
	if (s->already_there)
		buf_printf(out, ", %" PRIu64 " of them imported before",
			   s->already_there);
	buf_putc(out, '\n');
	if (s->restarts)
		buf_printf(out,
			   "begun again %u time%s because another import was "
			   "faster\n",
			   s->restarts, s->restarts == 1 ? "" : "s");
}

static void put_span(struct buf *out, const struct import_summary *s)
{
	int64_t first = WHEN_UNKNOWN, last = WHEN_UNKNOWN;
	char a[WHEN_TEXT_MAX], b[WHEN_TEXT_MAX];
	for (size_t i = 0; i < s->file_count; i++) {
		const struct import_file *f = &s->files[i];
		if (f->first_us == WHEN_UNKNOWN || f->packets == 0)
			continue;
		if (first == WHEN_UNKNOWN || f->first_us < first)
			first = f->first_us;
		if (last == WHEN_UNKNOWN || f->last_us > last)
			last = f->last_us;
	}
	if (first == WHEN_UNKNOWN || last == WHEN_UNKNOWN)
		return;
	when_text(first / 1000000, a);
	when_text(last / 1000000, b);
	buf_printf(out, "from %s to %s\n", a, b);
}

static void put_logs(struct buf *out, const struct import_summary *s)
{
	const struct log_counters *l = &s->logs;
	put_counter(out, l->lines, "lines of logs");
	put_counter(out, l->records, "records in them");
	put_counter(out, l->bad, "lines skipped: they could not be read");
	put_counter(out, l->other, "lines of other kinds");
	put_counter(out, l->unanswered, "lines without an answer");
	put_counter(out, l->other_port, "lines of other ports than 53");
	put_counter(out, l->other_class, "lines of another class than IN");
	put_counter(out, l->incomplete, "records that the log does not hold whole");
	put_counter(out, s->bad_dates, "records dated outside the sane range");
	if (*l->note)
		buf_printf(out, "the export says: %s\n", l->note);
}

void import_put_summary(struct buf *out, const struct import_summary *s, bool stopped)
{
	const struct gather_counters *g = &s->gather;
	put_head(out, s, stopped);
	put_span(out, s);
	put_logs(out, s);
#define X(name, text) put_counter(out, s->net.name, text);
	DECODE_COUNTERS(X)
#undef X
#define X(name, text) put_counter(out, s->observe.name, text);
	OBSERVE_COUNTERS(X)
#undef X
	put_counter(out, g->already_there,
		    "RRsets left out: there since an earlier import");
	put_counter(out, g->suspicious_left_out,
		    "suspicious RRsets not kept whole: too many of a day or zone");
	put_counter(
	    out, g->heads_left_out,
	    "addresses under which a record is not found: too many in one record");
	put_counter(out, g->questions_too_old,
		    "questions of clients not kept: older than the retention");
	put_counter(out, g->rrsets, "RRsets written, for each month");
	put_counter(out, g->collapsed_rrsets,
		    "RRsets of names seen once collapsed to _wildcard_ below their zone");
	put_counter(out, g->segments, "segments committed");
	if (s->net.link_unknown && s->unknown_link != UINT32_MAX)
		buf_printf(out, "link type %u is not known\n", s->unknown_link);
	if (s->observe.unmatched > s->observe.responses && s->observe.queries == 0)
		buf_puts(out,
			 "No query was seen: if this tap sees one direction only, say "
			 "--accept all\n");
}
