/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the node itself tells about its interfaces: uplinks, the CNI, the addresses of pods. */
#include "survey.h"

#include <fnmatch.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "array.h"
#include "cni_files.h"
#include "cni_profile.h"
#include "host_pair.h"

#define ROUTES_ASKED 64 /* of gateways: each takes two system calls */

/* ------------------------------------------------------------------ roles */

static bool matches(const char **patterns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

bool survey_finds_uplinks(const struct config *config)
{
	return config->profile != CNI_NONE && !config->uplink_pattern_count;
}

bool survey_finds_pods(const struct config *config)
{
	return config->profile != CNI_NONE && !config->pod_pattern_count;
}

static const struct survey_uplink *find_uplink(const struct survey *survey, uint32_t ifindex)
{
	for (size_t i = 0; i < survey->uplink_count; i++)
		if (survey->uplinks[i].ifindex == ifindex)
			return &survey->uplinks[i];
	return NULL;
}

static bool is_uplink(const struct survey *survey, const struct config *config,
		      const struct netlink_link *link)
{
	if (survey_finds_uplinks(config))
		return find_uplink(survey, link->ifindex);
	return matches(config->uplink_patterns, config->uplink_pattern_count, link->name);
}

static bool is_pod(const struct config *config, const struct netlink_link *link)
{
	if (link->type != ARPHRD_ETHER)
		return false;
	if (survey_finds_pods(config))
		return cni_is_pod(config->profile, link->name, link->kind);
	return matches(config->pod_patterns, config->pod_pattern_count, link->name);
}

enum iface_role survey_role(const struct survey *survey, const struct config *config,
			    const struct netlink_link *link)
{
	if (!strcmp(link->name, "lo"))
		return 0;
	if (host_pair_is_end(link->name))
		return config->host && host_pair_is_far(link->name) ? IFACE_HOST : 0;
	if (is_uplink(survey, config, link))
		return IFACE_UPLINK;
	return is_pod(config, link) ? IFACE_POD : 0;
}

const char *survey_uplink_from(const struct survey *survey, const struct config *config, uint32_t ifindex)
{
	const struct survey_uplink *uplink = find_uplink(survey, ifindex);

	return uplink && survey_finds_uplinks(config) ? uplink->from : "configuration";
}

/* ------------------------------------------------------------------ uplinks */

/* IPv4 first, in which tunnels travel; then the order of the kernel's own choice. */
static bool is_preferred(const struct survey_uplink *a, const struct survey_uplink *b)
{
	return a->family && b->family && (a->family < b->family ||
					  (a->family == b->family && a->metric < b->metric));
}

static void add_uplink(struct survey *survey, struct survey_uplink uplink)
{
	size_t at = survey->uplink_count;

	if (!uplink.ifindex || find_uplink(survey, uplink.ifindex) || at == SURVEY_UPLINKS)
		return;
	for (; at && is_preferred(&uplink, &survey->uplinks[at - 1]); at--)
		survey->uplinks[at] = survey->uplinks[at - 1];
	survey->uplinks[at] = uplink;
	survey->uplink_count++;
}

static void add_default_route(struct survey *survey, const struct netlink_route *route)
{
	add_uplink(survey, (struct survey_uplink){
		.ifindex = route->ifindex, .family = route->to.addr.family, .metric = route->metric,
		.from = route->to.addr.family == 4 ? "default route" : "IPv6 default route",
	});
}

/* 0 without a route, and for an address of this node. */
static uint32_t route_device(const struct addr *to)
{
	uint32_t ifindex = 0;
	char name[IF_NAMESIZE];

	if (!addr_is_usable(to) || netlink_route_to(to, &ifindex) || !if_indextoname(ifindex, name))
		return 0;
	return strcmp(name, "lo") ? ifindex : 0;
}

static void add_listen_device(struct survey *survey, uint32_t ifindex)
{
	add_uplink(survey, (struct survey_uplink){ .ifindex = ifindex, .from = "gateway.listen" });
}

/* Tunnels may arrive elsewhere than the default route leads. */
static void add_listen(struct survey *survey, const struct config_gateway_role *gateway)
{
	const struct addr *addresses[] = { &gateway->listen_addresses.v4,
					   &gateway->listen_addresses.v6 };

	if (!gateway->enabled)
		return;
	if (gateway->listen_interface)
		add_listen_device(survey, if_nametoindex(gateway->listen_interface));
	for (size_t i = 0; i < COUNT(addresses); i++) {
		uint32_t ifindex = 0;

		if (addresses[i]->family && !netlink_address_holder(addresses[i], &ifindex))
			add_listen_device(survey, ifindex);
	}
}

/* A tunnel of the kernel's own (WireGuard), or a network card for this traffic, is no default route's. */
static void add_towards(struct survey *survey, const struct mesh_networks *mesh)
{
	size_t asked = 0;

	for (size_t i = 0; mesh && i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		if (network->own || network->transport != TRANSPORT_GENEVE)
			continue;
		for (size_t j = 0; j < network->gateway_count && asked++ < ROUTES_ASKED; j++)
			add_uplink(survey,
				   (struct survey_uplink){
					   .ifindex = route_device(&network->gateways[j].addr),
					   .from = "route to a gateway",
				   });
	}
}

static void keep_uplinks(struct survey *survey, const struct survey *before)
{
	bool routed = false;
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < survey->uplink_count; i++)
		routed |= survey->uplinks[i].family != 0;
	for (size_t i = 0; !routed && i < before->uplink_count; i++) {
		struct survey_uplink uplink = before->uplinks[i];

		uplink.from = "default route, before it was lost";
		if (uplink.family && if_indextoname(uplink.ifindex, name))
			add_uplink(survey, uplink);
	}
}

