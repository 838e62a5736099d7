/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys of tunnel packets: their file, SipHash, and the keys of one direction. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "key_rows.h"
#include "problem.h"
#include "subkey.h"
#include "tunnel_keys.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define OTHER "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="
#define KEY(id, a, b, ...)                                                                         \
	"- {id: " #id ", networks: [" #a ", " #b "], secret: " SECRET __VA_ARGS__ "}\n"

static struct tunnel_keys *parse(const char *text)
{
	struct problems problems = {};
	struct tunnel_keys *keys = NULL;

	if (tunnel_keys_parse("keys", text, strlen(text), &keys, &problems))
		fail_msg("%s", problems_text(&problems));
	return keys;
}

static void test_accepted(void **state)
{
	struct tunnel_keys *keys = parse(
		KEY(1, one, two, ", created: 2026-11-01T00:00:00Z, notAfter: 2027-11-01T12:30:59Z")
			KEY(65535, one, one) KEY(2, two, one) KEY(1, one, three));

	assert_int_equal(keys->count, 4);
	assert_int_equal(keys->items[0].id, 1);
	assert_int_equal(keys->items[1].id, 65535);
	assert_string_equal(keys->items[0].networks[1], "two");
	for (int i = 0; i < TUNNEL_SECRET_BYTES; i++)
		assert_int_equal(keys->items[0].secret[i], i);
	assert_int_equal(keys->items[0].created, 1793491200);
	assert_int_equal(keys->items[0].not_after, 1825072259);
	assert_int_equal(keys->items[1].not_after, 0);
	tunnel_keys_free(keys);
	keys = parse("[]");
	assert_int_equal(keys->count, 0);
	tunnel_keys_free(keys);
}

static void test_rejected(void **state)
{
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{ "", "keys" },
		{ "{}", "keys:1:1: expected a list of keys" },
		{ "- 1", "keys:1:3: expected a mapping with id, networks and secret" },
		{ "- {id: 1, networks: [a, b]}", "missing key 'secret'" },
		{ "- {id: 1, secret: " SECRET "}", "missing key 'networks'" },
		{ "- {networks: [a, b], secret: " SECRET "}", "keys:1:3: missing key 'id'" },
		{ KEY(0, a, b), "keys:1:8: id: expected a number from 1 to 65535" },
		{ KEY(65536, a, b), "keys:1:8: id: expected a number from 1 to 65535" },
		{ "- {id: " SECRET ", networks: [a, b], secret: x}", "id: expected a number" },
		{ "- {id: 1, networks: [a], secret: " SECRET "}",
		  "networks: expected a list of two networks" },
		{ "- {id: 1, networks: [a, b, c], secret: " SECRET "}", "a list of two networks" },
		{ "- {id: 1, networks: " SECRET ", secret: " SECRET "}", "a list of two networks" },
		{ "- {id: 1, networks: [a, 'b c'], secret: " SECRET "}", "the name of a network" },
		{ "- {id: 1, networks: [a, {" SECRET ": 1}], secret: " SECRET "}",
		  "expected a text" },
		{ "- {id: 1, networks: [a, b], secret: AAEC}",
		  "keys:1:37: secret: expected base64 of 32 bytes" },
		{ "- {id: 1, networks: [a, b], secret: x" SECRET "}", "base64 of 32 bytes" },
		{ "- {id: 1, networks: [a, b], secret: [" SECRET "]}", "base64 of 32 bytes" },
		{ "- {id: 1, networks: [a, b], secret: "
		  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=}",
		  "base64 of 32 bytes" },
		{ "- {id: 1, networks: [a, b], secret: "
		  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8h}",
		  "base64 of 32 bytes" },
		{ "- {id: 1, networks: [a, b], secret: "
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=}",
		  "not all zero" },
		{ KEY(1, a, b, ", notAfter: 2027-02-30T00:00:00Z"), "expected a time in UTC" },
		{ KEY(1, a, b, ", notAfter: 2027-02-20"), "expected a time in UTC" },
		{ KEY(1, a, b, ", notAfter: " SECRET), "expected a time in UTC" },
		{ KEY(1, a, b, ", " SECRET ": 1"), "unknown key, expected one of: id, networks" },
		{ KEY(1, a, b) KEY(1, b, a), "keys:2:3: id 1 of the same networks stands above" },
		{ KEY(1, a, b, ", secret: " OTHER), "keys:1:" },
		{ "- {" SECRET ": 1, " SECRET ": 2}", "keys:1:" },
		{ "- {id: 1, networks: [a, b], secret: &" SECRET " x}", "keys:1:" },
		{ "- {id: 1\n  secret: " SECRET "\n ] ", "expected YAML" },
		{ "- \xff\xfe " SECRET, "expected YAML" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problems problems = {};
		struct tunnel_keys *keys = NULL;
		const char *text = rows[i].text, *told;

		assert_int_equal(tunnel_keys_parse("keys", text, strlen(text), &keys, &problems),
				 -EINVAL);
		told = problems_text(&problems);
		if (!strstr(told, rows[i].problem))
			fail_msg("%s\ngives: %s", text, told);
		if (strstr(told, "AAECAw") || strstr(told, "Hx4dHB"))
			fail_msg("%s\ntells a secret: %s", text, told);
		problems_done(&problems);
	}
}

