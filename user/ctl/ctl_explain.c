/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl explain. */
#include <netinet/in.h>
#include <strings.h>

#include "ctl.h"
#include "report.h"

static const char *proto, *from;

static const struct flag flags[] = {
	{ "--proto", .value = &proto, .argument = "tcp|udp",
	  .text = "protocol of the service (tcp, or the only one it has)" },
	{ "--from", .value = &from, .argument = "ADDRESS[:PORT]", .text = "the client" },
};

static int parse_query(const char *vip, struct explain_query *ret)
{
	if (!vip)
		return ctl_fail(CTL_USAGE, "explain: needs VIP:PORT");
	if (addr_port_parse(vip, &ret->vip, &ret->port))
		return ctl_fail(CTL_USAGE, "explain: '%s' is no ADDRESS:PORT", vip);
	if (ret->vip.family != 4)
		return ctl_fail(CTL_USAGE, "explain: '%s' is not an IPv4 address: this data plane "
				"carries IPv4", vip);
	if (proto && strcasecmp(proto, "tcp") && strcasecmp(proto, "udp"))
		return ctl_fail(CTL_USAGE, "explain: --proto is tcp or udp, not '%s'", proto);
	if (proto)
		ret->proto = strcasecmp(proto, "udp") ? IPPROTO_TCP : IPPROTO_UDP;
	if (from && addr_parse(from, &ret->from) &&
	    addr_port_parse(from, &ret->from, &ret->from_port))
		return ctl_fail(CTL_USAGE, "explain: --from is ADDRESS or ADDRESS:PORT, not '%s'",
				from);
	if (from && ret->from.family != ret->vip.family)
		return ctl_fail(CTL_USAGE, "explain: --from and VIP are of two IP families");
	return CTL_OK;
}

static int run(const struct ctl_options *options, const char *vip)
{
	struct explain_query query = {};
	struct snapshot *snapshot;
	int status = parse_query(vip, &query);

	if (status == CTL_OK)
		status = ctl_read(options, READ_FLOWS, &snapshot);
	if (status != CTL_OK)
		return status;
	status = ctl_write(options, report_explain(snapshot, &query), report_explain_print);
	map_reader_free(snapshot);
	return status;
}

const struct ctl_verb ctl_explain = {
	.name = "explain", .summary = "why a connection goes where it goes, step by step",
	.word = "VIP:PORT", CTL_FLAGS(flags), .run = run,
};
