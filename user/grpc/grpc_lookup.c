/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One question to the system's resolver, asked in a thread so that the loop goes on. */
#include "grpc_lookup.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thread.h"

/* What the thread works on. It outlives a lookup that was cancelled. */
struct question {
	char host[256], port[8];
	struct grpc_lookup_result result;
	int fd; /* written to when the answer is there */
};

struct grpc_lookup {
	struct event *event;
	int fd; /* the other end */
	void (*done)(void *arg, const struct grpc_lookup_result *result);
	void *arg;
};

static void keep(struct grpc_lookup_result *result, const struct addrinfo *item)
{
	struct grpc_endpoint *endpoint = &result->endpoints[result->count++];

	memcpy(&endpoint->addr, item->ai_addr, item->ai_addrlen);
	endpoint->length = item->ai_addrlen;
}

static void ask(struct question *question)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *list;
	int err = getaddrinfo(question->host, question->port, &hints, &list);

	if (err) {
		question->result.problem = err == EAI_SYSTEM ? strerror(errno) : gai_strerror(err);
		return;
	}
	for (struct addrinfo *item = list; item; item = item->ai_next)
		if (question->result.count < GRPC_LOOKUP_MAX &&
		    item->ai_addrlen <= sizeof(struct sockaddr_storage))
			keep(&question->result, item);
	freeaddrinfo(list);
}

/* The whole answer fits a socket's buffer; when nobody listens any more the write fails. */
static void *run(void *arg)
{
	struct question *question = arg;

	ask(question);
	if (send(question->fd, &question->result, sizeof(question->result), MSG_NOSIGNAL) < 0)
		question->result.count = 0;
	close(question->fd);
	free(question);
	return NULL;
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct grpc_lookup lookup = *(struct grpc_lookup *)arg;
	struct grpc_lookup_result result = { .problem = "the resolver gave no answer" };

	(void)what;
	if (read(fd, &result, sizeof(result)) != (ssize_t)sizeof(result))
		result.count = 0;
	grpc_lookup_cancel(arg);
	lookup.done(lookup.arg, &result);
}

static int ask_thread(const char *host, uint16_t port, int fd)
{
	struct question *question = calloc(1, sizeof(*question));
	int err;

	if (!question)
		return -ENOMEM;
	snprintf(question->host, sizeof(question->host), "%s", host);
	snprintf(question->port, sizeof(question->port), "%u", port);
	question->fd = fd;
	err = thread_start(run, question);
	if (err)
		free(question);
	return err;
}

int grpc_lookup_start(struct event_base *base, const char *host, uint16_t port,
		      void (*done)(void *arg, const struct grpc_lookup_result *result), void *arg,
		      struct grpc_lookup **ret)
{
	struct grpc_lookup *lookup = calloc(1, sizeof(*lookup));
	int fds[2] = { -1, -1 };
	int err = lookup ? 0 : -ENOMEM;

	if (!err && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		err = -errno;
	if (err)
		goto cleanup;
	*lookup = (struct grpc_lookup){ .fd = fds[0], .done = done, .arg = arg };
	lookup->event = event_new(base, fds[0], EV_READ, on_answer, lookup);
	if (!lookup->event || event_add(lookup->event, NULL))
		err = -ENOMEM;
	if (!err)
		err = ask_thread(host, port, fds[1]);
	if (err)
		goto cleanup;
	*ret = lookup;
	return 0;
cleanup:
	if (lookup && lookup->event)
		event_free(lookup->event);
	if (fds[0] >= 0) {
		close(fds[0]);
		close(fds[1]);
	}
	free(lookup);
	return err;
}

void grpc_lookup_cancel(struct grpc_lookup *lookup)
{
	if (!lookup)
		return;
	event_free(lookup->event);
	close(lookup->fd);
	free(lookup);
}
