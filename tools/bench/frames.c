/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Live frames of UDP into a device, as if it had received them: `frames DEVICE DST_MAC SADDR DADDR
 * PORT FLOWS COUNT` prints the frames handed over per second of this process. Deliveries are for
 * the receiver to count. */
#include "pkt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "harness.h"
#include "harness.skel.h"

#define BATCH 64

static uint32_t address(const char *text)
{
	struct in_addr addr;

	return inet_pton(AF_INET, text, &addr) == 1 ? ntohl(addr.s_addr) : 0;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void describe(struct harness_config *config, const struct frame *frame, uint32_t flows)
{
	config->flow_mask = flows - 1;
	config->length = config->header = frame->len;
	memcpy(config->frame, frame->data, frame->len);
	config->host_at = 14 + 20 + 8; /* the payload: the source's address must stay the pod's */
	config->port_at = 14 + 20;
	config->ip_check_at = 14 + 10;
	config->l4_check_at = 14 + 20 + 6;
	config->ip_sum = (uint16_t)~*(uint16_t *)&frame->data[config->ip_check_at];
	/* Those two bytes of payload will be zero. */
	config->l4_sum = (uint16_t)~*(uint16_t *)&frame->data[config->l4_check_at] +
			 (uint16_t)~*(uint16_t *)&frame->data[config->host_at];
}

static int run(int fd, uint32_t ifindex, struct frame *frame, uint32_t count)
{
	struct xdp_md in = {.data_end = frame->len, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->data, .data_size_in = frame->len,
		    .ctx_in = &in, .ctx_size_in = sizeof(in), .repeat = (int)count,
		    .batch_size = BATCH, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return bpf_prog_test_run_opts(fd, &opts);
}

int main(int argc, char **argv)
{
	struct port_values ports = {0};
	struct harness_bpf *harness;
	struct frame frame;
	unsigned int mac[6];
	double begin;

	if (argc != 8 || sscanf(argv[2], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3],
				&mac[4], &mac[5]) != 6) {
		fprintf(stderr, "usage: frames DEVICE DST_MAC SADDR DADDR PORT FLOWS COUNT\n");
		return 64;
	}
	pkt_build(&(struct pkt)UDP(address(argv[3]), 0x4000, address(argv[4]),
				   (uint32_t)atoi(argv[5]), .len = 22),
		  &ports, &frame);
	for (int i = 0; i < 6; i++)
		frame.data[i] = (uint8_t)mac[i];
	harness = harness_bpf__open_and_load();
	if (!harness)
		return 1;
	describe(&harness->bss->config, &frame, (uint32_t)atoi(argv[6]));
	begin = seconds();
	if (run(bpf_program__fd(harness->progs.live_xdp), if_nametoindex(argv[1]), &frame,
		(uint32_t)atoi(argv[7]))) {
		fprintf(stderr, "frames: %s\n", strerror(errno));
		return 1;
	}
	printf("%.0f\n", atoi(argv[7]) / (seconds() - begin));
	harness_bpf__destroy(harness);
	return 0;
}
