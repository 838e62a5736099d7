/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control plane as a source of the agent. */
#include <errno.h>

#include <xxhash.h>

#include "agent.h"

static uint64_t count_failures(const struct ads_source *ads)
{
	struct ads_stream_status stream;
	uint64_t count = 0;

	for (size_t i = 0; i < ads_source_stream_count(ads); i++) {
		ads_source_stream(ads, i, &stream);
		count += stream.session.failures;
	}
	return count;
}

/* A stream that is there again at once would else leave no line in the log. */
static void log_failures(struct agent *agent)
{
	uint64_t failures = count_failures(agent->ads);

	if (failures != agent->ads_failures && agent->serving)
		agent_problems_log(agent);
	agent->ads_failures = failures;
}

static void on_ads(void *arg, bool contents)
{
	struct agent *agent = arg;

	log_failures(agent);
	if (contents)
		agent_schedule(agent);
	else
		agent_note(agent);
}

int agent_ads_use(struct agent *agent, const struct config *config)
{
	struct ads_source *ads = NULL;
	int err = 0;

	if (agent->ads && ads_source_fits(agent->ads, config))
		return 0;
	if (config->ads.enabled)
		err = ads_source_new(agent->base, config, on_ads, agent, &ads);
	if (err)
		return err;
	ads_source_free(agent->ads);
	agent->ads = ads;
	return 0;
}

int agent_ads_follow(struct agent *agent)
{
	uint64_t wanted = XXH3_64bits_withSeed(&agent->config_loads, sizeof(agent->config_loads),
					       agent_surroundings(agent));
	int err;

	if (!agent->ads || agent->ads_followed == wanted)
		return 0;
	err = ads_source_follow(agent->ads, agent->config);
	agent->ads_followed = err ? 0 : wanted;
	return err;
}
