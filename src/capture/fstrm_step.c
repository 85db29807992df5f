#include "capture/fstrm_step.h"

#include <fstrm.h>

int fstrm_step_init(struct fstrm_step *s)
{
	*s = (struct fstrm_step){.control = fstrm_control_init()};
	return s->control == NULL ? YORE_ENOMEM : 0;
}

void fstrm_step_release(struct fstrm_step *s)
{
	if (s->control != NULL)
		fstrm_control_destroy(&s->control);
	s->state = FSTRM_OVER;
}

bool fstrm_knows(struct bytes head)
{
	return head.len >= FSTRM_HEAD && load_u32be(head.at) == 0 &&
	       load_u32be(head.at + 4) >= 4 &&
	       load_u32be(head.at + 4) <= FSTRM_CONTROL_FRAME_LENGTH_MAX &&
	       load_u32be(head.at + 8) >= FSTRM_CONTROL_ACCEPT &&
	       load_u32be(head.at + 8) <= FSTRM_CONTROL_FINISH;
}

static int more(struct fstrm_step *s, size_t want)
{
	s->want = want;
	return FSTRM_MORE;
}

static int data_frame(struct fstrm_step *s, struct bytes in, size_t len)
{
	if (s->state != FSTRM_RUNNING)
		return YORE_EMALFORMED;
	if (len > FSTRM_FRAME_MOST)
		return YORE_ELIMIT;
	if (in.len < 4 + len)
		return more(s, 4 + len);
	s->data = BYTES(in.at + 4, len);
	s->used = 4 + len;
	return FSTRM_DATA;
}

static int reply(struct fstrm_step *s, fstrm_control_type type)
{
	size_t len = sizeof(s->reply_room);
	fstrm_control_reset(s->control);
	fstrm_res res = fstrm_control_set_type(s->control, type);
	if (res == fstrm_res_success && type == FSTRM_CONTROL_ACCEPT)
		res = fstrm_control_add_field_content_type(s->control,
							   (const uint8_t *)FSTRM_CONTENT,
							   sizeof(FSTRM_CONTENT) - 1);
	if (res == fstrm_res_success)
		res = fstrm_control_encode(s->control, s->reply_room, &len,
					   FSTRM_CONTROL_FLAG_WITH_HEADER);
	if (res != fstrm_res_success)
		return YORE_ENOMEM;
	s->reply = BYTES(s->reply_room, len);
	return FSTRM_REPLY;
}

/* A stream that names no content at all may be anything, dnstap too. */
static bool carries_dnstap(const struct fstrm_step *s)
{
	return fstrm_control_match_field_content_type(
		   s->control, (const uint8_t *)FSTRM_CONTENT,
		   sizeof(FSTRM_CONTENT) - 1) == fstrm_res_success;
}

static int control_frame(struct fstrm_step *s, fstrm_control_type type)
{
	bool wants_dnstap = carries_dnstap(s);
	switch (type) {
	case FSTRM_CONTROL_READY:
		if (s->state != FSTRM_FRESH)
			return YORE_EMALFORMED;
		if (!wants_dnstap)
			return YORE_EUNSUPPORTED;
		s->state = FSTRM_GREETED;
		s->answered = true;
		return reply(s, FSTRM_CONTROL_ACCEPT);
	case FSTRM_CONTROL_START:
		if (s->state != FSTRM_FRESH && s->state != FSTRM_GREETED)
			return YORE_EMALFORMED;
		if (!wants_dnstap)
			return YORE_EUNSUPPORTED;
		s->state = FSTRM_RUNNING;
		return FSTRM_NOTHING;
	case FSTRM_CONTROL_STOP:
		if (s->state != FSTRM_RUNNING)
			return YORE_EMALFORMED;
		s->state = FSTRM_OVER;
		return s->answered ? reply(s, FSTRM_CONTROL_FINISH) : FSTRM_NOTHING;
	default: /* ACCEPT and FINISH are ours to send */
		return YORE_EMALFORMED;
	}
}

int fstrm_step(struct fstrm_step *s, struct bytes in)
{
	s->used = 0;
	if (s->state == FSTRM_OVER)
		return YORE_EMALFORMED;
	if (in.len < 4)
		return more(s, 4);
	uint32_t len = load_u32be(in.at);
	if (len != 0)
		return data_frame(s, in, len);
	if (in.len < 8)
		return more(s, 8);
	len = load_u32be(in.at + 4);
	if (len < 4 || len > FSTRM_CONTROL_FRAME_LENGTH_MAX)
		return YORE_EMALFORMED;
	if (in.len < 8 + (size_t)len)
		return more(s, 8 + (size_t)len);
	fstrm_control_type type;
	if (fstrm_control_decode(s->control, in.at + 8, len, 0) != fstrm_res_success ||
	    fstrm_control_get_type(s->control, &type) != fstrm_res_success)
		return YORE_EMALFORMED;
	s->used = 8 + (size_t)len;
	return control_frame(s, type);
}
