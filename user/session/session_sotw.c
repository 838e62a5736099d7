/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DiscoveryRequest: each has the whole subscription. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <discovery.pb-c.h>

#include "session_message.h"
#include "session_request.h"

static int pack(struct xds_session *session, const Pb__DiscoveryRequest *request,
		size_t *ret_length)
{
	session->request = malloc(pb__discovery_request__get_packed_size(request) + 1);
	if (!session->request)
		return -ENOMEM;
	*ret_length = pb__discovery_request__pack(request, session->request);
	return 0;
}

int session_build_sotw(struct xds_session *session, enum xds_type type, unsigned int parts,
		       size_t *ret_length)
{
	const struct xds_channel *channel = &session->channels[type];
	Pb__DiscoveryRequest request = PB__DISCOVERY_REQUEST__INIT;
	struct session_message message;
	int err = session_message_make(session, type, parts, &message);

	if (err)
		return err;
	request.node = message.node;
	request.type_url = message.type_url;
	request.error_detail = message.error;
	request.response_nonce = channel->nonce ? channel->nonce : request.response_nonce;
	/* in a NACK the last version accepted */
	request.version_info = channel->version ? channel->version : request.version_info;
	request.resource_names = message.subscribe;
	request.n_resource_names = message.subscribe_count;
	err = pack(session, &request, ret_length);
	session_message_done(&message);
	return err;
}
