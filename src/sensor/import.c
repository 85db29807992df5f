#include "sensor/import.h"

#include <stdio.h>
#include <stdlib.h>

#include "gather/collapse.h"
#include "sensor/import_own.h"

#define RESTARTS_MAX 50
#define PROGRESS_EVERY 8192 /* packets; a power of two */
#define MEMORY_DEFAULT ((size_t)320 << 20)
#define DAY_US ((int64_t)86400 * 1000000)

/* ---- one frame after the other ---- */

static void tell_progress(struct import *im, struct import_input *in, uint32_t number)
{
	gather_progress(im->chain.gather, number, &in->at, in->first_us, in->last_us);
	in->first_us = in->last_us = WHEN_UNKNOWN;
	buf_clear(&im->losses);
	chain_losses(&im->chain, &im->losses);
	gather_losses(im->chain.gather, number, buf_bytes(&im->losses));
}

/* How far the shelf of this packet's year is; packets before are not watched anew. */
static void find_year(struct import_input *in, int64_t time_us)
{
	char shelf[SHELF_MAX];
	int year = when_month_year(when_month(time_us / 1000000));
	in->year_from_us = when_month_start(year * 12) * 1000000;
	in->year_to_us = when_month_start((year + 1) * 12) * 1000000;
	in->year_mark = 0;
	snprintf(shelf, sizeof(shelf), "y%04d", year);
	uint32_t branch = identity_branch(&in->id);
	for (size_t i = 0; i < in->known.count; i++)
		if (in->known.at[i].branch == branch &&
		    strcmp(in->known.at[i].shelf, shelf) == 0)
			in->year_mark = in->known.at[i].to.packets;
}

static inline void watch(struct import *im, struct import_input *in, int64_t time_us)
{
	if (!import_sane(im, time_us))
		return;
	struct import_file *file = in->file;
	if (file->last_us == WHEN_UNKNOWN || time_us > file->last_us)
		file->last_us = time_us;
	if (time_us < in->year_from_us || time_us >= in->year_to_us)
		find_year(in, time_us);
	if (in->at.packets <= in->year_mark)
		return;
	if (in->first_us == WHEN_UNKNOWN || time_us < in->first_us)
		in->first_us = time_us;
	if (time_us > in->last_us)
		in->last_us = time_us;
}

static int show_progress(struct import *im, struct import_input *in, uint32_t number)
{
	if (im->o->progress == NULL)
		return 0;
	const struct source_state *s = input_feed_state(&in->feed);
	struct import_progress p = {.path = in->file->path,
				    .index = number,
				    .file_count = (unsigned)im->count,
				    .octets = im->done_octets + s->file_octets,
				    .total_octets = im->total_octets,
				    .packets = im->packets};
	return im->o->progress(&p, im->o->progress_arg);
}

static int hand_over(struct import *im, struct import_input *in, uint32_t number,
		     struct fault *f)
{
	tell_progress(im, in, number);
	return gather_hand_over(im->chain.gather, f);
}

static int one_line(struct import *im, struct import_input *in, struct frame *frame,
		    struct fault *f)
{
	struct log_line line;
	int r = import_read_line(im, in, frame, &line, f);
	if (r < 0)
		return r;
	if (frame->time_us)
		watch(im, in, frame->time_us);
	return import_take_line(im, frame, &line);
}

/* An earlier import told of what these packets lost. */
static void forget_losses(struct import *im)
{
	buf_clear(&im->losses);
	chain_losses(&im->chain, &im->losses);
	buf_clear(&im->losses);
}

/* A window is handed over in front of a packet: so the last one stays for the end. */
static int one_frame(struct import *im, struct import_input *in, uint32_t number,
		     struct frame *frame, struct fault *f)
{
	int r = 0;
	frame->input = number;
	if (gather_due(im->chain.gather, frame->time_us))
		r = hand_over(im, in, number, f);
	if (r == 0 && (im->packets & (PROGRESS_EVERY - 1)) == 0)
		r = show_progress(im, in, number);
	if (r < 0)
		return r;
	position_step(&in->at, frame);
	im->packets++;
	if (in->log)
		return one_line(im, in, frame, f);
	watch(im, in, frame->time_us);
	int told = chain_frame(&im->chain, frame);
	if (in->at.packets == in->covered)
		forget_losses(im);
	if (in->at.packets == in->ended_at)
		observer_forget_questions(im->chain.observer);
	return told;
}

/* The whole path, so that the file is found again from anywhere (yore packets). */
static void name_it(const struct import_input *in, struct ledger_entry *e)
{
	const char *path = in->file->path;
	char *whole = input_feed_is_stdin(&in->feed) ? NULL : realpath(path, NULL);
	const char *name = input_feed_is_stdin(&in->feed) ? "stdin"
			   : whole			  ? whole
							  : path;
	size_t n = strlen(name), room = sizeof(e->name) - 1;
	/* of a long one the end says more */
	snprintf(e->name, sizeof(e->name), "%s", n > room ? name + n - room : name);
	free(whole);
}