/* ------------------------------------------------------------------ ranges of pods */

static struct survey_range *add_range(struct survey *survey, const struct prefix *range)
{
	if (survey->range_count == SURVEY_RANGES)
		return NULL;
	for (size_t i = 0; i < survey->range_count; i++)
		if (prefix_contains(&survey->ranges[i].range, &range->addr) &&
		    survey->ranges[i].range.bits <= range->bits)
			return NULL;
	survey->ranges[survey->range_count] = (struct survey_range){ .range = *range };
	return &survey->ranges[survey->range_count++];
}

static bool is_whole_address(const struct prefix *prefix)
{
	return prefix->bits == (prefix->addr.family == 4 ? 32 : 128);
}

static bool is_link_local(const struct prefix *prefix)
{
	struct prefix range = {};

	prefix_parse(prefix->addr.family == 6 ? "fe80::/10" : "169.254.0.0/16", &range);
	return prefix_contains(&range, &prefix->addr);
}

/* A bridge of pods, or Cilium's device, holds the route to all of them; Calico has one that leads nowhere
 * for each of its blocks, beneath those to each pod (felix/dataplane/linux/route_mgr.go). */
static void see_range(struct survey *survey, const struct netlink_route *route, const char *name)
{
	static const char *const devices[] = { "cni0", "cbr0", "azure0", "cilium_host", NULL };
	bool nowhere = route->type == RTN_BLACKHOLE;
	struct survey_range *range;

	if (is_link_local(&route->to) ||
	    !(nowhere || (route->type == RTN_UNICAST && cni_matches(devices, name))))
		return;
	range = add_range(survey, &route->to);
	if (range && nowhere)
		snprintf(range->from, sizeof(range->from), "blackhole route");
	else if (range)
		snprintf(range->from, sizeof(range->from), "route by %s", name);
}

/* ptp and most clouds' CNIs have a route to each pod, and none to all. */
static void see_pod(struct survey *survey, const struct netlink_route *route, const char *name)
{
	struct survey_routed *routed = &survey->routed[route->to.addr.family == 6];

	if (!route->direct || is_link_local(&route->to) || !cni_is_pod(CNI_AUTO, name, "veth"))
		return;
	if (!routed->count++)
		routed->range = route->to;
	prefix_widen(&routed->range, &route->to.addr);
}

