/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings about interfaces: those of pods, uplinks and their MTU, the programs of others on them. */
#include "check.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cni_profile.h"
#include "config.h"
#include "hook_query.h"
#include "interface_hooks.h"
#include "links.h"
#include "netlink.h"
#include "parallax_wire.h"
#include "survey.h"

#define FIRST_MTU 1500 /* of pods, when there is none to ask */
#define LIST_TRIES 20

struct machine {
	const struct config *config;
	struct netlink_link *links;
	size_t count;
	struct survey survey;
	uint32_t ours[LINK_HOOKS]; /* ids of the programs pinned under our directory */
	size_t our_count;
};

static enum iface_role role_of(const struct machine *machine, const struct netlink_link *link)
{
	return survey_role(&machine->survey, machine->config, link);
}

/* ------------------------------------------------------------------ the list */

static int visit_link(void *arg, const struct netlink_link *link)
{
	struct machine *machine = arg;
	struct netlink_link *links = realloc(machine->links, (machine->count + 1) * sizeof(*links));

	if (!links)
		return -ENOMEM;
	machine->links = links;
	links[machine->count++] = *link;
	survey_see_link(&machine->survey, link);
	return 0;
}

static int read_machine(struct machine *machine, const char *pin_dir)
{
	int err = -EINTR;

	survey_read(machine->config, machine->config, &EMPTY_SURVEY, &machine->survey);
	for (int tries = 0; err == -EINTR && tries < LIST_TRIES; tries++) {
		machine->count = 0;
		err = netlink_links(visit_link, machine);
	}
	machine->our_count = link_pinned_programs(pin_dir, machine->ours);
	return err;
}

/* ------------------------------------------------------------------ interfaces by patterns */

static void check_pattern(struct check_list *list, const struct machine *machine, const char *name,
			  const char *pattern, enum check_result missing)
{
	unsigned int found = 0;

	for (size_t i = 0; i < machine->count; i++)
		found += !fnmatch(pattern, machine->links[i].name, 0);
	if (found)
		check_add(list, name, CHECK_OK, "'%s' matches %u", pattern, found);
	else
		check_add(list, name, missing, "'%s' matches no interface here", pattern);
}

static void check_patterns(struct check_list *list, const struct machine *machine)
{
	const struct config *config = machine->config;

	for (size_t i = 0; i < config->uplink_pattern_count; i++)
		check_pattern(list, machine, "uplinks", config->uplink_patterns[i], CHECK_FAIL);
	for (size_t i = 0; i < config->pod_pattern_count; i++)
		check_pattern(list, machine, "pods", config->pod_patterns[i], CHECK_WARN);
}

/* An interface that a pattern of pods takes by mistake, as "*" takes every one. */
static void check_other_role(struct check_list *list, const struct machine *machine,
			     const struct netlink_link *link)
{
	const struct config *config = machine->config;
	enum iface_role role = role_of(machine, link);

	for (size_t i = 0; role != IFACE_POD && i < config->pod_pattern_count; i++)
		if (!fnmatch(config->pod_patterns[i], link->name, 0)) {
			check_add(list, "pods", CHECK_WARN, role == IFACE_UPLINK ?
				  "'%s' matches %s, too, which stays an uplink" :
				  "'%s' matches %s, too, which belongs to no pod and is left alone",
				  config->pod_patterns[i], link->name);
			return;
		}
}

/* ------------------------------------------------------------------ interfaces that are found */

static void check_uplinks(struct check_list *list, const struct machine *machine)
{
	size_t found = 0;

	for (size_t i = 0; i < machine->count; i++) {
		const struct netlink_link *link = &machine->links[i];

		if (role_of(machine, link) != IFACE_UPLINK)
			continue;
		check_add(list, "uplinks", CHECK_OK, "%s is one, MTU %u%s: %s", link->name,
			  link->mtu, interface_encrypts(link->kind) ? ", encrypts" : "",
			  survey_uplink_from(&machine->survey, machine->config, link->ifindex));
		found++;
	}
	if (!found)
		check_add(list, "uplinks", CHECK_FAIL, "this node has no default route: name its uplinks "
			  "in interfaces.uplinks");
}

static void check_pods(struct check_list *list, const struct machine *machine)
{
	const char *last = NULL;
	size_t found = 0;

	for (size_t i = 0; i < machine->count; i++)
		if (role_of(machine, &machine->links[i]) == IFACE_POD) {
			last = machine->links[i].name;
			found++;
		}
	if (found)
		check_add(list, "pods", CHECK_OK, "%zu have an interface here, as %s", found, last);
	else
		check_add(list, "pods", CHECK_WARN, "no interface of a pod is here");
}

