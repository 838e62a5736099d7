/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of gateways that are named by host name, asked for in a thread of its own. */
#include "resolver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "thread.h"

struct answer {
	char *name;
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
	size_t count;
	time_t asked; /* CLOCK_MONOTONIC seconds; 0: not yet */
};

/* Shared with the thread, which may outlive resolver_free() in the middle of a question. */
struct resolver {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	resolver_lookup lookup;
	struct answer *answers;
	size_t count;
	int fd;
	bool stop;
};

static time_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + 1; /* never 0 */
}

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
}

int resolver_system_lookup(const char *name, struct addr ret[RESOLVER_ADDRESSES_MAX])
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *list, *item;
	int count = 0;

	if (getaddrinfo(name, NULL, &hints, &list))
		return -1;
	for (item = list; item && count < RESOLVER_ADDRESSES_MAX; item = item->ai_next) {
		const struct sockaddr_in *in = (const void *)item->ai_addr;

		ret[count++] = (struct addr){ 4, { .v4 = in->sin_addr.s_addr } };
	}
	freeaddrinfo(list);
	return count ? count : -1;
}

static struct answer *find(struct resolver *resolver, const char *name)
{
	for (size_t i = 0; i < resolver->count; i++)
		if (!strcmp(resolver->answers[i].name, name))
			return &resolver->answers[i];
	return NULL;
}

static void free_answers(struct answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(answers[i].name);
	free(answers);
}

/* ------------------------------------------------------------------ the thread */

static struct answer *next_due(struct resolver *resolver)
{
	time_t now = now_seconds();

	for (size_t i = 0; i < resolver->count; i++)
		if (!resolver->answers[i].asked ||
		    now - resolver->answers[i].asked >= RESOLVER_SECONDS)
			return &resolver->answers[i];
	return NULL;
}

static void keep(struct resolver *resolver, const char *name, const struct addr *addresses,
		 int count)
{
	struct answer *answer = find(resolver, name);
	uint64_t one = 1;

	if (!answer || count < 0)
		return;
	if (answer->count == (size_t)count &&
	    !memcmp(answer->addresses, addresses, (size_t)count * sizeof(*addresses)))
		return;
	memcpy(answer->addresses, addresses, (size_t)count * sizeof(*addresses));
	answer->count = (size_t)count;
	if (write(resolver->fd, &one, sizeof(one)) < 0)
		answer->asked = 0; /* the counter is full: ask, and tell, again */
}

/* With the lock held, which is let go during the question. */
static void ask(struct resolver *resolver, struct answer *answer)
{
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
	char name[256];
	int count;

	memset(addresses, 0, sizeof(addresses));
	answer->asked = now_seconds();
	strncpy(name, answer->name, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	pthread_mutex_unlock(&resolver->lock);
	count = resolver->lookup(name, addresses);
	if (count > 0)
		qsort(addresses, (size_t)count, sizeof(*addresses), compare);
	pthread_mutex_lock(&resolver->lock);
	keep(resolver, name, addresses, count);
}

static void destroy(struct resolver *resolver)
{
	free_answers(resolver->answers, resolver->count);
	close(resolver->fd);
	pthread_cond_destroy(&resolver->wake);
	pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

static void *run(void *arg)
{
	struct resolver *resolver = arg;

	pthread_mutex_lock(&resolver->lock);
	while (!resolver->stop) {
		struct answer *due = next_due(resolver);
		struct timespec until;

		if (due) {
			ask(resolver, due);
			continue;
		}
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += RESOLVER_SECONDS / 6;
		if (resolver->count)
			pthread_cond_timedwait(&resolver->wake, &resolver->lock, &until);
		else
			pthread_cond_wait(&resolver->wake, &resolver->lock);
	}
	pthread_mutex_unlock(&resolver->lock);
	destroy(resolver);
	return NULL;
}

/* ------------------------------------------------------------------ the other side */

int resolver_new(resolver_lookup lookup, struct resolver **ret)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));
	int err;

	if (!resolver)
		return -ENOMEM;
	resolver->lookup = lookup;
	resolver->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (resolver->fd < 0) {
		free(resolver);
		return -errno;
	}
	pthread_mutex_init(&resolver->lock, NULL);
	pthread_cond_init(&resolver->wake, NULL);
	err = thread_start(run, resolver);
	if (err) {
		destroy(resolver);
		return err;
	}
	*ret = resolver;
	return 0;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	pthread_mutex_lock(&resolver->lock);
	resolver->stop = true;
	pthread_cond_signal(&resolver->wake);
	pthread_mutex_unlock(&resolver->lock);
}

int resolver_fd(const struct resolver *resolver)
{
	return resolver->fd;
}

void resolver_read(struct resolver *resolver)
{
	uint64_t count;

	while (read(resolver->fd, &count, sizeof(count)) > 0)
		;
}

/* What is known of a name that stays wanted is taken along. */
static int fill(struct resolver *resolver, struct answer *answers, const char *const *names,
		size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct answer *known = find(resolver, names[i]);

		if (known)
			answers[i] = *known;
		answers[i].name = strdup(names[i]);
		if (!answers[i].name)
			return -ENOMEM;
	}
	return 0;
}

int resolver_want(struct resolver *resolver, const char *const *names, size_t count)
{
	struct answer *answers;
	int err;

	if (count > RESOLVER_NAMES_MAX)
		return -E2BIG;
	answers = calloc(count + 1, sizeof(*answers));
	if (!answers)
		return -ENOMEM;
	pthread_mutex_lock(&resolver->lock);
	err = fill(resolver, answers, names, count);
	if (err) {
		free_answers(answers, count);
	} else {
		free_answers(resolver->answers, resolver->count);
		resolver->answers = answers;
		resolver->count = count;
		pthread_cond_signal(&resolver->wake);
	}
	pthread_mutex_unlock(&resolver->lock);
	return err;
}

size_t resolver_addresses(struct resolver *resolver, const char *name,
			  struct addr ret[RESOLVER_ADDRESSES_MAX])
{
	const struct answer *answer;
	size_t count = 0;

	pthread_mutex_lock(&resolver->lock);
	answer = find(resolver, name);
	if (answer) {
		count = answer->count;
		memcpy(ret, answer->addresses, count * sizeof(*ret));
	}
	pthread_mutex_unlock(&resolver->lock);
	return count;
}
