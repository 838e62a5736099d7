/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The nftables rules for the node's own pair. */
#include "host_rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "addr.h"
#include "host_pair.h"
#include "parallax_abi.h"

#define TABLE "parallax"

/* kube-proxy translates the destination of what the node sends before it leaves, and refuses what has
 * no endpoint in this cluster. It looks at tracked packets alone, so the way into the pair is not
 * tracked, nor that of the answers. Replies of pods find back by the third rule. Indexes cost every
 * packet of the node 20 ns less than names. */
static const char rules[] =
	"table %1$s %2$s {\n"
	" chain output { type filter hook output priority raw; oif %3$u notrack; }\n"
	" chain prerouting { type filter hook prerouting priority raw; iif %3$u notrack; }\n"
	" chain postrouting { type nat hook postrouting priority srcnat;"
	" %1$s saddr %4$s masquerade; }\n"
	"}\n";

#define COMMANDS_MAX (sizeof(rules) + 256)

static const struct ip_addr client4 = IP_V4(HOST_CLIENT), client6 = { HOST_CLIENT6 };

/* nftables' name of the client's family. */
static const char *family_of(const struct ip_addr *client)
{
	return ip_is_v4(client) ? "ip" : "ip6";
}

static void take_reason(const char *text, char *reason, size_t size)
{
	const char *error = strstr(text, "Error: ");

	snprintf(reason, size, "%s", error ? error + 7 : text);
	reason[strcspn(reason, "\n")] = '\0';
}

/* Runs a transaction; its output, or its error, goes to `text`. */
static int run(const char *commands, char *text, size_t size)
{
	struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);
	int err = -ENOMEM;

	if (!context)
		return err;
	err = nft_ctx_buffer_output(context) || nft_ctx_buffer_error(context) ? -ENOMEM : 0;
	if (!err && nft_run_cmd_from_buffer(context, commands))
		err = -EIO;
	if (err)
		take_reason(nft_ctx_get_error_buffer(context), text, size);
	else
		snprintf(text, size, "%s", nft_ctx_get_output_buffer(context));
	nft_ctx_free(context);
	return err;
}

static int put_rules(char *buf, size_t size, const char *table, uint32_t near_ifindex,
		     const struct ip_addr *client)
{
	const struct addr addr = addr_of_ip(client);
	char text[ADDR_TEXT_MAX];

	return snprintf(buf, size, rules, family_of(client), table, near_ifindex,
			addr_format(&addr, text));
}

/* Adding the table first makes its deletion succeed. */
static int put_removal(char *buf, size_t size, const struct ip_addr *client)
{
	return snprintf(buf, size, "add table %1$s " TABLE "\ndelete table %1$s " TABLE "\n",
			family_of(client));
}

int host_rules_make(uint32_t near_ifindex, const struct ip_addr *client, char *reason, size_t size)
{
	char commands[COMMANDS_MAX];
	int length = put_removal(commands, sizeof(commands), client);

	put_rules(commands + length, sizeof(commands) - (size_t)length, TABLE, near_ifindex,
		  client);
	return run(commands, reason, size);
}

int host_rules_try(uint8_t family, char *reason, size_t size)
{
	const struct ip_addr *client = family == 4 ? &client4 : &client6;
	char commands[COMMANDS_MAX];
	int length = put_rules(commands, sizeof(commands), TABLE "_check", 1, client);

	snprintf(commands + length, sizeof(commands) - (size_t)length,
		 "delete table %s " TABLE "_check\n", family_of(client));
	return run(commands, reason, size);
}

static int list(const struct ip_addr *client, char *text, size_t size)
{
	char command[64];

	snprintf(command, sizeof(command), "list table %s " TABLE "\n", family_of(client));
	return run(command, text, size);
}

bool host_rules_present(const struct ip_addr *client)
{
	char text[1024];

	return !list(client, text, sizeof(text)) && strstr(text, "oif \"" HOST_PAIR_NEAR "\"");
}

static int remove_table(const struct ip_addr *client)
{
	char commands[COMMANDS_MAX], text[1024];

	if (list(client, text, sizeof(text)))
		return 0;
	put_removal(commands, sizeof(commands), client);
	return run(commands, text, sizeof(text));
}

int host_rules_remove(void)
{
	int err = remove_table(&client4), err6 = remove_table(&client6);

	return err ? err : err6;
}
