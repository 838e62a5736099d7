/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Completions of the shells, made from the table of verbs. */
#ifndef CTL_COMPLETION_H
#define CTL_COMPLETION_H

#include "ctl.h"

/* The words that may stand for a value: of a flag, or the argument of a verb. */
enum complete_kind {
	COMPLETE_NOTHING, /* any text */
	COMPLETE_WORDS,   /* those of `words` */
	COMPLETE_FILE,
	COMPLETE_DIRECTORY,
	COMPLETE_VERB,
	COMPLETE_NETWORK, /* what `parallaxctl completion networks` prints */
	COMPLETE_SERVICE, /* ... completion services */
};

#define COMPLETE_WORDS_MAX 128

struct completion {
	enum complete_kind kind;
	char words[COMPLETE_WORDS_MAX]; /* with spaces between them */
};

struct completion complete_flag(const struct ctl_verb *verb, const struct flag *flag);
struct completion complete_argument(const struct ctl_verb *verb);

/* True if the flag takes a value. */
bool complete_has_value(const struct flag *flag);

/* Name and aliases of a verb with `between` them. */
void complete_names(const struct ctl_verb *verb, const char *between, FILE *out);

void completion_bash(const struct ctl_verb *const *verbs, FILE *out);
void completion_zsh(const struct ctl_verb *const *verbs, FILE *out);
void completion_fish(const struct ctl_verb *const *verbs, FILE *out);
void completion_kubectl(const struct ctl_verb *const *verbs, FILE *out);

#endif
