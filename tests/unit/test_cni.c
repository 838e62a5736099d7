/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of each CNI's interfaces, and how a node's CNI is recognised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "cni_profile.h"
#include "cni_signs.h"

/* ------------------------------------------------------------------ names */

static void pods_of_each_profile(void **unused)
{
	static const struct {
		enum cni cni;
		const char *name, *kind;
		bool pod, by_auto;
	} rows[] = {
		{ CNI_BRIDGE, "veth1a2b3c4d", "veth", true, true },
		{ CNI_BRIDGE, "cni0", "bridge", false, false },
		{ CNI_FLANNEL, "veth1a2b3c4d", "veth", true, true },
		{ CNI_FLANNEL, "flannel.1", "vxlan", false, false },
		{ CNI_CALICO, "cali0123456789a", "veth", true, true },
		{ CNI_CALICO, "cali0123456789a", "netkit", true, true },
		{ CNI_CALICO, "vxlan.calico", "vxlan", false, false },
		{ CNI_CALICO, "bpfin.cali", "veth", false, false },
		{ CNI_CALICO, "veth1a2b3c4d", "veth", false, true },
		{ CNI_CILIUM, "lxc3606c82bb351", "veth", true, true },
		{ CNI_CILIUM, "lxc3606c82bb351", "netkit", true, true },
		{ CNI_CILIUM, "cilium_host", "veth", false, false },
		{ CNI_CILIUM, "cilium_net", "veth", false, false },
		{ CNI_KINDNET, "knetc098226f", "veth", true, true },
		{ CNI_KINDNET, "veth1a2b3c4d", "veth", true, true },
		{ CNI_AWS_VPC, "eni0123456789a", "veth", true, true },
		{ CNI_AWS_VPC, "vlan0123456789a", "veth", true, true },
		{ CNI_AWS_VPC, "vlan.eth.3", "vlan", false, false },
		{ CNI_AWS_VPC, "eth1", "", false, false },
		{ CNI_AZURE, "azv0123456789a", "veth", true, true },
		{ CNI_AZURE, "azvint0123456", "veth", false, false },
		{ CNI_AZURE, "azure0", "bridge", false, false },
		{ CNI_GKE, "gke0123456789a", "veth", true, true },
		{ CNI_GKE, "eth0", "", false, false },
		{ CNI_NONE, "veth1a2b3c4d", "veth", false, true },
		{ CNI_BRIDGE, "veth0", "dummy", false, false },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (cni_is_pod(rows[i].cni, rows[i].name, rows[i].kind) != rows[i].pod)
			fail_msg("%s: %s", cni_name(rows[i].cni), rows[i].name);
		if (cni_is_pod(CNI_AUTO, rows[i].name, rows[i].kind) != rows[i].by_auto)
			fail_msg("auto: %s", rows[i].name);
	}
}

static void names_of_profiles(void **unused)
{
	static const char *const names[] = { "auto", "bridge", "flannel", "calico", "cilium", "kindnet",
					     "aws-vpc", "azure", "gke", "none" };

	(void)unused;
	for (enum cni cni = CNI_AUTO; cni <= CNI_NONE; cni++)
		assert_string_equal(cni_name(cni), names[cni]);
	assert_null(cni_profile(CNI_AUTO));
	assert_null(cni_profile(CNI_NONE));
}

/* ------------------------------------------------------------------ recognition */

static void by_interfaces(void **unused)
{
	static const struct {
		const char *links[4]; /* a kind after a colon; else veth */
		enum cni cni;
		const char *from;
		unsigned int traits;
	} rows[] = {
		{ { "eth0:" }, CNI_NONE, "", 0 },
		{ { "veth1" }, CNI_BRIDGE, "interface veth1 of a pod", 0 },
		{ { "cni0:bridge" }, CNI_BRIDGE, "device cni0", 0 },
		{ { "veth1", "cni0:bridge", "flannel.1:vxlan" }, CNI_FLANNEL, "device flannel.1",
		  CNI_HAS_FLANNEL_TUNNEL },
		{ { "veth1", "flannel.1:vxlan", "cni0:bridge" }, CNI_FLANNEL, "device flannel.1",
		  CNI_HAS_FLANNEL_TUNNEL },
		{ { "flannel.1:vxlan", "cali1" }, CNI_CALICO, "interface cali1 of a pod",
		  CNI_HAS_FLANNEL_TUNNEL }, /* Canal */
		{ { "veth1", "vxlan.calico:vxlan" }, CNI_CALICO, "device vxlan.calico", 0 },
		{ { "bpfin.cali", "cali1" }, CNI_CALICO, "interface cali1 of a pod", CNI_HAS_CALICO_BPF },
		{ { "cilium_host", "cilium_vxlan:vxlan" }, CNI_CILIUM, "device cilium_host",
		  CNI_HAS_CILIUM },
		{ { "cilium_host", "cilium_geneve:geneve", "lxc1" }, CNI_CILIUM,
		  "interface lxc1 of a pod", CNI_HAS_CILIUM | CNI_HAS_CILIUM_GENEVE },
		{ { "lxc1:netkit" }, CNI_CILIUM, "interface lxc1 of a pod", CNI_HAS_NETKIT },
		{ { "cilium_host", "eni1" }, CNI_AWS_VPC, "interface eni1 of a pod", CNI_HAS_CILIUM },
		{ { "eni1", "vlan.eth.2:vlan" }, CNI_AWS_VPC, "interface eni1 of a pod",
		  CNI_HAS_BRANCH_ENI },
		{ { "knet1" }, CNI_KINDNET, "interface knet1 of a pod", 0 },
		{ { "azv1" }, CNI_AZURE, "interface azv1 of a pod", 0 },
		{ { "gke1", "cilium_host" }, CNI_GKE, "interface gke1 of a pod", CNI_HAS_CILIUM },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cni_signs signs = CNI_NO_SIGNS;

		for (size_t j = 0; j < COUNT(rows[i].links) && rows[i].links[j]; j++) {
			const char *colon = strchr(rows[i].links[j], ':');
			char name[16] = "";

			strncpy(name, rows[i].links[j], colon ? (size_t)(colon - rows[i].links[j]) : 15);
			cni_see_link(&signs, name, colon ? colon + 1 : "veth");
		}
		if (signs.cni != rows[i].cni || strcmp(signs.from, rows[i].from) ||
		    signs.traits != rows[i].traits)
			fail_msg("row %zu: %s, '%s', %x", i, cni_name(signs.cni), signs.from,
				 signs.traits);
	}
}

