#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A second model of labels, shares and collapse, in exact fractions, against `parallaxctl preview`.

Written from Envoy's and Istio's rules alone. Random assignments, the seed is printed and may be
given: shares_oracle.py PARALLAXCTL [SEED [COUNT]].
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from fractions import Fraction

NETWORKS = {
    "near": {"registries": ["reg-near"], "cidr": "10.1.", "gateways": [("192.0.2.1", 15443)]},
    "far": {"registries": ["reg-far"], "cidr": "10.2.", "transport": "geneve",
            "gateways": [("192.0.2.11", 15443), ("192.0.2.12", 15443), ("192.0.2.13", 443)]},
    "stock": {"registries": ["reg-stock"], "cidr": "10.3.", "transport": "passthrough",
              "gateways": [("192.0.2.21", 15443)]},
    "dark": {"registries": ["reg-dark"], "cidr": "10.4.", "transport": "geneve",
             "gateways": [("0.0.0.0", 15443)]},
    "mute": {"registries": ["reg-mute"], "cidr": "10.5.", "gateways": [("192.0.2.41", 15443)]},
    "flat": {"registries": ["reg-flat"], "cidr": "10.6.", "gateways": []},
}
OWN, CLUSTER = "near", "reg-near"


def usable(address):
    first = int(address.split(".")[0])
    return address != "0.0.0.0" and first != 127 and first < 224


# ---------------------------------------------------------------- labels

def network_of(endpoint, locality):
    """Name, or None where no rule says anything."""
    for meta in (endpoint, locality):
        name = meta.get("metadata", {}).get("filter_metadata", {}).get("istio", {}).get("network")
        if name:
            return name
    parts = workload(endpoint).split(";")
    if len(parts) >= 5:
        for name, network in NETWORKS.items():
            if parts[4] in network["registries"]:
                return name
    return None


def workload(endpoint):
    return endpoint.get("metadata", {}).get("filter_metadata", {}).get("istio", {}).get(
        "workload", "")


def label(endpoint, locality):
    """('local', network), ('pod', network), ('gateway', network) or ('out', reason)."""
    socket = endpoint["endpoint"]["address"]["socket_address"]
    address, port = socket["address"], socket["port_value"]
    for name, network in NETWORKS.items():
        if (address, port) in network["gateways"]:
            if name == OWN:
                return "out", "own_gateway"
            if not usable(address):
                return "out", "bad_address"
            return ("gateway", name) if "transport" in network else ("out", "no_transport")
    bad = None
    if not usable(address):
        bad = "bad_address"
    elif port == 0:
        bad = "bad_port"
    name = network_of(endpoint, locality)
    if workload(endpoint).startswith(";;"):
        if name == OWN:
            return "out", "own_gateway"
        if bad:
            return "out", bad
        if name and NETWORKS.get(name, {}).get("transport") == "passthrough":
            return "gateway", name
        return "out", "unknown_gateway"
    if bad:
        return "out", bad
    if not name:
        for candidate, network in NETWORKS.items():
            if address.startswith(network["cidr"]):
                name = candidate
    if not name:
        parts = workload(endpoint).split(";")
        if len(parts) >= 5 and parts[4] and parts[4] != CLUSTER:
            return "out", "unknown_network"
        return "out", "outside_network"  # ours has fromCidr
    if name in (OWN, "flat"):
        return "local", name
    network = NETWORKS.get(name, {"gateways": []})
    if not [g for g in network["gateways"] if usable(g[0])]:
        return "out", "no_gateway"
    return ("pod", name) if "transport" in network else ("out", "no_transport")


# ---------------------------------------------------------------- shares

GOOD, WEAK, GONE, BAD = "healthy", "degraded", "excluded", "unhealthy"
HEALTH = {"UNKNOWN": GOOD, "HEALTHY": GOOD, "UNHEALTHY": BAD, "TIMEOUT": BAD, "DEGRADED": WEAK,
          "DRAINING": GONE}
BEST_FIRST = [GOOD, WEAK, GONE, BAD]


class Level:
    def __init__(self):
        self.health = {}   # host → health
        self.weights = {}  # locality → {host: weight}
        self.of = {}       # locality → its weight
        self.kept, self.listed = {}, {}

    def weight(self, host):
        return sum(weights.get(host, 0) for weights in self.weights.values())

    def among(self, *kinds):
        return [host for host, health in self.health.items() if health in kinds]


