/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page /problems: what an operator must know now, by reasons. */
#ifndef PROBLEM_PAGE_H
#define PROBLEM_PAGE_H

#include <event2/buffer.h>

struct agent;

/* Writes a JSON list of {reason, message}: the problems that stand, endpoints of networks without a usable
 * gateway, and flows that are almost full. Returns 0 or -ENOMEM. */
int problem_page(const struct agent *agent, struct evbuffer *body);

#endif
