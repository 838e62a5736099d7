/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings about the configuration's demands on the machine. */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config.h"
#include "hook_query.h"
#include "interfaces.h"
#include "links.h"
#include "parallax_wire.h"

#define FIRST_MTU 1500 /* of pods, when there is none to ask */

struct links {
	struct if_nameindex *all;  /* ends with an index of 0 */
	uint32_t ours[LINK_HOOKS]; /* ids of the programs pinned under our directory */
	size_t our_count;
};

/* From the network namespace we are in: /sys may show another one's. */
static long link_mtu(const char *name)
{
	struct ifreq request = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long mtu = -1;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd >= 0 && !ioctl(fd, SIOCGIFMTU, &request))
		mtu = request.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

static void check_patterns(struct check_list *list, const struct links *links, const char *name,
			   const char **patterns, size_t count, enum check_result missing)
{
	for (size_t i = 0; i < count; i++) {
		const struct if_nameindex *link = links->all;
		unsigned int found = 0;

		for (; link->if_index; link++)
			found += !fnmatch(patterns[i], link->if_name, 0);
		if (found)
			check_add(list, name, CHECK_OK, "'%s' matches %u", patterns[i], found);
		else
			check_add(list, name, missing, "'%s' matches no interface here",
				  patterns[i]);
	}
}

/* An interface that a pattern of pods takes by mistake, as "*" takes every one. */
static void check_other_role(struct check_list *list, const struct config *config, const char *name)
{
	enum iface_role role = interfaces_role(config, name);

	for (size_t i = 0; role != IFACE_POD && i < config->pod_pattern_count; i++)
		if (!fnmatch(config->pod_patterns[i], name, 0)) {
			check_add(
				list, "pods", CHECK_WARN,
				role == IFACE_UPLINK ?
					"'%s' matches %s, too, which stays an uplink" :
					"'%s' matches %s, too, which belongs to no pod and is left alone",
				config->pod_patterns[i], name);
			return;
		}
}

static void check_mtu(struct check_list *list, const struct config *config,
		      const struct links *links)
{
	long uplink = -1, pod = FIRST_MTU, mtu;

	for (const struct if_nameindex *link = links->all; link->if_index; link++) {
		enum iface_role role = interfaces_role(config, link->if_name);

		mtu = link_mtu(link->if_name);
		if (role == IFACE_POD)
			pod = mtu;
		else if (role == IFACE_UPLINK && (uplink < 0 || mtu < uplink))
			uplink = mtu;
	}
	if (uplink < 0)
		return;
	if (uplink - TUNNEL_OVERHEAD_IPV4 >= pod)
		check_add(list, "mtu", CHECK_OK, "uplink %ld carries packets of %ld in a tunnel",
			  uplink, pod);
	else
		check_add(list, "mtu", CHECK_WARN, "uplink %ld leaves %ld in a tunnel, pods use "
			  "%ld: TCP is clamped, larger datagrams are answered with \"too big\"",
			  uplink, uplink - TUNNEL_OVERHEAD_IPV4, pod);
}

static int read_rp_filter(const char *name, long *ret)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", name);
	return check_read_number(path, ret);
}

static void check_rp_filter(struct check_list *list, const char *name)
{
	long own, all;

	if (read_rp_filter(name, &own) || read_rp_filter("all", &all))
		return;
	if ((own > all ? own : all) == 1)
		check_add(list, "rp_filter", CHECK_WARN, "strict on %s: asymmetric "
			  "replies are dropped, set net.ipv4.conf.*.rp_filter to 2", name);
	else
		check_add(list, "rp_filter", CHECK_OK, "not strict on %s", name);
}

static bool is_ours(const struct links *links, uint32_t id)
{
	for (size_t i = 0; i < links->our_count; i++)
		if (links->ours[i] == id)
			return true;
	return false;
}

static uint32_t find_own(const struct links *links, const struct hook_programs *programs)
{
	uint32_t i = 0;

	while (i < programs->count && !is_ours(links, programs->items[i].id))
		i++;
	return i;
}

/* Those before us decide first: one that does not hand on hides packets from us. Where we are not
 * attached yet, we shall go before filters of a higher preference, or `at_head`. */
static void check_hook(struct check_list *list, const struct links *links, const char *link,
		       const char *hook, const struct hook_programs *programs,
		       bool at_head)
{
	uint32_t own = find_own(links, programs);

	for (uint32_t i = 0; i < own; i++) {
		const struct hook_program *program = &programs->items[i];
		bool after = own == programs->count &&
			     (at_head || program->pref > LINK_TC_PRIORITY);

		check_add(list, "hooks", after ? CHECK_OK : CHECK_WARN,
			  "%s, %s: foreign program %u %s runs %s ours", link, hook,
			  program->id, program->name, after ? "after" : "before");
	}
}

/* Filters of clsact run after everything in TCX: they matter only where we are one of them. */
static void check_hooks(struct check_list *list, const struct links *links,
			const struct if_nameindex *link, bool clsact)
{
	struct hook_programs programs;
	uint32_t id = 0;

	for (int ingress = 0; ingress < 2; ingress++) {
		const char *tcx = ingress ? "tcx ingress" : "tcx egress";
		const char *tc = ingress ? "tc ingress" : "tc egress";

		if (!hook_query_tcx(link->if_index, ingress, &programs)) {
			check_hook(list, links, link->if_name, tcx, &programs, true);
			if (!clsact)
				continue;
		}
		if (!hook_query_clsact(link->if_index, ingress, &programs))
			check_hook(list, links, link->if_name, tc, &programs, false);
	}
	if (!hook_query_xdp(link->if_index, &id) && id && !is_ours(links, id))
		check_add(list, "hooks", CHECK_WARN, "%s: foreign XDP program %u is "
			  "attached: TC is used instead", link->if_name, id);
}

