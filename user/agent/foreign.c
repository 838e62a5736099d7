/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A foreign data plane on our interfaces, whose agent is dead: reported, and left alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "log.h"
#include "foreign_plane.h"

static void describe(const struct foreign_plane *foreign, char *buf, size_t size)
{
	char more[64] = "";

	if (foreign->interfaces > 1)
		snprintf(more, sizeof(more), " and %zu more", foreign->interfaces - 1);
	if (foreign->pin_dir[0])
		snprintf(buf, size, "interface %s%s: the data plane pinned on %s is attached as well, and "
			 "each takes packets from the other: take it out by `parallaxctl uninstall "
			 "--pin-dir %s`", foreign->interface, more, foreign->pin_dir, foreign->pin_dir);
	else
		snprintf(buf, size, "interface %s%s: programs of another data plane are attached as well, "
			 "whose pin directory is not known: see CAVEATS in parallaxd(8)",
			 foreign->interface, more);
}

void foreign_look(struct agent *agent)
{
	char text[2 * PIN_PATH_MAX + 256];
	struct foreign_plane foreign;
	int err = foreign_plane_find(agent->files.start_config, &agent->interfaces.survey,
				     agent->pin_dir, &foreign);

	if (err) {
		log_warn("looking for other data planes: %s", strerror(-err));
		return;
	}
	free(agent->pins.foreign_problem);
	agent->pins.foreign_problem = NULL;
	if (!foreign.interfaces)
		return;
	describe(&foreign, text, sizeof(text));
	agent->pins.foreign_problem = strdup(text);
}
