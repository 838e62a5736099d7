/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings about the node's CNI. docs/cni.md has the reasons, and the sources of the facts. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "cni_profile.h"
#include "config.h"
#include "hook_query.h"
#include "mesh_networks.h"
#include "pins.h"
#include "survey.h"

#define LOOPBACK 1 /* ifindex in every network namespace */

/* ------------------------------------------------------------------ which */

static void check_which(struct check_list *list, const struct config *config,
			const struct cni_signs *signs)
{
	const char *name = cni_name(signs->cni);

	if (config->profile == CNI_NONE || (config->profile == CNI_AUTO && signs->cni == CNI_NONE))
		check_add(list, "cni", signs->cni == CNI_NONE ? CHECK_SKIP : CHECK_OK,
			  signs->cni == CNI_NONE ? "none is recognised" : "%s: %s", name, signs->from);
	else if (config->profile == CNI_AUTO || config->profile == signs->cni)
		check_add(list, "cni", CHECK_OK, "%s: %s", name, signs->from);
	else if (signs->cni == CNI_NONE)
		check_add(list, "cni", CHECK_WARN, "%s by interfaces.profile, of which nothing is here",
			  cni_name(config->profile));
	else
		check_add(list, "cni", CHECK_WARN, "%s by interfaces.profile, but %s is of %s",
			  cni_name(config->profile), signs->from, name);
}

/* ------------------------------------------------------------------ Cilium */

/* Cilium pins the links of its socket load balancer in this directory of the BPF file system. */
static bool has_socket_lb(const char *pin_dir)
{
	char parent[PIN_PATH_MAX], path[PIN_PATH_MAX + 64];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", pin_dir);
	slash = strrchr(parent, '/');
	if (slash)
		*slash = '\0';
	snprintf(path, sizeof(path), "%s/cilium/socketlb/links/cgroup/cil_sock4_connect", parent);
	return !access(path, F_OK);
}

static void check_cilium(struct check_list *list, const struct config *config,
			 const struct cni_signs *signs, const char *pin_dir)
{
	if (has_socket_lb(pin_dir))
		check_add(list, "cni", CHECK_WARN, "Cilium's socket load balancer is attached: without "
			  "socketLB.hostNamespaceOnly it translates pods' calls before we see them");
	check_add(list, "cni", CHECK_WARN, "Cilium's eBPF host routing hands replies to pods past our hook: "
		  "bpf.hostLegacyRouting has to be true");
	if (signs->traits & CNI_HAS_CILIUM_GENEVE && config->gateway.enabled &&
	    config->gateway.listen_port == 6081)
		check_add(list, "cni", CHECK_FAIL, "Cilium's own tunnel has UDP port 6081: choose another "
			  "gateway.listen.port");
}

/* ------------------------------------------------------------------ the others */

static void check_removers(struct check_list *list)
{
	struct hook_programs programs;

	if (hook_query_tcx(LOOPBACK, true, &programs))
		check_add(list, "cni", CHECK_WARN, "without TCX our filters are in the way of a CNI that "
			  "removes all filters of an interface: they are back within 10 s");
}

static void check_traits(struct check_list *list, unsigned int traits)
{
	if (traits & CNI_HAS_NETKIT)
		check_add(list, "cni", CHECK_FAIL, "pods are on netkit devices, whose programs run before "
			  "ours: let the CNI use veth (Cilium: bpf.datapathMode, Calico: bpfAttachType)");
	if (traits & CNI_HAS_CALICO_BPF)
		check_add(list, "cni", CHECK_WARN, "Calico's eBPF data plane: set "
			  "bpfConnectTimeLoadBalancing and bpfRedirectToPeer to Disabled, else pods' calls "
			  "or their replies go past our hooks");
	if (traits & CNI_HAS_BRANCH_ENI)
		check_add(list, "cni", CHECK_WARN, "pods with security groups of their own: connections "
			  "through a gateway leave by the node's interface, with the node's groups");
	if (traits & (CNI_HAS_CILIUM | CNI_HAS_CALICO_BPF))
		check_removers(list);
}

/* Without an overlay of its own the pods have the whole MTU of the uplink. */
static void check_flannel(struct check_list *list, const struct cni_signs *signs)
{
	bool tunnel = signs->traits & CNI_HAS_FLANNEL_TUNNEL;

	if (signs->cni == CNI_FLANNEL)
		check_add(list, "cni", CHECK_OK, tunnel ? "flannel with a tunnel between nodes" :
			  "flannel without a tunnel (host-gw): pods have the uplink's MTU, see mtu");
}

/* ------------------------------------------------------------------ addresses of pods */

static bool is_in_network(const struct mesh_network *network, const struct prefix *range)
{
	if (!network || !network->cidr_count)
		return true; /* it does not go by addresses */
	for (size_t i = 0; i < network->cidr_count; i++)
		if (prefix_overlaps(&network->cidrs[i], range))
			return true;
	return false;
}

static void check_range(struct check_list *list, const struct mesh_network *network,
			const struct survey_range *range)
{
	char text[ADDR_TEXT_MAX];

	prefix_format(&range->range, text);
	if (is_in_network(network, &range->range))
		check_add(list, "pod range", CHECK_OK, "%s: %s", text, range->from);
	else
		check_add(list, "pod range", CHECK_WARN, "%s (%s) lies in no fromCidr of this node's network "
			  "%s", text, range->from, network->name);
}

void check_cni(struct check_list *list, const struct config *config, const struct survey *survey,
	       const char *pin_dir)
{
	check_which(list, config, &survey->signs);
	if (survey->signs.traits & CNI_HAS_CILIUM)
		check_cilium(list, config, &survey->signs, pin_dir);
	check_traits(list, survey->signs.traits);
	check_flannel(list, &survey->signs);
	for (size_t i = 0; i < survey->range_count; i++)
		check_range(list, mesh_networks_own(config->mesh), &survey->ranges[i]);
}
