/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Another data plane on our interfaces, whose agent is dead: told, and left to whoever put it there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "log.h"
#include "foreign_plane.h"

static void describe(const struct foreign_plane *other, char *buf, size_t size)
{
	char more[64] = "";

	if (other->interfaces > 1)
		snprintf(more, sizeof(more), " and %zu more", other->interfaces - 1);
	if (other->pin_dir[0])
		snprintf(buf, size, "interface %s%s: the data plane pinned on %s is attached as well, and "
			 "each takes packets from the other: take it out by `parallaxctl uninstall "
			 "--pin-dir %s`", other->interface, more, other->pin_dir, other->pin_dir);
	else
		snprintf(buf, size, "interface %s%s: programs of another data plane are attached as well, "
			 "whose pin directory is not known: see CAVEATS in parallaxd(8)",
			 other->interface, more);
}

void agent_others_look(struct agent *agent)
{
	char text[2 * PIN_PATH_MAX + 256];
	struct foreign_plane other;
	int err = foreign_plane_find(agent->start_config, agent->pin_dir, &other);

	if (err) {
		log_warn("looking for other data planes: %s", strerror(-err));
		return;
	}
	free(agent->others_problem);
	agent->others_problem = NULL;
	if (!other.interfaces)
		return;
	describe(&other, text, sizeof(text));
	agent->others_problem = strdup(text);
}
