/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One dropped packet as JSON and as a line, for `flows --drops`. */
#include "report_drop_event.h"

#include <netinet/in.h>
#include <string.h>

#include "parallax_flow.h"
#include "reason_names.h"
#include "report_common.h"
#include "snapshot_find.h"

static json_t *protocol(uint8_t proto)
{
	switch (proto) {
	case 0:
		return json_null();
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return json_string(report_protocol(proto));
	case IPPROTO_ICMP:
		return json_string("icmp");
	}
	return json_sprintf("%u", proto);
}

/* "A.B.C.D:port", or the address alone where no port was read. */
static json_t *place(const struct ip_addr *ip, __be16 port)
{
	struct addr addr = addr_of_ip(ip);
	char buf[ADDR_TEXT_MAX];

	if (!addr.family)
		return json_null();
	return json_string(port ? addr_port_format(&addr, ntohs(port), buf) :
				  addr_format(&addr, buf));
}

static json_t *tcp_flags(const struct drop_event *event)
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};
	char text[40] = "";

	for (int i = 0; i < 8; i++) {
		if (!(event->tcp_flags >> i & 1))
			continue;
		if (*text)
			strcat(text, ",");
		strcat(text, names[i]);
	}
	return *text ? json_string(text) : json_null();
}

/* Of the sender: a tunnel's header names it, and pods are of our own network. */
static json_t *source_network(const struct snapshot *snapshot, const struct drop_event *event)
{
	bool pod = event->hook == HOOK_FROM_POD;
	char buf[16];

	if (!event->vni && !pod)
		return json_null();
	return report_text(
		report_network(snapshot, pod ? snapshot->settings.network : event->vni, buf));
}

static json_t *cluster(const struct snapshot *snapshot, const struct drop_event *event)
{
	int64_t row = snapshot_vip_row(snapshot, &event->key.daddr, event->key.dport, event->proto);

	return row < 0 ? json_null() :
			 report_text(snapshot_name(snapshot, NAME_CLUSTER, (uint32_t)row));
}

json_t *report_drop_event(const struct snapshot *snapshot, const struct drop_event *event)
{
	int64_t elapsed_ns = (int64_t)(event->at_ns - snapshot->monotonic_ns);
	enum reason reason = event->reason < REASON_COUNT ? event->reason : REASON_NONE;
	char name[REASON_NAME_MAX];
	const char *text = reason ? reason_name(reason, name) : "unknown";

	return json_pack("{s:o,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:o,s:I}",
			 "time", report_time(snapshot->realtime_ns + (uint64_t)elapsed_ns),
			 "hook", event->hook < HOOK_COUNT ? hook_names[event->hook] : "?",
			 "reason", text, "text", reason_text(text),
			 "protocol", protocol(event->proto),
			 "source", place(&event->key.saddr, event->key.sport),
			 "source_network", source_network(snapshot, event),
			 "destination", place(&event->key.daddr, event->key.dport),
			 "cluster", cluster(snapshot, event),
			 "tunnel_source", place(&event->outer_saddr, 0),
			 "tunnel_destination", place(&event->outer_daddr, 0),
			 "length", (json_int_t)event->length, "tcp_flags", tcp_flags(event),
			 "missed", (json_int_t)event->missed);
}

bool report_drop_event_matches(const struct report_filter *filter, const json_t *packet)
{
	return report_filter_matches(filter,
				     &(struct filter_subject){
					     .network = report_string(packet, "source_network"),
					     .cluster = report_string(packet, "cluster"),
					     .from = report_string(packet, "source"),
					     .vip = report_string(packet, "destination"),
					     .protocol = report_string(packet, "protocol"),
				     });
}

void report_drop_event_print(const json_t *packet, FILE *out)
{
	json_int_t missed = json_integer_value(json_object_get(packet, "missed"));
	const char *flags = report_string(packet, "tcp_flags");
	const char *tunnel = report_string(packet, "tunnel_source");
	bool inner = report_string(packet, "source");
	char cells[7][REPORT_CELL_MAX];

	if (missed)
		fprintf(out, "%lld more packets dropped, not recorded: too many a second\n",
			(long long)missed);
	fprintf(out, "%s drop %s %s %s %s -> %s length %s", report_cell(packet, "time", cells[0]),
		report_cell(packet, "hook", cells[1]), report_cell(packet, "reason", cells[2]),
		report_cell(packet, "protocol", cells[3]),
		report_cell(packet, inner ? "source" : "tunnel_source", cells[4]),
		report_cell(packet, inner ? "destination" : "tunnel_destination", cells[5]),
		report_cell(packet, "length", cells[6]));
	if (flags)
		fprintf(out, " flags %s", flags);
	if (inner && tunnel)
		fprintf(out, " in a tunnel from %s (%s)", tunnel,
			report_cell(packet, "source_network", cells[0]));
	fprintf(out, ": %s\n", report_string(packet, "text"));
}
