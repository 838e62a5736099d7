/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Virtual IPs for the node itself and pods of its network. */
#include "host_clients.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host_pair.h"
#include "host_routes.h"
#include "host_rules.h"
#include "parallax_abi.h"
#include "pin_mark.h"
#include "pins.h"

static int failed(char *reason, const char *action, int err)
{
	snprintf(reason, HOST_CLIENTS_REASON,
		 "clients on the node itself are not served: cannot %s: %s", action,
		 strerror(-err));
	return err;
}

static int mark(const char *pin_dir)
{
	char path[PIN_PATH_MAX];
	int err = pins_path(pin_dir, HOST_CLIENTS_MARK, path);

	return err ? err : pin_mark(path);
}

static int make_pair(const char *pin_dir, uint32_t mtu, struct host_pair *ret, char *reason)
{
	int err = mark(pin_dir);

	if (err)
		return failed(reason, "pin their mark", err);
	err = host_pair_make(mtu, ret);
	if (err)
		return failed(reason, "make the interfaces " HOST_PAIR_NEAR " and " HOST_PAIR_FAR,
			      err);
	return 0;
}

/* The rules, if they are not there, or `again`; the neighbour and the route of the client. */
static int make_client(const struct host_pair *pair, const struct ip_addr *client, bool again,
		       char *reason)
{
	char words[128] = "";
	int err = host_pair_join(pair, client);

	if (err)
		return failed(reason, "route their address to " HOST_PAIR_FAR, err);
	if (!again && host_rules_present(client))
		return 0;
	err = host_rules_make(pair->near_ifindex, client, words, sizeof(words));
	if (err)
		snprintf(reason, HOST_CLIENTS_REASON,
			 "clients on the node itself are not served: "
			 "nftables: %s",
			 words);
	return err;
}

int host_clients_make(const char *pin_dir, uint32_t mtu, bool again, char *reason)
{
	static const struct ip_addr client = IP_V4(HOST_CLIENT);
	struct host_pair pair;
	int err = make_pair(pin_dir, mtu, &pair, reason);

	return err ? err : make_client(&pair, &client, again, reason);
}

static int sync_routes(const struct host_routes *wanted, char *reason)
{
	int err = host_routes_rule(wanted->family);

	if (!err)
		err = host_routes_sync(wanted);
	return err ? failed(reason, "route virtual IPs into " HOST_PAIR_NEAR, err) : 0;
}

/* The node has to do with IPv6 only from the first IPv6 virtual IP on. */
static int route_ipv6(const struct host_pair *pair, const struct host_routes *wanted, char *reason)
{
	static const struct ip_addr client = { HOST_CLIENT6 };
	bool any = wanted->count && !ip_is_v4(&wanted->vips[wanted->count - 1]);
	int err;

	if (!any) {
		host_routes_sync(wanted); /* takes the last ones away */
		return 0;
	}
	err = make_client(pair, &client, false, reason);
	return err ? err : sync_routes(wanted, reason);
}

int host_clients_route(const struct ip_addr source[IP_FAMILIES], const struct ip_addr *vips,
		       size_t count, char *reason)
{
	struct host_routes wanted = {
		.family = AF_INET, .source = &source[IP_V4_INDEX], .vips = vips, .count = count
	};
	struct host_pair pair;
	int err = host_pair_find(&pair);

	if (!err && !pair.near_ifindex)
		err = -ENODEV;
	if (err)
		return failed(reason, "find " HOST_PAIR_NEAR, err);
	wanted.near_ifindex = pair.near_ifindex;
	err = sync_routes(&wanted, reason);
	wanted.family = AF_INET6;
	wanted.source = &source[IP_V6_INDEX];
	return err ? err : route_ipv6(&pair, &wanted, reason);
}

/* The routes first: from then on no packet comes. */
static int remove_all(void)
{
	int err = host_pair_remove();

	if (!err)
		err = host_routes_remove();
	return err ? err : host_rules_remove();
}

int host_clients_remove(const char *pin_dir)
{
	char path[PIN_PATH_MAX];
	int err = pins_path(pin_dir, HOST_CLIENTS_MARK, path);

	if (err || access(path, F_OK))
		return err;
	err = pin_mark_elsewhere(path) ? 0 : remove_all();
	if (!err && unlink(path) && errno != ENOENT)
		err = -errno;
	return err;
}

bool host_clients_elsewhere(const char *pin_dir)
{
	char path[PIN_PATH_MAX];

	return !pins_path(pin_dir, HOST_CLIENTS_MARK, path) && pin_mark_elsewhere(path);
}
