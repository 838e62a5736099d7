# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Samples by round, and the rows made of them: median, spread, ratio to no service at all."""
import json
import os
import platform
import random
import re
import statistics
import subprocess
import time

SCHEMA = 2
NODE, OTHER, FAR = "same node", "other node", "other network"
DEEP = "by a forwarding gateway"
GROUPS = [NODE, OTHER, FAR, DEEP]
WAYS = ["no service", "Parallax, redirect", "Parallax, stack", "Parallax", "VXLAN", "nftables",
        "haproxy", "Envoy"]
random.seed(1)


def place(name, names):
    return names.index(name) if name in names else len(names)


def interval(values):
    """95 % bootstrap interval of the median, over whole rounds."""
    medians = sorted(statistics.median(random.choices(values, k=len(values))) for _ in range(999))
    return [medians[24], medians[974]]


class Figures:
    def __init__(self):
        self.samples = {}  # (measure, unit, better) -> group -> name -> [value per round]
        self.floors = {}   # name -> [value per round]: cost of the harness alone

    def add(self, measure, unit, better, group, name, value):
        groups = self.samples.setdefault((measure, unit, better), {})
        groups.setdefault(group, {}).setdefault(name, []).append(value)

    def values(self, measure, group, name):
        for (known, _, _), groups in self.samples.items():
            if known == measure:
                return groups.get(group, {}).get(name, [])
        return []

    def rows(self):
        for (measure, unit, better), groups in self.samples.items():
            for group, of in sorted(groups.items(), key=lambda item: place(item[0], GROUPS)):
                for name, values in sorted(of.items(), key=lambda item: place(item[0], WAYS)):
                    row = {"measure": measure, "unit": unit, "better": better, "group": group,
                           "way": name, "median": statistics.median(values),
                           "interval": interval(values), "rounds": values}
                    self.compare(row, values, of.get("no service"))
                    yield row

    def compare(self, row, values, base):
        """Beside no service, round by round; and beside the harness alone."""
        if base and len(base) == len(values) and all(base):
            ratios = [v / b for v, b in zip(values, base)]
            row["ratio"], row["ratio_interval"] = statistics.median(ratios), interval(ratios)
            row["added"] = statistics.median(v - b for v, b in zip(values, base))
        if row["way"] in self.floors:
            row["floor"] = statistics.median(self.floors[row["way"]])
            row["ratio_to_floor"] = 1 + row["median"] / row["floor"]


def print_rows(rows):
    title = None
    for row in rows:
        head = "%s (%s): %s" % (row["measure"], row["unit"], row["group"])
        if head != title:
            print("\n" + head)
            title = head
        beside = "" if "ratio" not in row else "   %5.2f x  [%.2f .. %.2f]" % (
            row["ratio"], *row["ratio_interval"])
        if "floor" in row:
            beside = "   floor %.0f, with it %.2f x" % (row["floor"], row["ratio_to_floor"])
        print("  %-58s %8.2f  [%.2f .. %.2f]%s" % (
            row["way"], row["median"], *row["interval"], beside))


# ---------------------------------------------------------------- the machine


def cpu_times():
    """Seconds of all processors since boot: busy, and taken away by the host."""
    with open("/proc/stat") as f:
        v = [int(x) / os.sysconf("SC_CLK_TCK") for x in f.readline().split()[1:9]]
    return v[0] + v[1] + v[2] + v[5] + v[6], v[7]


def busy_processors(seconds):
    """How many processors are busy while we only sleep: what other work takes."""
    before = cpu_times()[0]
    time.sleep(seconds)
    return round((cpu_times()[0] - before) / seconds, 2)


def jit_enabled():
    """Only the machine's first network namespace shows it, a container's does not."""
    try:
        with open("/proc/sys/net/core/bpf_jit_enable") as f:
            return f.read().strip()
    except FileNotFoundError:
        return "unknown"


def machine():
    with open("/proc/cpuinfo") as f:
        info = f.read()
    model = re.search(r"model name\s*:\s*(.*)", info)
    with open("/proc/meminfo") as f:
        memory = int(re.search(r"MemTotal:\s*(\d+)", f.read()).group(1))
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
    return {"date": time.strftime("%Y-%m-%d"), "kernel": platform.release(),
            "cpu": model.group(1) if model else platform.machine(),
            "cpus": os.cpu_count(), "memory_gb": round(memory / 1e6),
            "virtual": " hypervisor" in info, "commit": commit, "jit": jit_enabled()}


def write_results(path, rows, info):
    """One figure a line, so that two runs can be compared by diff."""
    lines = ",\n".join(json.dumps(rounded(row), ensure_ascii=False) for row in rows)
    with open(path, "w") as f:
        f.write('{"schema": %d, "machine": %s,\n"figures": [\n%s\n]}\n'
                % (SCHEMA, json.dumps(info, ensure_ascii=False), lines))


def rounded(value):
    if isinstance(value, float):
        return float("%.5g" % value)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value
