/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of probes and their answers. */
#ifndef PROBE_ROW_H
#define PROBE_ROW_H

#include <arpa/inet.h>
#include <stddef.h>

#include "gateway_packets.h"
#include "world_keys.h"

#define SEQUENCE 7001u
#define TIME 0x1122334455667788ull
#define HEADERS (14 + OWN_HLEN + 8) /* before the Geneve header */

struct probe_bytes {
	struct geneve_header geneve;
	struct geneve_probe_option option;
	struct geneve_admission_option tag; /* if the header's length says so */
};

/* A probe, and what becomes of it. */
struct probe_row {
	void (*setup)(struct world *world);
	struct pkt pkt; /* UDP; its payload begins with `probe` */
	void (*change)(struct world *world, struct probe_bytes *probe);
	int verdict;
	enum reason count;
	bool (*after)(struct world *world, const uint8_t *frame, uint32_t len);
};

#define WHOLE (sizeof(struct geneve_header) + sizeof(struct geneve_probe_option))
#define SIGNED_WHOLE sizeof(struct probe_bytes)
#define PADDING 1300
#define NARROW_DEVICE 1300 /* settings.mtu of a gateway whose answers must be shorter */
#define SENT(source, source_port, to, to_port, bytes)                                              \
	UDP(source, source_port, to, to_port, .len = (bytes), .zero_sum = true, FROM_OUTSIDE)
#define PROBE_OF(source, bytes) SENT(source, NODE1_PORT, GATEWAY, TUNNEL_PORT, bytes)
#define PROBE PROBE_OF(NODE1, WHOLE)
#define SIGNED_PROBE PROBE_OF(NODE1, SIGNED_WHOLE)
#define ANSWER_OF(source, source_port) SENT(source, source_port, NODE1, NODE1_PORT, WHOLE)
#define ANSWER ANSWER_OF(GATEWAY, TUNNEL_PORT)

bool probe_row_run(struct world *world, const struct probe_row *row, enum program program);

/* A probe of `network`, without a tag. */
void probe_fill(struct probe_bytes *probe, uint32_t network);

/* Put the tag of this key of the networks of header and gateway, or node, behind a probe. */
void probe_sign(struct probe_bytes *probe, uint16_t key);

/* Changes: a tag by KEY1, of an unknown network, an answer instead, more than are answered in a second. */
void probe_by_key1(struct world *world, struct probe_bytes *probe);
void probe_of_unknown_network(struct world *world, struct probe_bytes *probe);
void probe_says_answer(struct world *world, struct probe_bytes *probe);
void probe_is_over_limit(struct world *world, struct probe_bytes *probe);

/* Prints the text, and returns false. */
bool probe_said(const char *text);

/* A setup: gateway node, whose agent says how it is. And the node that asked, by the row of `health`
 * probe_asked(), and what makes `probe` an answer to it. */
void probe_own_health(struct world *world);
uint32_t probe_asked(void);
void probe_setup_asks(struct world *world);
void probe_asks(struct world *world, struct probe_bytes *probe);
void probe_asks_sized(struct world *world, struct probe_bytes *probe);

/* Checks. */
bool probe_is_answered_signed(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_answered_by_key2(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_answered(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_answered_padded(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_answered_signed_padded(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_answered_cut(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_known_sized(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_known(struct world *world, const uint8_t *frame, uint32_t len);
bool probe_is_not_known(struct world *world, const uint8_t *frame, uint32_t len);

#define ROW(...) ROW_AT(UPLINK, __VA_ARGS__)
#define ROW_AT(program, function, ...)                                                             \
	static bool function(struct world *world)                                                  \
	{                                                                                          \
		static const struct probe_row row = { __VA_ARGS__ };                               \
                                                                                                   \
		return probe_row_run(world, &row, program);                                        \
	}                                                                                          \
	_Static_assert(1, "takes the semicolon")

#endif
