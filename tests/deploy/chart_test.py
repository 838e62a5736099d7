#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks of the rendered chart: chart_test.py TEST FILE [ARGUMENT]. The tests are below."""
import glob
import json
import os
import re
import sys

import yaml

RIGHTS = ["BPF", "NET_ADMIN", "PERFMON"]


def objects(path, kind=None):
    with open(path, encoding="utf-8") as file:
        found = [item for item in yaml.safe_load_all(file) if item]
    return [item for item in found if kind in (None, item["kind"])]


def is_hook(item):
    return "helm.sh/hook" in item["metadata"].get("annotations", {})


def pod_of(item):
    if item["kind"] == "Pod":
        return item["spec"]
    return item["spec"]["template"]["spec"]


def pods(path):
    return [pod_of(item) for item in objects(path) if item["kind"] in ("DaemonSet", "Job", "Pod")]


def agents(path):
    return [item for item in objects(path, "DaemonSet") if not is_hook(item)]


def agent(item):
    return pod_of(item)["containers"][0]


def configs(path, directory):
    """Writes each config.yaml, for the agent to read."""
    for item in objects(path, "ConfigMap"):
        if "config.yaml" in item["data"]:
            name = os.path.join(directory, item["metadata"]["name"] + ".yaml")
            with open(name, "w", encoding="utf-8") as file:
                file.write(item["data"]["config.yaml"])


HOST_PATHS = ("/sys/fs/bpf", "/etc/cni/net.d", "/opt/cni/bin")
CNI_CONTAINERS = {"cni", "remove-cni", "clean-up"}


def check_container(container):
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"], container["name"]
    if container["name"] == "mount-bpffs":
        return
    assert not rights["privileged"] and not rights["allowPrivilegeEscalation"], container["name"]
    assert rights["capabilities"]["drop"] == ["ALL"], container["name"]
    assert set(rights["capabilities"].get("add", [])) <= set(RIGHTS), container["name"]
    assert rights["seccompProfile"] == {"type": "RuntimeDefault"}, container["name"]
    mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
    assert container["name"] in CNI_CONTAINERS or not mounts & {
        "cni-configurations", "cni-programs"}, container["name"]
    if container["name"] in ("cni", "remove-cni"):
        assert "add" not in rights["capabilities"], container["name"]


def rights(path):
    """No container has more than three capabilities, nor the agents access to the API."""
    for pod in pods(path):
        for container in pod["containers"] + pod.get("initContainers", []):
            check_container(container)
        assert not pod.get("hostPID") and not pod.get("hostIPC")
        assert pod["automountServiceAccountToken"] is False or pod["restartPolicy"] == "Never"
        for volume in pod.get("volumes", []):
            assert volume.get("hostPath", {}).get("path", "/sys/fs/bpf") in HOST_PATHS, volume
    for item in agents(path):
        assert agent(item)["securityContext"]["capabilities"]["add"] == RIGHTS
    granted = objects(path, "Role") + objects(path, "ClusterRole")
    assert [(item["kind"], item["rules"]) for item in granted] == [("Role", [{
        "apiGroups": ["apps"], "resources": ["daemonsets"],
        "resourceNames": ["parallax-clean-up"], "verbs": ["get"]}])], granted
    assert all(is_hook(item) for item in granted)


def hooks(path):
    """The plugin of CNI would hold back a hook's pod where the agent is dead, which an upgrade is to mend."""
    pods_of_hooks = [pod_of(item) for item in objects(path)
                     if is_hook(item) and item["kind"] in ("DaemonSet", "Job", "Pod")]
    assert len(pods_of_hooks) == 5, len(pods_of_hooks)
    assert all(pod.get("hostNetwork") for pod in pods_of_hooks)


def istio(path):
    """The token, the root certificate and meshNetworks as istiod gives them to its own."""
    assert len(agents(path)) == 2
    for item in agents(path):
        volumes = {volume["name"]: volume for volume in pod_of(item)["volumes"]}
        token = volumes["istio-token"]["projected"]["sources"][0]["serviceAccountToken"]
        assert token == {"path": "istio-token", "audience": "istio-ca",
                         "expirationSeconds": 43200}, token
        assert volumes["istio-ca"]["configMap"]["name"] == "istio-ca-root-cert"
        assert volumes["istio-config"]["configMap"] == {
            "name": "istio", "items": [{"key": "meshNetworks", "path": "meshNetworks"}]}
        mounts = {mount["name"]: mount for mount in agent(item)["volumeMounts"]}
        # A subPath would never see an edit.
        assert all("subPath" not in mount for mount in mounts.values())
        assert all(mounts[name]["readOnly"] for name in ("istio-token", "istio-ca", "istio-config"))
        assert pod_of(item)["dnsPolicy"] == "ClusterFirstWithHostNet"


def terms(item):
    affinity = pod_of(item)["affinity"]["nodeAffinity"]
    required = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
    return required["nodeSelectorTerms"][0]["matchExpressions"]


