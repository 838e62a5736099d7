/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file of tunnel keys. Its problems quote nothing that looks like a secret. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "problem.h"
#include "tunnel_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_quotes(const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

	for (; *text; text += strcspn(text, digits)) {
		size_t length = strspn(text, digits);

		if (length >= 16)
			abort();
		text += length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = {};
	struct tunnel_keys *keys = NULL;

	if (!tunnel_keys_parse("keys", (const char *)data, size, &keys, &problems)) {
		for (size_t i = 0; i < keys->count; i++)
			if (!keys->items[i].id || !keys->items[i].networks[0] ||
			    !keys->items[i].networks[1])
				abort();
		tunnel_keys_free(keys);
	}
	check_quotes(problems_text(&problems));
	problems_done(&problems);
	return 0;
}
