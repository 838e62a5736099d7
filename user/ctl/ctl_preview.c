/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* parallaxctl preview: views with their shares, from files alone. */
#include "ctl_preview.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "assignment_find.h"
#include "cluster_name.h"
#include "config.h"
#include "config_load.h"
#include "ctl.h"
#include "problem.h"
#include "table_fill.h"
#include "table_shape.h"
#include "view_build.h"
#include "view_json.h"

static const char *config_path, *eds_path, *network_name, *family;
static struct flag_words unhealthy;
static bool with_drops, with_health;

static const struct flag flags[] = {
	{ "--config", "-c", .value = &config_path, .argument = "FILE",
	  .text = "the agent's configuration; required" },
	{ "--eds", .value = &eds_path, .argument = "FILE",
	  .text = "assignments, a file or a directory (source.files.path)" },
	{ "--network", .value = &network_name, .argument = "NAME",
	  .text = "as seen from there (the configuration's network)" },
	{ "--family", .value = &family, .argument = "4|6",
	  .text = "one IP version (those of which there is an endpoint)" },
	{ "--drops", .set = &with_drops, .text = "each category of drop overloads" },
	{ "--health", .set = &with_health, .text = "priorities, and endpoints without a share" },
	{ "--unhealthy", .values = &unhealthy, .argument = "ADDRESS:PORT",
	  .text = "treat this endpoint or gateway as unhealthy; repeatable" },
};

struct preview {
	struct socket_addr *down; /* --unhealthy */
	struct config *config;
	struct eds_files files;
	json_t *report;
};

static int check_flags(const struct ctl_options *options, const char *word)
{
	if (!config_path)
		return ctl_fail(CTL_USAGE, "preview: --config FILE is needed");
	if (family && strcmp(family, "4") && strcmp(family, "6"))
		return ctl_fail(CTL_USAGE, "preview: --family is 4 or 6, not '%s'", family);
	return CTL_OK;
}

static int parse_unhealthy(struct preview *preview)
{
	preview->down = calloc(unhealthy.count + 1, sizeof(*preview->down));
	if (!preview->down)
		return ctl_fail(CTL_FAILED, "preview: %s", strerror(ENOMEM));
	for (size_t i = 0; i < unhealthy.count; i++)
		if (addr_port_parse(unhealthy.items[i], &preview->down[i].addr,
				    &preview->down[i].port))
			return ctl_fail(CTL_USAGE, "preview: --unhealthy needs ADDRESS:PORT, not '%s'",
					unhealthy.items[i]);
	return CTL_OK;
}

static int complain(struct problems *problems, int error)
{
	if (problems->count)
		fputs(problems_text(problems), stderr);
	else
		ctl_fail(CTL_FAILED, "%s", strerror(-error));
	problems_done(problems);
	return CTL_FAILED;
}

static int load(struct preview *preview)
{
	struct problems problems = {0};
	const char *path;
	int error = config_load(config_path, &preview->config, &problems);

	if (error)
		return complain(&problems, error);
	path = eds_path ? eds_path : preview->config->eds_path;
	if (!path)
		return ctl_fail(CTL_FAILED, "preview: %s has no source.files.path, and there is "
				"no --eds", config_path);
	error = preview_read(path, &preview->files, &problems);
	if (error)
		return complain(&problems, error);
	problems_done(&problems);
	return CTL_OK;
}

static const struct config_service *find_service(const struct config *config, const char *host)
{
	for (size_t i = 0; i < config->service_count; i++) {
		if (!strcmp(config->services[i].host, host))
			return &config->services[i];
	}
	return NULL;
}

/* An EDS name carries no protocol: it is UDP's where the configuration has the port for UDP
 * alone. */
static uint8_t guess_proto(const struct config *config, const struct cluster_name *name)
{
	const struct config_service *service = find_service(config, name->host);
	bool tcp = false, udp = false;

	for (size_t i = 0; service && i < service->port_count; i++) {
		if (service->ports[i].port != name->port)
			continue;
		tcp |= service->ports[i].proto == IPPROTO_TCP;
		udp |= service->ports[i].proto == IPPROTO_UDP;
	}
	return udp && !tcp ? IPPROTO_UDP : IPPROTO_TCP;
}

/* Without --family, those that it offers; IPv4 where it offers none. */
static uint8_t shown_families(const struct assignment *assignment)
{
	uint8_t offered = assignment_families(assignment) & FAMILIES_BOTH;

	if (family)
		return (uint8_t)FAMILY_BIT(family[0] - '0');
	return offered ? offered : FAMILY_BIT(4);
}

