/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Protobuf messages from short text: `1:'text' 2:{3:5 3:6} 4:-1`, field numbers before values. */
#ifndef PB_BUILD_H
#define PB_BUILD_H

#include <stddef.h>
#include <stdint.h>

#define PB_BUILD_MAX 65536

/* Returns the bytes written to `out`; aborts on text that is none of this. */
size_t pb_build(const char *text, uint8_t out[PB_BUILD_MAX]);

#endif
