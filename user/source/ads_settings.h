/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The settings of an ADS source: a copy that outlives the configuration. */
#ifndef ADS_SETTINGS_H
#define ADS_SETTINGS_H

#include <stdbool.h>

#include "config.h"

struct arena;

struct ads_settings {
	struct arena *arena;
	struct config_ads ads;
	const char *network, *cluster; /* cluster may be NULL */
	bool listed; /* capture: listed */
};

/* Returns 0 or -ENOMEM. */
int ads_settings_copy(const struct config *config, struct ads_settings *ret);
void ads_settings_done(struct ads_settings *settings);
/* Whether `config` asks for just the same. */
bool ads_settings_match(const struct ads_settings *settings, const struct config *config);

#endif
