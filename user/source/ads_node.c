/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Our node id and metadata, as istiod expects them. */
#include "ads_node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "arena.h"

#define DEFAULTS_MAX 8
#define ISTIO_VERSION "1.29.0" /* whose responses we were tested with; without one istiod warns */
#define NAMESPACE "default"
/* Of TEST-NET-2 and 2001:db8::/32: the kernel only picks a source. */
#define SOMEWHERE "198.51.100.1"
#define SOMEWHERE_IPV6 "2001:db8::1"
#define DISCARD_PORT 9

/* ------------------------------------------------------------------ the machine */

/* Nothing is sent. */
static void find_source_address(const char *towards, char ret[64])
{
	struct sockaddr_storage to, from;
	socklen_t length;
	struct addr addr;
	int fd;

	if (addr_parse(towards, &addr))
		return;
	length = addr_to_sockaddr(&addr, DISCARD_PORT, &to);
	fd = socket(addr_af(addr.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (!connect(fd, (struct sockaddr *)&to, length) &&
	    !getsockname(fd, (struct sockaddr *)&from, &length)) {
		addr = addr_of_sockaddr((struct sockaddr *)&from);
		addr_format(&addr, ret);
	}
	close(fd);
}

void ads_machine_read(const struct config_ads *ads, struct ads_machine *ret)
{
	*ret = (struct ads_machine){};
	find_source_address(SOMEWHERE, ret->ip);
	find_source_address(SOMEWHERE_IPV6, ret->ip6);
	for (size_t i = 0; !ret->ip[0] && !ret->ip6[0] && i < ads->address_count; i++)
		find_source_address(ads->addresses[i].host, ret->ip);
	if (!ret->ip[0] && !ret->ip6[0])
		strcpy(ret->ip, "127.0.0.1");
	if (gethostname(ret->name, sizeof(ret->name) - 1) || !ret->name[0])
		strcpy(ret->name, "localhost");
}

/* ------------------------------------------------------------------ id and metadata */

static void put(struct xds_node *node, const char *key, const char *value)
{
	for (size_t i = 0; i < node->metadata_count; i++)
		if (!strcmp(node->metadata[i].key, key)) {
			node->metadata[i].value = value;
			return;
		}
	node->metadata[node->metadata_count++] = (struct xds_metadata){ key, value };
}

/* A dot would end the name: the part behind it is the namespace. */
static const char *default_name(struct arena *arena, const struct ads_machine *machine)
{
	char *name = arena_printf(arena, "parallax-%s", machine->name);

	for (char *c = name; c && *c; c++)
		if (*c == '.' || *c == '~')
			*c = '-';
	return name;
}

/* All addresses, from which istiod takes the IP families of the addresses that it names: the one of the id
 * and the machine's of the other family. */
static const char *instance_ips(struct arena *arena, const struct ads_machine *machine,
				const char *ip)
{
	const char *other = strchr(ip, ':') ? machine->ip : machine->ip6;

	return *other ? arena_printf(arena, "%s,%s", ip, other) : ip;
}

/* "sidecar~IP~NAME.NAMESPACE~DOMAIN" (istio: ParseServiceNodeWithMetadata). */
static int make_id(const struct config_ads_node *config, const struct ads_machine *machine,
		   struct xds_node *node)
{
	const char *own = *machine->ip ? machine->ip : machine->ip6;
	const char *ip = config->ip ? config->ip : own,
		   *all = instance_ips(node->arena, machine, ip);
	const char *namespace = config->namespace ? config->namespace : NAMESPACE;
	const char *name = config->name ? config->name : default_name(node->arena, machine);
	const char *domain = config->domain ? config->domain :
				     arena_printf(node->arena, "%s.svc.cluster.local", namespace);

	if (!name || !domain || !all)
		return -ENOMEM;
	node->id = arena_printf(node->arena, "sidecar~%s~%s.%s~%s", ip, name, namespace, domain);
	node->cluster = arena_printf(node->arena, "%s.%s", name, namespace);
	put(node, "NAMESPACE", namespace);
	put(node, "INSTANCE_IPS", all);
	return node->id && node->cluster ? 0 : -ENOMEM;
}

static int fill(const struct config *config, const struct ads_machine *machine,
		const char *network, const char *view, struct xds_node *node)
{
	const struct config_ads_node *own = &config->ads.node;
	const char *our_network = arena_strdup(node->arena, network);
	const char *our_view = view ? arena_strdup(node->arena, view) : NULL;

	node->metadata = arena_array(node->arena, DEFAULTS_MAX + own->metadata_count,
				     sizeof(*node->metadata));
	if (!node->metadata || !our_network || !our_view != !view)
		return -ENOMEM;
	node->id = own->id;
	if (!node->id && make_id(own, machine, node))
		return -ENOMEM;
	put(node, "NETWORK", our_network);
	if (config->cluster)
		put(node, "CLUSTER_ID", config->cluster);
	put(node, "NODE_NAME", machine->name);
	put(node, "ISTIO_VERSION", ISTIO_VERSION);
	put(node, "DNS_CAPTURE", "true");
	if (view)
		put(node, "REQUESTED_NETWORK_VIEW", our_view);
	for (size_t i = 0; i < own->metadata_count; i++)
		put(node, own->metadata[i].key, own->metadata[i].value);
	return 0;
}

int ads_node_make(const struct config *config, const struct ads_machine *machine,
		  const char *network, const char *view, struct xds_node *ret)
{
	struct xds_node node = { .arena = arena_new_sized(512) };
	int err = node.arena ? fill(config, machine, network, view, &node) : -ENOMEM;

	if (err)
		arena_free(node.arena);
	else
		*ret = node;
	return err;
}
