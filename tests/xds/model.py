# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a control plane answers, from a small description of a mesh, in istiod's manner.

mesh.json: {"services": {HOST: {"vips": [...], "port": N, "endpoints": [
    {"address", "more": [...]?, "port", "network", "cluster", "weight"?}]}},
    "gateways": {NETWORK: ["IP:PORT"]}}. `more` are further addresses of the same endpoint.
"""
import wire

TYPES = {
    "cds": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "eds": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "lds": "type.googleapis.com/envoy.config.listener.v3.Listener",
    "nds": "type.googleapis.com/istio.networking.nds.v1.NameTable",
}
NAMES = {url: name for name, url in TYPES.items()}


def cluster_name(host, service):
    return "outbound|%d||%s" % (service["port"], host)


def cluster(name):
    return wire.data(1, name) + wire.number(2, 3) + wire.data(3, wire.data(2, name))


def socket_address(address, port):
    return wire.data(1, wire.data(2, address.strip("[]")) + wire.number(3, port))


def endpoint(address, port, workload, weight=1, health=0, more=()):
    body = wire.data(1, socket_address(address, port))
    body += b"".join(wire.data(4, wire.data(1, socket_address(a, port))) for a in more)
    istio = wire.data(1, wire.data(1, "workload") + wire.data(2, wire.data(3, workload)))
    metadata = wire.data(1, wire.data(1, "istio") + wire.data(2, istio))
    return (wire.data(1, body) +
            (wire.number(2, health) if health else b"") + wire.data(3, metadata) +
            wire.data(4, wire.number(1, weight)))


def assignment(name, endpoints, weight=None):
    body = b"".join(wire.data(2, e) for e in endpoints)
    if endpoints:
        body += wire.data(3, wire.number(1, weight or len(endpoints)))
    return wire.data(1, name) + (wire.data(2, body) if endpoints else b"")


def split_horizon(mesh, service, network, view):
    """Endpoints as a client in `network` gets them (istio: EndpointsByNetworkFilter)."""
    gateways = mesh.get("gateways", {})
    out, hidden = [], {}
    for e in service["endpoints"]:
        theirs = e.get("network", "")
        if view and theirs and theirs not in view:
            continue
        if network and theirs and theirs != network and gateways.get(theirs):
            hidden[theirs] = hidden.get(theirs, 0) + e.get("weight", 1)
            continue
        workload = "w;sample;helloworld;v;%s" % e.get("cluster", "")
        out.append(endpoint(e["address"], e["port"], workload, e.get("weight", 1),
                            more=e.get("more", ())))
    for theirs, weight in hidden.items():
        for gateway in gateways[theirs]:
            address, port = gateway.rsplit(":", 1)
            out.append(endpoint(address, int(port), ";;;;", weight))
    return out


def vips_for(service, node):
    """Those of the families of the node's addresses (istio: getAllAddressesForProxy)."""
    node_ips = node["metadata"].get("INSTANCE_IPS", "")
    families = {":" in ip for ip in node_ips.split(",") if ip}
    return [ip for ip in service["vips"] if not families or (":" in ip) in families]


def resources(mesh, kind, node):
    """name -> bytes."""
    metadata = node["metadata"]
    view = [n for n in metadata.get("REQUESTED_NETWORK_VIEW", "").split(",") if n]
    services = mesh["services"]
    if kind == "cds":
        return {cluster_name(h, s): cluster(cluster_name(h, s)) for h, s in services.items()}
    if kind == "eds":
        return {cluster_name(h, s): assignment(cluster_name(h, s), split_horizon(
            mesh, s, metadata.get("NETWORK", ""), view)) for h, s in services.items()}
    if kind == "nds":
        entries = [wire.data(1, h) + wire.data(2, b"".join(wire.data(1, ip) for ip in vips_for(s, node)))
                   for h, s in services.items()]
        return {"": b"".join(wire.data(1, e) for e in entries)}
    return {}


def response(mode, kind, items, version, nonce, removed=()):
    """A DiscoveryResponse or DeltaDiscoveryResponse of (name, bytes)."""
    url = TYPES.get(kind, kind)
    body = wire.data(1, version) if version else b""
    for name, content in items:
        packed = wire.data(1, url) + wire.data(2, content)
        if mode == "delta":
            packed = wire.data(3, name) + wire.data(2, packed)
        body += wire.data(2, packed)
    body += wire.data(4, url) + wire.data(5, nonce)
    return body + b"".join(wire.data(6, name) for name in removed)


def read_request(mode, message):
    """A (Delta)DiscoveryRequest as a dict."""
    get = lambda field: wire.first(message, field).decode()
    names = lambda field: [n.decode() for n in wire.every(message, field)]
    node = wire.first(message, 1 if mode == "delta" else 2)
    out = {"node": None}
    if node:
        out["node"] = {"id": wire.first(node, 1).decode(),
                       "metadata": wire.struct_texts(wire.first(node, 3))}
    if mode == "delta":
        out.update(type=get(2), subscribe=names(3), unsubscribe=names(4), nonce=get(6),
                   initial=[wire.first(e, 1).decode() for e in wire.every(message, 5)])
        error = wire.first(message, 7)
    else:
        out.update(version=get(1), subscribe=names(3), type=get(4), nonce=get(5))
        error = wire.first(message, 6)
    out["error"] = wire.first(error, 2).decode() if error else ""
    return out
