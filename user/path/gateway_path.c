/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "gateway_path.h"

#include <stddef.h>

void gateway_path_begin(struct gateway_path *path, bool ipv6, uint32_t device,
			const struct path *held, int64_t now_ms)
{
	*path = (struct gateway_path){};
	path_mtu_init(&path->search, ipv6, true, device);
	if (!held)
		return;
	path->heard = held->stamp;
	path_mtu_resume(&path->search, held->mtu, now_ms);
}

void gateway_path_hear(struct gateway_path *path, const struct path *held, int64_t now_ms)
{
	if (!held || held->origin != PATH_ROUTER || held->stamp == path->heard)
		return;
	path->heard = held->stamp;
	path_mtu_told(&path->search, held->mtu, now_ms);
}

void gateway_path_lives(struct gateway_path *path, int64_t now_ms)
{
	path_mtu_answered(&path->search, 0, now_ms);
}

void gateway_path_answered(struct gateway_path *path, int64_t now_ms)
{
	path_mtu_answered(&path->search, path->size, now_ms);
	path->size = 0;
}

uint32_t gateway_path_tick(struct gateway_path *path, uint32_t device, bool active, int64_t now_ms)
{
	uint32_t size;

	path_mtu_device(&path->search, device);
	if (!active && path->search.state == PATH_MTU_FOUND && !path->search.probe)
		return 0;
	size = path_mtu_tick(&path->search, now_ms);
	if (!size)
		return 0;
	path->size = size;
	path->sequence++;
	return size;
}

uint32_t gateway_path_mtu(const struct gateway_path *path)
{
	return path->search.state == PATH_MTU_ASSUMED ? 0 : path->search.mtu;
}

/* True if the element is not what the search found. What a router or the other end says stays until a probe of
 * that size passes; what the other end says less of, longer. */
static bool differs(const struct path_mtu *search, const struct path *held)
{
	if (!held || held->mtu > search->mtu)
		return true;
	if (held->origin == PATH_PROBED)
		return held->mtu != search->mtu;
	return search->confirmed && (held->origin == PATH_ROUTER || held->mtu == search->mtu);
}

enum gateway_path_row gateway_path_row(const struct gateway_path *path, const struct path *held,
				       uint32_t stamp, struct path *ret)
{
	const struct path_mtu *search = &path->search;

	if (search->mtu >= search->device)
		return held && search->confirmed && held->origin != PATH_PEER ? PATH_ROW_DROP :
										PATH_ROW_STAYS;
	if (!differs(search, held))
		return PATH_ROW_STAYS;
	*ret = (struct path){ .mtu = search->mtu,
			      .told = held ? held->told : 0,
			      .stamp = stamp,
			      .origin = PATH_PROBED };
	return PATH_ROW_PUT;
}
