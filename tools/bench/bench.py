#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Measures in the namespaces of bench.sh. Every figure comes from interleaved rounds of one run; what
counts are ratios. `bench.py nft|envoy|eds` writes what the peers and the agents are configured with."""
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import time

DOMAIN = "bench.svc.cluster.local"
REGISTRY = {"network1": "cluster1", "network2": "n2-k8s-config"}
# service, virtual IP, endpoint, network
SERVICES = [("stack", "10.20.0.1", "10.10.0.11", "network1"),
            ("redirect", "10.20.0.2", "10.10.1.11", "network1"),
            ("other", "10.20.0.3", "10.10.4.11", "network1"),
            ("far", "10.20.0.4", "10.10.5.11", "network2"),
            ("new", "10.20.0.5", "10.10.0.11", "network1")]
random.seed(1)

# ---------------------------------------------------------------- configuration of the measured


def assignment(name, endpoints, network="network1"):
    metadata = {"filter_metadata": {"istio": {"workload": "w;ns;s;v;" + REGISTRY[network]}}}
    return {"@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            "cluster_name": "outbound|5000||%s.%s" % (name, DOMAIN),
            "endpoints": [{"lb_endpoints": [
                {"endpoint": {"address": {"socket_address": {"address": a, "port_value": p}}},
                 "metadata": metadata} for a, p in endpoints]}]}


def write_assignments(path, assignments):
    """Returns when the file took its place, ns of CLOCK_MONOTONIC."""
    beside = os.path.dirname(path) + ".new"
    with open(beside, "w") as f:
        json.dump({"version_info": "1", "resources": assignments}, f)
    at = time.monotonic_ns()
    os.rename(beside, path)
    return at


def filler(number):
    return "10.21.%d.%d" % (number >> 8, number & 255)


def write_eds(count, directory):
    """Assignments into the directory, the list of services to standard output."""
    rows = [assignment(n, [(e, 5000)], net) for n, _, e, net in SERVICES[:4]]
    write_assignments(directory + "/zz-new.json", [assignment("new", [("10.10.0.11", 5000)])])
    print("services:")
    for name, vip, _, _ in SERVICES:
        print_service(name, vip)
    for i in range(count - len(SERVICES)):
        rows.append(assignment("filler-%d" % i, [("10.10.8.%d" % (i & 255), 1024 + (i >> 8))]))
        print("- {host: filler-%d.%s, addresses: [%s], ports: [{port: 5000, protocol: TCP}]}"
              % (i, DOMAIN, filler(i)))
    write_assignments(directory + "/all.json", rows)


def print_service(name, vip):
    tcp = "" if name == "new" else "{port: 5000, protocol: TCP}, "
    print("- {host: %s.%s, addresses: [%s], ports: [%s{port: 5000, protocol: UDP}]}"
          % (name, DOMAIN, vip, tcp))


def print_nft(count):
    elements = ["10.20.0.1 . 5000 : 10.10.3.11", "10.20.0.3 . 5000 : 10.10.4.11"]
    elements += ["%s . 5000 : 10.10.8.%d" % (filler(i), i & 255) for i in range(count - 2)]
    print("table ip lb {\n map services { type ipv4_addr . inet_service : ipv4_addr\n elements = { "
          + ",\n".join(elements) + " } }\n chain pre { type nat hook prerouting priority -100;\n"
          " dnat to ip daddr . tcp dport map @services\n"
          " dnat to ip daddr . udp dport map @services\n }\n}")


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

# ---------------------------------------------------------------- running things

LOAD, BUILD = os.environ.get("LOAD", ""), os.environ.get("BUILD", "build")
PREFIX, TEST_DIR = os.environ.get("PREFIX", ""), os.environ.get("TEST_DIR", "")
EDS = os.environ.get("EDS", "")


def in_ns(ns, *command, source=None, **more):
    env = dict(os.environ, SOURCE=source) if source else os.environ
    return subprocess.run(["nsenter", "--net=/var/run/netns/%s-%s" % (PREFIX, ns), "--",
                           *map(str, command)], env=env, check=True, text=True,
                          stdout=subprocess.PIPE, **more).stdout


def busy_seconds():
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:9]]
    return (v[0] + v[1] + v[2] + v[5] + v[6]) / os.sysconf("SC_CLK_TCK")


class Way:
    """One way from a client to a server: where the client is, what it calls."""

    def __init__(self, group, name, client, address, port=5000, source=None):
        self.group, self.name, self.client = group, name, client
        self.address, self.port, self.source = address, port, source

    def load(self, mode, *more):
        return in_ns(self.client, LOAD, mode, self.address, self.port, *more, source=self.source)


NODE, OTHER, FAR = "same node", "other node", "other network"


def all_ways():
    ways = [Way(NODE, "no service", "c-plain", "10.10.2.11"),
            Way(NODE, "Parallax, stack", "c-stack", "10.20.0.1"),
            Way(NODE, "Parallax, redirect", "c-redirect", "10.20.0.2"),
            Way(NODE, "nftables", "c-peer", "10.20.0.1"),
            Way(NODE, "haproxy", "c-peer", "10.10.3.12"),
            Way(NODE, "Envoy", "c-peer", "10.10.3.12", 5001),
            Way(OTHER, "no service", "c-plain", "10.10.4.11"),
            Way(OTHER, "Parallax", "c-stack", "10.20.0.3"),
            Way(OTHER, "nftables", "c-peer", "10.20.0.3"),
            Way(FAR, "no service", "c-plain", "10.10.5.11"),
            Way(FAR, "Parallax", "c-stack", "10.20.0.4"),
            Way(FAR, "VXLAN", "c-plain", "10.10.6.11", source="10.10.6.10")]
    return [w for w in ways if works(w)]


def works(way):
    try:
        way.load("rr", 50)
        return True
    except subprocess.CalledProcessError:
        print("  left out: %s, %s does not answer" % (way.name, way.group))
        return False


# ---------------------------------------------------------------- figures


ORDER = ["no service", "Parallax, redirect", "Parallax, stack", "Parallax", "VXLAN", "nftables",
         "haproxy", "Envoy"]


def place(name):
    return ORDER.index(name) if name in ORDER else len(ORDER)


class Figures:
    def __init__(self):
        self.samples = {}  # (measure, unit, better, group) -> name -> [value per round]
        self.floors = {}   # name -> [value per round]: what the harness alone costs

    def add(self, measure, unit, better, group, name, value):
        of = self.samples.setdefault((measure, unit, better, group), {})
        of.setdefault(name, []).append(value)

    def rows(self):
        for (measure, unit, better, group), of in self.samples.items():
            base = of.get("no service")
            for name, values in sorted(of.items(), key=lambda item: place(item[0])):
                row = {"measure": measure, "unit": unit, "better": better, "group": group,
                       "way": name, "median": statistics.median(values),
                       "interval": interval(values), "rounds": values}
                if base and len(base) == len(values) and all(base):
                    ratios = [v / b for v, b in zip(values, base)]
                    row["ratio"] = statistics.median(ratios)
                    row["ratio_interval"] = interval(ratios)
                if name in self.floors:
                    row["floor"] = statistics.median(self.floors[name])
                    row["ratio_to_floor"] = 1 + row["median"] / row["floor"]
                yield row


def interval(values):
    """95 % bootstrap interval of the median, over whole rounds."""
    medians = sorted(statistics.median(random.choices(values, k=len(values))) for _ in range(999))
    return [medians[24], medians[974]]


def progress(text):
    print("\r\033[K  %s" % text if sys.stdout.isatty() else "  " + text,
          end="" if sys.stdout.isatty() else "\n", flush=True)


def rounds_of(count, ways, what, measure):
    """Every round visits all ways, in another order each time."""
    for number in range(count):
        progress("%s: round %d of %d" % (what, number + 1, count))
        for way in random.sample(ways, len(ways)):
            measure(way)


# ---------------------------------------------------------------- measures


def measure_bulk(figures, ways, quick):
    ms = 250 if quick else 500
    for streams in (1, 8):
        what = "bulk TCP, %d stream%s" % (streams, "s" if streams > 1 else "")

        def one(way):
            busy, begin = busy_seconds(), time.monotonic()
            bits = float(way.load("bulk", ms, streams))
            busy = busy_seconds() - busy
            figures.add(what, "Gb/s", "more", way.group, way.name, bits / 1e9)
            figures.add("CPU per gigabit, %d" % streams, "ms", "less", way.group, way.name,
                        busy * 1e3 / (bits / 1e9 * (time.monotonic() - begin)))
        rounds_of(3 if quick else 9, ways, what, one)


def measure_connections(figures, ways, quick):
    ms = 250 if quick else 500

    def one(way):
        busy, begin = busy_seconds(), time.monotonic()
        rate = float(way.load("crr", ms))
        busy = busy_seconds() - busy
        figures.add("connections", "/s", "more", way.group, way.name, rate)
        figures.add("CPU per 1,000 connections", "ms", "less", way.group, way.name,
                    busy * 1e6 / (rate * (time.monotonic() - begin)))
    rounds_of(3 if quick else 9, ways, "connect, request, close", one)


def measure_round_trips(figures, ways, quick):
    ms = 250 if quick else 500

    def one(way):
        p50, p99, _ = way.load("rr", ms).split()
        figures.add("round trip, p50", "us", "less", way.group, way.name, int(p50) / 1e3)
        figures.add("round trip, p99", "us", "less", way.group, way.name, int(p99) / 1e3)
    rounds_of(3 if quick else 9, ways, "round trips", one)


def link(ns, device):
    return json.loads(in_ns(ns, "ip", "-j", "-s", "link", "show", device))[0]


FRAME_WAYS = [(NODE, "no service", "plain", "c-plain", "10.10.2.10", "10.10.2.11", "s-plain"),
              (NODE, "Parallax, stack", "stack", "c-stack", "10.10.0.10", "10.20.0.1", "s-stack"),
              (NODE, "Parallax, redirect", "redirect", "c-redirect", "10.10.1.10", "10.20.0.2",
               "s-redirect"),
              (NODE, "nftables", "peer", "c-peer", "10.10.3.10", "10.20.0.1", "s-peer"),
              (FAR, "no service", "plain", "c-plain", "10.10.2.10", "10.10.5.11", "s-far"),
              (FAR, "Parallax", "stack", "c-stack", "10.10.0.10", "10.20.0.4", "s-far")]
FRAME_FLOWS = 64


def send_frames(way, count):
    _, _, node, client, source, to, server = way
    device = "veth-" + client
    mac = link(node, device)["address"]
    before, begin = link(server, "eth0")["stats64"]["rx"]["packets"], time.monotonic()
    in_ns(node, BUILD + "/bench/frames", device, mac, source, to, 5000, FRAME_FLOWS, count)
    took = time.monotonic() - begin
    while True:  # the last ones may still be on their way
        got = link(server, "eth0")["stats64"]["rx"]["packets"]
        time.sleep(0.02)
        if link(server, "eth0")["stats64"]["rx"]["packets"] == got:
            return got - before, took


def measure_frames(figures, quick):
    count = 50000 if quick else 200000
    servers = sorted({w[-1] for w in FRAME_WAYS})
    for _ in range(3):  # answered, so that every flow is established
        for way in FRAME_WAYS:
            send_frames(way, FRAME_FLOWS)
    for server in servers:
        in_ns(server, "nft", "add table ip quiet; add chain ip quiet pre { type filter hook "
              "prerouting priority -400; }; add rule ip quiet pre udp sport 16384-20479 drop")

    def one(way):
        probe = time.monotonic()
        in_ns(way[2], BUILD + "/bench/frames", "veth-" + way[3], "02:00:00:00:00:01", way[4], way[5],
              5000, FRAME_FLOWS, 1)
        probe = time.monotonic() - probe
        got, took = send_frames(way, count)
        figures.add("live frames", "Mpps", "more", way[0], way[1], got / max(took - probe, 1e-3) / 1e6)
        figures.add("live frames delivered", "%", "more", way[0], way[1], 100 * got / count)
    for number in range(3 if quick else 9):
        progress("live frames: round %d" % (number + 1))
        for way in random.sample(FRAME_WAYS, len(FRAME_WAYS)):
            one(way)
    for server in servers:
        in_ns(server, "nft", "delete table ip quiet")


def watch_for(client, name):
    return subprocess.Popen(["nsenter", "--net=/var/run/netns/%s-%s" % (PREFIX, client), "--", LOAD,
                             "watch", "10.20.0.5", "5000", name, "20000"], text=True,
                            stdout=subprocess.PIPE)


def update_once(client, directory, before, after):
    """Milliseconds from the rename of the file to the first datagram that met the new state."""
    path = directory + "/zz-new.json"
    write_assignments(path, [assignment("new", before)])
    if watch_for(client, "a").wait():
        raise RuntimeError("the old state does not come back")
    time.sleep(0.15)
    watch = watch_for(client, "b")
    time.sleep(0.1)
    at = write_assignments(path, [assignment("new", after)])
    return (int(watch.communicate()[0]) - at) / 1e6


def measure_updates(figures, quick):
    old, new = [("10.10.0.11", 5000)], [("10.10.0.12", 5000)]
    many = [("10.10.0.12", 20000 + i) for i in range(10000)]
    for number in range(3 if quick else 15):
        progress("updates: round %d" % (number + 1))
        for what, after in (("1 endpoint", new), ("10,000 endpoints", many)):
            for group, client, where in (("5 services", "c-other", EDS + "-one"),
                                         ("10,000 services", "c-stack", EDS)):
                figures.add("update, " + what, "ms", "less", group, "Parallax",
                            update_once(client, where, old, after))


def memory_kb(pid, what):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(what + r":\s*(\d+)", f.read()).group(1))


def map_bytes(pins):
    total = 0
    bpftool = subprocess.run(["tools/find-tool.sh", "bpftool"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    for name in os.listdir(pins):
        out = subprocess.run([bpftool, "-j", "map", "show", "pinned", pins + "/" + name],
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        if out.startswith("{") and "bytes_memlock" in out:
            total += json.loads(out)["bytes_memlock"]
    return total


AGENT = """network: network1
cluster: cluster1
interfaces: {pods: ["veth*"], uplinks: ["eth0"]}
meshNetworksFile: %(dir)s/networks.yaml
source: {files: {path: %(dir)s/sized.json}}
capture: listed
limits: {slots: 67108864, backends: 262144}
services:
"""


def measure_memory(figures, sizes):
    """An agent of its own on the node `plain', with so many endpoints in services of ten."""
    pins = "/sys/fs/bpf/%s-plain" % PREFIX
    with open(TEST_DIR + "/pins", "a") as f:
        f.write(pins + "\n")
    for endpoints in sizes:
        progress("memory: %d endpoints" % endpoints)
        services = endpoints // 10
        config = AGENT % {"dir": TEST_DIR}
        for i in range(services):
            config += ("- {host: m-%d.%s, addresses: [%s], ports: [{port: 5000, protocol: TCP}]}\n"
                       % (i, DOMAIN, filler(i)))
        with open(TEST_DIR + "/plain.yaml", "w") as f:
            f.write(config)
        write_assignments(TEST_DIR + "/sized.json", [
            assignment("m-%d" % i, [("10.%d.%d.%d" % (64 + (10 * i + e >> 16), 10 * i + e >> 8 & 255,
                                                      10 * i + e & 255), 5000) for e in range(10)])
            for i in range(services)])
        begin = time.monotonic()
        agent = subprocess.Popen(
            ["nsenter", "--net=/var/run/netns/%s-plain" % PREFIX, "--", BUILD + "/parallaxd", "--config",
             TEST_DIR + "/plain.yaml", "--pin-dir", pins], stdout=subprocess.DEVNULL,
            stderr=open(TEST_DIR + "/log/agent-plain", "a"))
        try:
            if wait_backends(pins, endpoints, agent):
                figures.add("start with %d endpoints" % endpoints, "s", "less", "agent", "Parallax",
                            time.monotonic() - begin)
                time.sleep(0.5)
                for kind, name in (("VmRSS", "agent, resident"), ("RssAnon", "agent, its own")):
                    figures.add("%s, %d endpoints" % (name, endpoints), "MB", "less", "agent",
                                "Parallax", memory_kb(agent.pid, kind) / 1024)
                figures.add("maps, %d endpoints" % endpoints, "MB", "less", "agent", "Parallax",
                            map_bytes(pins) / 1e6)
        finally:
            agent.terminate()
            agent.wait()
            subprocess.run(["nsenter", "--net=/var/run/netns/%s-plain" % PREFIX, "--",
                            BUILD + "/parallaxctl", "--pin-dir", pins, "uninstall"],
                           stdout=subprocess.DEVNULL, check=False)


def wait_backends(pins, endpoints, agent):
    end = time.monotonic() + 60
    while time.monotonic() < end and agent.poll() is None:
        out = subprocess.run(["nsenter", "--net=/var/run/netns/%s-plain" % PREFIX, "--",
                              BUILD + "/parallaxctl", "--pin-dir", pins, "status", "-o", "json"],
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        if out.startswith("{") and str(endpoints) in re.findall(r'"used": *(\d+)', out):
            return True
        time.sleep(0.1)
    print("  the agent does not show %d endpoints; its log ends:" % endpoints)
    with open(TEST_DIR + "/log/agent-plain") as f:
        print("".join(f.readlines()[-3:]), end="")
    return False


PACKET_ROUND = ("-r", "9", "-n", "300000"), ("-r", "3", "-n", "50000")


def measure_packets(figures, quick):
    parts = [("cost per packet", []), ("steps", ["-p"]), ("cost against size", ["-s"])]
    if not quick:
        parts.append(("a million flows", ["-f", str(1 << 20), "-c", "local hit, stack"]))
    for what, more in parts:
        progress(what)
        out = subprocess.run([BUILD + "/bench/packet", *PACKET_ROUND[quick], *more], text=True,
                             check=True, stdout=subprocess.PIPE).stdout
        for line in out.splitlines():
            kind, case, flows, _, gross, floor, undo = line.split("\t")
            group = "single runs" if kind == "single" else what
            of = "key" if what == "steps" else "flow"
            name = "%s, %s %s%s" % (case, flows, of, "" if flows == "1" else "s")
            figures.add("packet", "ns net", "less", group, name,
                        float(gross) - float(floor) - float(undo))
            figures.floors.setdefault(name, []).append(float(floor))


# ---------------------------------------------------------------- report


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read()).group(1)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
    return {"date": time.strftime("%Y-%m-%d"), "cpu": model, "cpus": os.cpu_count(),
            "kernel": platform.release(), "commit": commit,
            "load": round(os.getloadavg()[0], 1),
            "jit": open("/proc/sys/net/core/bpf_jit_enable").read().strip()}


def print_table(rows):
    title = None
    for row in rows:
        head = "%s (%s)%s" % (row["measure"], row["unit"], ": " + row["group"] if row["group"] else "")
        if head != title:
            print("\n" + head)
            title = head
        ratio = "" if "ratio" not in row else "   %5.2f x  [%.2f .. %.2f]" % (
            row["ratio"], *row["ratio_interval"])
        if "floor" in row:
            ratio = "   floor %.0f, with it %.2f x" % (row["floor"], row["ratio_to_floor"])
        print("  %-58s %8.2f  [%.2f .. %.2f]%s" % (row["way"], row["median"], *row["interval"], ratio))


COLOURS = {"no service": "#9aa0a6", "Parallax": "#1a73e8", "Parallax, stack": "#1a73e8",
           "Parallax, redirect": "#0b57d0"}
CHART = ("bulk TCP, 1 stream", "bulk TCP, 8 streams", "connections", "live frames", "round trip, p50")


def svg(rows, info):
    bars, y = [], 64
    shown = [r for r in rows if r["measure"] in CHART and "ratio" in r]
    widest = max(r["ratio"] for r in shown) if shown else 1
    unit = 430 / min(widest, 6)
    head = None
    for r in shown:
        if (r["measure"], r["group"]) != head:
            head = (r["measure"], r["group"])
            y += 12
            bars.append('<text x="16" y="%d" class="h">%s, %s (%s is better)</text>'
                        % (y + 12, *head, r["better"]))
            y += 20
        width = min(r["ratio"], 6) * unit
        bars.append('<text x="170" y="%d" text-anchor="end">%s</text><rect x="178" y="%d" width="%.1f" '
                    'height="14" rx="2" fill="%s"/><text x="%.1f" y="%d">%.2f×  (%.4g %s)</text>'
                    % (y + 12, r["way"], y, width, COLOURS.get(r["way"], "#dadce0"), 184 + width,
                       y + 12, r["ratio"], r["median"], r["unit"]))
        y += 18
    title = "%s, kernel %s, %d × %s" % (info["date"], info["kernel"], info["cpus"], info["cpu"])
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="820" height="%d" font-family="sans-serif" '
            'font-size="12"><style>.h{font-weight:bold}</style><rect width="100%%" height="100%%" '
            'fill="white"/><text x="16" y="28" font-size="16" class="h">Parallax against its peers: '
            'ratio to the same path without any service</text><text x="16" y="48">%s</text>%s</svg>\n'
            % (y + 16, title, "\n".join(bars)))


def report(figures):
    rows, info = list(figures.rows()), machine()
    print_table(rows)
    os.makedirs(BUILD + "/bench", exist_ok=True)
    with open(BUILD + "/bench/results.json", "w") as f:
        json.dump({"schema": 1, "machine": info, "figures": rows}, f, indent=1)
    with open(BUILD + "/bench/chart.svg", "w") as f:
        f.write(svg(rows, info))
    print("\n%s\nwritten: %s/bench/results.json, %s/bench/chart.svg" % (info, BUILD, BUILD))


def run(arguments):
    quick = "--quick" in arguments
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    figures = Figures()
    ways = all_ways()
    parts = [("packets", lambda: measure_packets(figures, quick)),
             ("bulk", lambda: measure_bulk(figures, ways, quick)),
             ("connections", lambda: measure_connections(figures, ways, quick)),
             ("round-trips", lambda: measure_round_trips(figures, ways, quick)),
             ("frames", lambda: measure_frames(figures, quick)),
             ("updates", lambda: measure_updates(figures, quick)),
             ("memory", lambda: measure_memory(figures, [1000, 10000, 100000]))]
    for name, part in parts:
        if only in name:
            part()
    report(figures)


def main():
    verb = sys.argv[1]
    if verb == "nft":
        print_nft(int(sys.argv[2]))
    elif verb == "envoy":
        print(ENVOY)
    elif verb == "eds":
        write_eds(int(sys.argv[2]), sys.argv[3])
    else:
        run(sys.argv[2:])


main()
