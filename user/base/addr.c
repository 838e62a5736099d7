/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IP addresses, prefixes and ports: parse, print, compare. */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "decimal.h"

int addr_af(uint8_t family)
{
	return family == 6 ? AF_INET6 : AF_INET;
}

const uint8_t *addr_bytes(const struct addr *addr)
{
	return (const uint8_t *)&addr->ip.word[addr->family == 6 ? 0 : 3];
}

size_t addr_size(const struct addr *addr)
{
	return addr->family == 6 ? 16 : 4;
}

struct addr addr_of_bytes(uint8_t family, const void *bytes)
{
	struct addr addr = { .family = family };

	if (family == 4)
		addr.ip = IP_V4(0);
	memcpy((uint8_t *)addr_bytes(&addr), bytes, addr_size(&addr));
	return addr;
}

struct addr addr_of_ip(const struct ip_addr *ip)
{
	return (struct addr){ .family = ip_is_none(ip) ? 0 : ip_is_v4(ip) ? 4 : 6, .ip = *ip };
}

static unsigned int bits_of(const struct addr *addr)
{
	return 8 * (unsigned int)addr_size(addr);
}

static bool is_mapped(const struct in6_addr *in6)
{
	return IN6_IS_ADDR_V4MAPPED(in6);
}

static struct addr from_in6(const struct in6_addr *in6)
{
	return is_mapped(in6) ? addr_of_bytes(4, &in6->s6_addr[12]) : addr_of_bytes(6, in6);
}

/* ------------------------------------------------------------------ sockets */

struct addr addr_of_sockaddr(const struct sockaddr *from)
{
	if (from->sa_family == AF_INET)
		return addr_of_bytes(4,
				     &((const struct sockaddr_in *)(const void *)from)->sin_addr);
	if (from->sa_family == AF_INET6)
		return from_in6(&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr);
	return (struct addr){};
}

socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool six = addr->family == 6;

	memcpy(six ? (void *)&in6.sin6_addr : &in.sin_addr, addr_bytes(addr), addr_size(addr));
	*ret = (struct sockaddr_storage){};
	memcpy(ret, six ? (void *)&in6 : &in, six ? sizeof(in6) : sizeof(in));
	return six ? sizeof(in6) : sizeof(in);
}

/* ------------------------------------------------------------------ parse */

/* *ret_mapped: an IPv4 address written as IPv6. */
static int parse(const char *text, struct addr *ret, bool *ret_mapped)
{
	struct in6_addr in6;
	struct in_addr in;

	*ret_mapped = false;
	if (inet_pton(AF_INET, text, &in) == 1) {
		*ret = addr_of_bytes(4, &in);
	} else if (inet_pton(AF_INET6, text, &in6) == 1) {
		*ret_mapped = is_mapped(&in6);
		*ret = from_in6(&in6);
	} else {
		return -EINVAL;
	}
	return 0;
}

int addr_parse(const char *text, struct addr *ret)
{
	bool mapped;

	return parse(text, ret, &mapped);
}