static void test_choice(void **state)
{
	struct tunnel_keys *keys = parse(KEY(3, one, two, ", notAfter: 2027-11-01T00:00:00Z")
						 KEY(4, two, one) KEY(5, one, one));
	const time_t before = 1825027199, after = before + 1;

	assert_int_equal(tunnel_keys_signing(keys, "one", "two", before)->id, 3);
	assert_int_equal(tunnel_keys_signing(keys, "two", "one", before)->id, 3);
	assert_int_equal(tunnel_keys_signing(keys, "one", "two", after)->id, 4);
	assert_int_equal(tunnel_keys_signing(keys, "one", "one", after)->id, 5);
	assert_null(tunnel_keys_signing(keys, "two", "two", before));
	assert_null(tunnel_keys_signing(NULL, "one", "two", before));
	tunnel_keys_free(keys);
}

static int read_with_mode(const char *path, mode_t mode, struct problems *problems)
{
	struct tunnel_keys *keys = NULL;
	int err;

	assert_int_equal(chmod(path, mode), 0);
	err = tunnel_keys_read(path, &keys, problems);
	tunnel_keys_free(keys);
	return err;
}

static void test_file(void **state)
{
	char path[] = "/tmp/tunnel_keys.XXXXXX";
	int fd = mkstemp(path);
	struct problems problems = {};

	assert_true(fd >= 0 && write(fd, KEY(1, a, b), strlen(KEY(1, a, b))) > 0);
	assert_int_equal(read_with_mode(path, 0400, &problems), 0);
	assert_int_equal(read_with_mode(path, 0600, &problems), 0);
	assert_int_equal(problems.count, 0);
	for (unsigned int bit = 0; bit < 6; bit++)
		assert_int_equal(read_with_mode(path, 0400 | 1u << bit, &problems), -EACCES);
	assert_non_null(strstr(problems_text(&problems), "use mode 0400"));
	if (!chown(path, 65534, 65534)) { /* as root */
		assert_int_equal(read_with_mode(path, 0400, &problems), -EACCES);
		assert_non_null(strstr(problems_text(&problems), "belongs to user 65534"));
		assert_int_equal(chown(path, geteuid(), getegid()), 0);
	}
	assert_int_equal(ftruncate(fd, TUNNEL_KEYS_FILE_MAX + 1), 0);
	assert_int_equal(read_with_mode(path, 0400, &problems), -EFBIG);
	close(fd);
	unlink(path);
	assert_int_equal(mkfifo(path, 0400), 0);
	assert_int_equal(read_with_mode(path, 0400, &problems), -EINVAL);
	unlink(path);
	problems_done(&problems);
}

