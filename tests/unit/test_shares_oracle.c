/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Views against a second model in exact fractions, over random assignments: shares_oracle.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_oracle(void **state)
{
	const char *build = getenv("BUILD") ? getenv("BUILD") : "build";
	const char *seed = getenv("SHARES_SEED") ? getenv("SHARES_SEED") : "";
	char command[512];

	(void)state;
	if (system("python3 -c 'import fractions' 2>/dev/null")) {
		print_message("SKIP: no python3 to run the second model with\n");
		skip();
	}
	snprintf(command, sizeof(command), "python3 tests/unit/shares_oracle.py %s/parallaxctl %s",
		 build, seed);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_oracle)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
