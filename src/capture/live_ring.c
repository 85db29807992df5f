#include "capture/live_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

/*
 * Large blocks: the kernel wakes the reader once a block, and a frame never crosses one.
 * The smallest ring of two blocks still takes a burst of some thousand packets.
 */
#define BLOCK ((size_t)1 << 20)
#define BLOCKS_LEAST 2
#define RETIRE_USUAL 20

#define LINK_ETHERNET 1
#define LINK_RAW_IP 101
#define LINK_WIFI 105
#define LINK_WIFI_RADIOTAP 127

static int failed(const char *what, const char *name, struct fault *f)
{
	int code = yore_error_of_errno(errno);
	return fault_set(f, code, "%s: %s: %s%s", name, what, strerror(errno),
			 errno == EPERM || errno == EACCES
			     ? "; capturing needs CAP_NET_RAW: start it as root or by "
			       "the service's unit"
			     : "");
}

static int set_ring(struct ring *r, const char *name, const struct live_options *o,
		    struct fault *f)
{
	size_t octets = o->ring ? o->ring : RING_USUAL;
	size_t blocks = octets / BLOCK;
	if (blocks < BLOCKS_LEAST)
		blocks = BLOCKS_LEAST;
	if (blocks > 4096)
		blocks = 4096;
	struct tpacket_req3 req = {
	    .tp_block_size = BLOCK,
	    .tp_block_nr = (unsigned)blocks,
	    .tp_frame_size = TPACKET_ALIGNMENT << 7,
	    .tp_retire_blk_tov = o->retire_ms ? o->retire_ms : RETIRE_USUAL,
	};
	req.tp_frame_nr = (unsigned)(BLOCK / req.tp_frame_size) * (unsigned)blocks;
	int version = TPACKET_V3;
	if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0)
		return failed("TPACKET_V3", name, f);
	if (setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) < 0)
		return failed("cannot have a ring", name, f);
	void *map = mmap(NULL, BLOCK * blocks, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE, r->fd, 0);
	if (map == MAP_FAILED)
		return failed("cannot map the ring", name, f);
	r->map = map;
	r->block_octets = BLOCK;
	r->blocks = (unsigned)blocks;
	return 0;
}

static int bind_to(struct ring *r, const char *name, bool promiscuous, struct fault *f)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL)};
	bool any = strcmp(name, LIVE_ANY) == 0;
	if (!any) {
		to.sll_ifindex = (int)if_nametoindex(name);
		if (to.sll_ifindex == 0)
			return fault_set(f, YORE_ENOENT, "%s: no such interface", name);
	}
	if (promiscuous && !any) {
		struct packet_mreq m = {.mr_ifindex = to.sll_ifindex,
					.mr_type = PACKET_MR_PROMISC};
		if (setsockopt(r->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) <
		    0)
			return failed("cannot become promiscuous", name, f);
	}
	if (bind(r->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return failed("cannot be captured from", name, f);
	return 0;
}

/*
 * Kept open: behind the sandbox there is no opening of files. rx_dropped is not looked
 * at: it also counts what nobody but a capture wanted.
 */
static void open_drops(struct ring *r, const char *name)
{
	static const char *const of[DROPS] = {"rx_missed_errors", "rx_fifo_errors",
					      "rx_over_errors"};
	for (size_t i = 0; i < DROPS; i++) {
		char path[160];
		snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", name,
			 of[i]);
		r->drops_fd[i] =
		    strchr(name, '/') == NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	}
}

static uint64_t read_drops(const struct ring *r)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < DROPS; i++) {
		char text[32] = "";
		if (r->drops_fd[i] >= 0 &&
		    pread(r->drops_fd[i], text, sizeof(text) - 1, 0) > 0)
			sum += strtoull(text, NULL, 10);
	}
	return sum;
}

static int filter_by(struct ring *r, const struct sock_filter *code, unsigned len,
		     struct fault *f)
{
	struct sock_fprog program = {(unsigned short)len, (struct sock_filter *)code};
	if (setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) <
	    0)
		return failed("the kernel refuses the filter", r->counters.name, f);
	return 0;
}

int ring_let_in(struct ring *r, const struct live_filter *filter, struct fault *f)
{
	return filter_by(r, filter->code, filter->len, f);
}

int ring_join(struct ring *r, int *group, struct fault *f)
{
	/* its own decoder puts fragments together, and sees what contradicts itself:
	 * the kernel's PACKET_FANOUT_FLAG_DEFRAG would hide that, and is IPv4's only */
	uint32_t how = PACKET_FANOUT_HASH << 16;
	socklen_t len = sizeof(how);
	if (*group == RING_NO_GROUP)
		how |= (uint32_t)PACKET_FANOUT_FLAG_UNIQUEID << 16;
	else
		how |= (uint32_t)*group;
	if (setsockopt(r->fd, SOL_PACKET, PACKET_FANOUT, &how, sizeof(how)) < 0 ||
	    getsockopt(r->fd, SOL_PACKET, PACKET_FANOUT, &how, &len) < 0)
		return failed("cannot be divided among threads (PACKET_FANOUT)",
			      r->counters.name, f);
	*group = (int)(how & 0xffff);
	return 0;
}

