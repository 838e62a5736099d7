/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fuzzes the EDS decoder: accepted assignments keep the rules that the view relies on. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "assignment_rules.h"
#include "problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct assignment_set *set = NULL;
	struct problems problems = {0};
	int err = eds_decode_text("f", (const char *)data, size, &set, &problems);

	require(!err == !problems.count && !err == !!set);
	require(!err || err == -EINVAL || err == -E2BIG);
	for (size_t i = 0; set && i < set->count; i++)
		check_assignment(&set->items[i]);
	assignment_set_free(set);
	problems_done(&problems);
	return 0;
}
