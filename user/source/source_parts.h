/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of source. */
#ifndef SOURCE_PARTS_H
#define SOURCE_PARTS_H

#include "source.h"

struct ads_source;
struct file_source;

struct source {
	struct event_base *base;
	source_notify notify;
	void *arg;
	struct file_source *files; /* NULL: not from files */
	struct ads_source *ads;    /* NULL: not from a control plane */
	uint64_t fingerprint;      /* of the files' path, when it was last read whole */
	uint64_t failures;         /* streams that ended, at the last call of `notify` */
	uint64_t followed;         /* the version last requested; 0: none */
};

#endif
