/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ledger + desired state → ordered changes, make before break. */
#include "plan.h"

#include <errno.h>

#include "plan_state.h"

int plan_run(struct plan_state *state, struct change_list *ret)
{
	int err = plan_match(state);

	if (!err)
		err = plan_room(state);
	if (err)
		return err;
	plan_emit(state);
	if (state->err)
		return -ENOMEM;
	*ret = state->list;
	return 0;
}
