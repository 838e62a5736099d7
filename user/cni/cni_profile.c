/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The CNIs that interfaces.profile names, each by its own source: OWNER/REPOSITORY:FILE. */
#include "cni_profile.h"

#include <fnmatch.h>
#include <string.h>

static const struct cni_profile profiles[] = {
	/* containernetworking/plugins:pkg/ip/link_linux.go ("veth" and a number in hexadecimal), of both
	 * plugins, bridge and ptp; plugins/main/bridge/bridge.go (cni0). */
	[CNI_BRIDGE] = { "bridge", { "veth*" }, { "cni0", "cbr0" }, { "bridge", "ptp" }, NULL },
	/* flannel-io/cni-plugin delegates to the bridge plugin. flannel-io/flannel:pkg/backend/vxlan/vxlan.go
	 * (flannel.VNI, flannel-v6.VNI), wireguard/wireguard.go (flannel-wg), ipip/ipip.go (flannel.ipip). */
	[CNI_FLANNEL] = { "flannel", { "veth*" }, { "flannel.*", "flannel-v6.*", "flannel-wg*" },
			  { "flannel" }, NULL },
	/* projectcalico/calico:felix/config/config_params.go (InterfacePrefix),
	 * felix/dataplane/linux/dataplanedefs/dataplane_defs.go (the other names). */
	[CNI_CALICO] = { "calico", { "cali*" },
			 { "vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali", "bpfin.cali" },
			 { "calico" }, NULL },
	/* cilium/cilium:pkg/datapath/connector/config.go (lxc), pkg/defaults/node.go (cilium_host). */
	[CNI_CILIUM] = { "cilium", { "lxc*" },
			 { "cilium_host", "cilium_net", "cilium_vxlan", "cilium_geneve" },
			 { "cilium-cni" }, NULL },
	/* kubernetes-sigs/kindnet:cmd/cni-kindnet/netconf.go (knet); before, it used the ptp plugin. */
	[CNI_KINDNET] = { "kindnet", { "knet*", "veth*" }, { NULL }, { "cni-kindnet" }, "kindnet" },
	/* aws/amazon-vpc-cni-k8s:pkg/networkutils/names.go, cmd/aws-vpc-cni/main.go (eni and 11 digits),
	 * pkg/sgpp/utils.go (vlan, for pods with a branch ENI), driver/driver.go (vlan.eth.ID, no pod's). */
	[CNI_AWS_VPC] = { "aws-vpc", { "eni*", "vlan[0-9a-f]*" }, { "vlan.eth.*" }, { "aws-cni" }, NULL },
	/* Azure/azure-container-networking:network/endpoint_linux.go (azv and a hash), and
	 * network/ovs_endpointclient_linux.go (azvint, which is not a pod's). */
	[CNI_AZURE] = { "azure", { "azv[0-9a-f]*" }, { "azure0" }, { "azure-vnet" }, NULL },
	/* tigera/operator:pkg/render/node.go ("the GKE CNI plugin uses its own interface prefix": gke),
	 * GoogleCloudPlatform/netd:netd.yaml (gke-pod-network, by default the ptp plugin). */
	[CNI_GKE] = { "gke", { "gke*", "veth*" }, { NULL }, { NULL }, "gke-pod-network" },
};

const struct cni_profile *cni_profile(enum cni cni)
{
	return cni == CNI_AUTO || cni == CNI_NONE ? NULL : &profiles[cni];
}

const char *cni_name(enum cni cni)
{
	return cni == CNI_AUTO ? "auto" : cni == CNI_NONE ? "none" : profiles[cni].name;
}

bool cni_matches(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

bool cni_is_pod(enum cni cni, const char *name, const char *kind)
{
	if (strcmp(kind, "veth") && strcmp(kind, "netkit"))
		return false;
	if (cni != CNI_AUTO)
		return cni != CNI_NONE && cni_matches(profiles[cni].pods, name);
	for (cni = CNI_AUTO + 1; cni < CNI_NONE; cni++)
		if (cni_matches(profiles[cni].pods, name))
			return true;
	return false;
}
