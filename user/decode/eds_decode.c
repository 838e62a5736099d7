/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes a DiscoveryResponse of ClusterLoadAssignments, in YAML or JSON. */
#include "eds_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "eds_assignment.h"
#include "eds_document.h"
#include "problem.h"
#include "proto_json.h"
#include "assignment_fingerprint.h"

static const char type_name[] = "envoy.config.endpoint.v3.ClusterLoadAssignment";

/* The type is the part of the URL behind the last slash (any.proto). */
static void check_type(struct tree_walk *walk, const struct tree_node *message)
{
	const struct tree_node *node = tree_get(message, "@type");
	const char *slash;

	if (!node) {
		tree_problem(walk, message, "the @type is not set");
		return;
	}
	slash = node->kind == TREE_SCALAR ? strrchr(node->text, '/') : NULL;
	if (!slash || strcmp(slash + 1, type_name))
		tree_expected(walk, node, "type.googleapis.com/%s", type_name);
}

/* True for envoy.service.discovery.v3.Resource: in delta responses, and in SotW with a TTL. */
static bool is_wrapper(const struct tree_node *resource)
{
	return tree_get(resource, "resource") || (resource->kind == TREE_MAPPING &&
						  tree_get(resource, "name") &&
						  !tree_get(resource, "@type"));
}

static const char *text_of(const struct tree_node *node)
{
	return node && node->kind == TREE_SCALAR && node->count ? node->text : NULL;
}

/* The name that a rejected resource is reported by. */
static const char *name_of(struct tree_walk *walk, const struct tree_node *resource,
			   const struct tree_node *message, size_t index)
{
	const char *name = text_of(tree_field_get(walk, message, "clusterName"));
	const char *copy;

	if (!name)
		name = text_of(tree_get(resource, "name"));
	copy = name ? arena_text(walk->arena, name, strnlen(name, EDS_MAX_NAME))
		    : arena_printf(walk->arena, "resources[%zu]", index);
	walk->out_of_memory |= !copy;
	return copy;
}

static void reject(struct tree_walk *walk, struct assignment *item, const char *name)
{
	const char *text = problems_text(walk->problems);

	*item = (struct assignment){.name = name};
	item->rejected = arena_text(walk->arena, text, strcspn(text, "\n"));
	walk->out_of_memory |= !item->rejected || !*text;
}

static void decode_message(struct eds_reader *reader, const struct tree_node *resource,
			   const struct tree_node *message, struct assignment *item)
{
	if (!message) {
		tree_problem(&reader->walk, resource, "the resource has no body");
		return;
	}
	if (!tree_expect(&reader->walk, message, TREE_MAPPING, "a ClusterLoadAssignment"))
		return;
	check_type(&reader->walk, message);
	if (!reader->walk.failed)
		eds_read_assignment(reader, message, item);
}

static void decode_resource(struct eds_reader *reader, const struct tree_node *resource,
			    size_t index, struct assignment *item)
{
	const struct tree_node *message = resource;
	struct problems problems = {0};
	const char *name;

	reader->walk.problems = &problems;
	reader->walk.failed = false;
	if (is_wrapper(resource))
		message = tree_field_get(&reader->walk, resource, "resource");
	name = name_of(&reader->walk, resource, message, index);
	decode_message(reader, resource, message, item);
	if (reader->walk.failed)
		reject(&reader->walk, item, name);
	problems_done(&problems);
}

struct named {
	const struct assignment *item;
	const struct tree_node *node;
};

static int compare_names(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	int order = strcmp(a->item->name, b->item->name);

	if (order)
		return order;
	return a->item < b->item ? -1 : a->item > b->item;
}

static int reject_second(const char *label, struct assignment_set *set, const struct named *first,
			 const struct named *second)
{
	struct assignment *item = &set->items[second->item - set->items];

	if (item->rejected)
		return 0;
	*item = (struct assignment){.name = item->name};
	item->rejected = arena_printf(set->arena, "%s:%u:%u: '%s' is a duplicate, first on line %u",
				      label, second->node->line, second->node->column, item->name,
				      first->node->line);
	return item->rejected ? 0 : -ENOMEM;
}

/* Rejects the second resource of a name: it must not replace the first within one response. */
static int reject_duplicates(const char *label, struct assignment_set *set,
			     const struct tree_node *resources)
{
	struct named *sorted = calloc(set->count + 1, sizeof(*sorted));
	const struct tree_node *node = resources->child;
	int err = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++, node = node->next)
		sorted[i] = (struct named){&set->items[i], node};
	qsort(sorted, set->count, sizeof(*sorted), compare_names);
	for (size_t i = 1, first = 0; i < set->count && !err; i++) {
		if (strcmp(sorted[first].item->name, sorted[i].item->name))
			first = i;
		else
			err = reject_second(label, set, &sorted[first], &sorted[i]);
	}
	free(sorted);
	return err;
}

