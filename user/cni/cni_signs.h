/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recognises the CNI of a node by its interfaces and its configuration. Pure. */
#ifndef CNI_SIGNS_H
#define CNI_SIGNS_H

#include "cni_config.h"
#include "config.h"

/* Of growing strength. A file says what the next pod will get; a pod's interface, what pods have; another
 * device may be left from a CNI before; veth* and cni0 are names that several use. */
enum cni_sign { CNI_SIGN_NONE, CNI_SIGN_COMMON, CNI_SIGN_DEVICE, CNI_SIGN_POD, CNI_SIGN_FILE };

/* Properties that matter to us, beside the CNI. */
enum cni_trait {
	CNI_HAS_CILIUM = 1,        /* also chained to another CNI, or as GKE's Dataplane V2 */
	CNI_HAS_CILIUM_GENEVE = 2, /* whose tunnel has our port */
	CNI_HAS_CALICO_BPF = 4,    /* Calico's eBPF data plane */
	CNI_HAS_NETKIT = 8,        /* pods on netkit devices */
	CNI_HAS_BRANCH_ENI = 16,   /* pods with security groups of their own, on a VLAN */
	CNI_HAS_FLANNEL_TUNNEL = 32, /* flannel with an overlay, not host-gw */
};

struct cni_signs {
	enum cni cni; /* CNI_NONE: not recognised */
	enum cni_sign strongest;
	char from[160];      /* the sign, for display */
	unsigned int traits; /* of enum cni_trait */
};

#define CNI_NO_SIGNS ((struct cni_signs){ .cni = CNI_NONE })

void cni_see_link(struct cni_signs *signs, const char *name, const char *kind);
void cni_see_file(struct cni_signs *signs, const char *path, const struct cni_config *config);

#endif
