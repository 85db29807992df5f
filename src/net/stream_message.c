#include <stdlib.h>

#include "net/decode.h"
#include "net/framing.h"
#include "net/stream_own.h"

#define MESSAGE_MOST (2 + 65535)
#define UNFINISHED_LEAST 128

void stream_drop_unfinished(struct streams *t, struct stream *s)
{
	if (s->unfinished_len > 0)
		stream_lose_framing(t, s, s->unfinished_len);
	t->octets -= s->unfinished_room;
	free(s->unfinished);
	s->unfinished = NULL;
	s->unfinished_len = s->unfinished_room = 0;
}

static int deliver(struct streams *t, struct stream *s, struct bytes message,
		   int64_t time_us)
{
	if (message.len < 12) {
		t->counters->too_short_tcp++;
		return 0;
	}
	t->counters->messages_tcp++;
	struct datagram d = {
	    .time_us = time_us,
	    .src = addr_of(s->key.src, s->key.addr_len),
	    .dst = addr_of(s->key.dst, s->key.addr_len),
	    .src_port = s->key.src_port,
	    .dst_port = s->key.dst_port,
	    .transport = TRANSPORT_TCP,
	    .input = t->input,
	    .number = t->number,
	    .payload = message,
	};
	return t->sink(&d, t->arg);
}

/* Room for `len` octets of an unfinished message; grows with what came, not with what
 * its length claims. False: no memory, or the ceiling. */
static bool unfinished_room(struct streams *t, struct stream *s, uint32_t len)
{
	if (len <= s->unfinished_room)
		return true;
	uint32_t room = s->unfinished_room ? s->unfinished_room * 2 : UNFINISHED_LEAST;
	while (room < len)
		room *= 2;
	if (room > MESSAGE_MOST)
		room = MESSAGE_MOST;
	uint8_t *grown = realloc(s->unfinished, room);
	if (grown == NULL)
		return false;
	t->octets += room - s->unfinished_room;
	s->unfinished = grown;
	s->unfinished_room = room;
	return true;
}

static bool keep_unfinished(struct streams *t, struct stream *s, struct bytes b,
			    int64_t time_us)
{
	if (b.len == 0)
		return true;
	if (!unfinished_room(t, s, s->unfinished_len + (uint32_t)b.len)) {
		stream_drop_unfinished(t, s);
		s->framed = s->rooted = false;
		return false;
	}
	memcpy(s->unfinished + s->unfinished_len, b.at, b.len);
	if (s->unfinished_len == 0 || time_us > s->unfinished_us)
		s->unfinished_us = time_us;
	s->unfinished_len += (uint32_t)b.len;
	return true;
}

/* Framing guessed from the looks of a segment is given up when its looks go. */
static bool goes_wrong(const struct stream *s, struct bytes at_message)
{
	return !s->rooted && at_message.len >= FRAMING_LEAST &&
	       !framing_plausible(at_message, s->side);
}

void stream_lose_framing(struct streams *t, struct stream *s, size_t octets)
{
	t->counters->tcp_lost_octets += octets;
	s->framed = s->rooted = false;
}

/* Octets for the unfinished message; takes what it needs from *b. */
static int finish_message(struct streams *t, struct stream *s, struct bytes *b,
			  int64_t time_us)
{
	while (s->unfinished_len > 0 && b->len > 0) {
		uint32_t need = 2;
		if (s->unfinished_len >= 2)
			need += load_u16be(s->unfinished);
		size_t n =
		    need - s->unfinished_len < b->len ? need - s->unfinished_len : b->len;
		if (!keep_unfinished(t, s, BYTES(b->at, n), time_us))
			return 0;
		*b = BYTES(b->at + n, b->len - n);
		struct bytes have = BYTES(s->unfinished, s->unfinished_len);
		if (goes_wrong(s, have)) {
			stream_drop_unfinished(t, s);
			return 0;
		}
		if (have.len < 2 || have.len < 2u + load_u16be(have.at))
			continue;
		uint8_t *message = s->unfinished;
		t->octets -= s->unfinished_room;
		s->unfinished = NULL;
		s->unfinished_len = s->unfinished_room = 0;
		int r = deliver(t, s, BYTES(message + 2, have.len - 2), s->unfinished_us);
		free(message);
		if (r < 0)
			return r;
	}
	return 0;
}

static int frame_octets(struct streams *t, struct stream *s, struct bytes b,
			int64_t time_us)
{
	int r = finish_message(t, s, &b, time_us);
	if (r < 0)
		return r;
	while (s->framed && b.len > 0) {
		if (goes_wrong(s, b)) {
			stream_lose_framing(t, s, b.len);
			return 0;
		}
		size_t whole = b.len >= 2 ? 2u + load_u16be(b.at) : MESSAGE_MOST + 1;
		if (whole > b.len) {
			if (!keep_unfinished(t, s, b, time_us))
				t->counters->tcp_lost_octets += b.len;
			return 0;
		}
		r = deliver(t, s, BYTES(b.at + 2, whole - 2), time_us);
		if (r < 0)
			return r;
		b = BYTES(b.at + whole, b.len - whole);
	}
	if (!s->framed)
		t->counters->tcp_lost_octets += b.len;
	return 0;
}

/*
 * A segment of a stream whose framing is not known. A length on its own (many clients
 * write it so) says something only on a stream that carried DNS before.
 */
static int seek_framing(struct streams *t, struct stream *s, struct bytes b,
			int64_t time_us)
{
	if (s->unfinished_len > 0 && s->unfinished_len < FRAMING_LEAST &&
	    keep_unfinished(t, s, b, time_us)) {
		uint8_t *joined = s->unfinished;
		size_t len = s->unfinished_len, before = len - b.len;
		t->octets -= s->unfinished_room;
		s->unfinished = NULL;
		s->unfinished_len = s->unfinished_room = 0;
		int r = 0;
		bool begins = framing_begins(BYTES(joined, len), s->side);
		if (begins) {
			s->framed = s->was_framed = true;
			r = frame_octets(t, s, BYTES(joined, len), time_us);
		}
		free(joined);
		if (begins)
			return r;
		t->counters->tcp_lost_octets += before;
	}
	if (framing_begins(b, s->side)) {
		s->framed = s->was_framed = true;
		return frame_octets(t, s, b, time_us);
	}
	if (!s->was_framed || b.len >= FRAMING_LEAST ||
	    !keep_unfinished(t, s, b, time_us))
		t->counters->tcp_lost_octets += b.len;
	return 0;
}

int stream_take(struct streams *t, struct stream *s, struct bytes b, int64_t time_us)
{
	s->sequence += (uint32_t)b.len;
	return s->framed ? frame_octets(t, s, b, time_us)
			 : seek_framing(t, s, b, time_us);
}
