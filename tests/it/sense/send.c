/*
 * Sends the frames of a capture (pcap, Ethernet) out of an interface, as fast as it goes
 * or at a given rate: for tests and measurements of live capture.
 *
 *   send [-r PACKETS_A_SECOND] [-n TIMES] CAPTURE INTERFACE
 *
 * Prints "sent N packets, O octets in S s: R packets/s, C s of CPU". A packet that the
 * kernel has no room for is offered again, so all of them go out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

#define BATCH 64
#define PCAP_HEADER 24
#define RECORD_HEADER 16

struct capture {
	const uint8_t *at;
	size_t len;
};

static int give_up(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	return 1;
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int load(const char *path, struct capture *ret)
{
	struct stat st;
	uint32_t magic;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < PCAP_HEADER)
		return give_up(path);
	void *map =
	    mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return give_up(path);
	memcpy(&magic, map, sizeof(magic));
	if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) {
		fprintf(stderr, "send: %s: no pcap of this machine's byte order\n", path);
		return 1;
	}
	*ret = (struct capture){map, (size_t)st.st_size};
	return 0;
}

static int open_interface(const char *name)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(name)};
	int yes = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
	return fd;
}

struct batch {
	struct iovec io[BATCH];
	struct mmsghdr message[BATCH];
	unsigned count;
};

static int flush(int fd, struct batch *b)
{
	unsigned done = 0;
	while (done < b->count) {
		int n = sendmmsg(fd, b->message + done, b->count - done, 0);
		if (n > 0)
			done += (unsigned)n;
		else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return -1;
	}
	b->count = 0;
	return 0;
}

static void wait_for(double when)
{
	double left = when - seconds(CLOCK_MONOTONIC);
	struct timespec t = {0, (long)(left * 1e9)};
	if (left > 0 && left < 1)
		nanosleep(&t, NULL);
}

static void add(struct batch *b, const uint8_t *at, size_t len)
{
	b->io[b->count] = (struct iovec){(void *)at, len};
	b->message[b->count].msg_hdr =
	    (struct msghdr){.msg_iov = &b->io[b->count], .msg_iovlen = 1};
	b->count++;
}

/* Returns how many packets, negative when sending failed. */
static long send_all(int fd, const struct capture *c, double rate, uint64_t *octets)
{
	static struct batch b;
	double began = seconds(CLOCK_MONOTONIC);
	long sent = 0;
	for (size_t at = PCAP_HEADER; at + RECORD_HEADER <= c->len;) {
		uint32_t len;
		memcpy(&len, c->at + at + 8, sizeof(len));
		at += RECORD_HEADER;
		if (len > c->len - at)
			break;
		add(&b, c->at + at, len);
		at += len;
		*octets += len;
		sent++;
		if (b.count == BATCH) {
			if (flush(fd, &b) < 0)
				return -1;
			if (rate > 0)
				wait_for(began + (double)sent / rate);
		}
	}
	return flush(fd, &b) < 0 ? -1 : sent;
}

int main(int argc, char **argv)
{
	double rate = 0;
	long times = 1, sent = 0;
	int c;
	while ((c = getopt(argc, argv, "r:n:")) != -1) {
		if (c == 'r')
			rate = atof(optarg);
		else if (c == 'n')
			times = atol(optarg);
		else
			return 2;
	}
	struct capture capture = {0};
	if (argc - optind != 2)
		return 2;
	if (load(argv[optind], &capture) != 0)
		return 1;
	int fd = open_interface(argv[optind + 1]);
	if (fd < 0)
		return give_up(argv[optind + 1]);
	uint64_t octets = 0;
	double began = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (long i = 0; i < times; i++) {
		long n = send_all(fd, &capture, rate, &octets);
		if (n < 0)
			return give_up(argv[optind + 1]);
		sent += n;
	}
	double took = seconds(CLOCK_MONOTONIC) - began;
	printf("sent %ld packets, %llu octets in %.3f s: %.0f packets/s, %.2f s of CPU\n",
	       sent, (unsigned long long)octets, took, (double)sent / took,
	       seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	return 0;
}
