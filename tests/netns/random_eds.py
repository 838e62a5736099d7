#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Random assignments, as files that change a few at a time.

Usage: random_eds.py SEED STEP DIRECTORY
Step 0 writes all files, each other step what it changes; the same seed gives the same files."""
import json
import os
import random
import sys

SERVICES = 24
FILES = 5  # services up to this number share a file, the others have one each


def name(number):
    return "outbound|5000||s%d.sample.svc.cluster.local" % number


def endpoint(rng):
    """Some have a network without transport, some an address twice, or none that can be used."""
    host = rng.choice(["10.10.0.%d" % rng.randint(1, 40), "10.10.1.%d" % rng.randint(1, 6), "0.0.0.0"]
                      if rng.random() < 0.1 else ["10.10.0.%d" % rng.randint(1, 40)])
    cluster = rng.choice(["cluster1", "cluster1", "n2-k8s-config", "cluster3"])
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": 5000}}},
            "health_status": rng.choice(["HEALTHY"] * 5 + ["UNHEALTHY", "DRAINING", "DEGRADED"]),
            "load_balancing_weight": rng.choice([1, 1, 2, 7]),
            "metadata": {"filter_metadata": {"istio": {"workload": "w;sample;s;v;" + cluster}}}}


def assignment(rng, number):
    localities = [{"locality": {"region": "r", "zone": "z%d" % i}, "priority": i,
                   "load_balancing_weight": rng.randint(1, 3),
                   "lb_endpoints": [endpoint(rng) for _ in range(rng.randint(0, 9))]}
                  for i in range(rng.randint(1, 3))]
    drops = [{"category": "c%d" % i, "drop_percentage": {"numerator": rng.randint(0, 90)}}
             for i in range(rng.choice([0, 0, 0, 1, 2]))]
    return {"@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            "cluster_name": name(number), "endpoints": localities,
            "policy": {"drop_overloads": drops}}


def write(directory, file, assignments):
    beside = directory + ".new"
    with open(beside, "w", encoding="ascii") as f:
        json.dump({"version_info": "1", "resources": assignments}, f)
    os.rename(beside, "%s/%02d.json" % (directory, file))


def main():
    seed, step, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    rng = random.Random(seed)
    held = [assignment(rng, number) for number in range(SERVICES)]
    touched = {max(number, FILES) for number in range(SERVICES)}
    for _ in range(step):
        touched = set()
        for number in rng.sample(range(SERVICES), rng.choice([1, 1, 2, 5])):
            held[number] = assignment(rng, number)
            touched.add(max(number, FILES))
    for file in touched:
        of_file = [number for number in range(SERVICES) if max(number, FILES) == file]
        write(directory, file, [held[number] for number in of_file])


main()
