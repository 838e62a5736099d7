/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of the reasons that packets are counted by, and of the hooks. */
#include "reason_names.h"

#include <ctype.h>
#include <strings.h>

static const struct {
	const char *name, *text;
	enum verdict verdict;
	unsigned int hooks;
} reasons[REASON_COUNT] = {
#define X(name, verdict, hooks, text) [REASON_##name] = { #name, text, verdict, hooks },
	REASONS(X)
#undef X
};

const char *const hook_names[HOOK_COUNT] = { "from_pod", "to_pod", "uplink", "xdp" };

const char *reason_name(enum reason reason, char buf[REASON_NAME_MAX])
{
	const char *name = reasons[reason].name;
	int i;

	for (i = 0; name[i] && i < REASON_NAME_MAX - 1; i++)
		buf[i] = (char)tolower((unsigned char)name[i]);
	buf[i] = '\0';
	return buf;
}

enum verdict reason_verdict(enum reason reason)
{
	return reasons[reason].verdict;
}

bool reason_occurs(enum reason reason, enum hook hook)
{
	return reasons[reason].hooks >> hook & 1;
}

const char *role_name(uint32_t role)
{
	return role == IFACE_HOST ? "host" : role == IFACE_UPLINK ? "uplink" : "pod";
}

const char *reason_text(const char *name)
{
	for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
		if (!strcasecmp(reasons[reason].name, name))
			return reasons[reason].text;
	return "";
}
