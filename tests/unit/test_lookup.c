/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Look-ups in threads: results come by a descriptor, and any may be cancelled. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lookup.h"

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

/* Waits until the test lets go. */
static void slow(const struct lookup_query *query, struct lookup_result *ret)
{
	(void)query;
	pthread_mutex_lock(&held);
	ret->count = 1;
	pthread_mutex_unlock(&held);
}

static struct lookup_query query_of(const char *host, int family)
{
	struct lookup_query query = { .port = 15010, .family = family };

	strcpy(query.host, host);
	return query;
}

static struct lookup_result result_of(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct lookup_result result;

	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
	lookup_read(fd, &result);
	close(fd);
	return result;
}

static void address_is_its_own_result(void **state)
{
	struct lookup_query query = query_of("192.0.2.1", AF_UNSPEC);
	struct lookup_result result;
	struct sockaddr_in in;
	int fd;

	(void)state;
	assert_int_equal(lookup_start(lookup_system, &query, &fd), 0);
	result = result_of(fd);
	assert_int_equal(result.count, 1);
	memcpy(&in, &result.items[0].addr, sizeof(in));
	assert_int_equal(result.items[0].length, sizeof(in));
	assert_int_equal(in.sin_addr.s_addr, htonl(0xc0000201));
	assert_int_equal(in.sin_port, htons(15010));
}

static void failure_has_a_reason(void **state)
{
	struct lookup_query query = query_of("192.0.2.1", AF_INET6);
	struct lookup_result result;
	int fd;

	(void)state;
	assert_int_equal(lookup_start(lookup_system, &query, &fd), 0);
	result = result_of(fd);
	assert_int_equal(result.count, 0);
	assert_non_null(result.problem);
}

static void threads_are_limited_and_come_free_again(void **state)
{
	struct lookup_query query = query_of("slow", AF_UNSPEC);
	int fds[LOOKUP_THREADS_MAX], fd, err = -EAGAIN;

	(void)state;
	pthread_mutex_lock(&held);
	for (int i = 0; i < LOOKUP_THREADS_MAX; i++)
		assert_int_equal(lookup_start(slow, &query, &fds[i]), 0);
	assert_int_equal(lookup_start(slow, &query, &fd), -EAGAIN);
	/* One that is cancelled keeps its thread until the resolver answers. */
	close(fds[0]);
	assert_int_equal(lookup_start(slow, &query, &fd), -EAGAIN);
	pthread_mutex_unlock(&held);
	for (int i = 1; i < LOOKUP_THREADS_MAX; i++)
		assert_int_equal(result_of(fds[i]).count, 1);
	for (int i = 0; err == -EAGAIN && i < 500; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		err = lookup_start(slow, &query, &fd);
	}
	assert_int_equal(err, 0);
	assert_int_equal(result_of(fd).count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_is_its_own_result),
		cmocka_unit_test(failure_has_a_reason),
		cmocka_unit_test(threads_are_limited_and_come_free_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
