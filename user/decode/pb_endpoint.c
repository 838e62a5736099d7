/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes LbEndpoint, its addresses and metadata from protobuf. */
#include "pb_reader.h"

#include <string.h>

#include <endpoint.pb-c.h>

#include "eds_decode.h"

static int read_port(struct pb_reader *reader, const Pb__SocketAddress *from,
		     struct socket_addr *address)
{
	if (from->port_specifier_case == PB__SOCKET_ADDRESS__PORT_SPECIFIER_NAMED_PORT)
		return pb_fail(reader, EDS_NAMED_PORT);
	if (!*from->address)
		return pb_fail(reader, EDS_NO_ADDRESS);
	if (from->port_specifier_case == PB__SOCKET_ADDRESS__PORT_SPECIFIER__NOT_SET)
		return pb_fail(reader, EDS_NO_PORT);
	address->port = (uint16_t)from->port_value;
	return from->port_value <= EDS_PORT_MAX
		       ? 0
		       : pb_fail(reader, EDS_WRONG_PORT, from->port_value);
}

static int read_socket(struct pb_reader *reader, const Pb__SocketAddress *from,
		       struct socket_addr *address)
{
	address->proto = eds_protocol((unsigned int)from->protocol);
	if (!address->proto)
		return pb_fail(reader, "expected TCP or UDP, found %d", from->protocol);
	if (*from->address && addr_parse(from->address, &address->addr))
		return pb_fail(reader, "expected an IP address, found %.64s", from->address);
	return read_port(reader, from, address);
}

static int read_address(struct pb_reader *reader, const Pb__Address *from,
			struct socket_addr *address)
{
	*address = (struct socket_addr){0};
	if (!from)
		return pb_fail(reader, EDS_NO_ADDRESS);
	if (from->address_case == PB__ADDRESS__ADDRESS__NOT_SET)
		return pb_fail(reader, EDS_WRONG_KINDS, 0);
	if (from->address_case == PB__ADDRESS__ADDRESS_SOCKET_ADDRESS)
		return read_socket(reader, from->socket_address, address);
	return 0;
}

static int read_hostname(struct pb_reader *reader, const char *text, struct endpoint *endpoint)
{
	return *text ? pb_keep(reader, text, EDS_MAX_NAME, &endpoint->hostname) : 0;
}

static int read_endpoint(struct pb_reader *reader, const Pb__Endpoint *from,
			 struct endpoint *endpoint)
{
	struct socket_addr first, more[EDS_MAX_ADDRESSES - 1];
	size_t count = from->n_additional_addresses;
	int err = read_address(reader, from->address, &first);

	if (!err)
		err = read_hostname(reader, from->hostname, endpoint);
	if (!err && count > EDS_MAX_ADDRESSES - 1)
		err = pb_fail(reader, "more than %u addresses", EDS_MAX_ADDRESSES);
	for (size_t i = 0; i < count && !err; i++)
		err = read_address(reader, from->additional_addresses[i]->address, &more[i]);
	if (err)
		return err;
	reader->usage->endpoints += count;
	return eds_put_addresses(reader->arena, first, more, count, endpoint);
}

/* The string at filter_metadata.istio.KEY, or NULL. */
static const char *find_istio(const Pb__Metadata *metadata, const char *key)
{
	const Pb__Struct *istio = NULL;
	const char *found = NULL;

	for (size_t i = 0; metadata && i < metadata->n_filter_metadata; i++)
		if (!strcmp(metadata->filter_metadata[i]->key, "istio"))
			istio = metadata->filter_metadata[i]->value;
	for (size_t i = 0; istio && i < istio->n_fields; i++) {
		const Pb__Value *value = istio->fields[i]->value;

		if (!strcmp(istio->fields[i]->key, key))
			found = value && value->kind_case == PB__VALUE__KIND_STRING_VALUE
					? value->string_value
					: NULL;
	}
	return found && *found ? found : NULL;
}

static int keep_network(struct pb_reader *reader, const Pb__Metadata *metadata, const char **ret)
{
	const char *network = find_istio(metadata, "network");
	int err = 0;

	if (!network)
		return 0;
	if (!reader->network || strcmp(reader->network, network))
		err = pb_keep(reader, network, EDS_MAX_NAME, &reader->network);
	if (!err)
		*ret = reader->network;
	return err;
}

static int read_metadata(struct pb_reader *reader, const Pb__Metadata *metadata,
			 struct endpoint *endpoint)
{
	const char *workload = find_istio(metadata, "workload");
	int err = keep_network(reader, metadata, &endpoint->network);

	if (!err && workload)
		err = pb_keep(reader, workload, EDS_MAX_WORKLOAD, &endpoint->workload);
	return err;
}

int pb_read_endpoint(struct pb_reader *reader, struct pb_slice message, struct endpoint *endpoint)
{
	const Pb__LbEndpoint *from;
	int err;

	proto_arena_reset(&reader->scratch);
	from = pb__lb_endpoint__unpack(&reader->scratch.allocator, message.length, message.bytes);
	if (!from)
		return pb_unpack_failed(reader);
	if (!from->endpoint)
		return pb_fail(reader, EDS_NO_ENDPOINT);
	endpoint->health = eds_health((unsigned int)from->health_status);
	endpoint->weight = from->load_balancing_weight ? from->load_balancing_weight->value : 1;
	err = read_endpoint(reader, from->endpoint, endpoint);
	if (!err && !endpoint->weight)
		err = pb_fail(reader, EDS_NO_WEIGHT);
	return err ? err : read_metadata(reader, from->metadata, endpoint);
}

int pb_read_network(struct pb_reader *reader, struct pb_slice message, const char **ret)
{
	const Pb__Metadata *from;

	proto_arena_reset(&reader->scratch);
	from = pb__metadata__unpack(&reader->scratch.allocator, message.length, message.bytes);
	return from ? keep_network(reader, from, ret) : pb_unpack_failed(reader);
}
