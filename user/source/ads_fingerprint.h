/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a configuration asks for another control plane, or for the same in another way. */
#ifndef ADS_FINGERPRINT_H
#define ADS_FINGERPRINT_H

#include <stdint.h>

#include "config.h"

/* Of all keys on which the connections depend. */
uint64_t ads_fingerprint(const struct config *config);

#endif
