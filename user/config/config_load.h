/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration file, with its meshNetworks and the environment, as struct config.
 *
 * All errors of a file are reported together, as file:line:column with what was expected.
 *
 * Environment. PARALLAX_SECTION_KEY beats the key section.key of the file: the words of the path
 * in capitals, camelCase parted (gateway.listen.address: PARALLAX_GATEWAY_LISTEN_ADDRESS,
 * meshNetworksFile: PARALLAX_MESH_NETWORKS_FILE). Lists are comma-separated. Keys whose value is
 * a mapping or a list of mappings have no variable. An empty value counts as unset. A value that
 * cannot be used is an error that names the variable. A variable that is no key is an error when
 * it is within two letters of one (a misspelling), else it is ignored: Kubernetes itself puts
 * PARALLAX_SERVICE_HOST and PARALLAX_PORT=tcp://... into pods beside a Service named parallax.
 *
 * Relative paths, wherever they are written, start at the configuration file's directory.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <stddef.h>

#include "mesh_networks.h"

struct config;
struct mesh_networks;
struct problems;

#define CONFIG_FILE_MAX (4u << 20) /* bytes of the configuration, and of meshNetworksFile */

/* Read `path`, the process environment and meshNetworksFile. Returns 0 with *ret_config to be
 * freed by config_free(); -EINVAL with problems; or -errno with a problem when a file cannot be
 * read. */
int config_load(const char *path, struct config **ret_config, struct problems *problems);

/* The same from memory. `path` names the text in problems and is where relative paths start;
 * `environment` is like environ(7), or NULL. */
int config_load_text(const char *path, const char *text, size_t length, char *const *environment,
		     struct config **ret_config, struct problems *problems);

/* Accepts NULL; frees config->mesh as well. */
void config_free(struct config *config);

/* Read the source of meshNetworks again: meshNetworksFile, or the configuration file if inline.
 * `config` stays as it is; the caller swaps the result in. With meshNetworksFile the
 * transports, networkIds and flat of `config` apply. Returns as config_load() does. */
int mesh_networks_load(const struct config *config, struct mesh_networks **ret,
		       struct problems *problems);

#endif
