/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl explain. */
#include <netinet/in.h>
#include <strings.h>

#include "ctl.h"

static const char *proto, *from;

static const struct flag flags[] = {
	{ "--proto", .value = &proto, .argument = "tcp|udp",
	  .text = "protocol of the service (tcp, or the only one it has)" },
	{ "--from", .value = &from, .argument = "ADDRESS[:PORT]", .text = "the client" },
};

static struct explain_query query;

/* The protocol stands behind the address, or in a flag. */
static int parse_protocol(struct explain_query *ret)
{
	uint8_t given = ret->proto;

	if (!proto)
		return CTL_OK;
	if (strcasecmp(proto, "tcp") && strcasecmp(proto, "udp"))
		return ctl_fail(CTL_USAGE, "explain: --proto is tcp or udp, not '%s'", proto);
	ret->proto = strcasecmp(proto, "udp") ? IPPROTO_TCP : IPPROTO_UDP;
	if (given && given != ret->proto)
		return ctl_fail(CTL_USAGE, "explain: --proto and the address name two protocols");
	return CTL_OK;
}

static int check(const struct ctl_options *options, const char *vip)
{
	struct explain_query *ret = &query;

	if (!vip)
		return ctl_fail(CTL_USAGE, "explain: needs VIP:PORT");
	if (addr_service_parse(vip, &ret->vip, &ret->port, &ret->proto))
		return ctl_fail(CTL_USAGE, "explain: '%s' is no ADDRESS:PORT or ADDRESS:PORT/tcp",
				vip);
	if (from && addr_parse(from, &ret->from) &&
	    addr_port_parse(from, &ret->from, &ret->from_port))
		return ctl_fail(CTL_USAGE, "explain: --from is ADDRESS or ADDRESS:PORT, not '%s'",
				from);
	if (from && ret->from.family != ret->vip.family)
		return ctl_fail(CTL_USAGE, "explain: --from and VIP are of two IP families");
	return parse_protocol(ret);
}

static int ask(const struct ctl_options *options, const char *vip, json_t **ret)
{
	struct snapshot *snapshot;
	int status = ctl_read(options, READ_FLOWS, &snapshot);

	if (status != CTL_OK)
		return status;
	*ret = report_explain(snapshot, &query);
	map_reader_free(snapshot);
	return CTL_OK;
}

static const struct ctl_flags own_flags = CTL_FLAGS(flags);

const struct ctl_verb ctl_explain = {
	.name = "explain",
	.summary = "why a connection goes where it goes, step by step",
	.word = "VIP:PORT[/tcp|/udp]",
	.flags = { &own_flags },
	.watched = true,
	.check = check,
	.ask = ask,
	.print = report_explain_print,
};
