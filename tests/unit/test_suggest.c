/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The known name suggested for a misspelt one, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "suggest.h"

#define LONG "a-name-of-sixty-four-bytes-which-is-the-longest-that-is-compared"

static const char *const names[] = {
	"status", "services", "flows", "check", "xdp", "id", "meshNetworks", "network1", "network2", LONG,
};

static const struct {
	const char *word, *name;
} rows[] = {
	{"status", "status"},
	{"stats", "status"},        /* a letter is missing */
	{"service", "services"},
	{"checkk", "check"},        /* one too many */
	{"flaws", "flows"},         /* another */
	{"chekc", "check"},         /* two swapped */
	{"STATUS", "status"},       /* case does not count */
	{"mesh_networks", "meshNetworks"},
	{"mseh_networks", "meshNetworks"},
	{"netwrok2", "network2"},
	{"network22", "network2"},  /* the nearest, not the last that is near */
	{"network12", "network1"},  /* of two alike the first */
	{"network3", "network1"},
	{"xpd", "xdp"},
	{"cap", NULL},              /* two edits of three letters */
	{"fluws2", NULL},
	{"floss", "flows"},
	{"ip", NULL},               /* one of two */
	{"ID", "id"},
	{"x", NULL},
	{"", NULL},
	{"uninstall", NULL},
	{"ssttatuss", NULL},        /* three edits */
	{LONG, LONG},
	{LONG "x", NULL},
	{"another-long-word-that-is-far-longer-than-any-of-the-names-that-are-known-here", NULL},
};

static void finds_the_nearest(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct suggestion near = {.word = rows[i].word};

		for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
			suggest_offer(&near, names[n]);
		assert_string_equal(near.name ? near.name : "(none)",
				    rows[i].name ? rows[i].name : "(none)");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