def gateway(path):
    """Every node has one of the two agents; the Service leads to the port that is listened on."""
    nodes, gateways = agents(path)
    label = "node-role.kubernetes.io/parallax-gateway"
    assert terms(nodes) == [{"key": label, "operator": "DoesNotExist"}]
    assert terms(gateways) == [{"key": label, "operator": "Exists"}]
    service, = objects(path, "Service")
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["externalTrafficPolicy"] == "Local"
    port, = service["spec"]["ports"]
    assert (port["protocol"], port["port"]) == ("UDP", 6081)
    labels = gateways["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert not service["spec"]["selector"].items() <= nodes["spec"]["template"]["metadata"][
        "labels"].items()
    config = [item for item in objects(path, "ConfigMap")
              if item["metadata"]["name"] == "parallax-gateway"][0]
    listen = yaml.safe_load(config["data"]["config.yaml"])["gateway"]["listen"]
    assert listen["port"] == port["targetPort"] == port["nodePort"], listen


def dual_stack(path):
    """A gateway has the node's addresses of both families: a pod in the node's network has the node's."""
    (_, gateways), (service,) = agents(path), objects(path, "Service")
    fields = {variable["name"]: variable["valueFrom"]["fieldRef"]["fieldPath"]
              for variable in agent(gateways)["env"]}
    for name in ("PARALLAX_GATEWAY_LISTEN_ADDRESS", "PARALLAX_GATEWAY_SNAT"):
        assert fields[name] == "status.podIPs", fields
    assert pod_of(gateways)["hostNetwork"]
    assert service["spec"]["ipFamilyPolicy"] == "PreferDualStack"


def rollout(path):
    """One node at a time, on all nodes, with probes of the node's own loopback."""
    for item in agents(path):
        update = item["spec"]["updateStrategy"]["rollingUpdate"]
        assert update == {"maxUnavailable": 1, "maxSurge": 0}, update
        pod = pod_of(item)
        assert pod["hostNetwork"] and pod["enableServiceLinks"] is False
        assert pod["tolerations"] == [{"operator": "Exists"}]
        assert pod["priorityClassName"] == "system-node-critical"
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = agent(item)[name]
            assert probe["httpGet"]["host"] == "127.0.0.1" and probe["timeoutSeconds"] >= 5


def monitor(path, without):
    """The monitor selects the agents' pods, and its port is the one that their configuration opens."""
    item, = objects(path, "PodMonitor")
    selector = item["spec"]["selector"]["matchLabels"]
    endpoint, = item["spec"]["podMetricsEndpoints"]
    assert len(agents(path)) == 2
    for daemon in agents(path):
        template = daemon["spec"]["template"]
        assert selector.items() <= template["metadata"]["labels"].items()
        port, = agent(daemon)["ports"]
        assert (port["name"], port["containerPort"]) == (endpoint["port"], 15101)
        names = [variable["name"] for variable in agent(daemon)["env"]]
        assert "PARALLAX_METRICS_ADDRESS" in names
        assert template["metadata"]["annotations"]["prometheus.io/port"] == "15101"
    # Without the key nothing listens for others.
    assert all("ports" not in agent(daemon) for daemon in agents(without))


def events(path):
    """A container without rights has the only token, which may create Events here and nothing else."""
    role, = [item for item in objects(path, "Role") if not is_hook(item)]
    assert role["rules"] == [{"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}]
    binding, = [item for item in objects(path, "RoleBinding") if not is_hook(item)]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert not [item for item in objects(path, "ClusterRole") if not is_hook(item)]
    for daemon in agents(path):
        containers = {container["name"]: container for container in pod_of(daemon)["containers"]}
        events_container = containers.pop("events")
        check_container(events_container)
        assert not events_container["securityContext"]["capabilities"].get("add")
        for container in containers.values():
            assert "api-account" not in [mount["name"] for mount in container["volumeMounts"]]
        account, = events_container["volumeMounts"]
        assert account["readOnly"] and account["name"] == "api-account"


def properties(schema, path=()):
    """Every key that the schema knows, as a path."""
    for name, value in schema.get("properties", {}).items():
        yield path + (name,)
        yield from properties(value, path + (name,))
    for part in [schema.get("items")] + schema.get("oneOf", []) + schema.get("anyOf", []) + [
            schema.get("additionalProperties")]:
        if isinstance(part, dict):
            yield from properties(part, path)


def keys_of(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def schema(chart, sources):
    """The schema's keys are the agent's, and the values that the agent is tried with have all."""
    with open(os.path.join(chart, "values.schema.json"), encoding="utf-8") as file:
        whole = json.load(file)["properties"]
    known = {path[-1] for path in properties(whole["config"])}
    known |= {path[-1] for name in ("gateway", "tunnel") for path in properties(whole[name])}
    accepted = set()
    for name in glob.glob(os.path.join(sources, "*.c")):
        with open(name, encoding="utf-8") as file:
            accepted |= set(re.findall(r'\{\s*TREE_\w+\("(\w+)",', file.read()))
    assert len(accepted) > 50, "the agent's tables were not found"
    # The chart makes the sections gateway and tunnel of its own values, the latter of a Secret.
    assert accepted - known == {"gateway", "tunnel", "keysFile"}, accepted - known
    with open(os.path.join(chart, "ci/every-key-values.yaml"), encoding="utf-8") as file:
        tried = set(keys_of(yaml.safe_load(file)))
    # An exclusive choice, or made by the chart.
    other = {"source", "files", "path", "meshNetworksFile", "id", "addresses"}
    missing = {path[-1] for path in properties(whole["config"])} - tried - other
    assert not missing, missing


def rules(path):
    """Prints the groups of the PrometheusRule, for promtool."""
    item, = objects(path, "PrometheusRule")
    print(yaml.safe_dump(item["spec"]))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