static struct view_request make_request(const struct preview *preview,
					const struct assignment *assignment,
					const struct cluster_name *name, uint8_t wanted)
{
	const struct config *config = preview->config;
	const char *network = network_name ? network_name : config->network;

	return (struct view_request){
		.assignment = assignment,
		.mesh = config->mesh,
		.network = network,
		/* Another network's node is of a cluster that this file does not name. */
		.cluster = strcmp(network, config->network) ? NULL : config->cluster,
		.locality_weighted = config->locality_weighted,
		.panic_threshold = config->panic_threshold,
		.family = wanted,
		.proto = guess_proto(config, name),
		.tunnels = FAMILIES_BOTH,
		.side = VIEW_CLIENT,
		.down = preview->down,
		.down_count = unhealthy.count,
	};
}

static int add_report(struct preview *preview, json_t *object)
{
	const char *network = network_name ? network_name : preview->config->network;

	if (object)
		json_object_set_new(object, "network", json_string(network));
	return object && !json_array_append_new(preview->report, object) ? 0 : -ENOMEM;
}

static int show_view(struct preview *preview, struct arena *arena,
		     const struct view_request *request, const char *service)
{
	struct table table = {0};
	struct view *view;
	json_t *object;
	int error = view_build(arena, request, &view);

	if (!error)
		error = table_fill(view, table_shape(view, 0), &table, arena);
	if (error)
		return error;
	object = view_to_json(view, &table, service);
	if (object && with_drops)
		json_object_set_new(object, "drops", view_drops_json(view));
	if (object && with_health)
		json_object_set_new(object, "unused", view_unused_json(view));
	return add_report(preview, object);
}

static int show_family(struct preview *preview, const struct assignment *assignment,
		       const struct cluster_name *name, uint8_t wanted, const char *service)
{
	struct view_request request = make_request(preview, assignment, name, wanted);
	struct arena *arena = arena_new(0);
	int error = arena ? show_view(preview, arena, &request, service) : -ENOMEM;

	arena_free(arena);
	return error;
}

static int show(struct preview *preview, const struct assignment *assignment)
{
	struct cluster_name name = {0};
	const char *service = cluster_name_parse(assignment->name, &name) ? assignment->name :
									    name.host;
	uint8_t families = shown_families(assignment);
	int error = 0;

	if (assignment->rejected)
		return add_report(preview, view_rejected_to_json(assignment, service));
	for (uint8_t wanted = 4; wanted <= 6 && !error; wanted += 2)
		if (families & FAMILY_BIT(wanted))
			error = show_family(preview, assignment, &name, wanted, service);
	return error;
}

static int check_network(const struct preview *preview)
{
	const struct mesh_networks *mesh = preview->config->mesh;

	if (!network_name || !strcmp(network_name, preview->config->network))
		return CTL_OK;
	for (size_t i = 0; i < mesh->count; i++)
		if (!strcmp(mesh->networks[i].name, network_name))
			return CTL_OK;
	return ctl_fail(CTL_FAILED, "preview: meshNetworks has no network '%s'", network_name);
}

/* A filter without a match is most likely a slip. */
static int check_down(const struct preview *preview)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < unhealthy.count; i++) {
		const struct socket_addr *down = &preview->down[i];

		if (preview_knows(&preview->files, preview->config->mesh, down))
			continue;
		return ctl_fail(CTL_FAILED, "preview: --unhealthy: no endpoint and no gateway is %s",
				addr_port_format(&down->addr, down->port, text));
	}
	return CTL_OK;
}

static int show_all(struct preview *preview)
{
	int error = 0;

	for (size_t i = 0; i < preview->files.count && !error; i++) {
		const struct assignment_set *set = preview->files.sets[i];

		for (size_t j = 0; j < set->count && !error; j++)
			error = show(preview, &set->items[j]);
	}
	return error ? ctl_fail(CTL_FAILED, "preview: %s", strerror(-error)) : CTL_OK;
}

static int build(struct preview *preview)
{
	int status = parse_unhealthy(preview);

	if (status == CTL_OK)
		status = load(preview);
	if (status == CTL_OK)
		status = check_network(preview);
	if (status == CTL_OK)
		status = check_down(preview);
	return status == CTL_OK ? show_all(preview) : status;
}

static int ask(const struct ctl_options *options, const char *word, json_t **ret)
{
	struct preview preview = { .report = json_array() };
	int status = build(&preview);

	if (status == CTL_OK)
		*ret = json_incref(preview.report);
	json_decref(preview.report);
	preview_read_done(&preview.files);
	config_free(preview.config);
	free(preview.down);
	return status;
}

static const struct ctl_flags own_flags = CTL_FLAGS(flags);

const struct ctl_verb ctl_preview = {
	.name = "preview",
	.summary = "the shares of assignments, offline and without root",
	.flags = { &own_flags },
	.watched = true,
	.check = check_flags,
	.ask = ask,
	.print = report_preview_print,
};
