/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A step of the packet path returns one of three types:
 * enum verdict: the fate of the packet, which is counted already; VERDICT_NONE only where the
 *               function's comment says so;
 * enum reason:  REASON_NONE if the packet may go on, else why it may not, still to be counted;
 * int:          0 or -errno. */
#ifndef VERDICT_H
#define VERDICT_H

#include "base.h"

/* Verdicts of a TC program. TCX and tc give these values the same meaning. */
enum verdict {
	VERDICT_NONE = -2,    /* internal: the packet belongs to no flow of this kind, go on */
	VERDICT_PATH = -6,    /* the other family learns from an ICMP error: path.h */
	VERDICT_OUT = -5,     /* the other family encapsulates the packet: families.h */
	VERDICT_INNER = -4,   /* the other family goes on with the packet in the tunnel */
	VERDICT_DIRECT = -3,  /* internal: to no service, see client_direct() */
	VERDICT_NEXT = -1,    /* TC_ACT_UNSPEC: the next program on the hook, then the stack */
	VERDICT_DROP = 2,     /* TC_ACT_SHOT */
	VERDICT_REDIRECT = 7, /* TC_ACT_REDIRECT: bpf_redirect() and its kin return it */
};

#endif
