/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tunnel format: Geneve (RFC 8926) over UDP, inner packet without an Ethernet header. */
#ifndef PARALLAX_WIRE_H
#define PARALLAX_WIRE_H

#include "parallax_abi.h"

#define GENEVE_PORT 6081

#define GENEVE_FLAG_OAM 0x80      /* O bit of `flags`: a probe */
#define GENEVE_FLAG_CRITICAL 0x40 /* C bit of `flags`: an option's type has bit 0x80 */

/* RFC 8926 section 3.4. */
struct geneve_header {
	__u8 version_length; /* bits 6-7 version 0, bits 0-5 option bytes / 4 */
	__u8 flags;
	__be16 protocol;
	__u8 vni[3]; /* network id of the sender */
	__u8 zero;
};

#define GENEVE_CLASS_PARALLAX 0xff00 /* RFC 8926 section 7.1: experimental range */
#define GENEVE_OPTION_SERVICE 0x81   /* critical | 1 */
#define GENEVE_OPTION_ENDPOINT 0x03
#define GENEVE_OPTION_ROOM 0x04
#define GENEVE_OPTION_RETURN 0x84
#define GENEVE_OPTION_ADMISSION 0x82 /* critical | 2 */

struct geneve_option {
	__be16 option_class;
	__u8 type;
	__u8 length; /* data bytes / 4 */
};

/* The service option (RFC 8926 section 3.5), which every packet carries. */
struct geneve_service_option {
	struct geneve_option head;
	__be32 id[2]; /* service id, big-endian */
};

/* The endpoint that a flow has, where it is known; older gateways pass it over. */
struct geneve_endpoint_option {
	struct geneve_option head;
	__be32 endpoint; /* see gateways of mode forward; never 0 */
};

/* Between a gateway of mode forward and the node of a pod: where the client's packets came from, which is
 * where answers go, and the pod's port. Between gateway and client there is an option of the same length
 * without contents (GENEVE_OPTION_ROOM), so that a packet keeps its length on the way. */
struct geneve_return_option {
	struct geneve_option head;
	__be16 port;
	__be16 pod_port;
	__be32 addr[]; /* 1 or 4 words */
};

#define RETURN_BYTES(family) (sizeof(struct geneve_return_option) + ((family) == 4 ? 4 : 16))

#define GENEVE_OPTION_PROBE 0x85 /* critical | 5 */
#define PROBE_ANSWER 0x01        /* flags */
#define PROBE_KEEPS 0x02         /* the same, of a gateway that keeps its connections: it takes over no other's */

/* The probe option, instead of the service option in a packet with the O bit and protocol 0. Padding may
 * follow. An answer repeats sequence, time, row and padding as they are, as far as its own device carries it. */
struct geneve_probe_option {
	struct geneve_option head;
	__be32 sequence;
	__u64 time; /* known to the sender alone */
	__be32 row; /* the same */
	__be32 services; /* of an answer: that the gateway has endpoints for */
	__be16 mtu; /* greatest IP packet that the gateway sends on to a pod or, of a probe, that it may
			  * send to the node; 0: not known */
	__u8 load;       /* percent */
	__u8 flags;      /* PROBE_ANSWER, PROBE_KEEPS */
} __attribute__((packed, aligned(4)));

/* The tag of a key: see bpf/admission.h. */
struct geneve_admission_option {
	struct geneve_option head;
	__be16 key;
	__be16 epoch; /* its low half */
	__u8 tag[8];  /* little-endian */
};

/* Outer source ports of a client node: TUNNEL_SOURCE_PORT + flow hash % TUNNEL_SOURCE_PORTS, above
 * the usual range of local ports. */
#define TUNNEL_SOURCE_PORT 61440
#define TUNNEL_SOURCE_PORTS 64

/* Bytes of Geneve header and service option, and of all headers before an inner packet without further
 * options; those take at most settings.option_bytes, and never more than GENEVE_OPTIONS_SENT. */
#define GENEVE_OPTIONS_SENT 48
#define GENEVE_LENGTH (8 + 12)
#define TUNNEL_OVERHEAD_IPV4 (20 + 8 + GENEVE_LENGTH)
#define TUNNEL_OVERHEAD_IPV6 (40 + 8 + GENEVE_LENGTH)

#define TUNNEL_TTL 64

_Static_assert(sizeof(struct geneve_admission_option) == 16, "geneve_admission_option");
_Static_assert(sizeof(struct geneve_endpoint_option) == 8, "geneve_endpoint_option");
_Static_assert(sizeof(struct geneve_header) == 8, "geneve_header");
_Static_assert(sizeof(struct geneve_probe_option) == 28, "geneve_probe_option");
_Static_assert(sizeof(struct geneve_service_option) == 12, "geneve_service_option");

#endif
