/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pin directory under a running agent: removed pins are restored. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "log.h"
#include "parallax_abi.h"
#include "pins.h"

static int leave(struct agent *agent, int err)
{
	agent->pins.leaving = true;
	event_base_loopbreak(agent->base);
	return err;
}

/* `parallaxctl uninstall --force` voids the version of the maps it unpins. */
static bool is_uninstalled(const struct agent *agent)
{
	const volatile struct settings *settings = map_writer_memory(agent->kernel.writer).settings;

	return !settings->abi_version;
}

static int make_again(struct agent *agent, char *reason)
{
	size_t made = 0;
	pid_t owner = 0;
	int err = pins_lock_again(agent->pin_dir, &agent->pins.lock_fd, &owner);

	if (err == -EBUSY) {
		log_error("%s was deleted, and another agent, pid %d, runs on it now: leaving",
			  agent->pin_dir, (int)owner);
		agent->pins.displaced = true;
		return leave(agent, err);
	}
	if (err)
		snprintf(reason, DATAPLANE_REASON, "%s was deleted and cannot be made again: %s",
			 agent->pin_dir,
			 err == -EMEDIUMTYPE ? "no BPF file system is mounted there" :
					       strerror(-err));
	else
		err = dataplane_pin_again(agent->kernel.dataplane, &made, reason);
	if (made)
		log_warn("%zu pins in %s were removed: made again", made, agent->pin_dir);
	return err;
}

bool pins_leaving(struct agent *agent)
{
	if (!agent->pins.leaving && is_uninstalled(agent)) {
		log_info("uninstalled by force: leaving");
		leave(agent, 0);
	}
	return agent->pins.leaving;
}

int pins_keep(struct agent *agent)
{
	char reason[DATAPLANE_REASON] = "";
	int err;

	if (pins_leaving(agent))
		return -ENOENT;
	err = make_again(agent, reason);
	free(agent->pins.problem);
	agent->pins.problem = err ? strdup(reason) : NULL;
	return err;
}
