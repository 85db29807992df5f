/* Lines of other tools' logs on their way to the window. */
#include <stdio.h>

#include "capture/lines.h"
#include "observe/suspect.h"
#include "sensor/import_own.h"

int import_open_log(struct import *im, struct import_input *in, struct fault *f)
{
	struct log_options o = im->o->log;
	if (!in->any || in->feed.first.link != LINK_LINE)
		return 0;
	o.now_s = im->o->now_s;
	if (im->o->vantage == VANTAGE_ABOVE)
		o.sightings = SOURCE_ABOVE;
	else if (im->o->vantage == VANTAGE_BELOW)
		o.sightings = SOURCE_BELOW;
	log_free(in->log);
	in->log = NULL;
	int r = log_new(BYTES(in->feed.head, in->feed.head_len), in->file->path, &o, f,
			&in->log);
	if (r == 0)
		snprintf(in->file->format, sizeof(in->file->format), "%s",
			 log_format_name(in->log));
	return r;
}

static void add_counters(struct log_counters *sum, const struct log_counters *c)
{
	sum->lines += c->lines;
	sum->bad += c->bad;
	sum->other += c->other;
	sum->unanswered += c->unanswered;
	sum->other_port += c->other_port;
	sum->other_class += c->other_class;
	sum->incomplete += c->incomplete;
	sum->records += c->records;
	if (c->note[0])
		memcpy(sum->note, c->note, sizeof(sum->note));
}

void import_close_log(struct import *im, struct import_input *in)
{
	if (in->log == NULL)
		return;
	add_counters(&im->summary->logs, log_counters(in->log));
	log_free(in->log);
	in->log = NULL;
}

int import_read_line(struct import *im, struct import_input *in, struct frame *frame,
		     struct log_line *ret, struct fault *f)
{
	bool cut = frame->wire_len > frame->octets.len + 1;
	log_read(in->log, frame->octets, cut, ret);
	frame->time_us =
	    log_is_dated(in->log) && ret->time_us != WHEN_UNKNOWN ? ret->time_us : 0;
	if (in->file->first_us == WHEN_UNKNOWN && frame->time_us)
		in->file->first_us = frame->time_us;
	if (ret->bad == NULL)
		return 0;
	if (im->o->bad_line && !im->o->strict)
		im->o->bad_line(in->file->path, frame->number, ret->bad,
				im->o->bad_line_arg);
	if (!im->o->strict)
		return 0;
	return fault_set(f, YORE_EMALFORMED,
			 "%s: line %llu: %s; stopped there (--strict), the lines before "
			 "it are not all kept",
			 in->file->path, (unsigned long long)frame->number, ret->bad);
}

static bool dated_well(const struct import *im, const struct span *s)
{
	return (s->first_s == WHEN_UNKNOWN || import_sane(im, s->first_s * 1000000)) &&
	       (s->last_s == WHEN_UNKNOWN || import_sane(im, s->last_s * 1000000));
}

/*
 * What the record is evidence of, as a source: the site's own rewriting (then it is not
 * history), a public name at a private address (then it is, too); SOURCE_NONE: of
 * nothing.
 */
static int suspect(const struct import *im, const struct log_record *r, uint16_t *ret,
		   bool *believed)
{
	const struct site *site = im->o->site;
	bool below = r->set.source == SOURCE_BELOW;
	*ret = SOURCE_NONE;
	*believed = true;
	if (r->interval || (!below && r->set.source != SOURCE_ABOVE))
		return 0;
	if (site && site_rewrites(site, r->set.type, r->set.owner, r->set.rdata)) {
		*believed = false;
		return source_of_name(below ? "below.rewritten" : "above.rewritten", ret);
	}
	if (suspect_private(&r->set))
		return source_of_name(below ? "below.private" : "above.private", ret);
	return 0;
}

static int take_evidence(struct import *im, const struct frame *frame,
			 const struct record *record, uint16_t source)
{
	struct record evidence = *record;
	if (source == SOURCE_NONE || im->o->suspicious_off)
		return 0;
	evidence.set.source = source;
	evidence.set.bailiwick = BAILIWICK_ABSENT;
	return gather_evidence(im->chain.gather, &evidence, frame->input, frame->number);
}

static bool wanted(const struct import *im, const struct log_record *r)
{
	return im->o->selection == NULL ||
	       selection_wants_set(im->o->selection, r->set.owner, r->set.type);
}

int import_take_line(struct import *im, const struct frame *frame,
		     const struct log_line *line)
{
	for (size_t i = 0; i < line->count; i++) {
		const struct log_record *r = &line->records[i];
		struct record record = {.set = r->set, .span = r->span};
		if (!dated_well(im, &r->span)) {
			im->summary->bad_dates++;
			continue;
		}
		if (!wanted(im, r)) {
			im->lines.skipped++;
			continue;
		}
		if (!r->interval)
			record.month = when_month(r->span.first_s);
		uint16_t why;
		bool believed;
		int e = suspect(im, r, &why, &believed);
		im->lines.rewritten += !believed;
		if (e == 0)
			e = take_evidence(im, frame, &record, why);
		if (e == 0 && believed)
			e = gather_record(im->chain.gather, &record, frame->input,
					  frame->number);
		if (e < 0)
			return e;
	}
	return 0;
}