def read(assignment):
    levels, excluded = {}, []
    for entry in assignment["endpoints"]:
        level = levels.setdefault(entry.get("priority", 0), Level())
        key = tuple(entry.get("locality", {}).get(part, "")
                    for part in ("region", "zone", "sub_zone"))
        level.weights.setdefault(key, {})
        if "locality" in entry and "load_balancing_weight" in entry:
            level.of[key] = entry["load_balancing_weight"]
        for endpoint in entry["lb_endpoints"]:
            socket = endpoint["endpoint"]["address"]["socket_address"]
            weight = endpoint.get("load_balancing_weight", 1)
            kind, what = label(endpoint, entry)
            level.listed[key] = level.listed.get(key, 0) + weight
            if kind == "out":
                excluded.append((f"{socket['address']}:{socket['port_value']}", what))
                continue
            level.kept[key] = level.kept.get(key, 0) + weight
            host = (kind, what, socket["address"], socket["port_value"])
            health = HEALTH[endpoint.get("health_status", "UNKNOWN")]
            level.health[host] = min(health, level.health.get(host, BAD), key=BEST_FIRST.index)
            weights = level.weights[key]
            weights[host] = weights.get(host, 0) + weight
    count = max(levels, default=0) + 1
    return [levels.get(i, Level()) for i in range(count)], excluded


