/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Virtual IPs for the node itself and pods of its network. */
#include "host_clients.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host_pair.h"
#include "host_routes.h"
#include "host_rules.h"
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

int host_clients_make(const char *pin_dir, uint32_t mtu, bool again, char *reason)
{
	struct host_pair pair;
	char words[128] = "";
	int err = make_pair(pin_dir, mtu, &pair, reason);

	if (err || (!again && host_rules_present()))
		return err;
	err = host_rules_make(pair.near_ifindex, words, sizeof(words));
	if (err)
		snprintf(reason, HOST_CLIENTS_REASON,
			 "clients on the node itself are not served: "
			 "nftables: %s",
			 words);
	return err;
}

int host_clients_route(__be32 source, const __be32 *vips, size_t count, char *reason)
{
	struct host_pair pair;
	int err = host_pair_find(&pair);

	if (!err && !pair.near_ifindex)
		err = -ENODEV;
	if (!err)
		err = host_routes_rule();
	if (!err)
		err = host_routes_sync(pair.near_ifindex, source, vips, count);
	return err ? failed(reason, "route virtual IPs into " HOST_PAIR_NEAR, err) : 0;
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
