/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the configuration file, meshNetworks and the environment into struct config.
 *
 * All errors of a file are reported together, as file:line:column with what was expected.
 *
 * Environment. PARALLAX_SECTION_KEY overrides the key section.key of the file: the words of the path
 * in capitals, camelCase split (gateway.listen.address: PARALLAX_GATEWAY_LISTEN_ADDRESS,
 * meshNetworksFile: PARALLAX_MESH_NETWORKS_FILE). Lists are comma-separated. Keys whose value is
 * a mapping or a list of mappings have no variable. An empty value counts as unset. An invalid
 * value is an error that names the variable. An unknown variable is an error if it is a misspelling
 * of a known one (see suggest.h), and is ignored otherwise: Kubernetes sets PARALLAX_SERVICE_HOST and
 * PARALLAX_PORT=tcp://... in pods beside a Service named parallax.
 *
 * Relative paths start at the directory of the configuration file.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <stddef.h>

#include "mesh_networks.h"

struct config;
struct mesh_networks;
struct problems;

#define CONFIG_FILE_MAX (4u << 20) /* bytes of the configuration, and of meshNetworksFile */

/* Reads `path`, the process environment and meshNetworksFile. Returns 0 with *ret_config, freed by
 * config_free(); -EINVAL with problems; or -errno with a problem if a file cannot be read. */
int config_load(const char *path, struct config **ret_config, struct problems *problems);

/* The same from memory. `path` names the text in problems and is where relative paths start;
 * `environment` is like environ(7), or NULL. */
int config_load_text(const char *path, const char *text, size_t length, char *const *environment,
		     struct config **ret_config, struct problems *problems);

/* Accepts NULL; frees config->mesh as well. */
void config_free(struct config *config);
/* Another holder, who calls config_free() as well. Returns `config`. */
struct config *config_hold(struct config *config);

/* Reads meshNetworks again, from meshNetworksFile or from the configuration file if inline.
 * `config` stays unchanged; the caller swaps the result in. With meshNetworksFile the
 * transports, networkIds and flat of `config` apply. Returns as config_load() does. */
int mesh_networks_load(const struct config *config, struct mesh_networks **ret,
		       struct problems *problems);

#endif
