/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the search for the MTU of the path to a gateway goes with what routers say, and with the element of
 * `paths` that packets follow. Pure. */
#ifndef GATEWAY_PATH_H
#define GATEWAY_PATH_H

#include "parallax_abi.h"
#include "path_mtu.h"

struct gateway_path {
	struct path_mtu search;
	uint32_t sequence; /* of the last padded probe */
	uint32_t size;     /* its size; 0: answered */
	uint32_t heard;    /* stamp of what a router said last */
};

enum gateway_path_row { PATH_ROW_STAYS, PATH_ROW_PUT, PATH_ROW_DROP };

/* `held`, here and below: the element of `paths`, NULL if there is none or it is not narrow. One of before
 * holds until larger probes pass. */
void gateway_path_begin(struct gateway_path *path, bool ipv6, uint32_t device,
			const struct path *held, int64_t now_ms);

void gateway_path_hear(struct gateway_path *path, const struct path *held, int64_t now_ms);

/* Any probe was answered, or the padded one was. */
void gateway_path_lives(struct gateway_path *path, int64_t now_ms);
void gateway_path_answered(struct gateway_path *path, int64_t now_ms);

/* Returns the size of a probe to send now, with the number `sequence`, or 0. What is found is confirmed only
 * while flows go there (`active`). */
uint32_t gateway_path_tick(struct gateway_path *path, uint32_t device, bool active, int64_t now_ms);

/* What the other end may send; 0: not known yet. */
uint32_t gateway_path_mtu(const struct gateway_path *path);

/* What becomes of the element; *ret is the new one. `stamp`: jiffies, low 32 bits. */
enum gateway_path_row gateway_path_row(const struct gateway_path *path, const struct path *held,
				       uint32_t stamp, struct path *ret);

#endif
