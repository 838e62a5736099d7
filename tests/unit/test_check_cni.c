/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings of `parallaxctl check` about the node's CNI, on values given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "check.h"
#include "config.h"
#include "survey.h"

#define NO_PINS "/nonexistent/parallax"

static struct check_list list;

/* The result of the finding whose text has `part`; "none" without. */
static const char *result_of(const char *part)
{
	json_t *item;
	size_t i;

	json_array_foreach(list.items, i, item)
		if (strstr(json_string_value(json_object_get(item, "text")), part))
			return json_string_value(json_object_get(item, "result"));
	return "none";
}

static void run(const struct config *config, const struct survey *survey)
{
	json_decref(list.items);
	list = (struct check_list){};
	check_cni(&list, config, survey, NO_PINS);
}

static int forget(void **state)
{
	json_decref(list.items);
	list = (struct check_list){};
	return 0;
}

static void sentence_of_each_trait(void **state)
{
	static const struct {
		unsigned int traits;
		const char *text, *result;
	} rows[] = {
		{ CNI_HAS_CILIUM, "bpf.hostLegacyRouting has to be true", "warn" },
		{ CNI_HAS_CALICO_BPF, "bpfConnectTimeLoadBalancing and bpfRedirectToPeer", "warn" },
		{ CNI_HAS_NETKIT, "pods are on netkit devices", "fail" },
		{ CNI_HAS_BRANCH_ENI, "pods with security groups of their own", "warn" },
	};
	const struct config config = { .profile = CNI_AUTO };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct survey survey = EMPTY_SURVEY;

		run(&config, &survey);
		assert_string_equal(result_of(rows[i].text), "none");
		survey.signs.traits = rows[i].traits;
		run(&config, &survey);
		assert_string_equal(result_of(rows[i].text), rows[i].result);
		assert_int_equal(list.unfit, !strcmp(rows[i].result, "fail"));
	}
}

/* Only a gateway listens, and only on the same port do both want the packets. */
static void two_tunnels_on_one_port(void **state)
{
	struct config config = { .profile = CNI_AUTO };
	struct survey survey = EMPTY_SURVEY;

	(void)state;
	survey.signs.traits = CNI_HAS_CILIUM | CNI_HAS_CILIUM_GENEVE;
	run(&config, &survey);
	assert_string_equal(result_of("UDP port 6081"), "none");
	config.gateway.enabled = true;
	config.gateway.listen_port = 6081;
	run(&config, &survey);
	assert_string_equal(result_of("UDP port 6081"), "fail");
	config.gateway.listen_port = 30681;
	run(&config, &survey);
	assert_string_equal(result_of("UDP port 6081"), "none");
}

static void which_cni(void **state)
{
	static const struct {
		enum cni profile, cni;
		const char *text, *result;
	} rows[] = {
		{ CNI_AUTO, CNI_NONE, "none is recognised", "skip" },
		{ CNI_AUTO, CNI_CALICO, "calico: a sign", "ok" },
		{ CNI_CALICO, CNI_CALICO, "calico: a sign", "ok" },
		{ CNI_CALICO, CNI_NONE, "calico by interfaces.profile, of which nothing is here", "warn" },
		{ CNI_CALICO, CNI_CILIUM, "calico by interfaces.profile, but a sign is of cilium", "warn" },
		{ CNI_NONE, CNI_CILIUM, "cilium: a sign", "ok" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct config config = { .profile = rows[i].profile };
		struct survey survey = EMPTY_SURVEY;

		survey.signs.cni = rows[i].cni;
		snprintf(survey.signs.from, sizeof(survey.signs.from), "a sign");
		run(&config, &survey);
		assert_string_equal(result_of(rows[i].text), rows[i].result);
	}
}

static void flannel_with_and_without_a_tunnel(void **state)
{
	const struct config config = { .profile = CNI_AUTO };
	struct survey survey = EMPTY_SURVEY;

	(void)state;
	survey.signs.cni = CNI_FLANNEL;
	run(&config, &survey);
	assert_string_equal(result_of("host-gw"), "ok");
	survey.signs.traits = CNI_HAS_FLANNEL_TUNNEL;
	run(&config, &survey);
	assert_string_equal(result_of("host-gw"), "none");
	assert_string_equal(result_of("flannel with a tunnel"), "ok");
}

/* A network that goes by addresses should have those of its own pods. */
static void ranges_of_pods(void **state)
{
	struct prefix cidr;
	struct mesh_network network = { .name = "network1", .own = true, .cidrs = &cidr };
	struct mesh_networks mesh = { .networks = &network, .count = 1 };
	const struct config config = { .profile = CNI_AUTO, .mesh = &mesh };
	struct survey survey = EMPTY_SURVEY;

	(void)state;
	assert_int_equal(prefix_parse("10.10.0.0/24", &survey.ranges[0].range), 0);
	strcpy(survey.ranges[0].from, "route by cni0");
	survey.range_count = 1;
	run(&config, &survey);
	assert_string_equal(result_of("10.10.0.0/24: route by cni0"), "ok");

	network.cidr_count = 1;
	assert_int_equal(prefix_parse("10.10.0.0/16", &cidr), 0);
	run(&config, &survey);
	assert_string_equal(result_of("10.10.0.0/24: route by cni0"), "ok");
	assert_int_equal(prefix_parse("10.20.0.0/16", &cidr), 0);
	run(&config, &survey);
	assert_string_equal(result_of("lies in no fromCidr of this node's network network1"), "warn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sentence_of_each_trait, forget),
		cmocka_unit_test_teardown(two_tunnels_on_one_port, forget),
		cmocka_unit_test_teardown(which_cni, forget),
		cmocka_unit_test_teardown(flannel_with_and_without_a_tunnel, forget),
		cmocka_unit_test_teardown(ranges_of_pods, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
