/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* "Did you mean": the known name nearest to a misspelt word. */
#include "suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define LENGTH_MAX 64 /* bytes of a word; longer ones are near to nothing */
#define EDITS_MAX 2

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein's distance, in which a swap of neighbours counts once (optimal string alignment). */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][LENGTH_MAX + 1] = {0};
	size_t length = strlen(b), i;

	for (size_t j = 0; j <= length; j++)
		rows[0][j] = (unsigned int)j;
	for (i = 1; a[i - 1]; i++) {
		const unsigned int *two_above = rows[(i + 1) % 3], *above = rows[(i - 1) % 3];
		unsigned int *row = rows[i % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= length; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[(i - 1) % 3][length];
}

void suggest_offer(struct suggestion *suggestion, const char *name)
{
	size_t word_length = strlen(suggestion->word), name_length = strlen(name);
	size_t shorter = word_length < name_length ? word_length : name_length;
	unsigned int edits;

	if (word_length > LENGTH_MAX || name_length > LENGTH_MAX)
		return;
	edits = distance(suggestion->word, name);
	if (edits > EDITS_MAX || edits * 3 > shorter || (suggestion->name && edits >= suggestion->distance))
		return;
	suggestion->name = name;
	suggestion->distance = edits;
}
