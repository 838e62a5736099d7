/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Assignment → view: classify each endpoint, compute Envoy's shares, fold remote ones into gateways. */
#ifndef VIEW_BUILD_H
#define VIEW_BUILD_H

#include "view.h"
#include "view_request.h"

struct arena;

/* More endpoints than this in one assignment are refused with -E2BIG. */
#define VIEW_MAX_ENDPOINTS ((1u << 20) - 1)

/* Builds the view into `arena`; its strings are borrowed from the assignment and from `mesh`,
 * or live in the arena. An assignment without endpoints gives a view with `fail`.
 * Returns 0, -ENOMEM, or -E2BIG; *ret_view is written on success only. */
int view_build(struct arena *arena, const struct view_request *request, struct view **ret_view);

#endif
