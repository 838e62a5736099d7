#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Stands in for a control plane: control_plane.py KUBECONFIG SERVICE NAMESPACE CONFIGMAP

Watches the EndpointSlices of one service (NAME.NAMESPACE) in its own cluster and in each cluster
whose kubeconfig lies in a Secret with the label istio/multiCluster=true, as istiod does, and
writes them as one ClusterLoadAssignment to a ConfigMap in each of these clusters.
"""
import base64
import json
import ssl
import sys
import time
import urllib.error
import urllib.request

INTERVAL_S = 0.5


class Cluster:
    """One API server."""

    def __init__(self, name, kubeconfig):
        cluster = kubeconfig["clusters"][0]["cluster"]
        self.name, self.server = name, cluster["server"]
        self.token = kubeconfig["users"][0]["user"]["token"]
        self.context = ssl.create_default_context(
            cafile=cluster.get("certificate-authority"),
            cadata=decoded(cluster.get("certificate-authority-data")))
        self.written = None

    def call(self, path, method="GET", body=None, kind="application/json"):
        request = urllib.request.Request(self.server + path, method=method, data=body, headers={
            "Authorization": "Bearer " + self.token, "Content-Type": kind})
        with urllib.request.urlopen(request, context=self.context, timeout=5) as answer:
            return json.load(answer)

    def write(self, namespace, name, content):
        """Nothing is said twice."""
        if content == self.written:
            return
        body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
                           "data": {"endpoints.json": content}}).encode()
        path = f"/api/v1/namespaces/{namespace}/configmaps/{name}"
        self.call(path + "?fieldManager=control-plane&force=true", "PATCH", body,
                  "application/apply-patch+yaml")
        self.written = content


def decoded(text):
    return base64.b64decode(text).decode() if text else None


def endpoint(address, port, pod, cluster):
    workload = ";".join([pod.rsplit("-", 2)[0], "sample", "helloworld", "v", cluster])
    return {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}},
            "load_balancing_weight": 1,
            "metadata": {"filter_metadata": {"istio": {"workload": workload}}}}


def endpoints_of(cluster, name, namespace):
    """Two lists: the ready ones, and those that end but still serve."""
    path = (f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
            f"?labelSelector=kubernetes.io%2Fservice-name%3D{name}")
    ready, ending = [], []
    for item in cluster.call(path)["items"]:
        for entry in item["endpoints"] or []:
            found = endpoint(entry["addresses"][0], item["ports"][0]["port"],
                             entry["targetRef"]["name"], cluster.name)
            if entry["conditions"].get("ready"):
                ready.append(found)
            elif entry["conditions"].get("serving"):
                ending.append(found)
    return sorted(ready, key=json.dumps), sorted(ending, key=json.dumps)


def view_of(target, found):
    """What a cluster is told. While the last pods of a service end, their own cluster's gateway
    keeps them, as kube-proxy does: other clusters may learn of it seconds later."""
    told = []
    for cluster, (ready, ending) in found.items():
        told += ready or (ending if cluster is target else [])
    return told


def remote_clusters(own, namespace, known):
    path = f"/api/v1/namespaces/{namespace}/secrets?labelSelector=istio%2FmultiCluster%3Dtrue"
    for secret in own.call(path)["items"]:
        for name, text in secret["data"].items():
            if name not in known:
                known[name] = Cluster(name, json.loads(base64.b64decode(text)))
    return known


def assignment(name, namespace, endpoints):
    kind = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
    return json.dumps({"version_info": "1", "type_url": kind, "resources": [{
        "@type": kind, "cluster_name": f"outbound|5000||{name}.{namespace}.svc.cluster.local",
        "endpoints": [{"load_balancing_weight": 1, "lb_endpoints": endpoints}]}]}, indent=1)


def main():
    kubeconfig, service, namespace, configmap = sys.argv[1:]
    name, home = service.split(".")
    with open(kubeconfig, encoding="utf-8") as file:
        own = Cluster("cluster1", json.load(file))
    clusters = {"cluster1": own}
    while True:
        try:
            remote_clusters(own, namespace, clusters)
            found = {cluster: endpoints_of(cluster, name, home) for cluster in clusters.values()}
            for cluster in clusters.values():
                cluster.write(namespace, configmap,
                              assignment(name, home, view_of(cluster, found)))
        except (urllib.error.URLError, OSError) as err:
            print(f"control plane: {err}", flush=True)
        time.sleep(INTERVAL_S)


if __name__ == "__main__":
    main()
