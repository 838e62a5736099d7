/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copies the contents of all maps that the agent writes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "array.h"
#include "carry_rows.h"
#include "dataplane_parts.h"
#include "parallax_abi.h"
#include "pins.h"

/* Maps whose contents are copied, in this order, and the limit that sizes them. All others but those
 * of flows begin empty: caches, counters, the status. */
static const struct {
	const char *name, *limit;
} row_maps[] = {
	{ "services", "services" },  { "backends", "backends" }, { "slots", "slots" },
	{ "drops", "services" },     { "vips", "services" },     { "service_ids", "services" },
	{ "endpoints", "backends" }, { "networks", NULL },       { "gateways", NULL },
	{ "allowed", NULL },         { "ifaces", NULL },         { "filters", NULL },
	{ "names", NULL },           { "settings", NULL },       { "usage", NULL },
	{ "vips6", "services" },     { "peers", NULL },          { "paths", NULL },
	{ "health", NULL },          { "keys", NULL },
};

/* Rows in use of the older arrays. */
struct used {
	uint32_t services, backends, buckets;
};

static uint32_t table_end(table_desc table)
{
	return TABLE_BUCKETS(table) ? TABLE_OFFSET(table) + TABLE_BUCKETS(table) : 0;
}

static void use_service(struct used *used, uint32_t row, const void *value)
{
	const struct service *service = value;
	uint32_t end = table_end(service->table), local_end = table_end(service->local_table);

	if (!(service->flags & SERVICE_IN_USE))
		return;
	used->services = row + 1;
	if (end < local_end)
		end = local_end;
	if (used->buckets < end)
		used->buckets = end;
}

static void use_backend(struct used *used, uint32_t row, const void *value)
{
	if (((const struct backend *)value)->generation)
		used->backends = row + 1;
}

/* Calls `use` with each row of an older array, in our layout. */
static int each_row(const struct adoption *adoption, size_t size,
		    void (*use)(struct used *, uint32_t, const void *), struct used *used)
{
	struct pin_array array = {};
	const char *field;
	uint64_t row[16]; /* a service or a backend */
	uint32_t *way;
	int err = layout_permute(adoption->older, adoption->ours, false, &way, &field);

	if (err)
		return err;
	err = size > sizeof(row) ? -EPROTO : pins_mmap(adoption->older_fd, false, &array);
	for (uint32_t i = 0; !err && i < array.count; i++) {
		layout_convert(way, size,
			       (const uint8_t *)array.memory +
				       i * pins_stride(adoption->older->value_size),
			       row);
		use(used, i, row);
	}
	pins_unmap(&array);
	free(way);
	return err;
}

static int find_used(struct dataplane *dataplane, struct used *ret)
{
	struct adoption *services = dataplane_map(dataplane, "services"),
			*backends = dataplane_map(dataplane, "backends");
	int err = 0;

	*ret = (struct used){};
	if (services->older && services->older_fd >= 0)
		err = each_row(services, sizeof(struct service), use_service, ret);
	if (!err && backends->older && backends->older_fd >= 0)
		err = each_row(backends, sizeof(struct backend), use_backend, ret);
	return err;
}

static uint32_t rows_of(const struct used *used, const char *name)
{
	if (!strcmp(name, "services") || !strcmp(name, "drops"))
		return used->services;
	if (!strcmp(name, "backends"))
		return used->backends;
	return strcmp(name, "slots") ? UINT32_MAX : used->buckets;
}

static int fail_copy(struct dataplane *dataplane, int err, const struct adoption *adoption,
		     const char *limit, const char *field)
{
	const char *name = adoption->pin;

	if (err == -ENOSPC && limit)
		return dataplane_fail(dataplane, err,
				      "limits.%s is too small for what %s/%s holds: "
				      "choose a larger one; the data plane serves on as it was",
				      limit, dataplane->pin_dir, name);
	if (err == -EPROTO)
		return dataplane_fail(
			dataplane, err,
			"%s/%s: field '%s' of layout version %u does not "
			"fit into that of this build, version %u; the data plane serves on as it was",
			dataplane->pin_dir, name, field, dataplane->older_version, ABI_VERSION);
	return dataplane_fail(dataplane, err,
			      "cannot copy %s/%s: %s; the data plane serves on as it "
			      "was",
			      dataplane->pin_dir, name, strerror(-err));
}

static int write_version(struct dataplane *dataplane)
{
	const struct adoption *settings = dataplane_map(dataplane, "settings");
	struct pin_array array;
	int err = settings->same ? 0 : pins_mmap(bpf_map__fd(settings->map), true, &array);

	if (settings->same || err)
		return err;
	((struct settings *)array.memory)->abi_version = ABI_VERSION;
	pins_unmap(&array);
	return 0;
}

int dataplane_copy_rows(struct dataplane *dataplane)
{
	const char *field = "";
	struct used used;
	int err = find_used(dataplane, &used);

	for (size_t i = 0; !err && i < COUNT(row_maps); i++) {
		struct adoption *adoption = dataplane_map(dataplane, row_maps[i].name);

		if (!adoption || adoption->same || adoption->older_fd < 0 || !adoption->older)
			continue;
		err = carry_rows(adoption->older_fd, adoption->older, bpf_map__fd(adoption->map),
				 adoption->ours, rows_of(&used, row_maps[i].name), &field);
		if (err)
			return fail_copy(dataplane, err, adoption, row_maps[i].limit, field);
	}
	return err ? err : write_version(dataplane);
}
