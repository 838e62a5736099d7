/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every single allocation of a build fails in turn: the build returns -ENOMEM, leaks nothing, and
 * leaves the previous generation unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "desired_site.h"
#include "no_memory.h"

static struct site site;

static int close_site(void **unused)
{
	(void)unused;
	site_done(&site);
	return 0;
}

static int open_site(void **unused)
{
	(void)unused;
	site_new(&site, "capture: all\ngateway: {listen: {interface: eth0}, snat: [10.0.0.2], "
			"allow: [10.0.0.0/8]}\n");
	site.input.node.listen.v4 = (struct addr){ 4, IP_V4(0) };
	site_services(&site, "a.b 80,80/udp 10.1.0.1; c.d 80 10.1.0.1; w.x 80 10.1.0.3 fd00::1");
	for (const char *const *cluster = (const char *const[]){ "a.b", "c.d", "e.f", NULL };
	     *cluster; cluster++) {
		site_list(&site, *cluster, true);
		site_assign(&site, *cluster, "10.10.0.1:80 10.32.0.1:80 10.99.0.1:80");
	}
	site_name(&site, "e.f", "10.1.0.2");
	return 0;
}

static int build(const char *text)
{
	struct generation next;
	int err = node_build(&site.node, &site.input, !strcmp(text, "full"), &next);

	if (err)
		return err;
	assert_true(!next.changed == !!strcmp(text, "changed"));
	generation_done(&next);
	return 0;
}

static void first_build(void **unused)
{
	(void)unused;
	fail_each(build, "full", 0);
}

static const char rows[] = "10.1.0.1:80# a.b serving; 10.1.0.1:80/udp# a.b serving; "
			   "10.1.0.1:80 c.d refused; 10.1.0.3:80# w.x waiting; "
			   "[fd00::1]:80 w.x refused; 10.1.0.2:80*# e.f serving; -# c.d serving";

/* Statuses that two generations share have one user again. */
static void build_that_reuses(void **unused)
{
	(void)unused;
	site_step(&site);
	site.input.layout++;
	fail_each(build, "reuse", 0);
	assert_string_equal(site_rows(&site), rows);
	assert_int_equal(site_row(&site, "10.1.0.2:80")->status->users, 1);
}

static void build_of_what_changed(void **unused)
{
	(void)unused;
	site_step(&site);
	site_assign(&site, "a.b", "10.10.0.2:80 10.99.0.2:80");
	fail_each(build, "changed", 0);
	assert_string_equal(site_rows(&site), rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)
	const struct CMUnitTest tests[] = {
		TEST(first_build),
		TEST(build_that_reuses),
		TEST(build_of_what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
