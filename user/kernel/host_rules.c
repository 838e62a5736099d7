/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The nftables rules for the node's own pair. */
#include "host_rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "host_pair.h"

#define TABLE "ip parallax"

/* kube-proxy translates the destination of what the node sends before it leaves, and refuses what has
 * no endpoint in this cluster. It looks at tracked packets alone, so the way into the pair is not
 * tracked, nor that of the answers. Replies of pods find back by the third rule. Indexes cost every
 * packet of the node 20 ns less than names. */
static const char rules[] =
	"table %1$s {\n"
	" chain output { type filter hook output priority raw; oif %2$u notrack; }\n"
	" chain prerouting { type filter hook prerouting priority raw; iif %2$u notrack; }\n"
	" chain postrouting { type nat hook postrouting priority srcnat;"
	" ip saddr 169.254.80.88 masquerade; }\n"
	"}\n";

#define COMMANDS_MAX (sizeof(rules) + 256)

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

/* Adding the table first makes its deletion succeed. */
int host_rules_make(uint32_t near_ifindex, char *reason, size_t size)
{
	static const char again[] = "add table " TABLE "\ndelete table " TABLE "\n";
	char commands[COMMANDS_MAX];

	strcpy(commands, again);
	snprintf(commands + strlen(again), sizeof(commands) - strlen(again), rules, TABLE,
		 near_ifindex);
	return run(commands, reason, size);
}

int host_rules_try(char *reason, size_t size)
{
	char commands[COMMANDS_MAX];
	int length = snprintf(commands, sizeof(commands), rules, TABLE "_check", 1u);

	snprintf(commands + length, sizeof(commands) - (size_t)length,
		 "delete table " TABLE "_check\n");
	return run(commands, reason, size);
}

bool host_rules_present(void)
{
	char text[1024];

	return !run("list table " TABLE "\n", text, sizeof(text)) &&
	       strstr(text, "oif \"" HOST_PAIR_NEAR "\"");
}

int host_rules_remove(void)
{
	char text[128];

	return run("add table " TABLE "\ndelete table " TABLE "\n", text, sizeof(text));
}