static int make_known(struct import *im, struct import_input *in, uint32_t number)
{
	struct ledger_entry start = {.input = in->id};
	name_it(in, &start);
	snprintf(start.sensor, sizeof(start.sensor), "%s",
		 im->o->sensor ? im->o->sensor : "");
	snprintf(start.kind, sizeof(start.kind), "%.*s",
		 (int)strcspn(in->file->format, " "), in->file->format);
	snprintf(start.version, sizeof(start.version), "%s", YORE_VERSION);
	int r = gather_input(im->chain.gather, number, &start);
	uint32_t branch = identity_branch(&in->id);
	for (size_t i = 0; i < in->known.count && r == 0; i++)
		if (in->known.at[i].branch == branch)
			r = gather_known(im->chain.gather, number, in->known.at[i].shelf,
					 in->known.at[i].to.packets);
	return r;
}

static void done_with(struct import *im, struct import_input *in)
{
	const struct source_state *s = input_feed_state(&in->feed);
	struct import_file *file = in->file;
	file->status = IMPORT_DONE;
	file->packets = in->at.packets;
	file->already_there = in->covered < file->packets ? in->covered : file->packets;
	if (s->damaged)
		memcpy(file->damage, s->damage, sizeof(file->damage));
	im->done_octets += s->file_octets;
}

static int one_file(struct import *im, struct import_input *in, uint32_t number,
		    struct fault *f)
{
	struct frame frame;
	int r = make_known(im, in, number);
	if (r == 0)
		r = import_open_log(im, in, f);
	in->at = (struct input_position){0};
	in->first_us = in->last_us = WHEN_UNKNOWN;
	in->year_from_us = in->year_to_us = 0;
	in->file->last_us = WHEN_UNKNOWN;
	while (r == 0 && (r = input_feed_next(&in->feed, &frame)) == 1)
		r = one_frame(im, in, number, &frame, f);
	if (r < 0 && f->code == 0)
		fault_set(f, r, "%s: after packet %llu: %s", in->file->path,
			  (unsigned long long)in->at.packets, yore_strerror(r));
	if (r < 0)
		return r;
	done_with(im, in);
	if (in->at.packets > 0)
		tell_progress(im, in, number);
	input_feed_close(&in->feed);
	import_close_log(im, in);
	return 0;
}

/* ---- all files ---- */

static int begin(struct import *im, struct fault *f)
{
	const struct import_options *o = im->o;
	size_t unit = (o->memory ? o->memory : MEMORY_DEFAULT) / 20;
	struct chain_options c = {
	    .net = {.port_count = o->port_count,
		    .frag_octets = unit,
		    .stream_octets = 2 * unit,
		    .deduplicate = o->deduplicate,
		    .outer_only = o->outer_only},
	    .observe = {.accept_all = o->accept_all,
			.bailiwick_off = o->bailiwick_off,
			.vantage = o->vantage,
			.port_count = o->port_count,
			.latest_us = im->latest_us,
			.selection = o->selection,
			.site = o->site,
			.negative_off = o->negative_off,
			.suspicious_off = o->suspicious_off,
			.memory = 3 * unit},
	    .who_asked = o->who_asked,
	    .gather = {.memory = 14 * unit,
		       .asked_since_s = o->asked_since_s,
		       .pseudonyms = o->pseudonyms,
		       .places = o->places,
		       .collapse = o->no_collapse ? COLLAPSE_OFF : 0,
		       .sensor = o->sensor ? sensor_hash(o->sensor) : 0},
	    .store = o->store,
	};
	memcpy(c.net.ports, o->ports, sizeof(o->ports));
	memcpy(c.observe.ports, o->ports, sizeof(o->ports));
	im->done_octets = im->packets = 0;
	im->summary->logs = (struct log_counters){0};
	im->summary->bad_dates = 0;
	im->lines.skipped = im->lines.rewritten = 0;
	struct segment_sink sink = o->sink ? *o->sink : store_sink(o->store);
	return chain_init(&im->chain, &c, &sink, f);
}

static bool is_open(const struct import_input *in)
{
	return in->file->status == IMPORT_NOT_BEGUN || in->file->status == IMPORT_DONE;
}

