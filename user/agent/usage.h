/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections, bytes and packets of services, brought up to date by each sweep of the flows. */
#ifndef USAGE_AGENT_H
#define USAGE_AGENT_H

#include <stdbool.h>

#include "parallax_abi.h"

struct agent;

/* Returns 0 or -errno. */
int usage_open(struct agent *agent);
/* Before the sweep of `flows`. Without memory this sweep counts nothing. */
void usage_begin(struct agent *agent);
/* One entry that the sweep met; `deleted`: it was deleted now. */
void usage_visit(struct agent *agent, const struct flow_key *key, const struct flow *flow,
		 bool deleted);
/* After it. `whole`: every entry was met. */
void usage_finish(struct agent *agent, bool whole);
void usage_done(struct agent *agent);

#endif
