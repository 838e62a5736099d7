/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration as data, checked and with defaults filled in. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "log.h"

struct arena;

enum transport_mode { TRANSPORT_NONE, TRANSPORT_GENEVE, TRANSPORT_PASSTHROUGH };
enum delivery { DELIVERY_STACK, DELIVERY_REDIRECT };
enum capture { CAPTURE_MULTI_NETWORK, CAPTURE_ALL, CAPTURE_LISTED };
enum draining { DRAINING_KEEP, DRAINING_RESET };
enum attach_mode { ATTACH_AUTO, ATTACH_TCX, ATTACH_CLSACT };
/* XDP_SEND: always, and from there, too. */
enum xdp_mode { XDP_AUTO, XDP_ALWAYS, XDP_NEVER, XDP_SEND };
/* In the order of interfaces.profile. CNI_NONE: nothing is found for the configuration, or recognised. */
enum cni {
	CNI_AUTO,
	CNI_BRIDGE,
	CNI_FLANNEL,
	CNI_CALICO,
	CNI_CILIUM,
	CNI_KINDNET,
	CNI_AWS_VPC,
	CNI_AZURE,
	CNI_GKE,
	CNI_NONE
};

/* One entry of meshNetworks.networks.X.gateways. */
struct mesh_gateway {
	const char *address; /* as written: an IP or a host name; NULL with registryServiceName */
	const char *registry_service; /* registryServiceName, shown but never usable from here */
	struct addr addr; /* family 0 until a host name is resolved; 0.0.0.0 as written */
	uint16_t port;
	const char *locality; /* accepted, ignored as Istio does */
	/* Found on the node, where the network is `encrypted`: packets to it would leave by this device, which
	 * does not encrypt. "": there is no such route. */
	bool plain;
	char device[16];
	uint32_t uplink; /* ifindex of the one that encrypts; 0: there is none */
};

/* One network of meshNetworks, with its transport and id. */
struct mesh_network {
	const char *name;
	uint32_t id; /* 24 bits, never 0 */
	const char **registries; /* fromRegistry */
	size_t registry_count;
	struct prefix *cidrs; /* fromCidr */
	size_t cidr_count;
	struct mesh_gateway *gateways;
	size_t gateway_count;
	enum transport_mode transport;
	uint16_t tunnel_port; /* geneve: outer destination port */
	bool own;             /* the network this node is in */
	bool flat;            /* declared flat with our own: pods reached by their own address */
	bool encrypted;       /* tunnels to and from it lead by devices that encrypt, or nowhere */
};

/* meshNetworks alone, since it is reloaded by itself. */
struct mesh_networks {
	struct arena *arena;
	struct mesh_network *networks; /* sorted by name; our own is always among them */
	size_t count;
};

enum requirement { REQUIRE_DEFAULT, REQUIRE_NONE, REQUIRE_ENCRYPTED };

/* `transports`, `networkIds` and `flat` as written, for when meshNetworks is reloaded alone. */
struct config_transport {
	const char *network;
	enum transport_mode mode;
	uint16_t port; /* geneve: outer destination port */
	enum requirement require; /* REQUIRE_DEFAULT: as config.tunnel.require */
};

struct config_network_id {
	const char *network;
	uint32_t id;
};

struct config_flat {
	const char **networks; /* that reach one another's pods by pod IP */
	size_t count;
};

struct service_port {
	uint16_t port;
	uint8_t proto; /* IPPROTO_TCP or IPPROTO_UDP */
};

struct config_service {
	const char *host; /* lower case, no final dot */
	struct addr *addresses;
	size_t address_count;
	struct service_port *ports;
	size_t port_count;
	uint32_t affinity_seconds; /* 0: none */
	const char
		*network; /* whose gateways lead to it while the source has no endpoint; or NULL */
};

struct config_limits {
	uint32_t services, backends, flows, slots;
};

/* An item of gateway.allow. */
struct config_allowed {
	struct prefix source;
	const char *network; /* the only one that it may send for; or NULL */
};

/* Probes of gateways. */
struct config_probes {
	uint32_t interval_ms; /* while flows go there */
	uint32_t idle_ms;
	uint32_t failures; /* unanswered in a row: down */
};
enum gateway_mode { GATEWAY_NAT, GATEWAY_FORWARD };

struct config_gateway_role {
	bool enabled;
	enum gateway_mode mode;
	const char *listen_interface; /* or NULL */
	struct addr_pair listen_addresses; /* none when an interface is named */
	uint16_t listen_port;
	struct addr *snat;
	size_t snat_count;
	struct config_allowed *allow;
	size_t allow_count;
};

