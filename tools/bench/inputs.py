# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the agents and the peers are configured with."""
import json
import os
import time

DOMAIN = "bench.svc.cluster.local"
REGISTRY = {"network1": "cluster1", "network2": "n2-k8s-config", "network3": "n3"}
# service, virtual IP, endpoint, network
SERVICES = [("stack", "10.20.0.1", "10.10.0.11", "network1"),
            ("redirect", "10.20.0.2", "10.10.1.11", "network1"),
            ("other", "10.20.0.3", "10.10.4.11", "network1"),
            ("far", "10.20.0.4", "10.10.5.11", "network2"),
            ("deep", "10.20.0.6", "10.10.7.11", "network3"),
            ("new", "10.20.0.5", "10.10.0.11", "network1")]
CHANGING = "10.20.0.5"          # the service whose endpoints change during the measurement
OLD, NEW = "10.10.0.11", "10.10.0.12"  # pods that answer a and b; NEW at ports 20000-29999 too

# ---------------------------------------------------------------- assignments


def lb_endpoint(addr, port, weight, metadata):
    endpoint = {"endpoint": {"address": {"socket_address": {"address": addr, "port_value": port}}},
                "metadata": metadata}
    if weight != 1:
        endpoint["load_balancing_weight"] = weight
    return endpoint


def assignment(name, endpoints, network="network1"):
    """Endpoints are (address, port) or (address, port, weight)."""
    metadata = {"filter_metadata": {"istio": {"workload": "w;ns;s;v;" + REGISTRY[network]}}}
    return {"@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            "cluster_name": "outbound|5000||%s.%s" % (name, DOMAIN),
            "endpoints": [{"lb_endpoints": [
                lb_endpoint(e[0], e[1], e[2] if len(e) > 2 else 1, metadata) for e in endpoints]}]}


def write_assignments(path, assignments, in_place=False):
    """Returns when the file took its place, or in place was closed: ns of CLOCK_MONOTONIC."""
    text = json.dumps({"version_info": "1", "resources": assignments})
    beside = path if in_place else os.path.dirname(path) + ".new"
    with open(beside, "w") as f:
        f.write(text)
    at = time.monotonic_ns()
    if not in_place:
        os.rename(beside, path)
    return at


def filler(number):
    """Virtual IP of the service of that number among those that are only there to be many."""
    return "10.21.%d.%d" % (number >> 8, number & 255)


def service_line(host, vip, protocols):
    ports = ", ".join("{port: 5000, protocol: %s}" % p for p in protocols)
    return "- {host: %s.%s, addresses: [%s], ports: [%s]}" % (host, DOMAIN, vip, ports)


def service_lines():
    """The measured services. The changing one has no TCP port: one table is what changes."""
    return [service_line(name, vip, ["UDP"] if vip == CHANGING else ["TCP", "UDP"])
            for name, vip, _, _ in SERVICES]


def write_eds(count, directory):
    """Assignments into the directory, the list of services to standard output."""
    rows = [assignment(n, [(e, 5000)], net) for n, _, e, net in SERVICES[:-1]]
    lines = ["services:"] + service_lines()
    for i in range(count - len(SERVICES)):
        rows.append(assignment("filler-%d" % i, [("10.10.8.%d" % (i & 255), 1024 + (i >> 8))]))
        lines.append(service_line("filler-%d" % i, filler(i), ["TCP"]))
    write_assignments(directory + "/all.json", rows)
    write_assignments(directory + "/zz-new.json", [assignment("new", [(OLD, 5000)])])
    print("\n".join(lines))


def write_sized(directory, services, each):
    """So many services of `each` endpoints, all behind the reflecting pod; returns
    service lines."""
    rows, lines = [], []
    for i in range(services):
        endpoints = []
        for n in range(i * each, (i + 1) * each):
            endpoints.append(("10.%d.%d.%d" % (64 + (n >> 16), n >> 8 & 255, n & 255), 5000))
        rows.append(assignment("m-%d" % i, endpoints))
        lines.append(service_line("m-%d" % i, filler(i), ["UDP"]))
    write_assignments(directory + "/all.json", rows)
    write_assignments(directory + "/zz-new.json", [assignment("new", [(OLD, 5000)])])
    return service_lines()[-1:] + lines


# ---------------------------------------------------------------- configurations

def sized_agent(networks, directory, limits, lines):
    return "\n".join([
        "network: network1", "cluster: cluster1", 'interfaces: {pods: ["veth*"], uplinks: ["eth0"]}',
        "meshNetworksFile: " + networks, "source: {files: {path: %s}}" % directory,
        "capture: listed", "limits: {%s}" % limits, "services:", *lines, ""])


def ads_agent(server):
    """The service whose endpoints change, by a control plane."""
    return "\n".join([
        "network: network1", "cluster: cluster1", 'interfaces: {pods: ["veth*"], uplinks: ["eth0"]}',
        'source: {ads: {addresses: ["%s"], node: {name: plain, namespace: bench}}}' % server,
        "capture: listed", "services:", service_lines()[-1], ""])


def print_nft(count):
    elements = ["10.20.0.1 . 5000 : 10.10.3.11", "10.20.0.3 . 5000 : 10.10.4.11"]
    elements += ["%s . 5000 : 10.10.8.%d" % (filler(i), i & 255) for i in range(count - 2)]
    print("table ip lb {\n map services { type ipv4_addr . inet_service : ipv4_addr\n elements = { "
          + ",\n".join(elements) + " } }\n chain pre { type nat hook prerouting priority -100;\n"
          " dnat to ip daddr . tcp dport map @services\n"
          " dnat to ip daddr . udp dport map @services\n }\n}")


HAPROXY = """
global
  maxconn 2000
  nbthread 2
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen near
  bind 10.10.3.12:5000
  server s 10.10.3.11:5000
"""

ENVOY = """
static_resources:
  listeners:
  - name: near
    address: {socket_address: {address: 10.10.3.12, port_value: 5001}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: near
          cluster: near
  clusters:
  - name: near
    type: STATIC
    load_assignment:
      cluster_name: near
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 10.10.3.11, port_value: 5000}}}
"""
