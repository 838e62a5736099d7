/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl networks, gateways. */
#include "ctl.h"
#include "report.h"

const struct ctl_verb ctl_networks = {
	.name = "networks", .summary = "networks and how each is entered",
	.report = report_networks, .print = report_networks_print,
};
const struct ctl_verb ctl_gateways = {
	.name = "gateways", .summary = "gateways with share, health and round-trip time",
	.report = report_gateways, .print = report_gateways_print,
};
