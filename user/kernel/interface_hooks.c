/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which programs an interface gets, attaching them, and its row in `ifaces`. */
#include "interface_hooks.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <net/if_arp.h>

#include "clock.h"
#include "dataplane.h"

int interface_uplink_hook(uint16_t type)
{
	switch (type) {
	case ARPHRD_ETHER:
		return LINK_UPLINK;
	case ARPHRD_NONE: /* WireGuard, TUN */
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL: /* IP in IP; at GRE's hooks the outer header is still there */
		return LINK_UPLINK_L3;
	default:
		return -EPROTONOSUPPORT;
	}
}

bool interface_suits_xdp(enum xdp_mode mode, const char *kind, const char *driver)
{
	/* Native XDP makes a veth's sender segment and switches a virtio guest's GSO off. */
	static const char *const unfit[] = { "", "veth", "virtio_net", "tun", "bonding", "bridge" };

	if (mode != XDP_AUTO)
		return mode != XDP_NEVER;
	if (*kind)
		return false;
	for (size_t i = 0; i < sizeof(unfit) / sizeof(*unfit); i++)
		if (!strcmp(driver, unfit[i]))
			return false;
	return true;
}

bool interface_encrypts(const char *kind)
{
	return !strcmp(kind, "wireguard") || !strcmp(kind, "xfrm");
}

/* ------------------------------------------------------------------ rows of `ifaces` */

static uint32_t row_flags(const struct interface *item)
{
	return item->encrypts ? IFACE_ENCRYPTS : 0;
}

/* captured_ns: since when we see the packets of the interface; 0 for one that was just created. */
int interface_write_row(const struct interfaces *interfaces, const struct interface *item,
			bool born)
{
	int fd = dataplane_fds(interfaces->dataplane).ifaces;
	struct iface row = { .role = item->role,
			     .flags = row_flags(item),
			     .captured_ns = born ? 0 : clock_monotonic_ns() };

	return bpf_map_update_elem(fd, &item->ifindex, &row, BPF_ANY) ? -errno : 0;
}

bool interface_has_row(const struct interfaces *interfaces, const struct interface *item)
{
	struct iface row;

	return !bpf_map_lookup_elem(dataplane_fds(interfaces->dataplane).ifaces, &item->ifindex,
				    &row) &&
	       row.role == item->role && row.flags == row_flags(item);
}

void interface_drop_row(const struct interfaces *interfaces, uint32_t ifindex)
{
	bpf_map_delete_elem(dataplane_fds(interfaces->dataplane).ifaces, &ifindex);
}

/* ------------------------------------------------------------------ attaching */

static int attach_now(struct interfaces *interfaces, struct interface *item, enum link_hook hook,
		      int fd)
{
	int err;

	/* Connections that began while the hook was empty are older than this attachment. */
	if (item->held)
		interface_write_row(interfaces, item, false);
	err = link_attach(interfaces->pin_dir, item->ifindex, hook, fd, interfaces->config->attach,
			  &item->links[hook]);
	if (err) {
		item->problem = err;
		item->problem_hook = hook;
	}
	return err;
}

static int attach(struct interfaces *interfaces, struct interface *item, enum link_hook hook,
		  bool *ret_changed)
{
	int fd = dataplane_program_fd(interfaces->dataplane, hook);
	struct link *link = &item->links[hook];
	int err = 0;

	if (!link_is_attached(item->ifindex, hook, link_program_id(fd), link)) {
		*ret_changed = true;
		err = attach_now(interfaces, item, hook, fd);
	}
	if (err)
		return err;
	if (hook != LINK_XDP)
		item->attached = link->kind;
	err = link_pin(interfaces->pin_dir, item->ifindex, hook, link);
	if (err)
		item->unpinned = err;
	return 0;
}

static void attach_xdp(struct interfaces *interfaces, struct interface *item, const char *kind,
		       bool *ret_changed)
{
	char driver[32];

	netlink_driver(item->name, driver, sizeof(driver));
	if (!interface_suits_xdp(interfaces->config->xdp, kind, driver)) {
		if (item->xdp || !interfaces->watching)
			link_remove(interfaces->pin_dir, item->ifindex, LINK_XDP,
				    &item->links[LINK_XDP]);
		item->xdp = false;
		return;
	}
	item->xdp = !attach(interfaces, item, LINK_XDP, ret_changed);
}

static enum link_hook egress_hook(int uplink_hook)
{
	return uplink_hook == LINK_UPLINK ? LINK_TO_UPLINK : LINK_TO_UPLINK_L3;
}

bool interface_has_hook(const struct interface *item, enum link_hook hook)
{
	if (item->role != IFACE_UPLINK)
		return hook == LINK_FROM_POD || hook == LINK_TO_POD;
	return hook == LINK_XDP || (int)hook == interface_uplink_hook(item->type) ||
	       hook == egress_hook(interface_uplink_hook(item->type));
}

static void attach_uplink(struct interfaces *interfaces, struct interface *item, const char *kind,
			  bool *ret_changed)
{
	int hook = interface_uplink_hook(item->type);

	if (hook < 0)
		item->problem = hook;
	else if (!attach(interfaces, item, (enum link_hook)hook, ret_changed) &&
		 !attach(interfaces, item, egress_hook(hook), ret_changed))
		attach_xdp(interfaces, item, kind, ret_changed);
}

void interface_attach(struct interfaces *interfaces, struct interface *item, const char *kind,
		      bool *ret_changed)
{
	int before = item->problem, unpinned = item->unpinned;

	item->problem = item->unpinned = 0;
	if (item->role != IFACE_UPLINK) {
		/* Replies first: no flow may be opened whose replies are not translated back. */
		if (!attach(interfaces, item, LINK_TO_POD, ret_changed))
			attach(interfaces, item, LINK_FROM_POD, ret_changed);
	} else {
		attach_uplink(interfaces, item, kind, ret_changed);
	}
	*ret_changed |= before != item->problem || unpinned != item->unpinned;
}

void interface_detach(struct interfaces *interfaces, struct interface *item)
{
	for (int hook = 0; hook < LINK_HOOKS; hook++)
		link_remove(interfaces->pin_dir, item->ifindex, (enum link_hook)hook,
			    &item->links[hook]);
	interface_drop_row(interfaces, item->ifindex);
}
