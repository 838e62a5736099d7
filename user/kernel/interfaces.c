/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps the programs attached to the interfaces that the configuration names. */
#include "interfaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "dataplane.h"
#include "hash_reader.h"
#include "interface_hooks.h"
#include "pins.h"
#include "snapshot.h"

#define LIST_TRIES 20

void interfaces_init(struct interfaces *interfaces, const char *pin_dir,
		     const struct config *config, const struct dataplane *dataplane)
{
	*interfaces = (struct interfaces){
		.pin_dir = pin_dir,
		.config = config,
		.dataplane = dataplane,
		.survey = EMPTY_SURVEY,
	};
}

static void close_links(struct interface *item)
{
	for (int hook = 0; hook < LINK_HOOKS; hook++)
		link_close(&item->links[hook]);
}

void interfaces_done(struct interfaces *interfaces)
{
	for (size_t i = 0; i < interfaces->count; i++)
		close_links(&interfaces->items[i]);
	free(interfaces->items);
	free(interfaces->older);
	*interfaces = (struct interfaces){};
}

size_t interfaces_pods(const struct interfaces *interfaces)
{
	size_t count = 0;

	for (size_t i = 0; i < interfaces->count; i++)
		count += interfaces->items[i].role == IFACE_POD;
	return count;
}

const struct interface *interfaces_find(const struct interfaces *interfaces, uint32_t ifindex)
{
	for (size_t i = 0; i < interfaces->count; i++)
		if (interfaces->items[i].ifindex == ifindex)
			return &interfaces->items[i];
	return NULL;
}

/* Uplinks that were listed have no order but their age. */
const struct interface *interfaces_uplink(const struct interfaces *interfaces)
{
	const struct survey *survey = &interfaces->survey;
	const struct interface *first = NULL;

	for (size_t i = 0; !first && i < survey->uplink_count; i++) {
		first = interfaces_find(interfaces, survey->uplinks[i].ifindex);
		first = first && first->role == IFACE_UPLINK ? first : NULL;
	}
	for (size_t i = 0; !survey->uplink_count && i < interfaces->count; i++) {
		const struct interface *item = &interfaces->items[i];

		if (item->role == IFACE_UPLINK && (!first || item->ifindex < first->ifindex))
			first = item;
	}
	return first;
}

uint32_t interfaces_mtu(const struct interfaces *interfaces)
{
	uint32_t mtu = 0;

	for (size_t i = 0; i < interfaces->count; i++) {
		const struct interface *item = &interfaces->items[i];

		if (item->role == IFACE_UPLINK && (!mtu || item->mtu < mtu))
			mtu = item->mtu;
	}
	return mtu;
}

/* ------------------------------------------------------------------ the list */

static struct interface *find(struct interfaces *interfaces, uint32_t ifindex)
{
	return (struct interface *)interfaces_find(interfaces, ifindex);
}

static struct interface *add(struct interfaces *interfaces, const struct netlink_link *link,
			     enum iface_role role)
{
	if (interfaces->count == interfaces->capacity) {
		size_t capacity = interfaces->capacity ? interfaces->capacity * 2 : 16;
		struct interface *items = realloc(interfaces->items, capacity * sizeof(*items));

		if (!items)
			return NULL;
		interfaces->items = items;
		interfaces->capacity = capacity;
	}
	interfaces->items[interfaces->count] = (struct interface){
		.ifindex = link->ifindex,
		.role = role,
		.links = { [0 ... LINK_HOOKS - 1] = LINK_UNSET },
	};
	return &interfaces->items[interfaces->count++];
}

static void forget(struct interfaces *interfaces, struct interface *item)
{
	*item = interfaces->items[--interfaces->count];
}

static int remove_interface(struct interfaces *interfaces, uint32_t ifindex, bool *ret_changed)
{
	struct interface *item = find(interfaces, ifindex);

	if (!item)
		return 0;
	interface_detach(interfaces, item);
	forget(interfaces, item);
	*ret_changed = true;
	return 0;
}

static void refresh(struct interface *item, const struct netlink_link *link, bool *ret_changed)
{
	*ret_changed |= item->mtu != link->mtu || item->up != link->up ||
			strcmp(item->name, link->name);
	memcpy(item->name, link->name, sizeof(item->name));
	item->type = link->type;
	item->mtu = link->mtu;
	item->up = link->up;
	item->encrypts = interface_encrypts(link->kind);
	item->seen = true;
}

/* Interfaces older than the agent that may yet be renamed to match a pattern. */
static int remember_older(struct interfaces *interfaces, uint32_t ifindex)
{
	uint32_t *older = realloc(interfaces->older, (interfaces->older_count + 1) * sizeof(*older));

	if (!older)
		return -ENOMEM;
	interfaces->older = older;
	older[interfaces->older_count++] = ifindex;
	return 0;
}

static bool is_older(const struct interfaces *interfaces, uint32_t ifindex)
{
	for (size_t i = 0; i < interfaces->older_count; i++)
		if (interfaces->older[i] == ifindex)
			return true;
	return false;
}

