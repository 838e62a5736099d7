/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes Istio's name table from protobuf, entry by entry. */
#include "pb_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nds.pb-c.h>

#include "arena.h"
#include "host_name.h"

#define TABLE 1 /* NameTable.table */

static int compare_hosts(const void *left, const void *right)
{
	return strcmp(((const struct xds_host *)left)->host, ((const struct xds_host *)right)->host);
}

static int read_addresses(struct pb_reader *reader, const Pb__NameInfo *info, struct xds_host *host)
{
	struct addr *addresses;

	if (info->n_ips > PB_MAX_HOST_IPS)
		return pb_fail(reader, "%s: more than %u addresses", host->host, PB_MAX_HOST_IPS);
	addresses = arena_array(reader->arena, info->n_ips, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	host->addresses = addresses;
	for (size_t i = 0; i < info->n_ips; i++)
		if (!addr_parse(info->ips[i], &addresses[host->address_count]))
			host->address_count++;
	return 0;
}

static int read_host(struct pb_reader *reader, const Pb__NameTable__TableEntry *entry,
		     struct xds_names *names)
{
	struct xds_host *host = &names->hosts[names->count];
	char normal[HOST_NAME_SIZE];
	int err;

	if (!entry->value || !host_name_valid(entry->key))
		return 0;
	host_name_normal(entry->key, strlen(entry->key), normal);
	err = pb_keep(reader, normal, PB_MAX_HOST_NAME, &host->host);
	if (!err)
		err = read_addresses(reader, entry->value, host);
	if (!err)
		names->count++;
	return err;
}

static int read_entry(struct pb_reader *reader, struct pb_slice message, struct xds_names *names)
{
	const Pb__NameTable__TableEntry *entry;

	proto_arena_reset(&reader->scratch);
	entry = (const Pb__NameTable__TableEntry *)protobuf_c_message_unpack(
		&pb__name_table__table_entry__descriptor, &reader->scratch.allocator,
		message.length, message.bytes);
	return entry ? read_host(reader, entry, names) : pb_unpack_failed(reader);
}

static int make_hosts(struct pb_reader *reader, struct pb_slice body, struct xds_names *names)
{
	size_t count;
	int err = pb_count_fields(reader, body, TABLE, &count);

	if (err)
		return err;
	if (count > PB_MAX_HOSTS)
		return pb_fail(reader, "more than %u names", PB_MAX_HOSTS);
	names->hosts = arena_array(reader->arena, count, sizeof(*names->hosts));
	return names->hosts ? 0 : -ENOMEM;
}

/* Keeps one of several hosts that differ only in case. */
static void drop_doubles(struct xds_names *names)
{
	size_t kept = 0;

	qsort(names->hosts, names->count, sizeof(*names->hosts), compare_hosts);
	for (size_t i = 0; i < names->count; i++)
		if (!kept || strcmp(names->hosts[kept - 1].host, names->hosts[i].host))
			names->hosts[kept++] = names->hosts[i];
	names->count = kept;
}

int pb_decode_names(struct pb_slice body, struct arena *arena, struct xds_names *ret,
		    char reason[PB_REASON_MAX])
{
	struct pb_wire wire = pb_wire_start(body);
	struct xds_names names = {0};
	struct pb_reader reader;
	struct pb_slice entry;
	int err;

	pb_reader_init(&reader, arena, PB_SCRATCH_MAX * 8, reason);
	err = make_hosts(&reader, body, &names);
	while (!err && pb_wire_find(&wire, TABLE, &entry))
		err = read_entry(&reader, entry, &names);
	proto_arena_done(&reader.scratch);
	if (err)
		return err;
	drop_doubles(&names);
	*ret = names;
	return 0;
}
