/* Before a packet is imported: files in time order, and what the ledger has of them. */
#include <stdlib.h>

#include "capture/lines.h"
#include "sensor/import_own.h"
#include "store/shelf.h"

void import_refuse(struct import_input *in, enum import_status status, int err,
		   const struct fault *f)
{
	in->file->status = status;
	in->file->err = err;
	memcpy(in->file->text, f->text, sizeof(in->file->text));
	input_feed_release(&in->feed);
}

/* The same export taken in as another data set is another input. */
static void identify(struct import *im, struct import_input *in)
{
	const char *name = im->o->sensor;
	if (in->feed.first.link == LINK_LINE && im->o->log.source)
		name = im->o->log.source;
	identity_of(name ? name : "", &in->feed.first, &in->id);
}

static int open_one(struct import *im, struct import_input *in)
{
	struct fault f = {0};
	int r = input_feed_open(&in->feed, in->file->path, &f);
	if (r < 0) {
		import_refuse(in, r == YORE_EUNSUPPORTED ? IMPORT_REFUSED : IMPORT_FAILED,
			      r, &f);
		return 0;
	}
	const struct source_state *s = input_feed_state(&in->feed);
	memcpy(in->file->format, s->format, sizeof(in->file->format));
	im->total_octets += s->file_size;
	in->any = r == 1;
	bool dated = in->any && in->feed.first.link != LINK_LINE;
	in->file->first_us = dated ? in->feed.first.time_us : WHEN_UNKNOWN;
	if (in->any)
		identify(im, in);
	in->file->status = IMPORT_NOT_BEGUN;
	if (!dated) { /* is it a log at all, and which? */
		r = import_open_log(im, in, &f);
		import_close_log(im, in);
		if (r < 0) {
			import_refuse(in, IMPORT_REFUSED, r, &f);
			return 0;
		}
	}
	input_feed_close(&in->feed); /* a thousand files are not held open */
	return 0;
}

/* By the first packet; the files of a tie, and those without a packet, as they came. */
static int by_first_packet(const void *a, const void *b)
{
	const struct import_file *x = a, *y = b;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int by_time(const void *a, const void *b)
{
	const struct import_input *x = a, *y = b;
	return by_first_packet(x->file, y->file);
}

/* The summary's files are given in the order of reading, too. */
static int order(struct import *im)
{
	qsort(im->inputs, im->count, sizeof(*im->inputs), by_time);
	struct import_file *files = malloc((im->count + 1) * sizeof(*files));
	if (files == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < im->count; i++)
		files[i] = *im->inputs[i].file;
	for (size_t i = 0; i < im->count; i++) {
		im->summary->files[i] = files[i];
		im->inputs[i].file = &im->summary->files[i];
	}
	free(files);
	return 0;
}

int import_open_all(struct import *im, struct fault *f)
{
	const struct import_options *o = im->o;
	im->summary->files = calloc(o->file_count + 1, sizeof(*im->summary->files));
	im->inputs = calloc(o->file_count + 1, sizeof(*im->inputs));
	if (im->summary->files == NULL || im->inputs == NULL)
		return fault_set(f, YORE_ENOMEM, "no memory for a list of files");
	im->summary->file_count = im->count = o->file_count;
	for (size_t i = 0; i < im->count; i++) {
		struct import_input *in = &im->inputs[i];
		in->file = &im->summary->files[i];
		in->file->path = o->files[i];
		in->file->first_us = in->file->last_us = WHEN_UNKNOWN;
		int r = open_one(im, in);
		if (r < 0)
			return r;
	}
	return order(im);
}

/* ---- what the ledger has ---- */

/* Reads ahead: which branch it is, and (for a named sensor) which time it covers. */
static int read_ahead(struct import *im, struct import_input *in, bool whole,
		      int64_t *first_us, int64_t *last_us, struct fault *f)
{
	struct input_position at = {0};
	struct frame frame;
	int r = 1;
	while ((whole || at.packets < in->known.most) &&
	       (r = input_feed_next(&in->feed, &frame)) == 1) {
		if (import_sane(im, frame.time_us)) {
			if (*first_us == WHEN_UNKNOWN || frame.time_us < *first_us)
				*first_us = frame.time_us;
			if (frame.time_us > *last_us)
				*last_us = frame.time_us;
		}
		if (at.packets < in->known.most) {
			position_step(&at, &frame);
			known_compare(&in->known, &at, false);
		}
	}
	if (r == 0)
		known_compare(&in->known, &at, true);
	if (r < 0)
		return fault_set(f, r, "%s: reading failed", in->file->path);
	return input_feed_rewind(&in->feed, f);
}

static void choose_branch(struct import_input *in)
{
	uint32_t branch = known_branch(&in->known);
	identity_set_branch(&in->id, branch);
	in->covered = in->asked_covered = in->ended_at = 0;
	for (size_t i = 0; i < in->known.count; i++) {
		const struct known_shelf *s = &in->known.at[i];
		if (s->branch == branch && s->to.packets > in->covered)
			in->covered = s->to.packets;
		if (s->branch != branch || !shelf_who_month(s->shelf))
			continue;
		if (s->to.packets > in->asked_covered)
			in->asked_covered = s->to.packets;
		if (s->ended && s->to.packets > in->ended_at)
			in->ended_at = s->to.packets;
	}
}

int import_look_up(struct import *im, struct import_input *in, struct fault *f)
{
	int64_t first_us = WHEN_UNKNOWN, last_us = WHEN_UNKNOWN;
	bool overlap = im->o->sensor != NULL && !im->o->again && im->o->store != NULL;
	known_release(&in->known);
	int r = known_ask(im->o->store, &in->id, &in->known, f);
	bool whole = overlap && !input_feed_is_stdin(&in->feed);
	if (r == 0 && (in->known.count > 0 || whole)) {
		r = input_feed_keep(&in->feed, f);
		if (r == 0)
			r = read_ahead(im, in, whole, &first_us, &last_us, f);
	}
	if (r < 0)
		return r;
	choose_branch(in);
	if (first_us == WHEN_UNKNOWN) /* a stream: where it begins is all that is known */
		first_us = last_us = in->file->first_us;
	if (!overlap || !import_sane(im, first_us))
		return 0;
	return import_check_overlap(im, in, first_us, last_us, f);
}
