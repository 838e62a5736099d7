/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The service id in a tunnel packet's header. */
#ifndef SERVICE_ID_H
#define SERVICE_ID_H

#include <stdint.h>

/* XXH3-64, seed 0, of "port/tcp|subset|host" or "port/udp|subset|host"; `host` may be in any
 * spelling: it is hashed in lower case and without a final dot. `port` is the service's, in
 * host order; `proto` is IPPROTO_TCP or IPPROTO_UDP; `subset` may be "". Host and subset are
 * cut at 255 bytes. E.g. 5000/tcp||helloworld.sample.svc.cluster.local. */
uint64_t service_id(uint16_t port, uint8_t proto, const char *subset, const char *host);

#endif