/* Only where the node has an IPv6 address: pods of IPv4 alone do not need it. */
static void check_forwarding6(struct check_list *list)
{
	long on = 0;

	if (!check_read_number("/proc/sys/net/ipv6/conf/all/forwarding", &on) && !on)
		check_add(list, "forwarding", CHECK_WARN,
			  "net.ipv6.conf.all.forwarding is 0: IPv6 pods of other nodes cannot be "
			  "reached, set it to 1 if there are any");
}

static void check_address(struct check_list *list, const struct machine *machine)
{
	const struct survey *survey = &machine->survey;
	char text[ADDR_TEXT_MAX];
	struct addr address;
	bool found = false;

	if (!survey->uplink_count)
		return;
	for (uint8_t family = 4; family <= 6; family += 2)
		if (!netlink_address(survey->uplinks[0].ifindex, family, &address)) {
			check_add(list, "address", CHECK_OK, "%s is this node's",
				  addr_format(&address, text));
			found = true;
			if (family == 6)
				check_forwarding6(list);
		}
	if (!found)
		check_add(list, "address", CHECK_WARN,
			  "the uplink has no address: no tunnel can begin "
			  "here");
}

static void check_found(struct check_list *list, const struct machine *machine)
{
	if (survey_finds_uplinks(machine->config)) {
		check_uplinks(list, machine);
		check_address(list, machine);
	}
	if (survey_finds_pods(machine->config))
		check_pods(list, machine);
}

/* ------------------------------------------------------------------ MTU */

static void check_mtu(struct check_list *list, const struct machine *machine)
{
	long uplink = -1, pod = FIRST_MTU;

	for (size_t i = 0; i < machine->count; i++) {
		const struct netlink_link *link = &machine->links[i];
		enum iface_role role = role_of(machine, link);

		if (role == IFACE_POD)
			pod = link->mtu;
		else if (role == IFACE_UPLINK && (uplink < 0 || link->mtu < uplink))
			uplink = link->mtu;
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

/* ------------------------------------------------------------------ reverse path filter */

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

/* ------------------------------------------------------------------ programs of others */

static bool is_ours(const struct machine *machine, uint32_t id)
{
	for (size_t i = 0; i < machine->our_count; i++)
		if (machine->ours[i] == id)
			return true;
	return false;
}

static uint32_t find_own(const struct machine *machine, const struct hook_programs *programs)
{
	uint32_t i = 0;

	while (i < programs->count && !is_ours(machine, programs->items[i].id))
		i++;
	return i;
}

/* Those before us decide first: one that does not hand on hides packets from us. Where we are not
 * attached yet, we shall go before filters of a higher preference, or `at_head`. */
static void check_hook(struct check_list *list, const struct machine *machine, const char *link,
		       const char *hook, const struct hook_programs *programs,
		       bool at_head)
{
	uint32_t own = find_own(machine, programs);

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
static void check_hooks(struct check_list *list, const struct machine *machine,
			const struct netlink_link *link)
{
	struct hook_programs programs;
	uint32_t id = 0;

	for (int ingress = 0; ingress < 2; ingress++) {
		const char *tcx = ingress ? "tcx ingress" : "tcx egress";
		const char *tc = ingress ? "tc ingress" : "tc egress";

		if (!hook_query_tcx(link->ifindex, ingress, &programs)) {
			check_hook(list, machine, link->name, tcx, &programs, true);
			if (machine->config->attach != ATTACH_CLSACT)
				continue;
		}
		if (!hook_query_clsact(link->ifindex, ingress, &programs))
			check_hook(list, machine, link->name, tc, &programs, false);
	}
	if (!hook_query_xdp(link->ifindex, &id) && id && !is_ours(machine, id))
		check_add(list, "hooks", CHECK_WARN, "%s: foreign XDP program %u is "
			  "attached: TC is used instead", link->name, id);
}

static void check_each(struct check_list *list, const struct machine *machine)
{
	for (size_t i = 0; i < machine->count; i++) {
		const struct netlink_link *link = &machine->links[i];
		enum iface_role role = role_of(machine, link);

		check_other_role(list, machine, link);
		if (role == IFACE_UPLINK)
			check_rp_filter(list, link->name);
		if (role)
			check_hooks(list, machine, link);
	}
}

void check_links(struct check_list *list, const struct config *config, const char *pin_dir)
{
	struct machine machine = { .config = config };
	int err = read_machine(&machine, pin_dir);

	if (err) {
		check_add(list, "interfaces", CHECK_SKIP, "%s", strerror(-err));
	} else {
		check_patterns(list, &machine);
		check_found(list, &machine);
		check_mtu(list, &machine);
		check_encryption(list, config, machine.links, machine.count);
		check_each(list, &machine);
		check_cni(list, config, &machine.survey, pin_dir);
	}
	free(machine.links);
}
