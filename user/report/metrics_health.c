/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The health of gateways, and the round-trip times of probes. */
#include <arpa/inet.h>

#include "metrics_parts.h"
#include "report_common.h"
#include "rtt_minute.h"
#include "snapshot_find.h"

/* A gateway that is probed, with the texts of its labels. */
struct labelled {
	const struct gateway_health *health;
	const char *network;
	char address[ADDR_TEXT_MAX], number[16];
};

static bool look_at(const struct snapshot *snapshot, const struct gateway_entry *gateway,
		    struct labelled *ret)
{
	struct addr addr = addr_of_ip(&gateway->key.addr);

	ret->health = snapshot_health(snapshot, &gateway->key.addr, gateway->gateway.tunnel_port);
	ret->network = report_network(snapshot, gateway->key.network, ret->number);
	addr_port_format(&addr, ntohs(gateway->gateway.port), ret->address);
	return ret->health && ret->health->state != GATEWAY_UNKNOWN;
}

static uint64_t is_up(const struct gateway_health *health)
{
	return health->state == GATEWAY_UP;
}

static uint64_t sent(const struct gateway_health *health)
{
	return health->sent_probes;
}

static uint64_t lost(const struct gateway_health *health)
{
	return health->lost_probes;
}

static uint64_t load(const struct gateway_health *health)
{
	return health->load;
}

static void write_gauges(struct metrics_writer *writer, const struct snapshot *snapshot)
{
	static const struct {
		const char *name, *help;
		uint64_t (*value)(const struct gateway_health *health);
	} families[] = {
		{ "gateway_up",
		  "Whether the gateway answers probes; one that never did has no sample.", is_up },
		{ "gateway_probes_minute", "Probes to the gateway in the last minute.", sent },
		{ "gateway_probes_lost_minute", "Those of them that were not answered.", lost },
		{ "gateway_load_percent", "Load of the gateway's processors, as it says.", load },
	};
	struct labelled item;

	for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
		metrics_family(writer, families[f].name, "gauge", families[f].help);
		for (size_t i = 0; i < snapshot->gateway_count; i++)
			if (look_at(snapshot, &snapshot->gateways[i], &item))
				metrics_sample(writer, families[f].value(item.health), "network",
					       item.network, "gateway", item.address, NULL);
	}
}

static void write_rtt(struct metrics_writer *writer, const struct labelled *item)
{
	uint64_t count = 0;
	char labels[512];

	for (int i = 0; i <= HEALTH_RTT_BOUNDS; i++) {
		count += item->health->rtt_counts[i];
		fprintf(writer->out, "%s%s_bucket{network=\"", writer->prefix, writer->name);
		metrics_escape(writer->out, item->network);
		fprintf(writer->out, "\",gateway=\"%s\",le=\"%s\"} %llu\n", item->address,
			i < HEALTH_RTT_BOUNDS ? health_rtt_bounds[i].text : "+Inf",
			(unsigned long long)count);
	}
	snprintf(labels, sizeof(labels), "\",gateway=\"%s\"}", item->address);
	fprintf(writer->out, "%s%s_sum{network=\"", writer->prefix, writer->name);
	metrics_escape(writer->out, item->network);
	fprintf(writer->out, "%s %.6f\n", labels, (double)item->health->rtt_sum_us / 1e6);
	fprintf(writer->out, "%s%s_count{network=\"", writer->prefix, writer->name);
	metrics_escape(writer->out, item->network);
	fprintf(writer->out, "%s %llu\n", labels, (unsigned long long)count);
}

void metrics_write_health(struct metrics_writer *writer, const struct snapshot *snapshot)
{
	struct labelled item;

	write_gauges(writer, snapshot);
	metrics_family(writer, "gateway_probe_rtt_seconds", "histogram",
		       "Round-trip times of probes to the gateway.");
	for (size_t i = 0; i < snapshot->gateway_count; i++)
		if (look_at(snapshot, &snapshot->gateways[i], &item))
			write_rtt(writer, &item);
}
