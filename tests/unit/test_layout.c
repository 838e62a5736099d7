/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Layouts: the text of this build, and the way from images of all released versions to it.
 *
 * tests/data/layout/abiN.txt is the layout of version N, abiN.image the contents of maps that a build
 * of that version wrote: map, key and value in hexadecimal digits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "layout.h"
#include "parallax_abi.h"
#include "parallax_flow.h"
#include "parallax_hash.h"

#include "parallax.skel.h"
#include "parallax6.skel.h"

#define VIP_TEXT "10.20.194.146"

static struct layout ours;
static char text[LAYOUT_TEXT_BYTES];

static int describe(void **state)
{
	struct parallax_bpf *skeleton = parallax_bpf__open();
	struct parallax6_bpf *skeleton6 = parallax6_bpf__open();
	int err = skeleton && skeleton6 ? 0 : -1;

	(void)state;
	if (!err)
		err = layout_write(bpf_object__btf(skeleton->obj), 4, text, sizeof(text));
	if (!err)
		err = layout_write(bpf_object__btf(skeleton6->obj), 6, text, sizeof(text));
	parallax_bpf__destroy(skeleton);
	parallax6_bpf__destroy(skeleton6);
	return err ? err : layout_parse(text, &ours);
}

static int forget(void **state)
{
	(void)state;
	layout_done(&ours);
	return 0;
}

/* ------------------------------------------------------------------ this build */

static void test_golden(void **state)
{
	char path[64], *golden;
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "tests/data/layout/abi%d.txt", ABI_VERSION);
	if (getenv("UPDATE_GOLDEN")) {
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	golden = calloc(1, sizeof(text));
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(golden, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	if (strcmp(golden, text))
		fail_msg(
			"the maps differ from %s: raise ABI_VERSION if this version was released; then "
			"`UPDATE_GOLDEN=1 build/tests/test_layout`",
			path);
	free(golden);
}

static void test_same_as_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < ours.map_count; i++)
		assert_true(layout_same(&ours.maps[i], &ours.maps[i]));
}

/* A map that both families' programs use has one shape in both. */
static void test_shared_maps(void **state)
{
	struct parallax_bpf *skeleton = parallax_bpf__open();
	struct parallax6_bpf *skeleton6 = parallax6_bpf__open();
	const struct bpf_map *map, *first;
	size_t shared = 0;

	(void)state;
	assert_true(skeleton && skeleton6);
	bpf_object__for_each_map(map, skeleton6->obj) {
		const char *name = bpf_map__name(map);

		if (layout_is_family_map(name) || bpf_map__is_internal(map) ||
		    !strncmp(name, "older_", 6))
			continue;
		first = bpf_object__find_map_by_name(skeleton->obj, name);
		assert_non_null(first);
		if (bpf_map__key_size(map) != bpf_map__key_size(first) ||
		    bpf_map__value_size(map) != bpf_map__value_size(first))
			fail_msg("%s differs by family", name);
		shared++;
	}
	assert_true(shared > 15);
	parallax_bpf__destroy(skeleton);
	parallax6_bpf__destroy(skeleton6);
}

/* ------------------------------------------------------------------ released versions */

static void bytes_of(const char *hex, uint8_t *bytes, size_t size)
{
	assert_int_equal(strlen(hex), 2 * size);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &bytes[i]), 1);
}

struct image {
	struct layout older;
	struct service services[2];
	struct flow_key4 keys[64];
	struct flow4 flows[64];
	size_t flow_count;
};

static void convert(const struct layout_map *from, const struct layout_map *to, bool key,
		    const void *bytes, void *ret)
{
	const char *field = "";
	uint32_t *way;

	if (layout_permute(from, to, key, &way, &field))
		fail_msg("%s: field %s does not fit", to->name, field);
	layout_convert(way, key ? to->key_size : to->value_size, bytes, ret);
	free(way);
}

static void expect_service(struct image *image, uint32_t row, const struct service *service)
{
	struct in_addr vip = { ip_v4(&service->vip) };

	assert_string_equal(inet_ntoa(vip), VIP_TEXT);
	assert_int_equal(ntohs(service->port), 5000);
	assert_int_equal(service->proto, row ? IPPROTO_UDP : IPPROTO_TCP);
	assert_true(service->flags & SERVICE_IN_USE);
	assert_int_equal(service->family, 4);
	assert_true(TABLE_BUCKETS(service->table) && TABLE_BUCKETS(service->local_table));
	assert_true(service->captured_ns > 0);
	image->services[row] = *service;
}

