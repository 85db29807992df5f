/*
 * Inside of net/stream.h: shared by stream.c (order, table of streams) and
 * stream_message.c (framing).
 */
#ifndef YORE_NET_STREAM_OWN_H
#define YORE_NET_STREAM_OWN_H

#include "net/ring.h"
#include "net/stream.h"

struct piece { /* a segment that came too early */
	struct piece *next;
	int64_t time_us;
	uint32_t sequence, len;
	uint8_t octets[];
};

struct stream_key {
	uint8_t src[16], dst[16];
	uint16_t src_port, dst_port;
	uint8_t addr_len, zero[3];
};

struct stream {
	struct ring age;     /* in one of the queues below, by last segment */
	struct ring hole;    /* in `holes` while pieces wait, by when that began */
	struct stream *next; /* in its bucket */
	struct stream_key key;
	int64_t last_us, hole_us;
	struct piece *pieces, *last;
	size_t waiting;		  /* cost of the pieces */
	unsigned count;		  /* of pieces */
	bool opened;		  /* in that queue */
	uint32_t start, sequence; /* of the first octet; of the next one in order */
	bool start_known;	  /* a SYN told */
	bool framed;		  /* the next octet's place in a message is known */
	bool was_framed;	  /* some time before */
	bool rooted;	     /* framed from the SYN without a hole: cannot be wrong */
	uint8_t side;	     /* enum framing_side */
	uint8_t *unfinished; /* a message's beginning, its length in front */
	uint32_t unfinished_len, unfinished_room;
	int64_t unfinished_us; /* time of its latest octet */
};

struct streams {
	struct stream_limits limits;
	struct decode_counters *counters;
	datagram_fn sink;
	void *arg;
	uint64_t number; /* of the frame being decoded */
	uint32_t input;
	int64_t now_us;
	/* by last segment: only a SYN seen, nothing kept, octets kept; and free ones */
	struct ring opened, idle, holding, unused;
	struct ring holes;
	unsigned opened_count, count, fresh;
	size_t octets;
	size_t bucket_mask;
	struct stream **buckets;
	struct stream *pool;
};

/* The octets that are next in order, as one segment brought them. */
int stream_take(struct streams *t, struct stream *s, struct bytes b, int64_t time_us);

/* Gives up the message that is unfinished, and with it where the next one begins. */
void stream_drop_unfinished(struct streams *t, struct stream *s);

/* Gives up `octets` that should have been next in order. */
void stream_lose_framing(struct streams *t, struct stream *s, size_t octets);

#endif
