/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A CNI configuration, and the CNI it stands for. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cni_config.h"
#include "cni_signs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cni_signs signs = CNI_NO_SIGNS;
	struct cni_config config;

	if (cni_config_parse((const char *)data, size, &config))
		return 0;
	cni_see_file(&signs, "/etc/cni/net.d/10-pods.conflist", &config);
	if (config.range_count > CNI_RANGES || !memchr(config.type, 0, sizeof(config.type)))
		abort();
	return 0;
}
