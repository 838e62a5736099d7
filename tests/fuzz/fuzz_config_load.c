/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fuzzes the configuration and meshNetworks: accepted ones keep the rules that other code relies on. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_load.h"
#include "mesh_networks.h"
#include "parallax_limits.h"
#include "problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_mesh(const struct mesh_networks *mesh)
{
	size_t own = 0;

	for (size_t i = 0; i < mesh->count; i++) {
		const struct mesh_network *network = &mesh->networks[i];

		own += network->own;
		require(network->id > 0 && network->id <= 0xffffff);
		require(!i || strcmp(network[-1].name, network->name) < 0);
		for (size_t j = 0; j < network->gateway_count; j++)
			require(network->gateways[j].port && (!network->gateways[j].address ==
							      !!network->gateways[j].registry_service));
	}
	require(own == 1);
}

static void check_config(const struct config *config)
{
	require(config->network && *config->network);
	require(config->limits.services && config->limits.services <= MAX_SERVICES);
	require(config->limits.backends <= MAX_BACKENDS && config->limits.slots <= MAX_SLOTS);
	require(config->panic_threshold <= 100);
	require(!config->gateway.enabled || (config->gateway.allow_count &&
					     config->gateway.snat_count &&
					     config->gateway.listen_port));
	require(!config->admin_address.family || addr_is_loopback(&config->admin_address));
	for (size_t i = 0; i < config->service_count; i++)
		require(config->services[i].host && config->services[i].address_count &&
			config->services[i].port_count);
	check_mesh(config->mesh);
}

static void fuzz_mesh(const char *text, size_t size)
{
	const struct config config = {.network = "network1"};
	struct mesh_networks *mesh = NULL;
	struct problems problems = {0};
	int err = mesh_networks_parse(&config, "f", text, size, &mesh, &problems);

	require(!err == !problems.count && !err == !!mesh);
	if (mesh)
		check_mesh(mesh);
	mesh_networks_free(mesh);
	problems_done(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const environment[] = {"PARALLAX_LIMITS_FLOWS=100", "PARALLAX_CLUSTER=c", NULL};
	const char *text = (const char *)data;
	struct problems problems = {0};
	struct config *config = NULL;
	int err;

	fuzz_mesh(text, size);
	/* No input may choose a file to read. */
	if (memmem(data, size, "File", 4) || memchr(data, '\\', size))
		return 0;
	err = config_load_text("f", text, size, environment, &config, &problems);
	require(!err == !problems.count && !err == !!config);
	if (config)
		check_config(config);
	config_free(config);
	problems_done(&problems);
	return 0;
}
