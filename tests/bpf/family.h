/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet tables run for either family, by PLAIN_FAMILY. Rows name addresses by 32 bits: over IPv6 they are
 * the last ones of 2001:db8::/96, but for those that nobody sends from. */
#ifndef FAMILY_H
#define FAMILY_H

#include <arpa/inet.h>
#include <stdint.h>

#include "parallax_abi.h"
#include "parallax_limits.h"

#if PLAIN_FAMILY == 6
#define family_addr addr6
#define OWN_INDEX IP_V6_INDEX
#define OWN_ETHERTYPE 0x86dd
#define OWN_HLEN 40
#define OWN_ALLOWED ALLOWED_IPV6
#define OWN_OVERHEAD TUNNEL_OVERHEAD_IPV6
#define OWN_PATH_MIN PATH_MTU_MIN_IPV6
#define OWN_PATH_BASE PATH_MTU_BASE_IPV6
#define OTHER_ETHERTYPE 0x0800
#define OTHER_FAMILY 4
#define OTHER_INDEX IP_V4_INDEX
#define OTHER_ALLOWED 0
#define OTHER_OVERHEAD TUNNEL_OVERHEAD_IPV4
#define FRAME_SADDR (14 + 8 + 12)
#define FRAME_DADDR (14 + 24 + 12)
#else
#define family_addr addr4
#define OWN_INDEX IP_V4_INDEX
#define OWN_ETHERTYPE 0x0800
#define OWN_HLEN 20
#define OWN_ALLOWED 0
#define OWN_OVERHEAD TUNNEL_OVERHEAD_IPV4
#define OWN_PATH_MIN PATH_MTU_MIN_IPV4
#define OWN_PATH_BASE PATH_MTU_BASE_IPV4
#define OTHER_ETHERTYPE 0x86dd
#define OTHER_FAMILY 6
#define OTHER_INDEX IP_V6_INDEX
#define OTHER_ALLOWED ALLOWED_IPV6
#define OTHER_OVERHEAD TUNNEL_OVERHEAD_IPV6
#define FRAME_SADDR (14 + 12)
#define FRAME_DADDR (14 + 16)
#endif
/* FRAME_*: where a frame has the last 32 bits of its addresses, and its ports. */
#define FRAME_PORTS (14 + OWN_HLEN)

#define TCP_HEADERS (OWN_HLEN + 20)
#define UDP_HEADERS (OWN_HLEN + 8)

/* The largest packet, TCP segment and datagram on the uplink, and within a tunnel. */
#define LINK_MSS (UPLINK_MTU - TCP_HEADERS)
#define LINK_UDP (UPLINK_MTU - UDP_HEADERS)
#define OWN_RETURN (8 + sizeof(struct family_addr)) /* length of a return option */
#define INNER_MTU (UPLINK_MTU - OWN_OVERHEAD)
#define INNER_MSS (INNER_MTU - TCP_HEADERS)
#define INNER_UDP (INNER_MTU - UDP_HEADERS)

static inline struct addr6 addr6_of(uint32_t addr)
{
	uint8_t first = addr >> 24;

	if (addr == 0xa9fe5058) /* HOST_CLIENT */
		return (struct addr6){ HOST_CLIENT6 };
	if (!first || first == 127)
		return (struct addr6){ { 0, 0, 0, htonl(first == 127) } };
	if (addr >> 16 == 0xffff) /* MAPPED */
		return (struct addr6){ { 0, 0, htonl(0xffff), htonl(addr) } };
	if (first >= 224)
		return (struct addr6){ { htonl(0xff020000), 0, 0, htonl(addr) } };
	return (struct addr6){ { htonl(0x20010db8), 0, 0, htonl(addr) } };
}

static inline struct family_addr own_addr(uint32_t addr)
{
#if PLAIN_FAMILY == 6
	return addr6_of(addr);
#else
	return (struct addr4){ { htonl(addr) } };
#endif
}

static inline struct ip_addr ip_of(uint32_t addr, int family)
{
	struct addr6 addr6 = addr6_of(addr);

	if (family == 4)
		return IP_V4(htonl(addr));
	return (struct ip_addr){ { addr6.word[0], addr6.word[1], addr6.word[2], addr6.word[3] } };
}

static inline struct ip_addr own_ip(uint32_t addr)
{
	return ip_of(addr, PLAIN_FAMILY);
}

static inline struct ip_addr other_ip(uint32_t addr)
{
	return ip_of(addr, OTHER_FAMILY);
}

#endif
