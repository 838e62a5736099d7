/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Picture → plan → kernel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "log.h"
#include "plan.h"

static void set_apply_problem(struct agent *agent, const char *text)
{
	free(agent->apply_problem);
	agent->apply_problem = text ? strdup(text) : NULL;
}

static int write_changes(struct agent *agent, const struct change_list *list)
{
	int err = 0;

	for (size_t i = 0; !err && i < list->count; i++) {
		err = ledger_apply(&agent->ledger, &list->items[i]);
		if (!err)
			err = map_writer_apply(agent->writer, &list->items[i]);
	}
	return err;
}

/* What was written stands; the ledger has to learn which part that is. */
static int recover(struct agent *agent, int why)
{
	char text[128];

	snprintf(text, sizeof(text), "writing the maps failed: %s; tried again soon",
		 strerror(-why));
	set_apply_problem(agent, text);
	return map_writer_resync(agent->writer, &agent->ledger);
}

static int carry_out(struct agent *agent, struct agent_picture *picture)
{
	const struct agent_rows *rows = picture->amends ? &agent->picture.rows : &picture->rows;
	const char *reason = NULL;
	struct change_list list = {};
	uint64_t start = clock_monotonic_ns();
	int err = plan_fit(&agent->ledger, &picture->desired, start, picture->arena, &list,
			   &reason);

	if (err == -ENOSPC) {
		set_apply_problem(agent, reason);
		return err;
	}
	if (err)
		return err;
	err = write_changes(agent, &list);
	if (err) {
		int again = recover(agent, err);

		return again ? again : err;
	}
	set_apply_problem(agent, reason);
	picture->applied = !reason;
	agent->complete |= !reason;
	if (!agent->last_update)
		agent->last_update = time(NULL); /* adopted, and found to be up to date */
	if (list.count) {
		agent->updates++;
		agent->last_update = time(NULL);
		log_info("%zu changes applied in %llu us: %zu services", list.count,
			 (unsigned long long)(clock_monotonic_ns() - start) / 1000,
			 rows->wanted);
	}
	return 0;
}

/* What was refused is not shown: the old set serves on. */
static void show(struct agent *agent, struct agent_picture *picture, int err)
{
	if (err && agent->picture.kept) {
		agent->picture.applied = false; /* nor is it known to stand whole */
		agent_picture_done(picture);
		return;
	}
	if (picture->amends) {
		agent_rows_replace(&agent->picture.rows, &picture->rows, picture->amends);
		picture->rows = agent->picture.rows;
		agent->picture.rows = (struct agent_rows){};
	}
	agent_picture_done(&agent->picture);
	agent->picture = *picture;
	agent_stale_arm(agent);
}

int agent_apply(struct agent *agent)
{
	struct agent_picture picture;
	int err = source_refresh(agent->source);

	if (!err)
		err = agent_picture_build(agent, &picture);

	if (err) {
		set_apply_problem(agent, "out of memory: the old set serves on");
		log_error("out of memory: the old set serves on");
		return err;
	}
	agent->built += picture.built;
	err = carry_out(agent, &picture);
	agent_picture_trim(&picture);
	show(agent, &picture, err);
	/* Who waits for the agent waits for this: not before the programs are attached. */
	if (agent->serving) {
		agent_note_soon(agent);
		agent_problems_log(agent);
	}
	return err;
}
