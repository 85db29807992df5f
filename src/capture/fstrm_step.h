/*
 * Frame Streams (https://farsightsec.github.io/fstrm/), the reading side, a step at a
 * time over octets that somebody else fetched: a file's intake or a socket's buffer.
 *
 * A stream is either one way (START, data, STOP: files, and producers that were told
 * so) or answered (READY, our ACCEPT, START, data, STOP, our FINISH). Which of the two
 * shows in its first control frame. Control frames are decoded by libfstrm.
 */
#ifndef YORE_CAPTURE_FSTRM_STEP_H
#define YORE_CAPTURE_FSTRM_STEP_H

#include "base/bytes.h"

#define FSTRM_CONTENT "protobuf:dnstap.Dnstap"
/* No data frame is longer: two DNS messages of the greatest length fit twice over. */
#define FSTRM_FRAME_MOST ((size_t)256 << 10)
#define FSTRM_HEAD 12 /* octets that tell whether something begins as a stream */

struct fstrm_control;

struct fstrm_step {
	enum { FSTRM_FRESH, FSTRM_GREETED, FSTRM_RUNNING, FSTRM_OVER } state;
	bool answered; /* the producer waits for our side of the handshake */
	struct fstrm_control *control;
	size_t used;	   /* octets that this step was made of: the caller passes them */
	size_t want;	   /* FSTRM_MORE: so many must be at hand for the next step */
	struct bytes data; /* FSTRM_DATA: one frame, within the octets given */
	struct bytes reply; /* FSTRM_REPLY: to be sent before going on */
	uint8_t reply_room[64];
};

enum fstrm_what {
	FSTRM_MORE, /* not enough octets yet */
	FSTRM_DATA,
	FSTRM_REPLY,
	FSTRM_NOTHING, /* a control frame that asks for nothing */
};

int fstrm_step_init(struct fstrm_step *s) YORE_MUST_CHECK;
void fstrm_step_release(struct fstrm_step *s);

/*
 * What comes next in `in`: enum fstrm_what, or YORE_EMALFORMED (not a frame stream, or
 * out of order), YORE_ELIMIT (a frame of absurd length), YORE_EUNSUPPORTED (it carries
 * something else than dnstap). After an error and after FSTRM_OVER nothing more comes.
 */
int fstrm_step(struct fstrm_step *s, struct bytes in);

/* Does this begin as a frame stream? Looks at FSTRM_HEAD octets. */
bool fstrm_knows(struct bytes head);

#endif