/* A file that cannot be opened again or is refused does not end the call. */
static int prepare(struct import *im, struct import_input *in, struct fault *f)
{
	struct fault own = {0};
	int r = input_feed_rewind(&in->feed, &own);
	if (r == 0 && in->any)
		r = import_look_up(im, in, &own);
	if (r == 0)
		return 0;
	if (r == YORE_EREFUSED) {
		import_refuse(in, IMPORT_REFUSED, r, &own);
		return 0;
	}
	import_refuse(in, IMPORT_FAILED, r, &own);
	*f = own;
	return r;
}

/* Begins like an earlier one of this call: what that brought must be in the ledger. */
static bool is_copy(const struct import *im, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (im->inputs[j].at.packets > 0 &&
		    import_same_input(&im->inputs[j].id, &im->inputs[i].id))
			return true;
	return false;
}

/*
 * Nothing more comes: who still waits was not answered. It is told of behind the last
 * packet that is new, and its commit says so: a file that has grown until the next
 * import must not tell of them again.
 */
static int end_questions(struct import *im)
{
	for (size_t i = im->count; i-- > 0;) {
		struct import_input *in = &im->inputs[i];
		if (in->file->status != IMPORT_DONE || in->log ||
		    in->asked_covered >= in->at.packets)
			continue;
		buf_puts(&im->losses, IDENTITY_ENDED);
		gather_losses(im->chain.gather, (uint32_t)i, buf_bytes(&im->losses));
		return observer_end(im->chain.observer, (uint32_t)i, in->at.packets);
	}
	return 0;
}

static int all_files(struct import *im, struct fault *f)
{
	int r = 0;
	for (size_t i = 0; i < im->count && r == 0; i++) {
		struct import_input *in = &im->inputs[i];
		if (is_open(in) && is_copy(im, i))
			r = gather_flush(im->chain.gather, f);
		if (r == 0 && is_open(in))
			r = prepare(im, in, f);
		if (r == 0 && is_open(in))
			r = one_file(im, in, (uint32_t)i, f);
		if (r < 0 && r != YORE_ESTALE && is_open(in))
			import_refuse(in, IMPORT_FAILED, r, f);
	}
	if (r == 0 && !im->o->unfinished)
		r = decoder_finish(im->chain.decoder);
	if (r == 0 && im->o->who_asked && !im->o->unfinished)
		r = end_questions(im);
	if (r == 0 && im->o->progress) {
		struct import_progress p = {.file_count = (unsigned)im->count,
					    .octets = im->total_octets,
					    .total_octets = im->total_octets,
					    .packets = im->packets};
		r = im->o->progress(&p, im->o->progress_arg);
	}
	return r < 0 ? r : gather_flush(im->chain.gather, f);
}

static void sum_up(struct import *im)
{
	struct import_summary *s = im->summary;
	s->net = *decoder_counters(im->chain.decoder);
	s->observe = *observer_counters(im->chain.observer);
	s->observe.skipped += im->lines.skipped;
	s->observe.rewritten += im->lines.rewritten;
	s->gather = *gather_counters(im->chain.gather);
	s->unknown_link = decoder_unknown_link(im->chain.decoder);
	s->packets = s->already_there = 0;
	for (size_t i = 0; i < s->file_count; i++) {
		s->packets += s->files[i].packets;
		s->already_there += s->files[i].already_there;
	}
}

static int run_once(struct import *im, struct fault *f)
{
	int r = begin(im, f);
	if (r < 0)
		return r;
	r = all_files(im, f);
	if (r < 0 && gather_fault(im->chain.gather)->code)
		*f = *gather_fault(im->chain.gather);
	sum_up(im);
	chain_release(&im->chain);
	return r;
}

static void release(struct import *im)
{
	for (size_t i = 0; i < im->count && im->inputs; i++) {
		input_feed_release(&im->inputs[i].feed);
		log_free(im->inputs[i].log);
		known_release(&im->inputs[i].known);
	}
	free(im->inputs);
	buf_release(&im->losses);
}

int import_run(const struct import_options *o, struct import_summary *ret,
	       struct fault *f)
{
	struct fault own = {0};
	struct import im = {.o = o, .summary = ret};
	*ret = (struct import_summary){.unknown_link = UINT32_MAX};
	im.latest_us = o->now_s * 1000000 + DAY_US;
	buf_init(&im.losses, 1 << 16);
	int r = import_open_all(&im, &own);
	for (unsigned i = 0; r == 0 && i < RESTARTS_MAX; i++) {
		own = (struct fault){0};
		r = run_once(&im, &own);
		/* somebody else committed the same packets: where are they now? */
		if (r != YORE_ESTALE)
			break;
		ret->restarts++;
		r = i + 1 < RESTARTS_MAX ? 0 : r;
	}
	release(&im);
	if (r < 0 && f != NULL)
		*f = own;
	return r;
}

void import_summary_release(struct import_summary *s)
{
	free(s->files);
	s->files = NULL;
	s->file_count = 0;
}