int ring_open(struct ring *r, const char *name, const struct live_options *o,
	      struct fault *f)
{
	static const struct sock_filter shut = {BPF_RET | BPF_K, 0, 0, 0};
	*r = (struct ring){.fd = -1, .drops_fd = {-1, -1, -1}};
	snprintf(r->counters.name, sizeof(r->counters.name), "%s", name);
	/* protocol 0: nothing arrives before the filter and the interface are set */
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (r->fd < 0)
		return failed("cannot open a packet socket", name, f);
	int e = filter_by(r, &shut, 1, f);
	if (e == 0)
		e = set_ring(r, name, o, f);
	if (e == 0)
		e = bind_to(r, name, o->promiscuous, f);
	if (e < 0)
		return e;
	open_drops(r, name);
	r->drops_before = read_drops(r);
	return 0;
}

void ring_close(struct ring *r)
{
	if (r->map != NULL)
		munmap(r->map, r->block_octets * r->blocks);
	for (size_t i = 0; i < DROPS; i++)
		if (r->drops_fd[i] >= 0)
			close(r->drops_fd[i]);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct ring){.fd = -1, .drops_fd = {-1, -1, -1}};
}

static struct tpacket_block_desc *block_at(const struct ring *r, unsigned i)
{
	return (struct tpacket_block_desc *)(r->map + r->block_octets * i);
}

static void give_back(struct ring *r)
{
	struct tpacket_block_desc *b = block_at(r, r->block);
	__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	r->block = r->block + 1 == r->blocks ? 0 : r->block + 1;
	r->next = NULL;
}

bool ring_peek(struct ring *r, int64_t *ret_us)
{
	while (r->left == 0) {
		if (r->next != NULL)
			give_back(r);
		struct tpacket_block_desc *b = block_at(r, r->block);
		if (!(__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
		      TP_STATUS_USER))
			return false;
		r->left = b->hdr.bh1.num_pkts;
		r->next = (const struct tpacket3_hdr *)((const uint8_t *)b +
							b->hdr.bh1.offset_to_first_pkt);
	}
	*ret_us = (int64_t)r->next->tp_sec * 1000000 + r->next->tp_nsec / 1000;
	return true;
}

/* The link type of the pcap registry, and where its header begins in the record. */
static bool link_of(const struct tpacket3_hdr *h, const struct sockaddr_ll *from,
		    uint32_t *link, uint32_t *at)
{
	*at = h->tp_mac;
	switch (from->sll_hatype) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		*link = LINK_ETHERNET;
		return true;
	case ARPHRD_IEEE80211:
		*link = LINK_WIFI;
		return true;
	case ARPHRD_IEEE80211_RADIOTAP:
		*link = LINK_WIFI_RADIOTAP;
		return true;
	default: /* whatever it is, the kernel says where IP begins */
		*link = LINK_RAW_IP;
		*at = h->tp_net;
		return from->sll_protocol == htons(ETH_P_IP) ||
		       from->sll_protocol == htons(ETH_P_IPV6);
	}
}

/* Another thread may look at it. */
static void count_one(uint64_t *n)
{
	__atomic_store_n(n, *n + 1, __ATOMIC_RELAXED);
}

int ring_take(struct ring *r, struct frame *ret, uint32_t *ret_nanoseconds)
{
	const struct tpacket3_hdr *h = r->next;
	const struct sockaddr_ll *from =
	    (const struct sockaddr_ll *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));
	r->left--;
	/* of the last one the pointer only says that the block is still ours */
	if (r->left > 0)
		r->next =
		    (const struct tpacket3_hdr *)((const uint8_t *)h + h->tp_next_offset);
	uint32_t link, at;
	if (!link_of(h, from, &link, &at)) {
		count_one(&r->counters.link_unknown);
		return 0;
	}
	uint32_t skipped = at - h->tp_mac;
	*ret = (struct frame){
	    .time_us = (int64_t)h->tp_sec * 1000000 + h->tp_nsec / 1000,
	    .link = link,
	    .wire_len = h->tp_len - (skipped < h->tp_len ? skipped : 0),
	    .octets = BYTES((const uint8_t *)h + at,
			    skipped < h->tp_snaplen ? h->tp_snaplen - skipped : 0),
	    .number = ++r->number,
	};
	*ret_nanoseconds = h->tp_nsec % 1000;
	count_one(&r->counters.frames);
	return 1;
}

bool ring_gone(const struct ring *r)
{
	int err = 0;
	socklen_t len = sizeof(err);
	struct sockaddr_ll at;
	/* taken away, or poll(2) would not wait any more: an interface that is down comes
	 * back; one that was removed has lost its number for good */
	(void)getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	len = sizeof(at);
	return getsockname(r->fd, (struct sockaddr *)&at, &len) == 0 &&
	       at.sll_ifindex < 0;
}

void ring_count(struct ring *r)
{
	struct tpacket_stats_v3 s; /* reading it sets it back to zero */
	socklen_t len = sizeof(s);
	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &s, &len) == 0) {
		r->counters.dropped += s.tp_drops;
		r->counters.freezes += s.tp_freeze_q_cnt;
	}
	uint64_t now = read_drops(r);
	r->counters.interface_dropped = now > r->drops_before ? now - r->drops_before : 0;
}