static void expect_backend(const struct image *image, uint32_t row, const struct backend *backend)
{
	assert_int_equal(backend->service_id, image->services[(row - 1) / 2].id);
	assert_int_equal(backend->generation, 1);
	assert_int_equal(backend->kind, row % 2 ? BACKEND_LOCAL : BACKEND_GENEVE);
	assert_int_equal(ntohs(backend->port), row % 2 ? 5000 : 15443);
	assert_int_equal(ntohs(backend->tunnel_port), row % 2 ? 0 : 6081);
	assert_int_equal(backend->weight, 1);
}

static void expect_flow(struct image *image, const struct flow_key4 *key, const struct flow4 *flow)
{
	struct in_addr vip;

	inet_aton(VIP_TEXT, &vip);
	assert_int_equal(flow->tag, flow_tag4(key));
	assert_true(flow->state == FLOW_ESTABLISHED || flow->state == FLOW_CLOSING);
	assert_int_equal(flow->service, 0);
	assert_int_equal(flow->generation, 1);
	assert_true(flow->bytes > 0 && flow->opened && flow->seen);
	if (flow_is_forward4(key))
		assert_int_equal(key->daddr.word[0], vip.s_addr);
	if (!flow_has_nat4(flow))
		assert_int_equal(flow->service_id[0] | (uint64_t)flow->service_id[1] << 32,
				 image->services[0].id);
	if (flow->action != FLOW_NAT)
		assert_true(flow->network && flow->peer && flow->peer_port);
	image->keys[image->flow_count] = *key;
	image->flows[image->flow_count++] = *flow;
}

static void expect_settings(const struct settings *settings)
{
	assert_true(settings->hz == 250 || settings->hz == 300);
	assert_int_equal(settings->takeover_ns, 24ull * 3600 * 1000000000);
	assert_int_equal(ntohs(settings->listen_port), 6081);
	assert_int_equal(settings->mtu, 1500);
	assert_int_equal(settings->snat_count[IP_V4_INDEX], 1);
	assert_true(settings->network && ip_is_v4(&settings->source[IP_V4_INDEX]) &&
		    ip_is_none(&settings->source[IP_V6_INDEX]) &&
		    ip_is_v4(&settings->snat[IP_V4_INDEX][0]) &&
		    ip_is_none(&settings->snat[IP_V4_INDEX][1]) &&
		    settings->snat_first < settings->snat_last);
}

static void expect_row(struct image *image, const char *map, const void *key, const void *value)
{
	uint32_t row = 0;

	memcpy(&row, key, sizeof(row));
	if (!strcmp(map, "services"))
		expect_service(image, row, value);
	else if (!strcmp(map, "backends"))
		expect_backend(image, row, value);
	else if (!strcmp(map, "flows"))
		expect_flow(image, key, value);
	else if (!strcmp(map, "settings"))
		expect_settings(value);
	else if (!strcmp(map, "ifaces"))
		assert_true(((const struct iface *)value)->captured_ns > 0);
}

/* What a field held is in that of the same name. Flows have another tag: it depends on the key. */
static void check_fields(const struct layout_map *from, const struct layout_map *to,
			 const uint8_t *older, const uint8_t *newer)
{
	for (size_t i = 0; i < from->field_count; i++)
		for (size_t j = 0; j < to->field_count; j++) {
			const struct layout_field *a = &from->fields[i], *b = &to->fields[j];

			if (!a->key && !b->key && a->kind == b->kind && a->size == b->size &&
			    !strcmp(a->path, b->path) && strcmp(a->path, "tag"))
				assert_memory_equal(older + a->offset, newer + b->offset,
						    a->size * a->count);
		}
}