/* An entry that is made can be read; two have different secrets. */
static void test_make(void **state)
{
	struct tunnel_key key = { .id = 9,
				  .networks = { "one", "two" },
				  .created = 1793491200,
				  .not_after = 1825072259 };
	struct tunnel_keys *keys;
	char text[1024];
	int length = tunnel_key_make(&key, text, sizeof(text));

	key.id = 10;
	assert_true(length > 0 && tunnel_key_make(&key, text + length, sizeof(text) - length) > 0);
	keys = parse(text);
	assert_int_equal(keys->count, 2);
	assert_int_equal(keys->items[0].id, 9);
	assert_int_equal(keys->items[0].created, key.created);
	assert_int_equal(keys->items[1].not_after, key.not_after);
	assert_memory_not_equal(keys->items[0].secret, keys->items[1].secret, TUNNEL_SECRET_BYTES);
	tunnel_keys_free(keys);
}

/* The reference vectors of the authors: key 00 01 .. 0f, texts 00 01 .. (n - 1). */
static void test_siphash(void **state)
{
	static const struct {
		unsigned int length;
		uint64_t hash;
	} rows[] = {
		{ 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd },  { 2, 0x0d6c8009d9a94f5a },
		{ 3, 0x85676696d7fb7e2d }, { 4, 0xcf2794e0277187b7 },  { 5, 0x18765564cd99a68d },
		{ 6, 0xcbc9466e58fee3ce }, { 7, 0xab0200f58b01d137 },  { 8, 0x93f5f5799a932462 },
		{ 9, 0x9e0082df0ba9e4b0 }, { 15, 0xa129ca6149be45e5 },
	};
	const struct siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		__u64 words[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
		unsigned int length = rows[i].length, rest = length % 8 * 8;
		__u64 last = (__u64)length << 56 | (words[length / 8] & ((1ull << rest) - 1));

		assert_int_equal(siphash(&key, words, length / 8, last), rows[i].hash);
	}
}

/* Computed by Python's hmac, by RFC 5869. */
static void test_subkey(void **state)
{
	struct tunnel_keys *keys = parse(KEY(1, one, two));
	struct siphash_key there, back;

	assert_int_equal(subkey_derive(&keys->items[0], "one", "two", &there), 0);
	assert_int_equal(subkey_derive(&keys->items[0], "two", "one", &back), 0);
	assert_int_equal(there.half[0], 0x68d796d940684b88);
	assert_int_equal(there.half[1], 0x9b56faeaea4c395b);
	assert_true(back.half[0] != there.half[0] && back.half[1] != there.half[1]);
	tunnel_keys_free(keys);
}

/* ------------------------------------------------------------------ rows */

#define NETWORK(name_, id_, ...) { .name = name_, .id = id_, __VA_ARGS__ }

static struct mesh_network networks[] = {
	NETWORK("one", 1, .own = true),
	NETWORK("three", 3, .gateway_count = 1, .transport = TRANSPORT_GENEVE),
	NETWORK("two", 2, .gateway_count = 1, .transport = TRANSPORT_GENEVE),
};
static struct mesh_networks mesh = { .networks = networks, .count = COUNT(networks) };

static void test_rows(void **state)
{
	struct tunnel_keys *keys = parse(KEY(3, one, two, ", notAfter: 2027-11-01T00:00:00Z")
						 KEY(4, two, one) KEY(9, two, three)
							 KEY(5, one, one));
	static const uint32_t expected[][3] = {
		{ 1, 5, 5 }, { 1, 0, 5 }, { 2, 3, 3 }, { 2, 0, 3 }, { 2, 4, 4 }
	};
	const time_t before = 1825027199;
	struct key_row *rows;
	size_t count;

	assert_int_equal(key_rows_build(keys, &mesh, before, &rows, &count), 0);
	assert_int_equal(count, COUNT(expected));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rows[i].network, expected[i][0]);
		assert_int_equal(rows[i].id, expected[i][1]);
		assert_int_equal(rows[i].key.id, expected[i][2]);
	}
	assert_memory_equal(&rows[0].key.send, &rows[0].key.receive, sizeof(rows->key.send));
	assert_memory_not_equal(&rows[2].key.send, &rows[2].key.receive, sizeof(rows->key.send));
	key_rows_free(rows, count);
	assert_int_equal(key_rows_build(keys, &mesh, before + 1, &rows, &count), 0);
	assert_int_equal(count, 4);
	assert_int_equal(rows[3].key.id, 4);
	assert_int_equal(keys_expired(keys, before), 0);
	assert_int_equal(keys_expired(keys, before + 1), 1);
	key_rows_free(rows, count);
	assert_int_equal(key_rows_build(NULL, &mesh, before, &rows, &count), 0);
	assert_int_equal(count, 0);
	key_rows_free(rows, count);
	tunnel_keys_free(keys);
}

