/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recognises the CNI of a node by its interfaces and its configuration. */
#include "cni_signs.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "cni_profile.h"

static void take(struct cni_signs *signs, enum cni cni, enum cni_sign sign)
{
	signs->cni = cni;
	signs->strongest = sign;
}

/* The names of the bridge plugin are those of other CNIs that build upon it, too. */
static enum cni_sign sign_of(enum cni cni, const char *name, const char *kind)
{
	bool device = cni_matches(cni_profile(cni)->devices, name);

	if (!device && !cni_is_pod(cni, name, kind))
		return CNI_SIGN_NONE;
	if (cni == CNI_BRIDGE)
		return CNI_SIGN_COMMON;
	if (device)
		return CNI_SIGN_DEVICE;
	return cni_is_pod(CNI_BRIDGE, name, kind) ? CNI_SIGN_NONE : CNI_SIGN_POD;
}

static void see_traits(struct cni_signs *signs, const char *name, const char *kind)
{
	static const struct {
		const char *pattern;
		enum cni_trait trait;
	} rows[] = {
		{ "cilium_*", CNI_HAS_CILIUM }, { "cilium_geneve", CNI_HAS_CILIUM_GENEVE },
		{ "bpfin.cali", CNI_HAS_CALICO_BPF }, { "vlan.eth.*", CNI_HAS_BRANCH_ENI },
		{ "flannel[.-]*", CNI_HAS_FLANNEL_TUNNEL },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (!fnmatch(rows[i].pattern, name, 0))
			signs->traits |= rows[i].trait;
	if (!strcmp(kind, "netkit") && cni_is_pod(CNI_AUTO, name, kind))
		signs->traits |= CNI_HAS_NETKIT;
}

void cni_see_link(struct cni_signs *signs, const char *name, const char *kind)
{
	see_traits(signs, name, kind);
	for (enum cni cni = CNI_AUTO + 1; cni < CNI_NONE; cni++) {
		enum cni_sign sign = sign_of(cni, name, kind);

		if (sign <= signs->strongest)
			continue;
		take(signs, cni, sign);
		snprintf(signs->from, sizeof(signs->from),
			 cni_is_pod(cni, name, kind) ? "interface %s of a pod" : "device %s", name);
	}
}

static bool is_of(const struct cni_profile *profile, const struct cni_config *config)
{
	if (profile->network && !strcmp(profile->network, config->name))
		return true;
	for (size_t i = 0; i < COUNT(profile->types) && profile->types[i]; i++)
		if (!strcmp(profile->types[i], config->type))
			return true;
	return false;
}

/* From the last: those with a network of their own name come behind the plugins they use. */
void cni_see_file(struct cni_signs *signs, const char *path, const struct cni_config *config)
{
	for (enum cni cni = CNI_NONE - 1; cni > CNI_AUTO; cni--) {
		if (signs->strongest >= CNI_SIGN_FILE || !is_of(cni_profile(cni), config))
			continue;
		take(signs, cni, CNI_SIGN_FILE);
		snprintf(signs->from, sizeof(signs->from), "plugin %s in %s", config->type, path);
	}
}
