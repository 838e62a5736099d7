/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control plane's last word on a service, as far as it concerns the kernel: for `diff`. */
#include <arpa/inet.h>
#include <string.h>

#include "agent.h"
#include "backend_digest.h"

static uint32_t count_endpoints(const struct assignment *assignment)
{
	size_t count = 0;

	for (size_t i = 0; assignment && i < assignment->locality_count; i++)
		count += assignment->localities[i].endpoint_count;
	return (uint32_t)count;
}

/* A destination in two priorities is two backends with one address: it counts once. */
static bool is_repeated(const struct view *view, size_t i)
{
	const struct view_backend *a = &view->backends[i], *b = a - 1;

	return i && a->kind == b->kind && a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static void add_backends(struct arena *arena, const struct view *view, struct agent_word *word)
{
	size_t most = view->backend_count < AGENT_WORDS_MAX ? view->backend_count : AGENT_WORDS_MAX;

	word->backends = arena_array(arena, most, sizeof(*word->backends));
	for (size_t i = 0; i < view->backend_count; i++) {
		const struct view_backend *backend = &view->backends[i];

		if (is_repeated(view, i))
			continue;
		word->digest += backend_digest(&backend->addr.ip, htons(backend->port),
					       backend->kind);
		word->count++;
		if (word->backends && word->shown < most)
			word->backends[word->shown++] =
				(struct socket_addr){ .addr = backend->addr, .port = backend->port };
	}
}

void agent_word_note(struct agent_told *told, const struct view *view,
		     const struct assignment *assignment)
{
	told->word = (struct agent_word){ .said = count_endpoints(assignment) };
	add_backends(told->arena, view, &told->word);
}
