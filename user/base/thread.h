/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads that ask the system's resolver, which cannot be asked without waiting. */
#ifndef THREAD_H
#define THREAD_H

/* Runs `run` in a thread that nobody waits for, without signals: they are the main thread's.
 * Returns 0 or -errno. */
int thread_start(void *(*run)(void *arg), void *arg);

#endif
