/*
 * Prints what capture/ and net/ make of capture files: a line per DNS message, or with
 * -q the counters only. For tests and measurements.
 *
 *   frames [-q] [-d] [-p PORT] FILE...
 *
 * Line: number, seconds.microseconds, source, port, destination, port, udp|tcp, length,
 * QR bit, "snapped" or "-", and with -x the message in hexadecimal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "capture/dnstap.h"
#include "capture/source.h"
#include "net/decode.h"

static bool hex;

static void print_addr(const struct addr *a)
{
	char text[INET6_ADDRSTRLEN];
	printf(" %s",
	       inet_ntop(a->len == 4 ? AF_INET : AF_INET6, a->at, text, sizeof(text)));
}

static int print_datagram(const struct datagram *d, void *arg)
{
	printf("%llu %lld.%06lld", (unsigned long long)d->number,
	       (long long)(d->time_us / 1000000), (long long)(d->time_us % 1000000));
	print_addr(&d->src);
	printf(" %u", d->src_port);
	print_addr(&d->dst);
	printf(" %u %s %zu %d %s", d->dst_port,
	       d->transport == TRANSPORT_TCP ? "tcp" : "udp", d->payload.len,
	       d->payload.at[2] >> 7, d->snapped ? "snapped" : "-");
	if (hex) {
		putchar(' ');
		for (size_t i = 0; i < d->payload.len; i++)
			printf("%02x", d->payload.at[i]);
	}
	putchar('\n');
	return 0;
}

static int ignore_datagram(const struct datagram *d, void *arg)
{
	*(uint64_t *)arg += d->payload.len;
	return 0;
}

static int feed(struct decoder *d, struct dnstap *tap, const struct frame *f)
{
	struct datagram m;
	if (f->link != LINK_DNSTAP)
		return decoder_frame(d, f);
	return dnstap_datagram(tap, f, &m) == 1 ? print_datagram(&m, NULL) : 0;
}

static int run(struct decoder *d, struct dnstap *tap, const char *path)
{
	struct fault f = {0};
	struct source *s;
	struct frame frame;
	int r = source_open_file(path, 0, &f, &s);
	if (r < 0) {
		fprintf(stderr, "%s\n", f.text);
		return 1;
	}
	while ((r = source_next(s, &frame)) == 1 && d != NULL)
		if (feed(d, tap, &frame) < 0)
			break;
	while (r == 1)
		r = source_next(s, &frame);
	const struct source_state *state = source_state(s);
	fprintf(stderr, "%s: %s, %llu frames, %llu octets%s%s\n", path, state->format,
		(unsigned long long)state->frames, (unsigned long long)state->octets,
		state->damaged ? ", damaged: " : "", state->damage);
	source_close(s);
	return r < 0;
}

int main(int argc, char **argv)
{
	struct decode_options o = {0};
	uint64_t octets = 0;
	bool quiet = false, read_only = false;
	int c, failed = 0;
	while ((c = getopt(argc, argv, "qdrxp:")) != -1) {
		if (c == 'q')
			quiet = true;
		else if (c == 'd')
			o.deduplicate = true;
		else if (c == 'r')
			read_only = true;
		else if (c == 'x')
			hex = true;
		else if (c == 'p' && o.port_count < 16)
			o.ports[o.port_count++] = (uint16_t)atoi(optarg);
		else
			return 2;
	}
	struct decoder *d;
	if (decoder_new(&o, quiet ? ignore_datagram : print_datagram, &octets, &d) < 0)
		return 1;
	struct dnstap *tap;
	if (dnstap_new(&tap) < 0)
		return 1;
	for (int i = optind; i < argc; i++)
		failed |= run(read_only ? NULL : d, tap, argv[i]);
	if (decoder_finish(d) < 0)
		failed = 1;
	const struct decode_counters *n = decoder_counters(d);
#define X(name, text) \
	if (n->name)  \
		fprintf(stderr, "%12llu  %s\n", (unsigned long long)n->name, text);
	DECODE_COUNTERS(X)
#undef X
	if (!decode_counters_balance(n)) {
		fprintf(stderr, "frames vanished between the counters\n");
		failed = 1;
	}
	dnstap_free(tap);
	decoder_free(d);
	return failed;
}
