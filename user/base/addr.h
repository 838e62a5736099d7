/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IP addresses, prefixes and ports: parse, print, compare. */
#ifndef ADDR_H
#define ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "parallax_abi.h"

/* An address of either family, or none: then both are 0. Equal addresses have equal bytes. */
struct addr {
	uint8_t family; /* that of `ip`: 4, 6, or 0 for none */
	struct ip_addr ip;
};

/* An address of each family; family 0 where there is none. */
struct addr_pair {
	struct addr v4, v6;
};

/* A set of families. */
#define FAMILY_BIT(family) (1u << (family))
#define FAMILIES_BOTH (FAMILY_BIT(4) | FAMILY_BIT(6))

struct prefix {
	struct addr addr; /* host bits zero */
	uint8_t bits;
};

/* A host by name or address; the port in host order. */
struct host_port {
	const char *host;
	uint16_t port;
};

/* The address alone: 4 or 16 bytes. */
const uint8_t *addr_bytes(const struct addr *addr);
size_t addr_size(const struct addr *addr);

struct addr addr_of_bytes(uint8_t family, const void *bytes);
struct addr addr_of_ip(const struct ip_addr *ip);

#define ADDR_TEXT_MAX 64 /* "[v6]:port" and its zero byte */

/* Parses a literal IPv4 or IPv6 address. An IPv4-mapped IPv6 address becomes IPv4.
 * Returns 0, or -EINVAL with *ret untouched. */
int addr_parse(const char *text, struct addr *ret);

/* Parses "A.B.C.D/N" or "v6/N". Host bits must be zero. Returns 0 or -EINVAL. */
int prefix_parse(const char *text, struct prefix *ret);

/* Family 0 unless it is of IPv4 or IPv6; an IPv4-mapped IPv6 address becomes IPv4. */
struct addr addr_of_sockaddr(const struct sockaddr *from);
/* Fills in *ret; returns its length. Port in host order. */
socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret);
/* AF_INET or AF_INET6. */
int addr_af(uint8_t family);

/* Prints into `buf` of ADDR_TEXT_MAX bytes; returns buf. */
const char *addr_format(const struct addr *addr, char *buf);
/* "A.B.C.D:port" or "[v6]:port"; port in host order. */
const char *addr_port_format(const struct addr *addr, uint16_t port, char *buf);
const char *prefix_format(const struct prefix *prefix, char *buf);

/* Parses "A.B.C.D:port" or "[v6]:port"; port 1-65535, host order. Returns 0 or -EINVAL. */
int addr_port_parse(const char *text, struct addr *ret, uint16_t *ret_port);

/* The same with "/tcp" or "/udp" behind it, as services are printed; *ret_proto is 0 without. */
int addr_service_parse(const char *text, struct addr *ret, uint16_t *ret_port, uint8_t *ret_proto);

bool addr_equal(const struct addr *a, const struct addr *b);
/* Total order for sorting: family, then bytes. */
int addr_compare(const struct addr *a, const struct addr *b);
/* The families of which the pair has an address. */
uint8_t addr_pair_families(const struct addr_pair *pair);
struct addr *addr_pair_of(struct addr_pair *pair, uint8_t family);
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);
/* Makes it shorter until it contains an address of the same family. */
void prefix_widen(struct prefix *prefix, const struct addr *addr);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

/* 0.0.0.0 or ::, which meshNetworks writes for an address that is not known yet. */
bool addr_is_unspecified(const struct addr *addr);
/* 127.0.0.0/8 or ::1. */
bool addr_is_loopback(const struct addr *addr);
/* True unless unspecified, loopback, multicast, broadcast, or of an IPv6 link, which is not named. */
bool addr_is_usable(const struct addr *addr);

#endif