def loads(levels, policy, threshold):
    factor = policy.get("overprovisioning_factor", 140)

    def size(level, hosts):
        if policy.get("weighted_priority_health"):
            return sum(level.weight(host) for host in hosts)
        return len(hosts)

    healthy, degraded = [], []
    for level in levels:
        whole = size(level, level.among(GOOD, WEAK, BAD))
        for scores, kind in ((healthy, GOOD), (degraded, WEAK)):
            part = size(level, level.among(kind))
            scores.append(min(100, factor * part // whole) if whole else 0)
    total = min(100, sum(healthy) + sum(degraded))
    left, result = 100, []
    for scores in (healthy, degraded):
        dealt = []
        for score in scores:
            dealt.append(min(left, score * 100 // total) if total else 0)
            left -= dealt[-1]
        result.append(dealt)
    if total:
        scores, dealt = (healthy, result[0]) if any(healthy) else (degraded, result[1])
        dealt[next(i for i, score in enumerate(scores) if score)] += left
    panic = []
    for level in levels:
        whole = len(level.among(GOOD, WEAK, BAD))
        able = Fraction(100 * len(level.among(GOOD, WEAK)), whole) if whole else 0
        panic.append(total < 100 and able < threshold)
    hosts = [len(level.health) for level in levels]
    if all(panic) and sum(hosts):
        result = [[100 * count // sum(hosts) for count in hosts], [0] * len(levels)]
        result[0][next(i for i, count in enumerate(hosts) if count)] += 100 - sum(result[0])
    elif not total:
        result[0][0] = 100
    return result[0], result[1], panic


def within(level, kind, load, policy, by_locality):
    """Shares of the hosts of one kind in one level."""
    factor = Fraction(policy.get("overprovisioning_factor", 140), 100)
    shares, effective = {}, {}
    for key, weights in level.weights.items():
        able = [host for host in weights if level.health[host] == kind]
        whole = [host for host in weights if level.health[host] != GONE]
        if whole and level.listed.get(key):
            effective[key] = (level.of.get(key, 0) *
                              Fraction(level.kept.get(key, 0), level.listed[key]) *
                              min(1, factor * Fraction(len(able), len(whole))))
    if by_locality and sum(effective.values()):
        for key, value in effective.items():
            able = {host: weight for host, weight in level.weights[key].items()
                    if level.health[host] == kind}
            for host, weight in able.items():
                shares[host] = (shares.get(host, 0) + load * value / sum(effective.values()) *
                                Fraction(weight, sum(able.values())))
        return shares
    hosts = level.among(kind)
    whole = sum(level.weight(host) for host in hosts)
    return {host: load * Fraction(level.weight(host), whole) for host in hosts}


def predict(assignment, threshold, by_locality):
    policy = assignment.get("policy", {})
    levels, excluded = read(assignment)
    healthy, degraded, panic = loads(levels, policy, threshold)
    backends, priorities = {}, []
    for i, level in enumerate(levels):
        priorities.append({
            "priority": i, "hosts": len(level.health), "healthy": len(level.among(GOOD)),
            "degraded": len(level.among(WEAK)), "excluded": len(level.among(GONE)),
            "healthy_load": healthy[i], "degraded_load": degraded[i], "panic": panic[i]})
        shares = {}
        if panic[i]:
            whole = sum(level.weight(host) for host in level.health)
            for host in level.health:
                shares[host] = Fraction(healthy[i] + degraded[i], 100) * Fraction(
                    level.weight(host), whole)
        else:
            for kind, load in ((GOOD, healthy[i]), (WEAK, degraded[i])):
                for host, share in within(level, kind, Fraction(load, 100), policy,
                                          by_locality).items():
                    shares[host] = shares.get(host, 0) + share
        for (kind, network, address, port), share in shares.items():
            ways = [(address, port)]
            if kind == "pod":
                ways = [g for g in NETWORKS[network]["gateways"] if usable(g[0])]
            for way in ways:
                key = (f"{way[0]}:{way[1]}", "local" if kind == "local" else "gateway", network, i)
                backends[key] = backends.get(key, 0) + share / len(ways)
    passed = Fraction(1)
    for drop in policy.get("drop_overloads", []):
        fraction = drop.get("drop_percentage", {"numerator": 0})
        whole = {"HUNDRED": 100, "TEN_THOUSAND": 10**4, "MILLION": 10**6}
        passed *= 1 - Fraction(fraction["numerator"],
                               whole[fraction.get("denominator", "HUNDRED")])
    return {key: share for key, share in backends.items() if share}, priorities, excluded, 1 - passed


# ---------------------------------------------------------------- random input

def make_endpoint(rng):
    kind = rng.random()
    if kind < 0.12:
        address, port = rng.choice([g for n in NETWORKS.values() for g in n["gateways"]])
        work = rng.choice([";;;;", ";;;;reg-far", ""])
    else:
        address = f"10.{rng.choice([1, 1, 1, 2, 2, 3, 4, 5, 6, 7])}.0.{rng.randint(1, 6)}"
        port = rng.choice([80, 80, 80, 80, 81, 0])
        work = rng.choice(["", "", "w;ns;w;v;", "w;ns;w;v;reg-near", "w;ns;w;v;reg-far",
                           "w;ns;w;v;reg-nowhere", ";;;;reg-stock"] + ["w;ns;w;v;reg-near"] * 3)
    if rng.random() < 0.03:
        address = rng.choice(["0.0.0.0", "127.0.0.1", "239.1.1.1"])
    endpoint = {"endpoint": {"address": {"socket_address": {
        "address": address, "port_value": port}}}}
    istio = {"workload": work} if work else {}
    if rng.random() < 0.1:
        istio["network"] = rng.choice(list(NETWORKS) + ["nowhere"])
    if istio:
        endpoint["metadata"] = {"filter_metadata": {"istio": istio}}
    if rng.random() < 0.8:
        endpoint["load_balancing_weight"] = rng.choice([1, 1, 2, 3, 7, 128, 2**32 - 1])
    if rng.random() < 0.6:
        bad = rng.random() < 0.5
        endpoint["health_status"] = rng.choice(
            ["UNHEALTHY", "TIMEOUT", "DEGRADED", "DRAINING"] if bad else ["HEALTHY", "UNKNOWN"])
    return endpoint


def make_assignment(rng, number):
    entries = []
    for _ in range(rng.choice([0, 1, 1, 2, 3, 4, 6])):
        entry = {"lb_endpoints": [make_endpoint(rng) for _ in range(rng.choice([0, 1, 2, 4, 8]))]}
        if rng.random() < 0.8:
            entry["locality"] = rng.choice([{}, {"region": "a"}, {"region": "a", "zone": "z"},
                                            {"region": "b", "sub_zone": "s"}])
        if rng.random() < 0.7:
            entry["load_balancing_weight"] = rng.choice([1, 2, 3, 10, 4 * 10**9])
        if rng.random() < 0.5:
            entry["priority"] = rng.choice([0, 1, 1, 2, 3])
        if rng.random() < 0.05:
            entry["metadata"] = {"filter_metadata": {"istio": {"network": "far"}}}
        entries.append(entry)
    policy = {}
    if rng.random() < 0.3:
        policy["overprovisioning_factor"] = rng.choice([1, 50, 100, 120, 200, 1000])
    if rng.random() < 0.3:
        policy["weighted_priority_health"] = True
    if rng.random() < 0.2:
        policy["drop_overloads"] = [
            {"category": f"c{i}", "drop_percentage": {
                "numerator": rng.randint(0, 100),
                "denominator": rng.choice(["HUNDRED", "TEN_THOUSAND", "MILLION"])}}
            for i in range(rng.randint(1, 3))]
    assignment = {"@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
                  "cluster_name": f"outbound|80||s{number}.ns.svc", "endpoints": entries}
    if policy:
        assignment["policy"] = policy
    return assignment


def config(threshold, by_locality):
    return {
        "network": OWN, "cluster": CLUSTER,
        "interfaces": {"pods": ["veth*"], "uplinks": ["eth0"]},
        "meshNetworks": {"networks": {
            name: {"endpoints": [{"fromRegistry": r} for r in network["registries"]] +
                                [{"fromCidr": network["cidr"] + "0.0/16"}],
                   "gateways": [{"address": a, "port": p} for a, p in network["gateways"]]}
            for name, network in NETWORKS.items()}},
        "transports": {name: {"mode": network["transport"]}
                       for name, network in NETWORKS.items() if "transport" in network},
        "flat": [[OWN, "flat"]],
        "source": {"files": {"path": "eds.json"}},
        "loadBalancing": {"localityWeighted": by_locality, "panicThreshold": threshold}}


# ---------------------------------------------------------------- comparison

def differences(assignment, view, threshold, by_locality):
    if view["rejected"] is not None:
        yield f"rejected: {view['rejected']}"
        return
    backends, priorities, excluded, drop = predict(assignment, threshold, by_locality)
    got = {(b["address"], b["kind"], b["network"], b["priority"]): b["share"]
           for b in view["backends"]}
    for key in backends.keys() | got.keys():
        if abs(backends.get(key, 0) - Fraction(got.get(key, 0))) > Fraction(1, 10**9):
            yield f"{key}: share {got.get(key)}, expected {float(backends.get(key, 0))}"
    if view["priorities"] != priorities:
        yield f"priorities {view['priorities']}, expected {priorities}"
    if [(x["address"], x["reason"]) for x in view["excluded"]] != excluded:
        yield f"excluded {view['excluded']}, expected {excluded}"
    if abs(drop - Fraction(view["drop"])) > Fraction(1, 10**9):
        yield f"drop {view['drop']}, expected {float(drop)}"
    if view["fail"] != (0 if backends else 1):
        yield f"fail {view['fail']}"


def run(program, directory, assignments, threshold, by_locality):
    with open(os.path.join(directory, "config.json"), "w") as file:
        json.dump(config(threshold, by_locality), file)
    with open(os.path.join(directory, "eds.json"), "w") as file:
        json.dump({"resources": assignments}, file)
    output = subprocess.run([program, "preview", "-o", "json", "--config",
                             os.path.join(directory, "config.json")],
                            stdout=subprocess.PIPE, check=True).stdout
    views = json.loads(output)
    assert len(views) == len(assignments), "one object per assignment"
    return views


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    print(f"seed {seed}")
    rng = random.Random(seed)
    wrong = compared = 0
    with tempfile.TemporaryDirectory() as directory:
        for threshold in (0, 30, 50, 100):
            for by_locality in (True, False):
                assignments = [make_assignment(rng, i) for i in range(count // 8)]
                views = run(program, directory, assignments, threshold, by_locality)
                for assignment, view in zip(assignments, views):
                    compared += len(view["backends"])
                    for text in differences(assignment, view, threshold, by_locality):
                        wrong += 1
                        print(f"threshold {threshold}, by locality {by_locality}: {text}\n  "
                              f"{json.dumps(assignment)}")
    print(f"{compared} backends compared, {wrong} differences")
    sys.exit(1 if wrong or compared < count // 4 else 0)


if __name__ == "__main__":
    main()
