/*
 * What each stage of the way in costs: CPU nanoseconds per packet, by running the chain
 * over a capture again and again, one stage longer each time.
 *
 *   stages [-s STAGE] [-m MIB] [-r ROUNDS] FILE...
 *
 * Stages: read, net, dns, observe, gather (into a sink that takes and forgets rows).
 * One figure a line (name, value, unit): for each stage what the chain costs up to and
 * with it, the least of ROUNDS. The chain runs on one thread; what sorts and gives rows
 * to the sink runs beside it and is told apart.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "capture/source.h"
#include "dns/message.h"
#include "gather/gather.h"
#include "net/decode.h"

enum stage { READ, NET, DNS, OBSERVE, GATHER, STAGES };
static const char *const names[] = {"read", "net", "dns", "observe", "gather"};

struct run {
	enum stage stage;
	struct decoder *decoder;
	struct message_parser *parser;
	struct observer *observer;
	struct gather *gather;
	uint64_t packets, messages, rows, octets;
	size_t memory;
};

static double thread_cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double process_cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int parse_only(const struct datagram *d, void *arg)
{
	struct run *run = arg;
	struct message m;
	run->messages++;
	if (d->payload.len < 12 || !(d->payload.at[2] & 0x80))
		return message_parse_question(run->parser, d->payload, &m) < 0 ? 0 : 0;
	return message_parse(run->parser, d->payload, &m, NULL) < 0 ? 0 : 0;
}

static int count_only(const struct datagram *d, void *arg)
{
	((struct run *)arg)->messages++;
	return 0;
}

static int forget_sightings(const struct sighting *s, size_t n, void *arg)
{
	((struct run *)arg)->rows += n;
	return 0;
}

static int forget_rows(void *arg, const struct segment_meta *meta,
		       struct segment_rows *rows, struct fault *f)
{
	struct run *run = arg;
	struct bytes key, value;
	int r;
	while ((r = rows->next(rows, &key, &value)) == 1) {
		run->rows++;
		run->octets += key.len + value.len;
	}
	return r;
}

static datagram_fn prepare(struct run *run, void **arg)
{
	struct observe_options o = {0};
	struct gather_options g = {.memory = run->memory};
	struct segment_sink sink = {forget_rows, run};
	struct observe_sink to = {.sightings = forget_sightings, .arg = run};
	*arg = run;
	if (run->stage == NET)
		return count_only;
	if (run->stage == DNS) {
		run->parser = message_parser_new(0);
		return parse_only;
	}
	if (run->stage == GATHER) {
		struct ledger_entry start = {.kind = "pcap"};
		if (gather_new(&sink, &g, &run->gather) < 0 ||
		    gather_input(run->gather, 0, &start) < 0)
			exit(1);
		to = (struct observe_sink){gather_sightings, gather_server, run->gather};
	}
	if (observer_new(&o, &to, &run->observer) < 0)
		exit(1);
	*arg = run->observer;
	return observer_datagram;
}

static int gather_step(struct run *run, const struct frame *f, struct fault *fault)
{
	struct input_position at = {.packets = run->packets};
	gather_progress(run->gather, 0, &at, f->time_us, f->time_us);
	if (!gather_due(run->gather, f->time_us))
		return 0;
	return gather_hand_over(run->gather, fault);
}

static int all_frames(struct run *run, struct source *s, struct fault *fault)
{
	struct frame f;
	int r;
	while ((r = source_next(s, &f)) == 1) {
		run->packets++;
		if (run->stage == READ)
			continue;
		r = decoder_frame(run->decoder, &f);
		if (r == 0 && run->stage == GATHER && run->packets % 1024 == 0)
			r = gather_step(run, &f, fault);
		if (r < 0)
			return r;
	}
	return r;
}

static int run_files(struct run *run, char **files, int count)
{
	struct fault fault = {0};
	for (int i = 0; i < count; i++) {
		struct source *s;
		int r = source_open_file(files[i], 0, &fault, &s);
		if (r == 0) {
			r = all_frames(run, s, &fault);
			source_close(s);
		}
		if (r < 0) {
			fprintf(stderr, "%s: %s %s\n", files[i], yore_strerror(r),
				fault.text);
			return r;
		}
	}
	return 0;
}

static void release(struct run *run)
{
	decoder_free(run->decoder);
	message_parser_free(run->parser);
	observer_free(run->observer);
	if (run->gather)
		gather_free(run->gather);
}

/* Least CPU of the reading thread and of all threads, in seconds. */
struct cost {
	double thread, process;
	struct run run;
};

static int measure(enum stage stage, size_t memory, char **files, int count,
		   struct cost *ret)
{
	struct run run = {.stage = stage, .memory = memory};
	struct decode_options d = {0};
	void *arg;
	datagram_fn sink = prepare(&run, &arg);
	if (decoder_new(&d, sink, arg, &run.decoder) < 0)
		return 1;
	double thread = thread_cpu(), process = process_cpu();
	int r = run_files(&run, files, count);
	thread = thread_cpu() - thread;
	struct fault fault = {0};
	if (r == 0 && run.gather)
		r = gather_flush(run.gather, &fault);
	process = process_cpu() - process;
	if (ret->process == 0 || process < ret->process)
		*ret = (struct cost){thread, process, run};
	release(&run);
	return r < 0;
}

static void report(enum stage stage, const struct cost *c)
{
	double n = (double)c->run.packets;
	printf("chain.%s\t%.1f\tns/packet\n", names[stage], c->thread * 1e9 / n);
	if (stage == GATHER) {
		printf("writer\t%.1f\tns/packet\n", (c->process - c->thread) * 1e9 / n);
		printf("writer.rows\t%llu\trows\n", (unsigned long long)c->run.rows);
		printf("writer.row\t%.1f\toctets/row\n",
		       (double)c->run.octets / (double)c->run.rows);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int only = -1, rounds = 1, c;
	size_t memory = 0;
	while ((c = getopt(argc, argv, "s:m:r:")) != -1) {
		if (c == 'm')
			memory = (size_t)atol(optarg) << 20;
		else if (c == 'r')
			rounds = atoi(optarg);
		else if (c == 's')
			for (int i = 0; i < STAGES; i++)
				if (strcmp(optarg, names[i]) == 0)
					only = i;
	}
	for (int stage = READ; stage < STAGES; stage++) {
		if (only >= 0 && stage != only)
			continue;
		struct cost cost = {0};
		for (int i = 0; i < rounds; i++)
			if (measure((enum stage)stage, memory, argv + optind,
				    argc - optind, &cost))
				return 1;
		report((enum stage)stage, &cost);
	}
	return 0;
}
