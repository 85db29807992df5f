/*
 * DNS messages (RFC 1035 4): octets in, every record of every section out in canonical
 * form, or an error for the whole message. No I/O; all memory is the parser's own
 * scratch, so a message costs no allocation after the first.
 */
#ifndef YORE_DNS_MESSAGE_H
#define YORE_DNS_MESSAGE_H

#include "dns/name.h"
#include "dns/type.h"

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };

enum { /* header flags, as they stand in the second 16 bits (RFC 1035 4.1.1) */
       FLAG_QR = 0x8000,
       FLAG_AA = 0x0400,
       FLAG_TC = 0x0200,
       FLAG_RD = 0x0100,
       FLAG_RA = 0x0080,
       FLAG_AD = 0x0020,
       FLAG_CD = 0x0010,
};

struct rr {
	struct bytes owner; /* lower-case wire form */
	struct bytes rdata; /* canonical; raw for meta types and classes but IN */
	uint32_t ttl;
	uint16_t type, class;
	uint8_t section; /* enum section */
};

struct question {
	struct bytes name;     /* lower-case wire form */
	struct bytes spelling; /* the same with the case of the wire (0x20) */
	uint16_t type, class;
};

struct message {
	uint16_t id, flags;
	uint8_t opcode;
	uint16_t rcode; /* with the EDNS extension bits, RFC 6891 6.1.3 */
	uint16_t qdcount;
	struct question question; /* the first; name.len 0 when there is none */
	struct rr *rr;		  /* all sections in wire order */
	unsigned rr_count;
	size_t trailing; /* octets behind the last record (kept out of everything) */
};

/*
 * Scratch of one thread. Ceiling: what one message may expand to; a bomb of compression
 * pointers ends with YORE_ELIMIT.
 */
struct message_parser;
struct message_parser *message_parser_new(size_t ceiling); /* 0: 4 MiB; NULL: no memory */
void message_parser_free(struct message_parser *p);

/*
 * Parses one whole message. Everything in *ret is borrowed from the parser (and from
 * msg for nothing) until the next call. YORE_EMALFORMED when any count, name or rdata
 * does not fit: the message is refused whole and rr_count is 0. With `partial` non-NULL
 * the error is the same, but *partial tells whether header and question were whole, and
 * *ret then holds the records in front of the damage.
 *
 * Pointers are followed in every name, also where RFC 3597 4 forbids a sender to use
 * them, as other decoders do. Octets behind the last record are no damage, and neither
 * are records without rdata in class NONE or ANY (RFC 2136 2.4): those belong to updates.
 */
int message_parse(struct message_parser *p, struct bytes msg, struct message *ret,
		  bool *partial);

/* Header and question only: for queries. Cheaper; rr_count is 0 in *ret. */
int message_parse_question(struct message_parser *p, struct bytes msg,
			   struct message *ret);

#endif
