/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes a DiscoveryResponse of ClusterLoadAssignments, in YAML or JSON.
 *
 * The text is proto-JSON: field names in snake_case or lowerCamelCase, null is unset, wrappers as
 * scalars or {value: N}, enums by name or number, integers also as strings, durations as "1.5s".
 * `resources` holds bare resources, or the {name, resource} wrappers of delta and SotW. Unlike in
 * Envoy's parser, unknown fields are ignored, so that a newer control plane does not lose its
 * assignments.
 *
 * A response without `resources` is an empty one. A mapping whose keys are all unknown is refused:
 * another kind of document must not read as "no services". A resource that breaks a rule of
 * the protocol becomes an item with `rejected` set; its name is cluster_name, or the wrapper's name,
 * or "resources[N]".
 */
#ifndef EDS_DECODE_H
#define EDS_DECODE_H

#include <stddef.h>

struct assignment_set;
struct problems;

#define EDS_MAX_BYTES (256u << 20)
#define EDS_MAX_RESOURCES 65536
#define EDS_MAX_LOCALITIES 262144  /* of one set */
#define EDS_MAX_ENDPOINTS 1000000  /* of one set, additional addresses included */
#define EDS_MAX_ADDRESSES 16       /* of one endpoint */
#define EDS_MAX_DROPS 64           /* of one assignment */
#define EDS_MAX_NAME 255           /* bytes of a name, host name, network, region ... */
#define EDS_MAX_WORKLOAD 1024      /* bytes of istio.workload */

/* Decodes `text`, which need not be terminated; reasons name it `label`. Returns 0 with *ret, freed
 * by assignment_set_free(); -EINVAL or -E2BIG with problems if the response as a whole is invalid; or
 * -ENOMEM. */
int eds_decode_text(const char *label, const char *text, size_t length,
		    struct assignment_set **ret, struct problems *problems);

/* The same from a file; also -errno with a problem if it cannot be read. */
int eds_decode_file(const char *path, struct assignment_set **ret, struct problems *problems);

/* Accepts NULL. */
void assignment_set_free(struct assignment_set *set);

#endif