static void forget_older(struct interfaces *interfaces, uint32_t ifindex)
{
	for (size_t i = 0; i < interfaces->older_count; i++)
		if (interfaces->older[i] == ifindex)
			interfaces->older[i--] = interfaces->older[--interfaces->older_count];
}

/* The row comes first: the programs read it from the first packet on. */
static int take(struct interfaces *interfaces, struct interface *item, const char *kind, bool born,
		bool *ret_changed)
{
	int err = interface_has_row(interfaces, item) ? 0 :
							interface_write_row(interfaces, item, born);

	if (err)
		return err;
	item->held = item->attached != LINK_NONE;
	interface_attach(interfaces, item, kind, ret_changed);
	if (item->attached == LINK_NONE)
		interface_drop_row(interfaces, item->ifindex);
	return 0;
}

static int begin(struct interfaces *interfaces, const struct netlink_link *link,
		 enum iface_role role, bool *ret_changed)
{
	bool born = interfaces->watching && !interfaces->resyncing &&
		    !is_older(interfaces, link->ifindex);
	struct interface *item;

	if (!role)
		return interfaces->watching ? 0 : remember_older(interfaces, link->ifindex);
	item = add(interfaces, link, role);
	if (!item)
		return -ENOMEM;
	refresh(item, link, ret_changed);
	return take(interfaces, item, link->kind, born, ret_changed);
}

int interfaces_on_link(struct interfaces *interfaces, const struct netlink_link *link,
		       bool *ret_changed)
{
	enum iface_role role = survey_role(&interfaces->survey, interfaces->config, link);
	struct interface *item = find(interfaces, link->ifindex);

	survey_see_link(&interfaces->survey, link);
	if (link->gone) {
		forget_older(interfaces, link->ifindex);
		return remove_interface(interfaces, link->ifindex, ret_changed);
	}
	if (!item)
		return begin(interfaces, link, role, ret_changed);
	if (item->role != role) {
		remove_interface(interfaces, link->ifindex, ret_changed);
		remember_older(interfaces, link->ifindex);
		return begin(interfaces, link, role, ret_changed);
	}
	refresh(item, link, ret_changed);
	return take(interfaces, item, link->kind, false, ret_changed);
}

/* ------------------------------------------------------------------ resync */

struct resync {
	struct interfaces *interfaces;
	bool changed;
};

static int visit_link(void *arg, const struct netlink_link *link)
{
	struct resync *resync = arg;

	return interfaces_on_link(resync->interfaces, link, &resync->changed);
}

/* Reads the list again if it changed meanwhile; an interface may be visited twice. */
static int visit_links(struct resync *resync)
{
	int err = -EINTR;

	for (int tries = 0; err == -EINTR && tries < LIST_TRIES; tries++)
		err = netlink_links(visit_link, resync);
	return err;
}

/* Detaches pins of interfaces that disappeared, or changed roles, while no agent ran. */
static int visit_pin(void *arg, const char *name)
{
	struct resync *resync = arg;
	enum link_hook hook;
	uint32_t ifindex;
	const struct interface *item;

	if (!link_parse_pin(name, &ifindex, &hook))
		return 0;
	item = find(resync->interfaces, ifindex);
	if (item && interface_has_hook(item, hook))
		return 0;
	return link_detach(resync->interfaces->pin_dir, ifindex, hook);
}

/* A directory that was removed holds none. */
static int detach_stale_pins(struct resync *resync)
{
	int err = pins_each(resync->interfaces->pin_dir, visit_pin, resync);

	return err == -ENOENT || err == -ENOTDIR ? 0 : err;
}

static void drop_stale_rows(struct interfaces *interfaces)
{
	struct hash_list rows = HASH_LIST(struct iface_entry, ifindex, iface);
	const struct iface_entry *row;

	if (!hash_list_read(dataplane_fds(interfaces->dataplane).ifaces, &rows))
		for (size_t i = 0; i < rows.count; i++) {
			row = (const void *)(rows.items + i * sizeof(*row));
			if (!find(interfaces, row->ifindex))
				interface_drop_row(interfaces, row->ifindex);
		}
	free(rows.items);
}

int interfaces_resync(struct interfaces *interfaces, const struct config *current,
		      bool *ret_changed)
{
	struct resync resync = { .interfaces = interfaces };
	struct survey before = interfaces->survey;
	int err;

	survey_read(interfaces->config, current, &before, &interfaces->survey);
	for (size_t i = 0; i < interfaces->count; i++)
		interfaces->items[i].seen = false;
	interfaces->resyncing = true;
	err = visit_links(&resync);
	interfaces->resyncing = false;
	for (size_t i = interfaces->count; !err && i-- > 0;)
		if (!interfaces->items[i].seen)
			err = remove_interface(interfaces, interfaces->items[i].ifindex,
					       &resync.changed);
	if (!err)
		err = detach_stale_pins(&resync);
	if (!err)
		drop_stale_rows(interfaces);
	*ret_changed |= resync.changed || !survey_equal(&before, &interfaces->survey);
	return err;
}
