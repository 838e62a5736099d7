/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words that may stand for a value, by the text that help shows for it. */
#include "ctl_completion.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool complete_has_value(const struct flag *flag)
{
	return flag->value || flag->values;
}

void complete_names(const struct ctl_verb *verb, const char *between, FILE *out)
{
	fputs(verb->name, out);
	for (int i = 0; i < CTL_ALIASES && verb->aliases[i]; i++)
		fprintf(out, "%s%s", between, verb->aliases[i]);
}

/* "table|wide|json": every word is one that may be written. */
static bool is_choice(const char *text)
{
	for (const char *at = text; *at; at++)
		if (isupper((unsigned char)*at) || strchr("[]/:", *at))
			return false;
	return strchr(text, '|');
}

static struct completion complete_text(const char *text)
{
	struct completion ret = { .kind = COMPLETE_NOTHING };

	if (is_choice(text)) {
		ret.kind = COMPLETE_WORDS;
		snprintf(ret.words, sizeof(ret.words), "%s", text);
		for (char *at = ret.words; *at; at++)
			*at = *at == '|' ? ' ' : *at;
	} else if (!strcmp(text, "FILE")) {
		ret.kind = COMPLETE_FILE;
	} else if (!strcmp(text, "DIR")) {
		ret.kind = COMPLETE_DIRECTORY;
	} else if (!strcmp(text, "[VERB]")) {
		ret.kind = COMPLETE_VERB;
	} else if (strstr(text, "VIP:PORT")) {
		ret.kind = COMPLETE_SERVICE;
	}
	return ret;
}

struct completion complete_flag(const struct ctl_verb *verb, const struct flag *flag)
{
	struct completion ret = complete_text(flag->argument);
	size_t used = 0;

	if (!strcmp(flag->name, "--network"))
		ret.kind = COMPLETE_NETWORK;
	if (verb && verb->states && !strcmp(flag->name, "--state")) {
		ret.kind = COMPLETE_WORDS;
		for (int i = 0; verb->states[i] && used < sizeof(ret.words); i++)
			used += (size_t)snprintf(ret.words + used, sizeof(ret.words) - used, "%s%s",
						 i ? " " : "", verb->states[i]);
	}
	return ret;
}

struct completion complete_argument(const struct ctl_verb *verb)
{
	return verb->word ? complete_text(verb->word) :
			    (struct completion){ .kind = COMPLETE_NOTHING };
}
