/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl networks, gateways. */
#include "ctl.h"

const struct ctl_verb ctl_networks = {
	.name = "networks",
	.aliases = { "net", "network" },
	.summary = "networks and how each is entered",
	.report = report_networks,
	.print = report_networks_print,
	.watched = true,
};
const struct ctl_verb ctl_gateways = {
	.name = "gateways",
	.aliases = { "gw", "gateway" },
	.summary = "gateways with share, health and round-trip time",
	.report = report_gateways,
	.parts = READ_FLOWS,
	.print = report_gateways_print,
	.watched = true,
};
