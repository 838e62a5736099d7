/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls that a packet costs, as counted by programs built with counting.h. */
#ifndef COST_CALLS_H
#define COST_CALLS_H

/* The kernel inlines look-ups in arrays, so that they cost next to nothing, but not in hashes. */
#define CALLS(X)                                                                                   \
	X(FLOWS, "flows")                                                                          \
	X(EMBRYONIC, "embryonic")                                                                  \
	X(OTHER_HASH, "other hash")                                                                \
	X(ARRAY, "array")                                                                          \
	X(CHANGE, "map change")                                                                    \
	X(CSUM, "csum helper")                                                                     \
	X(STORE, "store/load")                                                                     \
	X(RESIZE, "resize")                                                                        \
	X(ROUTE, "fib_lookup")                                                                     \
	X(CLOCK, "clock helper")                                                                   \
	X(SEND, "redirect")

enum call {
#define X(name, text) CALL_##name,
	CALLS(X)
#undef X
	CALL_COUNT
};

#endif
