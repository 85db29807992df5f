#include "sensor/transactions.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/when.h"
#include "capture/dnstap.h"
#include "capture/source.h"

#define WAYS 8
#define SETS 8192 /* a power of two */
#define PATIENCE_US ((int64_t)60 * 1000000)

struct waiting {
	bool used, answered;
	uint64_t key;
	struct transaction asked; /* as far as the question shows it */
	struct name name;
};

struct transactions {
	struct decoder *decoder;
	struct dnstap *dnstap;
	struct message_parser *parser;
	int64_t from_us, to_us;
	transaction_fn each;
	void *arg;
	const char *path;
	struct waiting table[SETS][WAYS];
};

static uint64_t key_of(const struct datagram *d, bool response)
{
	const struct addr *client = response ? &d->dst : &d->src;
	const struct addr *server = response ? &d->src : &d->dst;
	uint16_t client_port = response ? d->dst_port : d->src_port;
	uint16_t server_port = response ? d->src_port : d->dst_port;
	uint64_t h = hash_keyed(client->at, sizeof(client->at));
	h = hash_mix(h, hash_keyed(server->at, sizeof(server->at)));
	return hash_mix(h, (uint64_t)client_port << 48 | (uint64_t)server_port << 32 |
			       (uint64_t)load_u16be(d->payload.at) << 16 | d->transport);
}

static int give_up(struct transactions *t, struct waiting *w)
{
	w->used = false;
	if (w->answered)
		return 0;
	w->asked.name = name_bytes(&w->name);
	return t->each(&w->asked, t->arg);
}

static struct waiting *find(struct transactions *t, uint64_t key,
			    const struct bytes *name)
{
	struct waiting *set = t->table[key & (SETS - 1)];
	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].used && set[i].key == key &&
		    (name == NULL || bytes_equal(name_bytes(&set[i].name), *name)))
			return &set[i];
	return NULL;
}

/* A free place of the set, or that of the oldest question, which is given up. */
static int make_place(struct transactions *t, uint64_t key, struct waiting **ret)
{
	struct waiting *set = t->table[key & (SETS - 1)], *oldest = &set[0];
	for (unsigned i = 0; i < WAYS; i++) {
		if (!set[i].used) {
			*ret = &set[i];
			return 0;
		}
		if (set[i].asked.asked_us < oldest->asked.asked_us)
			oldest = &set[i];
	}
	*ret = oldest;
	return give_up(t, oldest);
}

static struct transaction ends_of(const struct datagram *d, bool response)
{
	return (struct transaction){
	    .asked_us = WHEN_UNKNOWN,
	    .answered_us = WHEN_UNKNOWN,
	    .client = response ? d->dst : d->src,
	    .server = response ? d->src : d->dst,
	    .client_port = response ? d->dst_port : d->src_port,
	    .server_port = response ? d->src_port : d->dst_port,
	    .transport = d->transport,
	};
}

static int on_query(struct transactions *t, const struct datagram *d)
{
	struct message m;
	struct waiting *w;
	if (message_parse_question(t->parser, d->payload, &m) < 0 ||
	    m.question.name.len == 0 || m.opcode != 0)
		return 0;
	uint64_t key = key_of(d, false);
	w = find(t, key, &m.question.name);
	bool late = w && d->time_us - w->asked.asked_us > PATIENCE_US;
	if (w && !w->answered && !late)
		return 0; /* asked once more: the first time is when it was asked */
	int r = w ? give_up(t, w) : make_place(t, key, &w);
	if (r < 0)
		return r;
	w->used = true;
	w->answered = false;
	w->key = key;
	w->asked = ends_of(d, false);
	w->asked.asked_us = d->time_us;
	w->asked.asked_in = t->path;
	w->asked.asked_at = d->number;
	w->asked.type = m.question.type;
	return name_of_wire(m.question.name, &w->name) < 0 ? (w->used = false, 0) : 0;
}

static int on_response(struct transactions *t, const struct datagram *d)
{
	struct message m;
	if (message_parse(t->parser, d->payload, &m, NULL) < 0 || m.opcode != 0)
		return 0;
	bool named = m.question.name.len > 0;
	struct waiting *w = find(t, key_of(d, true), named ? &m.question.name : NULL);
	struct transaction out = w ? w->asked : ends_of(d, true);
	out.name = w ? name_bytes(&w->name) : m.question.name;
	out.type = w ? w->asked.type : m.question.type;
	out.answered_us = d->time_us;
	out.answered_in = t->path;
	out.answered_at = d->number;
	out.response = &m;
	if (w != NULL)
		w->answered = true;
	return out.name.len ? t->each(&out, t->arg) : 0;
}

static int on_datagram(const struct datagram *d, void *arg)
{
	struct transactions *t = arg;
	if (d->payload.len < 12)
		return 0;
	return d->payload.at[2] & 0x80 ? on_response(t, d) : on_query(t, d);
}

int transactions_new(const struct decode_options *net, int64_t from_us, int64_t to_us,
		     transaction_fn each, void *arg, struct transactions **ret)
{
	struct transactions *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return YORE_ENOMEM;
	t->from_us = from_us;
	t->to_us = to_us;
	t->each = each;
	t->arg = arg;
	t->parser = message_parser_new(0);
	int r = t->parser ? dnstap_new(&t->dnstap) : YORE_ENOMEM;
	if (r == 0)
		r = decoder_new(net, on_datagram, t, &t->decoder);
	if (r < 0) {
		transactions_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

static int one_frame(struct transactions *t, const struct frame *f)
{
	struct datagram d;
	if (f->time_us < t->from_us || f->time_us > t->to_us)
		return 0;
	if (f->link != LINK_DNSTAP)
		return decoder_frame(t->decoder, f);
	return dnstap_datagram(t->dnstap, f, &d) == 1 ? on_datagram(&d, t) : 0;
}

int transactions_file(struct transactions *t, const char *path, struct fault *f)
{
	struct source *s;
	struct frame frame;
	int r = source_open_file(path, 0, f, &s);
	if (r < 0)
		return r;
	t->path = path;
	while ((r = source_next(s, &frame)) == 1) {
		r = one_frame(t, &frame);
		if (r < 0)
			break;
	}
	source_close(s);
	return r;
}

int transactions_finish(struct transactions *t)
{
	int r = decoder_finish(t->decoder);
	for (size_t i = 0; i < SETS; i++)
		for (size_t j = 0; j < WAYS && r >= 0; j++)
			if (t->table[i][j].used)
				r = give_up(t, &t->table[i][j]);
	return r;
}

void transactions_free(struct transactions *t)
{
	if (t == NULL)
		return;
	decoder_free(t->decoder);
	dnstap_free(t->dnstap);
	message_parser_free(t->parser);
	free(t);
}
