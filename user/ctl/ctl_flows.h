/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of `parallaxctl flows`. */
#ifndef CTL_FLOWS_H
#define CTL_FLOWS_H

#include "ctl.h"
#include "event_ring.h"

enum flow_format { FORMAT_TABLE, FORMAT_ENVOY, FORMAT_JSON, FORMAT_YAML };

/* Writes events, those that ctl_filter lets through, until a signal. Returns an exit status. */
int ctl_follow(const struct ctl_options *options, enum event_ring_kind kind,
	       enum flow_format format);

#endif
