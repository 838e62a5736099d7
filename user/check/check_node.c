/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings about clients on the node itself. */
#include <net/if.h>

#include "array.h"
#include "check.h"
#include "config.h"
#include "host_rules.h"

#define RP_FILTER "/proc/sys/net/ipv4/conf/all/rp_filter"

/* Of kube-proxy in IPVS mode: an address of the node itself is not routed. */
#define IPVS_INTERFACE "kube-ipvs0"

/* A kernel may have the one family and not the other. */
static bool has_rules(struct check_list *list)
{
	static const uint8_t families[] = { 4, 6 };
	char reason[128] = "";
	bool all = true;

	for (size_t i = 0; i < COUNT(families); i++) {
		if (!host_rules_try(families[i], reason, sizeof(reason)))
			continue;
		check_add(list, "host", CHECK_WARN,
			  "clients on the node itself are not served in IPv%u: nftables: %s",
			  families[i], reason);
		all = false;
	}
	return all;
}

void check_node_clients(struct check_list *list, const struct config *config)
{
	long strict = 0;
	bool rules;

	if (!config->host)
		return;
	rules = has_rules(list);
	if (rules && if_nametoindex(IPVS_INTERFACE))
		check_add(
			list, "host", CHECK_WARN,
			"kube-proxy's " IPVS_INTERFACE " has the virtual "
			"IPs: it answers clients on the node itself, with pods of its own cluster");
	else if (rules)
		check_add(list, "host", CHECK_OK, "the node itself can reach virtual IPs");
	if (!check_read_number(RP_FILTER, &strict) && strict == 1)
		check_add(list, "host", CHECK_WARN,
			  "net.ipv4.conf.all.rp_filter is 1: connections of "
			  "the node itself to a virtual IP that are older than Parallax end");
}
