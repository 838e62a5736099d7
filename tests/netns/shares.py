#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Assignments for the end-to-end test of shares, and the comparison of what came of them.

shares.py eds CASE              the assignment of a case, as YAML
shares.py test CLIENT GATEWAY   previews of both sides; counts `NAME COUNT' on standard input:
                                chi-square against the shares, exit status 1 when they disagree
"""
import json
import math
import sys

CLUSTER = "outbound|5000||helloworld.sample.svc.cluster.local"
LOCAL, REMOTE = "cluster1", "n2-k8s-config"


def endpoint(port, registry=LOCAL, weight=1, health="HEALTHY"):
    return {
        "endpoint": {"address": {"socket_address": {
            "address": "10.10.0.90", "port_value": port}}},
        "health_status": health,
        "load_balancing_weight": weight,
        "metadata": {"filter_metadata": {"istio": {
            "workload": f"w;sample;helloworld;v;{registry}"}}},
    }


def group(*endpoints, zone="a", weight=1, priority=0):
    return {"locality": {"region": "r", "zone": zone}, "load_balancing_weight": weight,
            "priority": priority, "lb_endpoints": list(endpoints)}


def drop(category, percent):
    return {"category": category, "drop_percentage": {"numerator": percent}}


CASES = {
    "equal": ([group(endpoint(5000), endpoint(5001), endpoint(5002))], {}),
    "weights-1-to-1000": ([group(endpoint(5000), endpoint(5001, weight=1000),
                                 endpoint(5002, weight=1000))], {}),
    "locality-weights": ([group(endpoint(5000), endpoint(5001), endpoint(5002), zone="a"),
                          group(endpoint(5003), zone="b", weight=3)], {}),
    "locality-availability": ([
        group(endpoint(5000), endpoint(5001, health="UNHEALTHY"), zone="a"),
        group(endpoint(5002), endpoint(5003), zone="b")], {"overprovisioning_factor": 100}),
    "priorities": ([group(endpoint(5000), endpoint(5001, health="UNHEALTHY")),
                    group(endpoint(5002), endpoint(5003), priority=1)], {}),
    "degraded": ([group(endpoint(5000), endpoint(5001, health="DEGRADED"),
                        endpoint(5002, health="DEGRADED"), endpoint(5003, health="UNHEALTHY"))], {}),
    "panic": ([group(endpoint(5000), endpoint(5001, health="UNHEALTHY"),
                     endpoint(5002, health="UNHEALTHY"), endpoint(5003, health="UNHEALTHY"))], {}),
    "drops": ([group(endpoint(5000), endpoint(5001))],
              {"drop_overloads": [drop("throttle", 30), drop("lottery", 20)]}),
    "duplicates": ([group(endpoint(5000, weight=1), endpoint(5001, weight=3),
                          endpoint(5000, weight=2))], {}),
    "gateway-split": ([group(endpoint(5000), endpoint(5001, weight=2),
                             endpoint(5000, REMOTE, weight=1),
                             endpoint(5001, REMOTE, weight=4))], {}),
    "draining": ([group(endpoint(5000, health="DRAINING"), endpoint(5001), endpoint(5002))], {}),
}


def assignment(case):
    localities, policy = CASES[case]
    resource = {"@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
                "cluster_name": CLUSTER, "endpoints": localities}
    if policy:
        resource["policy"] = policy
    return {"version_info": case, "resources": [resource]}


def name(backend, side):
    port = int(backend["address"].rsplit(":", 1)[1])
    return (("v1" if port == 5000 else f"e{port}") if side == "client" else
            ("v2" if port == 5000 else f"r{port}"))


def expected(client, gateway):
    """{name: fraction of all connections}: gateways stand for what is behind them."""
    parts = {"refused": client["drop"]}
    passed = 1 - client["drop"]
    behind = [b for b in gateway["backends"] if b["kind"] == "local"]
    total = sum(b["share"] for b in behind)
    for backend in client["backends"]:
        share = passed * backend["share"]
        if backend["kind"] == "local":
            parts[name(backend, "client")] = parts.get(name(backend, "client"), 0) + share
            continue
        for pod in behind:
            key = name(pod, "gateway")
            parts[key] = parts.get(key, 0) + share * pod["share"] / total
    return {key: value for key, value in parts.items() if value > 0}


def chi_square(counts, parts):
    """(statistic, degrees of freedom); cells of fewer than five are joined."""
    total = sum(counts.values())
    cells, rest = [], [0, 0]
    for key, fraction in parts.items():
        cell = [counts.get(key, 0), fraction * total]
        if cell[1] < 5:
            rest = [rest[0] + cell[0], rest[1] + cell[1]]
        else:
            cells.append(cell)
    if rest[1] >= 5 or not cells:
        cells.append(rest)
    else:
        smallest = min(cells, key=lambda cell: cell[1])
        smallest[0] += rest[0]
        smallest[1] += rest[1]
    return sum((o - e) ** 2 / e for o, e in cells), len(cells) - 1


def critical(freedom):
    """Exceeded by chance once in a thousand (Wilson and Hilferty 1931)."""
    third = 2 / (9 * freedom)
    return freedom * (1 - third + 3.0902 * math.sqrt(third)) ** 3


def compare(client, gateway):
    parts = expected(client, gateway)
    counts = {key: int(value) for key, value in (line.split() for line in sys.stdin)}
    strangers = set(counts) - set(parts)
    statistic, freedom = chi_square(counts, parts)
    limit = critical(freedom) if freedom else 0.01
    total = sum(counts.values())
    told = ", ".join(f"{key} {counts.get(key, 0)} of {value * total:.1f}"
                     for key, value in sorted(parts.items()))
    print(f"chi-square {statistic:.2f}, limit {limit:.2f}: {told}")
    if strangers:
        print(f"without a share, and yet: {strangers}")
    return not strangers and statistic <= limit


def first_view(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)[0]


def main():
    if sys.argv[1:2] == ["eds"]:
        print(json.dumps(assignment(sys.argv[2])))
    elif sys.argv[1:2] == ["cases"]:
        print(" ".join(CASES))
    elif not compare(first_view(sys.argv[2]), first_view(sys.argv[3])):
        sys.exit(1)


main()