enum client_address { CLIENT_REPLACE, CLIENT_KEEP };

/* Section `door`: pods of this node are reached by gateways of mode forward. */
struct config_door {
	bool enabled;
	uint16_t port;
	struct prefix *peers; /* gateways of our network; none: those of meshNetworks */
	size_t peer_count;
	enum client_address client;
	struct prefix
		*foreign; /* addresses that stand for clients, at most one range of each family */
	size_t foreign_count;
	uint32_t mtu; /* of a packet between gateway and pod; 0: the uplink's */
};

/* How tunnel packets are signed where there are keys, as `tunnel.admission` says. */
enum tunnel_admission { TUNNEL_REQUIRE, TUNNEL_SIGN, TUNNEL_VERIFY };

struct config_tunnel {
	const char *keys_file; /* or NULL: nothing is signed */
	enum tunnel_admission admission;
	enum requirement require; /* of the networks that `transports` names none for */
};

enum ads_view { ADS_VIEW_REWRITTEN, ADS_VIEW_PER_NETWORK };
enum ads_mode { ADS_MODE_DELTA, ADS_MODE_SOTW };

struct config_metadata {
	const char *key, *value;
};

/* The node's identity for the control plane; NULL: made up by the agent. */
struct config_ads_node {
	const char *id; /* whole; or NULL: of the parts below */
	const char *ip, *name, *namespace, *domain;
	struct config_metadata *metadata; /* overrides the agent's own */
	size_t metadata_count;
};

/* Where a key stands in the configuration; line 0: it comes from the environment, or from nowhere. */
struct config_place {
	uint32_t line, column; /* from 1 */
};

struct config_file {
	const char *path; /* or NULL */
	struct config_place at;
};

/* source.ads. */
struct config_ads {
	bool enabled;
	struct host_port *addresses; /* tried in turn */
	size_t address_count;
	enum ads_view view;
	enum ads_mode mode;
	bool tls;
	struct config_file ca;   /* NULL: the system's authorities */
	const char *server_name; /* NULL: the host of the address */
	struct config_file certificate, key; /* both or none */
	struct config_file token;
	const char *cluster_id;  /* metadata `clusterid`; or NULL */
	struct config_ads_node node;
	uint32_t initial_fetch_seconds, connect_seconds, keepalive_seconds;
	uint32_t max_message; /* bytes */
};

/* The listener for metrics alone, which may face the cluster. */
struct config_metrics {
	struct addr address; /* family 0: there is none */
	uint16_t port;
	bool istio; /* also by Istio's names, which tells pods apart */
};

/* The log, where no flag says otherwise. */
struct config_log {
	enum log_format format;
	enum log_level level;
};

struct config {
	unsigned int holders; /* of config_hold(), besides the first */
	struct arena *arena; /* owns everything here but `mesh` */
	const char *path;
	uint64_t hash; /* of the file's text */
	const char *network;
	const char *cluster; /* or NULL */
	enum cni profile; /* finds pods and uplinks that are not listed; CNI_NONE: finds nothing */
	const char *cni_conf_dir;
	const char **pod_patterns; /* fnmatch(3) patterns of interface names */
	size_t pod_pattern_count;
	const char **uplink_patterns;
	size_t uplink_pattern_count;
	enum attach_mode attach;
	enum xdp_mode xdp;
	bool host;                      /* serve the node itself, and pods of its network */
	const char *mesh_networks_file; /* or NULL: inline */
	struct mesh_networks *mesh;     /* owned; replaced at reload */
	struct config_transport *transports;
	size_t transport_count;
	struct config_network_id *network_ids;
	size_t network_id_count;
	struct config_flat *flat;
	size_t flat_count;
	const char *eds_path;           /* source.files.path; or NULL */
	uint32_t eds_line, eds_column;  /* where it stands in the file; 0: of the environment */
	struct config_ads ads;          /* source.ads, instead of it */
	struct config_service *services;
	size_t service_count;
	bool locality_weighted;   /* loadBalancing.localityWeighted, default true */
	uint32_t panic_threshold; /* loadBalancing.panicThreshold percent, default 50, 0 disables */
	enum delivery delivery;
	enum capture capture;
	enum draining draining;
	uint32_t takeover_seconds; /* default 24 h */
	struct config_limits limits;
	uint32_t flows_per_pod; /* limits.flowsPerPod, followed live; 0: a part of limits.flows */
	struct config_gateway_role gateway;
	struct config_probes probes;
	struct config_door door;
	struct config_tunnel tunnel;
	struct addr admin_address; /* loopback; family 0: no admin server */
	uint16_t admin_port;
	struct config_metrics metrics;
	struct config_log log;
};

#endif