static void check_links(struct check_list *list, const struct config *config,
			const struct links *links)
{
	for (const struct if_nameindex *link = links->all; link->if_index; link++) {
		enum iface_role role = interfaces_role(config, link->if_name);

		check_other_role(list, config, link->if_name);
		if (role == IFACE_UPLINK)
			check_rp_filter(list, link->if_name);
		if (role)
			check_hooks(list, links, link, config->attach == ATTACH_CLSACT);
	}
}

static const struct mesh_network *own_network(const struct config *config)
{
	for (size_t i = 0; config->mesh && i < config->mesh->count; i++)
		if (config->mesh->networks[i].own)
			return &config->mesh->networks[i];
	return NULL;
}

void check_snat(struct check_list *list, const struct config *config)
{
	const struct mesh_network *own = own_network(config);
	char address[ADDR_TEXT_MAX], range[ADDR_TEXT_MAX];

	for (size_t i = 0; i < config->gateway.snat_count; i++) {
		const struct addr *snat = &config->gateway.snat[i];
		bool inside = false;

		for (size_t j = 0; own && j < own->cidr_count; j++) {
			if (!prefix_contains(&own->cidrs[j], snat))
				continue;
			inside = true;
			check_add(list, "snat", CHECK_WARN, "%s lies in the pod range %s: a pod "
				  "may be given it", addr_format(snat, address),
				  prefix_format(&own->cidrs[j], range));
		}
		if (!inside)
			check_add(list, "snat", CHECK_OK, "%s lies in no pod range of ours",
				  addr_format(snat, address));
	}
}

static const struct mesh_network *network_of(const struct config *config)
{
	for (size_t i = 0; config->cluster && config->mesh && i < config->mesh->count; i++) {
		const struct mesh_network *network = &config->mesh->networks[i];

		for (size_t j = 0; j < network->registry_count; j++)
			if (!strcmp(network->registries[j], config->cluster))
				return network;
	}
	return NULL;
}

void check_cluster(struct check_list *list, const struct config *config)
{
	const struct mesh_network *network = network_of(config);

	if (network && network->own)
		check_add(list, "cluster", CHECK_OK, "%s belongs to %s", config->cluster,
			  config->network);
	else if (network)
		check_add(list, "cluster", CHECK_WARN, "%s belongs to %s by meshNetworks, this node "
			  "to %s: its own pods count as another network's", config->cluster,
			  network->name, config->network);
}

static bool is_own_address(const struct addr *addr)
{
	struct ifaddrs *all, *item;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (item = all; item && !found; item = item->ifa_next) {
		const struct sockaddr_in *v4 = (const void *)item->ifa_addr;

		found = v4 && v4->sin_family == AF_INET && addr->family == 4 &&
			v4->sin_addr.s_addr == addr->ip.v4;
	}
	freeifaddrs(all);
	return found;
}

static void check_gateway(struct check_list *list, const struct config *config)
{
	const struct config_gateway_role *gateway = &config->gateway;
	char address[ADDR_TEXT_MAX];

	if (!gateway->enabled)
		return;
	if (gateway->listen_interface && !if_nametoindex(gateway->listen_interface))
		check_add(list, "gateway", CHECK_FAIL, "no interface %s to listen on",
			  gateway->listen_interface);
	else if (!gateway->listen_interface && !is_own_address(&gateway->listen_address))
		check_add(list, "gateway", CHECK_FAIL, "%s is not an address of this machine",
			  addr_format(&gateway->listen_address, address));
	else
		check_add(list, "gateway", CHECK_OK, "can listen");
	if (gateway->allow_count == 0)
		check_add(list, "gateway", CHECK_FAIL, "gateway.allow is empty: no tunnel packet is accepted");
	check_snat(list, config);
}

static void check_source(struct check_list *list, const struct config *config)
{
	if (!config->eds_path)
		return;
	if (access(config->eds_path, R_OK))
		check_add(list, "source", CHECK_FAIL, "%s: %s", config->eds_path, strerror(errno));
	else
		check_add(list, "source", CHECK_OK, "%s can be read", config->eds_path);
}

void check_config(struct check_list *list, const struct config *config, const char *pin_dir)
{
	struct links links = { .all = if_nameindex() };

	check_source(list, config);
	check_cluster(list, config);
	check_gateway(list, config);
	if (!links.all) {
		check_add(list, "interfaces", CHECK_SKIP, "%s", strerror(errno));
		return;
	}
	links.our_count = link_pinned_programs(pin_dir, links.ours);
	check_patterns(list, &links, "uplinks", config->uplink_patterns,
		       config->uplink_pattern_count, CHECK_FAIL);
	check_patterns(list, &links, "pods", config->pod_patterns, config->pod_pattern_count,
		       CHECK_WARN);
	check_mtu(list, config, &links);
	check_links(list, config, &links);
	if_freenameindex(links.all);
}
