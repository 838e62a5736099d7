/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ceilings of calls and instructions for a packet of each class. */
#ifndef COST_H
#define COST_H

#include "calls.h"
#include "cases.h"

/* The last step is the packet that is counted; those before lead to it. */
struct cost_case {
	const char *name;
	void (*setup)(struct world *world);
	uint8_t most[CALL_COUNT];
	/* Executed; 0: not counted, nor is what the kernel's own functions take. 8 % more than today, and for
	 * known flows not more than 5 % beyond what they took before they were bound to interfaces and
	 * sequence numbers (into a tunnel 518 then, from a gateway 582). */
	uint16_t instructions;
	const struct step *steps;
};

struct cost_list {
	const struct cost_case *cases;
	unsigned int count;
};

extern const struct cost_list cost_client, cost_gateway;

#define COST_LIST(name, rows)                                                                      \
	const struct cost_list name = {rows, sizeof(rows) / sizeof((rows)[0])}

#endif
