/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One connection to a server, plain or TLS: it becomes ready, then carries bytes. Non-blocking. */
#ifndef GRPC_CHANNEL_H
#define GRPC_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "grpc_tls.h"
#include "lookup.h"

struct grpc_channel {
	int fd; /* -1: closed */
	SSL *ssl; /* NULL: plain */
	bool connected; /* TCP's part is done */
	bool ready;
	bool want_write; /* to go on, room to send is needed */
	bool read_wants_write; /* TLS's own business is pending */
	char reason[GRPC_REASON]; /* of the last error */
};

/* Begins; `tls` NULL for plain. Returns 0, or -errno with channel->reason; it is then closed. */
int grpc_channel_open(struct grpc_channel *channel, const struct lookup_address *endpoint,
		      const struct grpc_tls_options *tls);
/* Goes on with connection and handshake: 0 when ready, -EAGAIN, or -errno with the reason. */
int grpc_channel_advance(struct grpc_channel *channel);
/* Bytes moved; 0 at the end (reading only); -EAGAIN, or -errno with the reason. */
ssize_t grpc_channel_read(struct grpc_channel *channel, void *buf, size_t room);
ssize_t grpc_channel_write(struct grpc_channel *channel, const void *bytes, size_t length);
/* Closed ones are accepted. */
void grpc_channel_close(struct grpc_channel *channel);

#endif
