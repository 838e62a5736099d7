/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection as Envoy's TCP proxy would log it, in the field order of Istio's default format. */
#ifndef ENVOY_LOG_H
#define ENVOY_LOG_H

#include <stddef.h>

#include "flow_view.h"

#define ENVOY_LOG_MAX 1024

/* One line without the newline into `buf`; returns buf. Fields that a TCP proxy does not have are "-". */
const char *envoy_log_format(const struct flow_view *view, char buf[ENVOY_LOG_MAX]);

#endif
