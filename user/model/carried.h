/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the packet path carries, so that no row is written that the programs would misread. */
#ifndef CARRIED_H
#define CARRIED_H

/* IPv6: of packets to virtual IPs, and of outer headers. */
#define IPV6_CARRIED true

#endif
