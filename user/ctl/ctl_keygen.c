/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl keygen: a new entry for tunnel.keysFile. */
#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tunnel_keys.h"

static const char *id_text, *not_after;

static const struct flag flags[] = {
	{ "--id", .value = &id_text, .argument = "N",
	  .text = "1-65535, another for each key of the pair (1)" },
	{ "--not-after", .value = &not_after, .argument = "TIME",
	  .text = "when it expires, such as 2027-11-01T00:00:00Z (never)" },
};

/* Of one network alone, the key is for the hop inside it. */
static int fill(const char *word, struct tunnel_key *key)
{
	const char *names[] = { word, ctl_given.second ? ctl_given.second : word };
	char *end;
	unsigned long id = id_text ? strtoul(id_text, &end, 10) : 1;

	if (!word)
		return ctl_fail(CTL_USAGE, "keygen: the name of a network is needed");
	for (int i = 0; i < 2; i++)
		if (!*names[i] || strpbrk(names[i], "\"\\ \t\n"))
			return ctl_fail(CTL_USAGE, "keygen: '%s' is no name of a network",
					names[i]);
	if (id < 1 || id > UINT16_MAX || (id_text && (*end || *id_text < '0' || *id_text > '9')))
		return ctl_fail(CTL_USAGE, "keygen: --id is a number from 1 to 65535, not '%s'",
				id_text);
	if (not_after && !tunnel_time_parse(not_after, &key->not_after))
		return ctl_fail(
			CTL_USAGE,
			"keygen: --not-after is a time in UTC such as 2027-11-01T00:00:00Z, "
			"not '%s'",
			not_after);
	key->id = (uint16_t)id;
	key->created = time(NULL);
	key->networks[0] = names[0];
	key->networks[1] = names[1];
	return CTL_OK;
}

static int check_flags(const struct ctl_options *options, const char *word)
{
	struct tunnel_key key = {};

	return fill(word, &key);
}

static int keygen(const struct ctl_options *options, const char *word)
{
	struct tunnel_key key = {};
	char text[1024];
	int length, status = fill(word, &key);

	if (status)
		return status;
	length = tunnel_key_make(&key, text, sizeof(text));
	if (length < 0)
		return ctl_fail(CTL_FAILED, "keygen: %s", strerror(-length));
	status = fputs(text, stdout) < 0 || fflush(stdout) ? CTL_FAILED : CTL_OK;
	explicit_bzero(text, sizeof(text));
	return status;
}

static const struct ctl_flags own_flags = CTL_FLAGS(flags);

const struct ctl_verb ctl_keygen = {
	.name = "keygen",
	.summary = "a new key for tunnel.keysFile",
	.word = "NETWORK [NETWORK]",
	.two_words = true,
	.flags = { &own_flags },
	.check = check_flags,
	.run = keygen,
};
