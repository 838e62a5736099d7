/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl networks, gateways. */
#include "ctl.h"
#include "report.h"

static int show_networks(const struct ctl_options *options, const char *word)
{
	(void)word;
	return ctl_show(options, 0, report_networks, report_networks_print);
}

static int show_gateways(const struct ctl_options *options, const char *word)
{
	(void)word;
	return ctl_show(options, 0, report_gateways, report_gateways_print);
}

const struct ctl_verb ctl_networks = {
	.name = "networks", .summary = "networks and how each is entered", .run = show_networks,
};
const struct ctl_verb ctl_gateways = {
	.name = "gateways", .summary = "gateways with share, health and round-trip time",
	.run = show_gateways,
};
