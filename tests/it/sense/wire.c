/*
 * Prints what live capture and net/ make of interfaces: a line per DNS message, then the
 * counters. For tests and measurements; `yore sense` does the same and keeps it.
 *
 *   wire [-q] [-o] [-p PORT] [-r RING_MIB] SECONDS INTERFACE...
 *   wire [-q] -d SECONDS unix:PATH|tcp:ADDRESS:PORT
 *
 * Says "ready" on stderr when it listens, ends after so many seconds without a frame
 * (30 for the first).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "capture/dnstap.h"
#include "capture/dnstap_listen.h"
#include "capture/live.h"
#include "net/decode.h"

static int print_datagram(const struct datagram *d, void *arg)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	int family = d->src.len == 4 ? AF_INET : AF_INET6;
	printf("%u %s %u %s %u %s %zu %d\n", d->input,
	       inet_ntop(family, d->src.at, src, sizeof(src)), d->src_port,
	       inet_ntop(family, d->dst.at, dst, sizeof(dst)), d->dst_port,
	       d->transport == TRANSPORT_TCP ? "tcp" : "udp", d->payload.len,
	       d->payload.at[2] >> 7);
	return 0;
}

static int ignore_datagram(const struct datagram *d, void *arg)
{
	return 0;
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int listen_to(struct live *l, struct decoder *d, int64_t quiet_us)
{
	struct pollfd fds[LIVE_INTERFACES_MOST];
	struct fault f = {0};
	struct frame frame;
	unsigned n = live_poll(l, fds, LIVE_INTERFACES_MOST);
	int64_t last = now() + 30000000 - quiet_us; /* the first may take a while */
	while (now() - last < quiet_us) {
		poll(fds, n, 10);
		int64_t at = now();
		int r;
		while ((r = live_next(l, at, &frame, &f)) == 1) {
			decoder_frame(d, &frame);
			last = at;
		}
		if (r < 0) {
			fprintf(stderr, "%s\n", f.text);
			return 1;
		}
	}
	return 0;
}

static int listen_to_dnstap(const char *where, int64_t quiet_us, datagram_fn sink)
{
	struct dnstap_listen *l;
	struct dnstap *tap;
	struct fault f = {0};
	struct frame frame;
	struct datagram m;
	if (dnstap_listen_open(where, (gid_t)-1, 0, &f, &l) < 0 || dnstap_new(&tap) < 0) {
		fprintf(stderr, "%s\n", f.text);
		return 1;
	}
	fprintf(stderr, "ready\n");
	struct pollfd fd = {.fd = dnstap_listen_fd(l), .events = POLLIN};
	int64_t last = now() + 30000000 - quiet_us;
	while (now() - last < quiet_us) {
		poll(&fd, 1, 10);
		while (dnstap_listen_next(l, now(), &frame) == 1) {
			if (dnstap_datagram(tap, &frame, &m) == 1)
				sink(&m, NULL);
			last = now();
		}
	}
	const struct dnstap_listen_counters *c = dnstap_listen_counters(l);
#define X(name, text) fprintf(stderr, "%llu %s\n", (unsigned long long)c->name, #name);
	DNSTAP_LISTEN_COUNTERS(X)
#undef X
	fprintf(stderr, "%llu frames\n%u connected\n", (unsigned long long)c->frames,
		c->connected);
	dnstap_free(tap);
	dnstap_listen_close(l);
	return 0;
}

static void print_counters(struct live *l, const struct decode_counters *n)
{
#define X(name, text) \
	if (n->name)  \
		fprintf(stderr, "%llu %s\n", (unsigned long long)n->name, #name);
	DECODE_COUNTERS(X)
#undef X
	for (unsigned i = 0; i < live_interfaces(l); i++) {
		struct live_counters c;
		live_count(l, i, &c);
		fprintf(stderr,
			"%s: captured %llu dropped %llu interface %llu unknown %llu\n",
			c.name, (unsigned long long)c.frames,
			(unsigned long long)c.dropped,
			(unsigned long long)c.interface_dropped,
			(unsigned long long)c.link_unknown);
	}
}

int main(int argc, char **argv)
{
	struct live_options o = {.promiscuous = true, .tunnels = true};
	struct decode_options net = {0};
	bool quiet = false, tap = false;
	int c;
	while ((c = getopt(argc, argv, "qdop:r:")) != -1) {
		if (c == 'q')
			quiet = true;
		else if (c == 'd')
			tap = true;
		else if (c == 'o')
			o.tunnels = false;
		else if (c == 'p' && o.port_count < 16)
			o.ports[o.port_count++] = (uint16_t)atoi(optarg);
		else if (c == 'r')
			o.ring = (size_t)atoi(optarg) << 20;
		else
			return 2;
	}
	if (optind >= argc)
		return 2;
	int64_t quiet_us = (int64_t)(atof(argv[optind]) * 1e6);
	if (tap && optind + 1 < argc)
		return listen_to_dnstap(argv[optind + 1], quiet_us,
					quiet ? ignore_datagram : print_datagram);
	for (int i = optind + 1; i < argc && o.interface_count < LIVE_INTERFACES_MOST;
	     i++)
		o.interfaces[o.interface_count++] = argv[i];
	memcpy(net.ports, o.ports, sizeof(net.ports));
	net.port_count = o.port_count;
	struct fault f = {0};
	struct live *l;
	struct decoder *d;
	if (live_open(&o, &f, &l) < 0) {
		fprintf(stderr, "%s\n", f.text);
		return 1;
	}
	if (decoder_new(&net, quiet ? ignore_datagram : print_datagram, NULL, &d) < 0)
		return 1;
	fprintf(stderr, "ready\n");
	int r = listen_to(l, d, quiet_us);
	decoder_finish(d);
	print_counters(l, decoder_counters(d));
	decoder_free(d);
	live_close(l);
	return r;
}