static bool host_bits_zero(const struct addr *addr, unsigned int bits)
{
	const uint8_t *bytes = addr_bytes(addr);

	for (unsigned int i = bits; i < bits_of(addr); i++)
		if (bytes[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

/* Copies `text` up to `end` into `buf`; false if it does not fit. */
static bool cut(const char *text, const char *end, char *buf)
{
	size_t length = (size_t)(end - text);

	if (length >= ADDR_TEXT_MAX)
		return false;
	memcpy(buf, text, length);
	buf[length] = '\0';
	return true;
}

int prefix_parse(const char *text, struct prefix *ret)
{
	const char *slash = strchr(text, '/');
	char buf[ADDR_TEXT_MAX];
	struct addr addr;
	uint64_t bits;
	bool mapped;

	if (!slash || !cut(text, slash, buf) || parse(buf, &addr, &mapped) ||
	    !decimal_parse(slash + 1, strlen(slash + 1), mapped ? 128 : bits_of(&addr), &bits))
		return -EINVAL;
	if (mapped && bits < IP_MAPPED_BITS)
		return -EINVAL;
	bits -= mapped ? IP_MAPPED_BITS : 0;
	if (!host_bits_zero(&addr, (unsigned int)bits))
		return -EINVAL;
	*ret = (struct prefix){.addr = addr, .bits = (uint8_t)bits};
	return 0;
}

int addr_port_parse(const char *text, struct addr *ret, uint16_t *ret_port)
{
	bool bracket = *text == '[';
	const char *end = bracket ? strchr(text, ']') : strchr(text, ':');
	char buf[ADDR_TEXT_MAX];
	struct addr addr;
	uint64_t port;

	if (!end || !cut(text + bracket, end, buf) || addr_parse(buf, &addr))
		return -EINVAL;
	if (bracket != !!strchr(buf, ':'))
		return -EINVAL;
	end += bracket;
	if (*end != ':' || !decimal_parse(end + 1, strlen(end + 1), 65535, &port) || !port)
		return -EINVAL;
	*ret = addr;
	*ret_port = (uint16_t)port;
	return 0;
}

int addr_service_parse(const char *text, struct addr *ret, uint16_t *ret_port, uint8_t *ret_proto)
{
	const char *end = strchr(text, '/');
	char buf[ADDR_TEXT_MAX];
	uint8_t proto = 0;

	if (end && !strcasecmp(end, "/tcp"))
		proto = IPPROTO_TCP;
	else if (end && !strcasecmp(end, "/udp"))
		proto = IPPROTO_UDP;
	else if (end)
		return -EINVAL;
	if (!cut(text, end ? end : text + strlen(text), buf) || addr_port_parse(buf, ret, ret_port))
		return -EINVAL;
	*ret_proto = proto;
	return 0;
}

const char *addr_format(const struct addr *addr, char *buf)
{
	if (!addr->family)
		strcpy(buf, "none");
	else
		inet_ntop(addr_af(addr->family), addr_bytes(addr), buf, ADDR_TEXT_MAX);
	return buf;
}

const char *addr_port_format(const struct addr *addr, uint16_t port, char *buf)
{
	char text[ADDR_TEXT_MAX];

	addr_format(addr, text);
	if (addr->family == 6)
		snprintf(buf, ADDR_TEXT_MAX, "[%.46s]:%u", text, port);
	else
		snprintf(buf, ADDR_TEXT_MAX, "%.46s:%u", text, port);
	return buf;
}

const char *prefix_format(const struct prefix *prefix, char *buf)
{
	char text[ADDR_TEXT_MAX];

	snprintf(buf, ADDR_TEXT_MAX, "%.46s/%u", addr_format(&prefix->addr, text), prefix->bits);
	return buf;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(&a->ip, &b->ip, sizeof(a->ip));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

uint8_t addr_pair_families(const struct addr_pair *pair)
{
	return (uint8_t)((pair->v4.family ? FAMILY_BIT(4) : 0) |
			 (pair->v6.family ? FAMILY_BIT(6) : 0));
}

struct addr *addr_pair_of(struct addr_pair *pair, uint8_t family)
{
	return family == 6 ? &pair->v6 : &pair->v4;
}

/* True if the first `bits` bits are the same. */
static bool same_bits(const struct addr *a, const struct addr *b, unsigned int bits)
{
	const uint8_t *x = addr_bytes(a), *y = addr_bytes(b);
	uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	if (memcmp(x, y, bits / 8))
		return false;
	return bits % 8 == 0 || ((x[bits / 8] ^ y[bits / 8]) & mask) == 0;
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	return prefix->addr.family == addr->family && addr->family &&
	       same_bits(&prefix->addr, addr, prefix->bits);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->bits <= b->bits ? prefix_contains(a, &b->addr) : prefix_contains(b, &a->addr);
}

void prefix_widen(struct prefix *prefix, const struct addr *addr)
{
	uint8_t *bytes = (uint8_t *)addr_bytes(&prefix->addr);

	while (prefix->bits && !prefix_contains(prefix, addr)) {
		prefix->bits--;
		bytes[prefix->bits / 8] &= (uint8_t)(0xff00 >> prefix->bits % 8);
	}
}

bool addr_is_unspecified(const struct addr *addr)
{
	static const uint8_t zero[16];

	return addr->family && !memcmp(addr_bytes(addr), zero, addr_size(addr));
}

bool addr_is_loopback(const struct addr *addr)
{
	static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;

	if (addr->family == 6)
		return !memcmp(&addr->ip, &loopback, sizeof(loopback));
	return addr->family == 4 && addr_bytes(addr)[0] == 127;
}

/* Multicast, or fe80::/10. */
static bool is_special_ipv6(const struct addr *addr)
{
	const uint8_t *bytes = addr_bytes(addr);

	return bytes[0] == 0xff || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

/* Multicast, or 255.255.255.255. */
static bool is_special_ipv4(const struct addr *addr)
{
	return (addr_bytes(addr)[0] & 0xf0) == 0xe0 ||
	       !memcmp(addr_bytes(addr), "\xff\xff\xff\xff", 4);
}

bool addr_is_usable(const struct addr *addr)
{
	if (!addr->family || addr_is_unspecified(addr) || addr_is_loopback(addr))
		return false;
	return addr->family == 6 ? !is_special_ipv6(addr) : !is_special_ipv4(addr);
}