static int decode_resources(const char *label, const struct tree_node *resources,
			    struct assignment_set *set)
{
	struct eds_reader reader = {
		.walk = {.file = label, .proto = true, .lenient = true, .arena = set->arena}};

	set->items = arena_array(set->arena, resources->count, sizeof(*set->items));
	if (!set->items)
		return -ENOMEM;
	for (const struct tree_node *node = resources->child; node; node = node->next) {
		decode_resource(&reader, node, set->count, &set->items[set->count]);
		if (reader.walk.out_of_memory)
			return -ENOMEM;
		set->count++;
	}
	return reject_duplicates(label, set, resources);
}

/* Fields of DiscoveryResponse and DeltaDiscoveryResponse (discovery.proto). */
static bool has_known_field(const struct tree_node *root)
{
	static const char *const fields[] = {
		"versionInfo", "resources", "canary", "typeUrl", "nonce", "controlPlane",
		"resourceErrors", "systemVersionInfo", "removedResources", "removedResourceNames",
	};

	for (const struct tree_node *node = root->child; node; node = node->next)
		for (size_t i = 0; i < COUNT(fields); i++)
			if (tree_key_matches(node->key, fields[i]))
				return true;
	return false;
}

/* proto-JSON omits an empty list. A document of another kind must not read as "no services". */
static const struct tree_node *find_resources(struct tree_walk *walk, const struct tree_node *root)
{
	static const struct tree_node none = {.kind = TREE_SEQUENCE};
	const struct tree_node *resources;

	if (root->kind != TREE_MAPPING || (root->count && !has_known_field(root))) {
		eds_document_refuse(walk, root);
		return NULL;
	}
	resources = tree_field_get(walk, root, "resources");
	if (!resources)
		return &none;
	if (!tree_expect(walk, resources, TREE_SEQUENCE, "a list"))
		return NULL;
	if (resources->count > EDS_MAX_RESOURCES)
		tree_problem(walk, resources, "more than %u resources", EDS_MAX_RESOURCES);
	return walk->failed ? NULL : resources;
}

static int read_version(struct tree_walk *walk, const struct tree_node *root,
			struct assignment_set *set)
{
	const struct tree_node *node = tree_field_get(walk, root, "versionInfo");

	if (!node)
		node = tree_field_get(walk, root, "systemVersionInfo");
	set->version = "";
	return node ? proto_string(walk, node, EDS_MAX_NAME, &set->version) : 0;
}

static int decode_tree(const struct yaml_tree *tree, struct assignment_set *set,
		       struct problems *problems)
{
	struct tree_walk walk = {.file = tree->label, .problems = problems, .proto = true,
				 .arena = set->arena};
	const struct tree_node *resources = find_resources(&walk, tree->root);
	int err;

	if (!resources)
		return -EINVAL;
	err = read_version(&walk, tree->root, set);
	return err ? err : decode_resources(tree->label, resources, set);
}

/* A decoded set takes about as much memory as its text, and thousands of sets may be small. */
static int set_new(size_t length, struct assignment_set **ret)
{
	struct assignment_set *set = calloc(1, sizeof(*set));

	if (set)
		set->arena = arena_new_sized(length);
	if (!set || !set->arena) {
		assignment_set_free(set);
		return -ENOMEM;
	}
	*ret = set;
	return 0;
}

int eds_decode_text(const char *label, const char *text, size_t length,
		    struct assignment_set **ret, struct problems *problems)
{
	struct assignment_set *set = NULL;
	struct yaml_tree *tree;
	int err = yaml_tree_parse(label, text, length, &tree_limits_eds, &tree, problems);

	if (err)
		return err;
	err = set_new(length, &set);
	if (!err)
		err = decode_tree(tree, set, problems);
	for (size_t i = 0; !err && i < set->count; i++)
		if (!set->items[i].rejected)
			set->items[i].fingerprint = assignment_fingerprint(&set->items[i]);
	if (err)
		assignment_set_free(set);
	else
		*ret = set;
	yaml_tree_free(tree);
	return err;
}

int eds_decode_file(const char *path, struct assignment_set **ret, struct problems *problems)
{
	size_t length;
	char *text;
	int err = yaml_tree_read_file(path, EDS_MAX_BYTES, &text, &length, problems);

	if (err)
		return err;
	err = eds_decode_text(path, text, length, ret, problems);
	free(text);
	return err;
}

void assignment_set_free(struct assignment_set *set)
{
	if (!set)
		return;
	arena_free(set->arena);
	free(set);
}
