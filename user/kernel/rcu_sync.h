/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waits for programs that run. */
#ifndef RCU_SYNC_H
#define RCU_SYNC_H

/* Zero is not a valid one. */
struct rcu_sync {
	int outer, inner;
};

/* Returns 0 or -errno, after which rcu_sync_close() may be called. */
int rcu_sync_open(struct rcu_sync *ret);
void rcu_sync_close(struct rcu_sync *sync);

/* Returns when each program run that began before has ended: 0 or -errno. */
int rcu_sync_wait(const struct rcu_sync *sync);

#endif
