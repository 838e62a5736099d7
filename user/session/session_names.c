/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The EDS names a user of the session asks for by itself. */
#include <errno.h>

#include "arena.h"
#include "session_state.h"
#include "text.h"

static int copy_names(struct arena *arena, const char *const *names, size_t count,
		      const char ***ret, size_t *ret_count)
{
	const char **copies = arena_array(arena, count, sizeof(*copies));

	if (!copies)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		copies[i] = arena_strdup(arena, names[i]);
		if (!copies[i])
			return -ENOMEM;
	}
	*ret = copies;
	*ret_count = text_sort_unique(copies, count);
	return 0;
}

int xds_session_subscribe_eds(struct xds_session *session, const char *const *names, size_t count)
{
	struct arena *old_arena = session->extra_arena, *arena = arena_new_sized(count * 80);
	const char **old = session->extra, **extra = NULL;
	size_t old_count = session->extra_count, extra_count = 0;
	int err = arena ? copy_names(arena, names, count, &extra, &extra_count) : -ENOMEM;

	if (err || text_lists_equal(extra, extra_count, session->extra, session->extra_count)) {
		arena_free(arena);
		return err;
	}
	session->extra = extra;
	session->extra_count = extra_count;
	session->follow_due = true;
	err = session_follow(session);
	if (err) {
		session->extra = old;
		session->extra_count = old_count;
	}
	session->extra_arena = err ? old_arena : arena;
	arena_free(err ? arena : old_arena);
	return err;
}