/* One line: converted and checked. */
static void check_row(struct image *image, const char *map, const char *key_hex,
		      const char *value_hex)
{
	const struct layout_map *from = layout_find(&image->older, map),
				*to = layout_find(&ours, map);
	uint8_t *old_key, *old_value;
	uint64_t key[16] = {}, value[128] = {};

	assert_true(from && to && to->key_size <= sizeof(key) && to->value_size <= sizeof(value));
	old_key = malloc(from->key_size);
	old_value = malloc(from->value_size);
	bytes_of(key_hex, old_key, from->key_size);
	bytes_of(value_hex, old_value, from->value_size);
	if (from->key_size == to->key_size)
		memcpy(key, old_key, from->key_size);
	if (from->field_count && from->fields[0].key)
		convert(from, to, true, old_key, key);
	convert(from, to, false, old_value, value);
	expect_row(image, map, key, value);
	check_fields(from, to, old_value, (const uint8_t *)value);
	free(old_key);
	free(old_value);
}

/* Each entry of an image that is paired with another one is paired by both. */
static size_t count_pairs(const struct image *image)
{
	struct flow_key4 other, own;
	size_t pairs = 0;

	for (size_t i = 0; i < image->flow_count; i++) {
		flow_other_key4(&image->keys[i], &image->flows[i], &other);
		for (size_t j = 0; j < image->flow_count; j++) {
			if (memcmp(&other, &image->keys[j], sizeof(other)))
				continue;
			flow_other_key4(&image->keys[j], &image->flows[j], &own);
			assert_memory_equal(&own, &image->keys[i], sizeof(own));
			pairs++;
		}
	}
	return pairs;
}

/* Since version 6 a data plane describes itself; its golden text says how. */
static void parse_older(uint32_t version, struct layout *ret)
{
	char path[64], golden[LAYOUT_TEXT_BYTES] = "";
	FILE *file;

	if (version < 6) {
		assert_non_null(layout_history(version));
		assert_int_equal(layout_parse(layout_history(version), ret), 0);
		return;
	}
	snprintf(path, sizeof(path), "tests/data/layout/abi%u.txt", version);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(golden, 1, sizeof(golden) - 1, file) > 0);
	fclose(file);
	assert_int_equal(layout_parse(golden, ret), 0);
}

static void check_image(uint32_t version)
{
	char path[64], line[1280], map[32], key[128], value[1024];
	struct image image = {};
	size_t rows = 0;
	FILE *file;

	parse_older(version, &image.older);
	snprintf(path, sizeof(path), "tests/data/layout/abi%u.image", version);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %127s %1023s", map, key, value) != 3)
			continue;
		check_row(&image, map, key, value);
		rows++;
	}
	fclose(file);
	assert_true(rows > 40);
	assert_true(image.flow_count >= 16);
	assert_true(count_pairs(&image) > 0);
	layout_done(&image.older);
}

static void test_image_4(void **state)
{
	(void)state;
	check_image(4);
}

static void test_image_5(void **state)
{
	(void)state;
	check_image(5);
}

static void test_image_6(void **state)
{
	(void)state;
	check_image(6);
}

static void test_image_7(void **state)
{
	(void)state;
	check_image(7);
}

static void test_image_8(void **state)
{
	(void)state;
	check_image(8);
}

static void test_image_9(void **state)
{
	(void)state;
	check_image(9);
}

static void test_unknown_version(void **state)
{
	(void)state;
	assert_null(layout_history(3));
	assert_null(layout_history(ABI_VERSION + 1));
}

/* ------------------------------------------------------------------ changes of a field */

static struct layout parsed(const char *fields)
{
	struct layout layout;

	assert_int_equal(layout_parse(fields, &layout), 0);
	return layout;
}

/* Converts eight bytes 1 to 8 from one map into another. Returns 0 or the error. */
static int change(const char *from, const char *to, uint8_t ret[8])
{
	const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct layout a = parsed(from), b = parsed(to);
	const char *field = "";
	uint32_t *way = NULL;
	int err = layout_permute(&a.maps[0], &b.maps[0], false, &way, &field);

	if (err)
		assert_string_equal(field, "x");
	else
		layout_convert(way, 8, bytes, ret);
	free(way);
	layout_done(&a);
	layout_done(&b);
	return err;
}

