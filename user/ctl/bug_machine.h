/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of a bug report that no verb shows. */
#ifndef BUG_MACHINE_H
#define BUG_MACHINE_H

#include <stdio.h>
#include <sys/types.h>

/* Each writes text; an error stands in the place of what cannot be read. */

/* Kernel, its settings that matter, memory, load. */
void bug_write_kernel(FILE *out);
/* Interfaces with addresses and MTU, routes, neighbours, sockets, counters. */
void bug_write_network(FILE *out);
/* The agent's process: limits, memory, capabilities, variables PARALLAX_... */
void bug_write_agent(pid_t pid, FILE *out);
/* The last lines of the agent's unit, where systemd runs. */
void bug_write_journal(FILE *out);

#endif
