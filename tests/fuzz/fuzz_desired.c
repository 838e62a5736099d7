/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Any sequence of edits, chosen by the input's bytes: building incrementally and building in full come
 * to the same. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/desired_random.h"

#define STEPS 100
/* First byte of an input. Seeds of other targets lack it: they would cover nothing and take long. */
#define MARK 'D'

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice dice = { .data = data, .size = size, .at = 1 };
	struct random_seen seen = {};
	const char *wrong = NULL;

	if (size && *data == MARK)
		wrong = desired_random_run(&dice, STEPS, &seen);
	if (wrong) {
		fprintf(stderr, "%s\n", wrong);
		abort();
	}
	return 0;
}