static void by_configuration(void **unused)
{
	static const struct {
		const char *text;
		enum cni cni;
		const char *range; /* the first; or NULL */
	} rows[] = {
		{ "{\"name\":\"pods\",\"plugins\":[{\"type\":\"bridge\",\"ipam\":{\"type\":\"host-local\","
		  "\"ranges\":[[{\"subnet\":\"10.10.0.0/24\"}]]}}]}", CNI_BRIDGE, "10.10.0.0/24" },
		{ "{\"name\":\"old\",\"type\":\"ptp\",\"ipam\":{\"subnet\":\"10.9.0.0/16\"}}", CNI_BRIDGE,
		  "10.9.0.0/16" },
		{ "{\"name\":\"cbr0\",\"plugins\":[{\"type\":\"flannel\",\"delegate\":{}}]}", CNI_FLANNEL,
		  NULL },
		{ "{\"name\":\"k8s-pod-network\",\"plugins\":[{\"type\":\"calico\",\"ipam\":"
		  "{\"type\":\"calico-ipam\",\"subnet\":\"usePodCidr\"}}]}", CNI_CALICO, NULL },
		{ "{\"name\":\"cilium\",\"plugins\":[{\"type\":\"cilium-cni\"}]}", CNI_CILIUM, NULL },
		{ "{\"name\":\"kindnet\",\"plugins\":[{\"type\":\"cni-kindnet\",\"ranges\":[\"10.244.0.0/24\"]}]}",
		  CNI_KINDNET, "10.244.0.0/24" },
		{ "{\"name\":\"kindnet\",\"plugins\":[{\"type\":\"ptp\"}]}", CNI_KINDNET, NULL },
		{ "{\"name\":\"aws-cni\",\"plugins\":[{\"type\":\"aws-cni\"},{\"type\":\"egress-cni\"}]}",
		  CNI_AWS_VPC, NULL },
		{ "{\"name\":\"azure\",\"plugins\":[{\"type\":\"azure-vnet\"}]}", CNI_AZURE, NULL },
		{ "{\"name\":\"gke-pod-network\",\"plugins\":[{\"type\":\"ptp\"}]}", CNI_GKE, NULL },
		{ "{\"name\":\"m\",\"plugins\":[{\"type\":\"multus\"}]}", CNI_NONE, NULL },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cni_signs signs = CNI_NO_SIGNS;
		struct cni_config config;
		char text[ADDR_TEXT_MAX];

		assert_int_equal(cni_config_parse(rows[i].text, strlen(rows[i].text), &config), 0);
		cni_see_file(&signs, "/etc/cni/net.d/10-pods.conflist", &config);
		if (signs.cni != rows[i].cni)
			fail_msg("row %zu: %s", i, cni_name(signs.cni));
		assert_int_equal(config.range_count, rows[i].range ? 1 : 0);
		if (rows[i].range)
			assert_string_equal(prefix_format(&config.ranges[0], text), rows[i].range);
	}
}

/* A file tells what the next pod gets, whatever devices are left of a CNI before. */
static void a_file_is_the_strongest_sign(void **unused)
{
	static const char calico[] = "{\"plugins\":[{\"type\":\"calico\"}]}";
	struct cni_signs signs = CNI_NO_SIGNS;
	struct cni_config config;

	(void)unused;
	assert_int_equal(cni_config_parse(calico, strlen(calico), &config), 0);
	cni_see_link(&signs, "flannel.1", "vxlan");
	cni_see_file(&signs, "/etc/cni/net.d/10-calico.conflist", &config);
	cni_see_link(&signs, "lxc1", "veth");
	assert_int_equal(signs.cni, CNI_CALICO);
	assert_string_equal(signs.from, "plugin calico in /etc/cni/net.d/10-calico.conflist");
}

static void bad_configurations(void **unused)
{
	static const char *const texts[] = { "", "{", "[]", "{}", "{\"plugins\":[]}", "{\"plugins\":{}}",
					     "{\"type\":7}", "null", "{\"plugins\":[[]]}" };
	struct cni_config config;

	(void)unused;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (!cni_config_parse(texts[i], strlen(texts[i]), &config))
			fail_msg("accepted: %s", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_of_each_profile),
		cmocka_unit_test(names_of_profiles),
		cmocka_unit_test(by_interfaces),
		cmocka_unit_test(by_configuration),
		cmocka_unit_test(a_file_is_the_strongest_sign),
		cmocka_unit_test(bad_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
