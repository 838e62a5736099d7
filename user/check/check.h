/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is this machine fit to run the data plane? One finding per thing looked at. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct config;
struct netlink_link;
struct survey;

enum check_result {
	CHECK_OK,
	CHECK_WARN, /* works, but not as well or not for all */
	CHECK_FAIL, /* required and missing */
	CHECK_SKIP, /* not known */
};

/* Findings so far. */
struct check_list {
	json_t *items; /* array of {"name", "result", "text"} */
	bool unfit;    /* something is CHECK_FAIL */
};

/* Adds a finding. */
void check_add(struct check_list *list, const char *name, enum check_result result,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "ok", "warn", "fail" or "skip". */
const char *check_result_name(enum check_result result);

/* First number in a file of /proc/sys. Returns 0 or -errno. */
int check_read_number(const char *path, long *ret);

/* The machine, whatever the configuration says: kernel, BTF, JIT, capabilities, bpffs,
 * forwarding, TCX. */
void check_host(struct check_list *list, const char *pin_dir);

/* Of check_host(), on values given. `release` as uname(2) has it; `effective` is a set of
 * capabilities, bit n being capability n. */
void check_release(struct check_list *list, const char *release);
void check_capabilities(struct check_list *list, uint64_t effective);

/* The configuration's demands on the machine: interfaces and their MTU, programs of others on the
 * hooks, reverse path filter, addresses of the gateway role. */
void check_config(struct check_list *list, const struct config *config, const char *pin_dir);

/* Of check_config(): can the node itself be served? */
void check_node_clients(struct check_list *list, const struct config *config);

/* Of check_config(): interfaces, and the CNI that made them. */
void check_links(struct check_list *list, const struct config *config, const char *pin_dir);
/* Of check_links(): do the routes to gateways lead by devices that encrypt, where that is required? */
void check_encryption(struct check_list *list, const struct config *config,
		      const struct netlink_link *links, size_t count);

/* Of check_links(): what the node's CNI needs to be told, and the addresses of its pods. Cilium's pins are
 * looked for beside ours. */
void check_cni(struct check_list *list, const struct config *config, const struct survey *survey,
	       const char *pin_dir);

/* Of check_config(): is the name of our own network one that meshNetworks has? */
void check_network(struct check_list *list, const struct config *config);

/* Of check_config(): are SNAT addresses outside the pod ranges of our own network? */
void check_snat(struct check_list *list, const struct config *config);
/* Of check_config(): has gateway.snat an address of each family that the configuration speaks of? */
void check_snat_families(struct check_list *list, const struct config *config);

/* Of check_config(): how many connections can the gateway carry to one endpoint? */
void check_snat_ports(struct check_list *list, const struct config *config);

/* Of check_config(): does meshNetworks have the networks of all transports? */
void check_transports(struct check_list *list, const struct config *config);

/* Of check_config(): does meshNetworks have our cluster in our own network? */
void check_cluster(struct check_list *list, const struct config *config);

#endif