/* What one end sends, the other one believes. */
static void test_ends_agree(void **state)
{
	struct tunnel_keys *keys = parse(KEY(4, two, one));
	struct mesh_network there[] = { NETWORK("one", 1), NETWORK("two", 2, .own = true) };
	struct mesh_networks other = { .networks = there, .count = COUNT(there) };
	struct key_row *a, *b;
	size_t count;

	assert_int_equal(key_rows_build(keys, &mesh, 0, &a, &count), 0);
	assert_int_equal(key_rows_build(keys, &other, 0, &b, &count), 0);
	assert_int_equal(a->network, 2);
	assert_int_equal(b->network, 1);
	assert_memory_equal(&a->key.send, &b->key.receive, sizeof(a->key.send));
	assert_memory_equal(&a->key.receive, &b->key.send, sizeof(a->key.send));
	key_rows_free(a, 1);
	key_rows_free(b, 1);
	tunnel_keys_free(keys);
}

static int collect(void *arg, const char *reason, const char *problem)
{
	char *all = arg;

	strcat(strcat(strcat(strcat(all, reason), ": "), problem), "\n");
	return 0;
}

static void test_problems(void **state)
{
	struct tunnel_keys *keys = parse(KEY(3, one, two, ", notAfter: 2027-11-01T00:00:00Z"));
	struct config config = { .network = "one", .mesh = &mesh, .tunnel.keys_file = "keys" };
	char all[4096] = "";

	assert_int_equal(key_problems(keys, &config, 1825027200 - 8 * 86400, collect, all), 0);
	assert_non_null(strstr(all,
			       "KeysMissing: tunnel.keysFile has no key for the networks one and "
			       "three: nothing enters"));
	assert_null(strstr(all, "and two"));
	all[0] = '\0';
	assert_int_equal(key_problems(keys, &config, 1825027200 - 86400, collect, all), 0);
	assert_non_null(strstr(all, "KeyExpires: key 3 of the networks one and two, which signs, "
				    "expires at 2027-11-01T00:00:00Z"));
	all[0] = '\0';
	assert_int_equal(key_problems(keys, &config, 1825027200, collect, all), 0);
	assert_non_null(strstr(all, "networks one and two"));
	tunnel_keys_free(keys);
}

static void test_epoch(void **state)
{
	const uint64_t second = 1000000000;

	assert_int_equal(epoch_word(64 * second, 5000, 250), (1ull << 32) | 5000);
	assert_int_equal(epoch_word(127 * second + second / 2, 100000, 250),
			 (1ull << 32) | (100000 - 15875));
	assert_int_equal(epoch_word(65 * second, 10, 250), (1ull << 32) | (uint32_t)-240);
	assert_int_equal(epoch_word(1793491200ull * second, 0, 1000) >> 32, 28023300);
}

static void test_flags(void **state)
{
	struct config config = {};

	assert_int_equal(admission_flags(&config, true), 0);
	config.tunnel.keys_file = "keys";
	assert_int_equal(admission_flags(&config, true),
			 ADMISSION_VERIFY | ADMISSION_SIGN | ADMISSION_REQUIRE | ADMISSION_OPEN);
	assert_int_equal(admission_flags(&config, false),
			 ADMISSION_VERIFY | ADMISSION_REQUIRE | ADMISSION_OPEN);
	config.gateway.allow_count = 1;
	config.tunnel.admission = TUNNEL_SIGN;
	assert_int_equal(admission_flags(&config, true), ADMISSION_VERIFY | ADMISSION_SIGN);
	config.tunnel.admission = TUNNEL_VERIFY;
	assert_int_equal(admission_flags(&config, true), ADMISSION_VERIFY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),   cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_choice),     cmocka_unit_test(test_file),
		cmocka_unit_test(test_make),       cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_subkey),     cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ends_agree), cmocka_unit_test(test_problems),
		cmocka_unit_test(test_epoch),      cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
