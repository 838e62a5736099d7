/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The node of a session: id and metadata. */
#include <errno.h>
#include <stdlib.h>

#include "arena.h"
#include "session_state.h"

static int copy_metadata(struct xds_node *node, const struct xds_metadata *metadata, size_t count)
{
	node->metadata = arena_array(node->arena, count, sizeof(*node->metadata));
	if (!node->metadata)
		return -ENOMEM;
	node->metadata_count = count;
	for (size_t i = 0; i < count; i++) {
		node->metadata[i].key = arena_strdup(node->arena, metadata[i].key);
		node->metadata[i].value = arena_strdup(node->arena, metadata[i].value);
		if (!node->metadata[i].key || !node->metadata[i].value)
			return -ENOMEM;
	}
	return 0;
}

int session_make_node(struct xds_node *node, const char *id, const char *cluster,
		      const char *version, const struct xds_metadata *metadata, size_t count)
{
	node->arena = arena_new_sized(512);
	if (!node->arena)
		return -ENOMEM;
	node->id = arena_strdup(node->arena, id);
	node->cluster = arena_strdup(node->arena, cluster ? cluster : "");
	node->user_agent_version = version ? arena_strdup(node->arena, version) : NULL;
	if (!node->id || !node->cluster || (version && !node->user_agent_version) ||
	    copy_metadata(node, metadata, count)) {
		arena_free(node->arena);
		return -ENOMEM;
	}
	return 0;
}

int xds_session_set_node(struct xds_session *session, const char *node_id,
			 const char *node_cluster, const struct xds_metadata *metadata,
			 size_t metadata_count)
{
	struct xds_node node = {0};
	int err = session_make_node(&node, node_id, node_cluster, session->node.user_agent_version,
				    metadata, metadata_count);

	if (err)
		return err;
	arena_free(session->node.arena);
	session->node = node;
	return 0;
}
