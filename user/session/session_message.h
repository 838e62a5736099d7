/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests of both modes as bytes. */
#ifndef SESSION_MESSAGE_H
#define SESSION_MESSAGE_H

#include "session_state.h"

enum {
	REQUEST_FIRST = 1, /* of this type on this stream */
	REQUEST_REPLY = 2, /* ACK, or NACK with channel->error */
	REQUEST_NAMES = 4, /* the subscription: whole in SotW, its changes in delta */
};

/* Puts the request of these parts into session->request. Returns 0 or -ENOMEM. */
int session_build(struct xds_session *session, enum xds_type type, unsigned int parts,
		  size_t *ret_length);

#endif
