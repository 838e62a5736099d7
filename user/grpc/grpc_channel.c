/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One connection to a server, plain or TLS: it becomes ready, then carries bytes. Non-blocking. */
#include "grpc_channel.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

static int fail(struct grpc_channel *channel, const char *doing, int err)
{
	snprintf(channel->reason, sizeof(channel->reason), "%s%s%s", doing, *doing ? ": " : "",
		 strerror(err));
	return -err;
}

/* Control traffic stays on its priority, and small requests do not wait for one another. */
static void set_options(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int grpc_channel_open(struct grpc_channel *channel, const struct lookup_address *endpoint,
		      const struct grpc_tls_options *tls)
{
	int err = 0;

	*channel = (struct grpc_channel){ .fd = -1 };
	channel->fd = socket(endpoint->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			     IPPROTO_TCP);
	if (channel->fd < 0)
		return fail(channel, "socket", errno);
	set_options(channel->fd);
	if (tls)
		err = grpc_tls_open(tls, channel->fd, &channel->ssl, channel->reason);
	if (!err && connect(channel->fd, (const struct sockaddr *)&endpoint->addr,
			    endpoint->length) && errno != EINPROGRESS)
		err = fail(channel, "", errno);
	channel->want_write = true;
	if (err)
		grpc_channel_close(channel);
	return err;
}

static int finish_connect(struct grpc_channel *channel)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(int), peer_length = sizeof(peer);
	int err = 0;

	if (getsockopt(channel->fd, SOL_SOCKET, SO_ERROR, &err, &length))
		err = errno;
	if (err)
		return fail(channel, "", err);
	if (getpeername(channel->fd, (struct sockaddr *)&peer, &peer_length))
		return -EAGAIN;
	channel->connected = true;
	return 0;
}

static int tls_failed(struct grpc_channel *channel, int result, const char *doing)
{
	int saved = errno;

	if (SSL_get_error(channel->ssl, result) == SSL_ERROR_SYSCALL && saved &&
	    !ERR_peek_error() && SSL_get_verify_result(channel->ssl) == X509_V_OK)
		return fail(channel, doing, saved);
	grpc_tls_reason(channel->ssl, doing, channel->reason);
	return -EPROTO;
}

/* The event that a TLS call without progress waits for, or its error. */
static int tls_wait(struct grpc_channel *channel, int result, const char *doing,
		    bool *ret_wants_write)
{
	int error = SSL_get_error(channel->ssl, result);

	*ret_wants_write = error == SSL_ERROR_WANT_WRITE;
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	return tls_failed(channel, result, doing);
}

static int handshake(struct grpc_channel *channel)
{
	const unsigned char *protocol;
	unsigned int length;
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(channel->ssl);
	if (result != 1)
		return tls_wait(channel, result, "TLS handshake", &channel->want_write);
	SSL_get0_alpn_selected(channel->ssl, &protocol, &length);
	if (length == 2 && !memcmp(protocol, "h2", 2))
		return 0;
	snprintf(channel->reason, sizeof(channel->reason),
		 "TLS handshake: the server does not speak HTTP/2 (ALPN h2)");
	return -EPROTO;
}

int grpc_channel_advance(struct grpc_channel *channel)
{
	int err = channel->connected ? 0 : finish_connect(channel);

	if (!err && channel->ssl)
		err = handshake(channel);
	if (err)
		return err;
	channel->want_write = false;
	channel->ready = true;
	return 0;
}

static ssize_t read_tls(struct grpc_channel *channel, void *buf, size_t room)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_read(channel->ssl, buf, room > INT_MAX ? INT_MAX : (int)room);
	if (result > 0)
		return result;
	if (SSL_get_error(channel->ssl, result) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return tls_wait(channel, result, "TLS", &channel->read_wants_write);
}

ssize_t grpc_channel_read(struct grpc_channel *channel, void *buf, size_t room)
{
	ssize_t count;

	channel->read_wants_write = false;
	if (channel->ssl)
		return read_tls(channel, buf, room);
	count = recv(channel->fd, buf, room, 0);
	if (count >= 0)
		return count;
	return errno == EAGAIN || errno == EINTR ? -EAGAIN : fail(channel, "", errno);
}

static ssize_t write_tls(struct grpc_channel *channel, const void *bytes, size_t length)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_write(channel->ssl, bytes, length > INT_MAX ? INT_MAX : (int)length);
	return result > 0 ? result : tls_wait(channel, result, "TLS", &channel->want_write);
}

ssize_t grpc_channel_write(struct grpc_channel *channel, const void *bytes, size_t length)
{
	ssize_t count;

	channel->want_write = false;
	if (channel->ssl)
		return write_tls(channel, bytes, length);
	count = send(channel->fd, bytes, length, MSG_NOSIGNAL);
	if (count >= 0)
		return count;
	channel->want_write = errno == EAGAIN || errno == EINTR;
	return channel->want_write ? -EAGAIN : fail(channel, "", errno);
}

void grpc_channel_close(struct grpc_channel *channel)
{
	SSL_free(channel->ssl);
	channel->ssl = NULL;
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
	channel->ready = channel->connected = false;
}
