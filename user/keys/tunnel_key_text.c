/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times of keys, and a new entry for their file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "tunnel_keys.h"

bool tunnel_time_parse(const char *text, time_t *ret)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	struct tm tm = {}, copy;

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
	       &tm.tm_min, &tm.tm_sec);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	copy = tm;
	*ret = timegm(&copy); /* which makes a date of any numbers: 31 February becomes March */
	return *ret > 0 && copy.tm_mday == tm.tm_mday && copy.tm_mon == tm.tm_mon &&
	       copy.tm_hour == tm.tm_hour && copy.tm_min == tm.tm_min && copy.tm_sec == tm.tm_sec;
}

void tunnel_time_format(time_t time, char buf[TUNNEL_TIME_TEXT])
{
	struct tm tm;

	if (!gmtime_r(&time, &tm) || !strftime(buf, TUNNEL_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		buf[0] = '\0';
}

static int print_entry(const struct tunnel_key *key, const char *secret, char *buf, size_t size)
{
	char created[TUNNEL_TIME_TEXT], not_after[TUNNEL_TIME_TEXT];

	tunnel_time_format(key->created, created);
	tunnel_time_format(key->not_after, not_after);
	return snprintf(
		buf, size,
		"- id: %u\n  networks: [\"%s\", \"%s\"]\n  secret: %s\n  created: %s\n%s%s%s",
		key->id, key->networks[0], key->networks[1], secret, created,
		key->not_after ? "  notAfter: " : "", key->not_after ? not_after : "",
		key->not_after ? "\n" : "");
}

int tunnel_key_make(const struct tunnel_key *key, char *buf, size_t size)
{
	uint8_t bytes[TUNNEL_SECRET_BYTES];
	char secret[48];
	int length;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EIO;
	EVP_EncodeBlock((unsigned char *)secret, bytes, sizeof(bytes));
	length = print_entry(key, secret, buf, size);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(secret, sizeof(secret));
	return length;
}
