/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pages of the admin server that read the maps. */
#ifndef PAGES_H
#define PAGES_H

#include <stddef.h>

struct agent;

#define PAGES 3 /* /stats/prometheus, /clusters, /config_dump */

/* Index of a page; -1 when there is none at this path. */
int page_find(const char *path);
/* Content-Type. */
const char *page_type(int index);
/* Makes the page into *ret_text, which the caller frees. Returns 200; 503 with the reason as text
 * when the maps cannot be read; or 500, then perhaps without text. */
int page_make(const struct agent *agent, int index, char **ret_text, size_t *ret_length);

/* Why the agent is not ready; NULL when it is. */
const char *page_unready(const struct agent *agent);

#endif
