/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asynchronous getaddrinfo(3). The thread shares no memory with its caller: the result is one message of
 * a socket pair, so that a look-up may be cancelled at any time. */
#include "lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* getaddrinfo(3) with NSS modules needs some room, not the default of 8 MiB. */
#define STACK_BYTES (512 * 1024)

struct job {
	lookup_fn lookup;
	struct lookup_query query;
	struct lookup_result result;
	int fd;
};

static atomic_int running;

void lookup_system(const struct lookup_query *query, struct lookup_result *ret)
{
	struct addrinfo hints = { .ai_family = query->family, .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV }, *list;
	char port[8];
	int err;

	snprintf(port, sizeof(port), "%u", query->port);
	err = getaddrinfo(query->host, port, &hints, &list);
	if (err) {
		ret->problem = err == EAI_SYSTEM ? strerrordesc_np(errno) : gai_strerror(err);
		return;
	}
	for (struct addrinfo *item = list; item && ret->count < LOOKUP_ADDRESSES_MAX;
	     item = item->ai_next) {
		struct lookup_address *address = &ret->items[ret->count++];

		memcpy(&address->addr, item->ai_addr, item->ai_addrlen);
		address->length = item->ai_addrlen;
	}
	freeaddrinfo(list);
}

/* The message fits an empty socket's buffer. When the other end is closed the look-up was cancelled. */
static void *run(void *arg)
{
	struct job *job = arg;

	job->lookup(&job->query, &job->result);
	running--;
	if (send(job->fd, &job->result, sizeof(job->result), MSG_NOSIGNAL) < 0)
		job->result.count = 0;
	close(job->fd);
	free(job);
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct job *job)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, &attr, run, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}

static int start_job(struct job *job, int *ret_fd)
{
	int fds[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
		return -errno;
	job->fd = fds[1];
	err = start_thread(job);
	if (err) {
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	*ret_fd = fds[0];
	return 0;
}

int lookup_start(lookup_fn lookup, const struct lookup_query *query, int *ret_fd)
{
	struct job *job;
	int err;

	if (running >= LOOKUP_THREADS_MAX)
		return -EAGAIN;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->lookup = lookup;
	job->query = *query;
	running++;
	err = start_job(job, ret_fd);
	if (err) {
		running--;
		free(job);
	}
	return err;
}

void lookup_read(int fd, struct lookup_result *ret)
{
	if (recv(fd, ret, sizeof(*ret), 0) != (ssize_t)sizeof(*ret))
		*ret = (struct lookup_result){ .problem = "the resolver gave no answer" };
}
