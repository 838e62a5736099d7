/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes the fields of clusters and listeners that name a service. */
#include "pb_reader.h"

#include <errno.h>
#include <string.h>

#include <cluster.pb-c.h>
#include <listener.pb-c.h>

#include "arena.h"
#include "decimal.h"
#include "eds_decode.h"

#define SCRATCH_FACTOR 32 /* memory of an unpacked field over its size on the wire */
#define TCP_PROXY "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"

static size_t scratch_for(struct pb_slice body)
{
	size_t limit = body.length * SCRATCH_FACTOR + 4096;

	return limit < PB_SCRATCH_MAX * 16 ? limit : PB_SCRATCH_MAX * 16;
}

static enum xds_cluster_kind cluster_kind(const Pb__Cluster *from)
{
	if (from->cluster_discovery_type_case ==
	    PB__CLUSTER__CLUSTER_DISCOVERY_TYPE_CLUSTER_TYPE)
		return XDS_CLUSTER_OTHER;
	if (from->cluster_discovery_type_case == PB__CLUSTER__CLUSTER_DISCOVERY_TYPE__NOT_SET)
		return XDS_CLUSTER_STATIC;
	return from->type >= 0 && from->type < XDS_CLUSTER_OTHER
		       ? (enum xds_cluster_kind)from->type
		       : XDS_CLUSTER_OTHER;
}

static int read_cluster(struct pb_reader *reader, const Pb__Cluster *from,
			struct xds_cluster *cluster)
{
	const Pb__EdsClusterConfig *eds = from->eds_cluster_config;
	int err = pb_keep_name(reader, pb_slice_of(from->name), &cluster->name);

	if (err)
		return err;
	cluster->kind = cluster_kind(from);
	cluster->service = cluster->name;
	if (eds && *eds->service_name && strcmp(eds->service_name, cluster->name))
		err = pb_keep(reader, eds->service_name, EDS_MAX_NAME, &cluster->service);
	return err;
}

int pb_decode_cluster(struct pb_slice body, struct arena *arena, struct xds_cluster *ret,
		      char reason[PB_REASON_MAX])
{
	struct xds_cluster cluster = {0};
	struct pb_reader reader;
	const Pb__Cluster *from;
	int err;

	pb_reader_init(&reader, arena, scratch_for(body), reason);
	from = pb__cluster__unpack(&reader.scratch.allocator, body.length, body.bytes);
	err = from ? read_cluster(&reader, from, &cluster) : pb_unpack_failed(&reader);
	proto_arena_done(&reader.scratch);
	if (!err)
		*ret = cluster;
	return err;
}

/* Listeners without an address of their own are named VIP_port. */
static bool read_listener_name(const char *name, struct socket_addr *ret)
{
	const char *end = strrchr(name, '_');
	char text[ADDR_TEXT_MAX];
	uint64_t port;

	if (!end || (size_t)(end - name) >= sizeof(text) ||
	    !decimal_parse(end + 1, strlen(end + 1), 65535, &port))
		return false;
	memcpy(text, name, (size_t)(end - name));
	text[end - name] = '\0';
	ret->port = (uint16_t)port;
	return !addr_parse(text, &ret->addr);
}

static bool has_socket(const Pb__Address *from)
{
	return from && from->address_case == PB__ADDRESS__ADDRESS_SOCKET_ADDRESS;
}

static bool read_listener_socket(const Pb__Address *from, struct socket_addr *ret)
{
	const Pb__SocketAddress *socket = has_socket(from) ? from->socket_address : NULL;

	if (!socket ||
	    socket->port_specifier_case != PB__SOCKET_ADDRESS__PORT_SPECIFIER_PORT_VALUE ||
	    socket->port_value > 65535)
		return false;
	ret->port = (uint16_t)socket->port_value;
	return !addr_parse(socket->address, &ret->addr);
}

/* istiod gives the listener of a dual-stack service the other virtual IP as an additional address. */
static int read_listener_addresses(struct pb_reader *reader, const Pb__Listener *from,
				   struct xds_listener *listener)
{
	size_t more = from->n_additional_addresses;
	struct socket_addr *addresses = arena_array(reader->arena, 1 + more, sizeof(*addresses));
	size_t count;

	if (!addresses)
		return -ENOMEM;
	count = has_socket(from->address) ? read_listener_socket(from->address, addresses) :
					    read_listener_name(listener->name, addresses);
	for (size_t i = 0; i < more; i++)
		count += read_listener_socket(from->additional_addresses[i]->address,
					      &addresses[count]);
	listener->addresses = addresses;
	listener->address_count = count;
	return 0;
}

/* The cluster that all tcp_proxy filters name. */
struct agreed {
	char name[EDS_MAX_NAME + 1];
	bool split;
};

static void agree(struct agreed *agreed, const Pb__TcpProxy *proxy)
{
	const char *name = proxy->cluster_specifier_case == PB__TCP_PROXY__CLUSTER_SPECIFIER_CLUSTER
				   ? proxy->cluster
				   : "";

	if (!*name || strlen(name) > EDS_MAX_NAME || (*agreed->name && strcmp(agreed->name, name)))
		agreed->split = true;
	else
		strcpy(agreed->name, name);
}

static int read_filter(struct pb_reader *reader, const Pb__Filter *filter, struct agreed *agreed)
{
	const Pb__Any *any = filter->typed_config;
	const Pb__TcpProxy *proxy;

	if (filter->config_type_case != PB__FILTER__CONFIG_TYPE_TYPED_CONFIG ||
	    !pb_type_is(pb_slice_of(any->type_url), TCP_PROXY))
		return 0;
	proxy = pb__tcp_proxy__unpack(&reader->scratch.allocator, any->value.len, any->value.data);
	if (!proxy)
		return pb_unpack_failed(reader);
	agree(agreed, proxy);
	return 0;
}

static int read_chains(struct pb_reader *reader, const Pb__Listener *from,
		       struct xds_listener *listener)
{
	struct agreed agreed = {0};
	int err = 0;

	for (size_t i = 0; i < from->n_filter_chains && !err; i++) {
		const Pb__FilterChain *chain = from->filter_chains[i];

		for (size_t j = 0; j < chain->n_filters && !err; j++)
			err = read_filter(reader, chain->filters[j], &agreed);
	}
	if (!err && *agreed.name && !agreed.split)
		err = pb_keep(reader, agreed.name, EDS_MAX_NAME, &listener->cluster);
	return err;
}

static int read_listener(struct pb_reader *reader, const Pb__Listener *from,
			 struct xds_listener *listener)
{
	int err = pb_keep_name(reader, pb_slice_of(from->name), &listener->name);

	if (!err)
		err = read_listener_addresses(reader, from, listener);
	return err ? err : read_chains(reader, from, listener);
}

int pb_decode_listener(struct pb_slice body, struct arena *arena, struct xds_listener *ret,
		       char reason[PB_REASON_MAX])
{
	struct xds_listener listener = {0};
	struct pb_reader reader;
	const Pb__Listener *from;
	int err;

	pb_reader_init(&reader, arena, scratch_for(body), reason);
	from = pb__listener__unpack(&reader.scratch.allocator, body.length, body.bytes);
	err = from ? read_listener(&reader, from, &listener) : pb_unpack_failed(&reader);
	proto_arena_done(&reader.scratch);
	if (!err)
		*ret = listener;
	return err;
}
