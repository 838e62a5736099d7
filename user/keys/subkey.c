/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Derives the keys of one direction. */
#include "subkey.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>

#define PURPOSE "parallax tunnel 1"

static int hkdf(EVP_PKEY_CTX *context, const struct tunnel_key *key, const char *from,
		const char *to, uint8_t out[16])
{
	const char *parts[] = { PURPOSE, from, to };
	size_t length = 16;

	if (EVP_PKEY_derive_init(context) != 1 ||
	    EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set1_hkdf_key(context, key->secret, TUNNEL_SECRET_BYTES) != 1)
		return -ENOMEM;
	for (size_t i = 0; i < 3; i++)
		if (EVP_PKEY_CTX_add1_hkdf_info(context, (const unsigned char *)parts[i],
						(int)strlen(parts[i]) + 1) != 1)
			return -ENOMEM;
	return EVP_PKEY_derive(context, out, &length) == 1 && length == 16 ? 0 : -ENOMEM;
}

int subkey_derive(const struct tunnel_key *key, const char *from, const char *to,
		  struct siphash_key *ret)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	uint8_t out[16];
	int err = context ? hkdf(context, key, from, to, out) : -ENOMEM;

	EVP_PKEY_CTX_free(context);
	for (int i = 0; !err && i < 2; i++) {
		memcpy(&ret->half[i], out + 8 * i, 8);
		ret->half[i] = le64toh(ret->half[i]);
	}
	explicit_bzero(out, sizeof(out));
	return err;
}
