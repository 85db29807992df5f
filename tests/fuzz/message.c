/* A DNS message: what the parser says is what a parser that remembers nothing says. */
#include "dns/message.h"

#include "../unit/dns/reference.h"
#include "law.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message_parser *p;
	struct bytes msg = BYTES(data, size);
	struct message m;
	bool partial;
	if (p == NULL)
		p = message_parser_new(0);
	int r = message_parse(p, msg, &m, &partial);
	if (r != YORE_ELIMIT)
		LAW((r == 0) == reference_reads(msg), "result %d", r);
	if (r == 0 || partial)
		LAW(reference_agrees(msg, &m), "records differ");
	for (unsigned i = 0; i < m.rr_count && (r == 0 || partial); i++) {
		const struct rr *rr = &m.rr[i];
		LAW(name_wire_valid(rr->owner), "an owner is a name");
		if (rr->class == CLASS_IN && !type_is_meta(rr->type))
			LAW(rdata_valid(rr->type, rr->rdata), "rdata is canonical");
	}
	if (r < 0) {
		LAW(message_parse(p, msg, &m, NULL) == r && m.rr_count == 0,
		    "refused whole, and with the same result");
	}
	struct message q;
	if (r == 0)
		LAW(message_parse_question(p, msg, &q) == 0 && q.id == m.id &&
			q.question.type == m.question.type,
		    "the question alone");
	return 0;
}
