/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Live frames of UDP into a device, as if it had received them. Deliveries are for the receiver to
 * count; or `reflect` sends all datagrams that a device receives back. */
#include "pkt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "harness.h"
#include "harness.skel.h"

static const char usage[] =
	"usage: frames DEVICE DST_MAC SADDR DADDR PORT FLOWS COUNT\n"
	"       frames reflect DEVICE\n"
	"FLOWS is a power of two; above 4096 they differ in the low half of DADDR, which is zero.\n";

#define BATCH 64

static uint32_t address(const char *text)
{
	struct in_addr addr;

	return inet_pton(AF_INET, text, &addr) == 1 ? ntohl(addr.s_addr) : 0;
}

static void describe(struct harness_config *config, const struct frame *frame, uint32_t flows)
{
	config->flow_mask = flows - 1;
	config->length = config->header = frame->len;
	memcpy(config->frame, frame->data, frame->len);
	/* The source's address must stay the pod's: another destination, or bytes of payload. */
	config->host_at = flows > 1u << HARNESS_PORT_BITS ? 14 + 16 + 2 : 14 + 20 + 8;
	config->port_at = 14 + 20;
	config->ip_check_at = 14 + 10;
	config->l4_check_at = 14 + 20 + 6;
	config->ip_sum = (uint16_t)~*(uint16_t *)&frame->data[config->ip_check_at];
	/* Those two bytes will be zero in flow 0. */
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

/* The program stays when we are gone. */
static int reflect(struct harness_bpf *harness, const char *device)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(device),
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(harness->progs.reflect_tc),
		    .handle = 1, .priority = 1, .flags = BPF_TC_F_REPLACE);
	int ret = bpf_tc_hook_create(&hook);

	return ret && ret != -EEXIST ? ret : bpf_tc_attach(&hook, &opts);
}

static int inject(struct harness_bpf *harness, char **argv)
{
	struct port_values ports = {0};
	struct frame frame;
	unsigned int mac[6];

	if (sscanf(argv[2], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
		   &mac[5]) != 6)
		return -EINVAL;
	pkt_build(&(struct pkt)UDP(address(argv[3]), 0x4000, address(argv[4]),
				   (uint32_t)atoi(argv[5]), .len = 22),
		  &ports, &frame);
	for (int i = 0; i < 6; i++)
		frame.data[i] = (uint8_t)mac[i];
	describe(&harness->bss->config, &frame, (uint32_t)atoi(argv[6]));
	return run(bpf_program__fd(harness->progs.live_xdp), if_nametoindex(argv[1]), &frame,
		   (uint32_t)atoi(argv[7]));
}

int main(int argc, char **argv)
{
	struct harness_bpf *harness;
	int ret;

	if (argc != 8 && !(argc == 3 && !strcmp(argv[1], "reflect"))) {
		fputs(usage, stderr);
		return 64;
	}
	harness = harness_bpf__open_and_load();
	if (!harness)
		return 1;
	ret = argc == 8 ? inject(harness, argv) : reflect(harness, argv[2]);
	if (ret)
		fprintf(stderr, "frames: %s\n", strerror(-ret));
	harness_bpf__destroy(harness);
	return ret ? 1 : 0;
}