#define EXPECT(from, to, ...)                                                                      \
	do {                                                                                       \
		const uint8_t expected[8] = { __VA_ARGS__ };                                       \
		uint8_t got[8];                                                                    \
		assert_int_equal(change("map m m 4 8\n" from, "map m m 4 8\n" to, got), 0);        \
		assert_memory_equal(got, expected, 8);                                             \
	} while (0)

static void test_changes(void **state)
{
	(void)state;
	EXPECT("value x 0 2 1 u\n", "value x 4 2 1 u\n", 0, 0, 0, 0, 1, 2);      /* moved */
	EXPECT("value x 0 2 1 u\n", "value x 0 4 1 u\n", 1, 2);                  /* wider */
	EXPECT("value x 0 1 2 u\n", "value x 0 2 2 u\n", 1, 0, 2);               /* each wider */
	EXPECT("value x 0 2 1 b\n", "value x 0 2 2 b\n", 1, 2);                  /* longer */
	EXPECT("value x 0 2 1 u\nvalue y 2 2 1 u\n", "value y 0 2 1 u\n", 3, 4); /* x is dropped */
	EXPECT("value x 0 2 1 u\n", "value z 2 2 1 u\nvalue x 0 2 1 u\n", 1, 2); /* z is zero */
	EXPECT("value a.v4 0 4 1 b\n", "value a.v4 0 4 1 b\nvalue a.v6 0 4 2 b\n", 1, 2, 3, 4);
}

/* An IPv4 address becomes one of either family; a zero stays none. */
static void test_addresses(void **state)
{
	const uint8_t bytes[12] = { 9, 9, 9, 9, 10, 1, 2, 3 };
	struct ip_addr got[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct layout a = parsed(i ? "map m m 4 12\nvalue x.v4 4 4 2 b\n" :
					     "map m m 4 12\nvalue x 4 4 2 b\n");
		struct layout b = parsed("map m m 4 32\nvalue x 0 16 2 a\n");

		convert(&a.maps[0], &b.maps[0], false, bytes, got);
		assert_int_equal(ip_v4(&got[0]), htonl(0x0a010203));
		assert_true(ip_is_none(&got[1]));
		layout_done(&a);
		layout_done(&b);
	}
}

static void test_refused_changes(void **state)
{
	static const char *const pairs[][2] = {
		{ "value x 0 4 1 u\n", "value x 0 2 1 u\n" }, /* smaller */
		{ "value x 0 2 1 b\n", "value x 0 4 1 b\n" }, /* wider, in network order */
		{ "value x 0 2 1 u\n", "value x 0 2 1 b\n" },
		{ "value x 0 2 3 u\n", "value x 0 2 2 u\n" }, /* shorter */
		{ "value x 0 4 1 u\n", "value x 0 8 1 a\n" }, /* no address */
		{ "value x 0 8 1 a\n", "value x 0 4 1 b\n" }, /* either family, as IPv4 */
	};
	char from[64], to[64];
	uint8_t bytes[8];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		snprintf(from, sizeof(from), "map m m 4 8\n%s", pairs[i][0]);
		snprintf(to, sizeof(to), "map m m 4 8\n%s", pairs[i][1]);
		assert_int_equal(change(from, to, bytes), -EPROTO);
	}
}

static void test_bad_text(void **state)
{
	static const char *const texts[] = {
		"value x 0 2 1 u\n",
		"map m\n",
		"map m m 4 8\nvalue x 7 2 1 u\n",
		"map m m 4 8\nkey x 0 4 2 u\n",
		"map m m 4 8\nvalue x 0 2\n",
		"map m m 4 8\nfield x 0 2 1 u\n",
		"map m m 4 8\nvalue x 4294967295 4294967295 4294967295 u\n",
	};
	struct layout layout;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(layout_parse(texts[i], &layout), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),          cmocka_unit_test(test_same_as_itself),
		cmocka_unit_test(test_shared_maps),     cmocka_unit_test(test_image_4),
		cmocka_unit_test(test_image_5),         cmocka_unit_test(test_image_6),
		cmocka_unit_test(test_image_7),         cmocka_unit_test(test_image_8),
		cmocka_unit_test(test_image_9),         cmocka_unit_test(test_unknown_version),
		cmocka_unit_test(test_changes),         cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_refused_changes), cmocka_unit_test(test_bad_text),
	};

	return cmocka_run_group_tests(tests, describe, forget);
}