/* Of no use where a larger range is known. */
static void add_routed(struct survey *survey)
{
	bool known = survey->range_count;

	for (size_t i = 0; i < COUNT(survey->routed); i++) {
		const struct survey_routed *routed = &survey->routed[i];
		struct survey_range *range = routed->count && !known ?
						     add_range(survey, &routed->range) : NULL;

		if (range)
			snprintf(range->from, sizeof(range->from),
				 "routes to %zu of its pods, at least", routed->count);
	}
}

void survey_see_route(struct survey *survey, const struct netlink_route *route, const char *name)
{
	if (is_whole_address(&route->to))
		see_pod(survey, route, name);
	else if (route->to.bits)
		see_range(survey, route, name);
	else if (route->type == RTN_UNICAST && strcmp(name, "lo"))
		add_default_route(survey, route);
}

struct route_visit {
	struct survey *survey;
	uint32_t ifindex; /* whose name this is */
	char name[IF_NAMESIZE];
};

/* The name takes a system call; most routes of a router lead by one interface. */
static void visit_route(void *arg, const struct netlink_route *route)
{
	struct route_visit *visit = arg;

	if (is_whole_address(&route->to) && !route->direct)
		return;
	if (route->ifindex != visit->ifindex &&
	    (!route->ifindex || !if_indextoname(route->ifindex, visit->name)))
		visit->name[0] = '\0';
	visit->ifindex = route->ifindex;
	survey_see_route(visit->survey, route, visit->name);
}

/* ------------------------------------------------------------------ all of it */

static void read_files(struct survey *survey, const char *dir)
{
	struct cni_config config;
	char path[CNI_PATH_MAX];

	if (cni_files_read(dir, path, &config))
		return;
	cni_see_file(&survey->signs, path, &config);
	for (size_t i = 0; i < config.range_count; i++) {
		struct survey_range *range = add_range(survey, &config.ranges[i]);

		if (range)
			snprintf(range->from, sizeof(range->from), "%s", path);
	}
}

/* A node whose pods have all left still has its CNI. */
static void keep_cni(struct survey *survey, const struct survey *before)
{
	if (survey->signs.strongest != CNI_SIGN_NONE || before->signs.cni == CNI_NONE)
		return;
	survey->signs = before->signs;
	survey->signs.strongest = CNI_SIGN_NONE;
	survey->signs.traits = 0;
}

void survey_read(const struct config *config, const struct config *current,
		 const struct survey *before, struct survey *ret)
{
	struct survey survey = EMPTY_SURVEY;
	struct route_visit visit = { .survey = &survey };

	read_files(&survey, config->cni_conf_dir);
	netlink_routes(AF_INET, visit_route, &visit);
	netlink_routes(AF_INET6, visit_route, &visit);
	add_routed(&survey);
	keep_uplinks(&survey, before);
	add_towards(&survey, current->mesh);
	add_listen(&survey, &current->gateway);
	keep_cni(&survey, before);
	*ret = survey;
}

static bool uplinks_equal(const struct survey *a, const struct survey *b)
{
	for (size_t i = 0; i < a->uplink_count; i++)
		if (a->uplinks[i].ifindex != b->uplinks[i].ifindex ||
		    strcmp(a->uplinks[i].from, b->uplinks[i].from))
			return false;
	return true;
}

static bool ranges_equal(const struct survey *a, const struct survey *b)
{
	for (size_t i = 0; i < a->range_count; i++)
		if (!addr_equal(&a->ranges[i].range.addr, &b->ranges[i].range.addr) ||
		    a->ranges[i].range.bits != b->ranges[i].range.bits ||
		    strcmp(a->ranges[i].from, b->ranges[i].from))
			return false;
	return true;
}

bool survey_equal(const struct survey *a, const struct survey *b)
{
	return a->signs.cni == b->signs.cni && !strcmp(a->signs.from, b->signs.from) &&
	       a->uplink_count == b->uplink_count && uplinks_equal(a, b) &&
	       a->range_count == b->range_count && ranges_equal(a, b);
}

void survey_see_link(struct survey *survey, const struct netlink_link *link)
{
	if (!link->gone)
		cni_see_link(&survey->signs, link->name, link->kind);
}
