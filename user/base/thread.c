/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads that ask the system's resolver, which cannot be asked without waiting. */
#include "thread.h"

#include <pthread.h>
#include <signal.h>

/* getaddrinfo(3) with NSS modules wants some room, 8 MiB it does not need. */
#define STACK_BYTES (512 * 1024)

int thread_start(void *(*run)(void *arg), void *arg)
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
	err = pthread_create(&thread, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}
