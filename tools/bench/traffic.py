# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Bulk, connections, round trips and live frames, on all ways in turn."""
import json
import time

from figures import FAR, NODE, OTHER, cpu_times
from ways import BUILD, in_ns, rounds_of


def rounds(quick):
    return 3 if quick else 9


def span_ms(quick):
    return 250 if quick else 500


def with_cpu(work):
    """What `work` returns, and the whole machine's busy seconds and wall seconds meanwhile."""
    busy, begin = cpu_times()[0], time.monotonic()
    result = work()
    return result, cpu_times()[0] - busy, time.monotonic() - begin


def measure_bulk(figures, ways, quick):
    for streams in (1, 8):
        what = "bulk TCP, %d stream%s" % (streams, "s" if streams > 1 else "")

        def one(way, streams=streams, what=what):
            bits, busy, wall = with_cpu(lambda: float(way.load("bulk", span_ms(quick), streams)))
            figures.add(what, "Gb/s", "more", way.group, way.name, bits / 1e9)
            figures.add("CPU per gigabit, %d" % streams, "ms", "less", way.group, way.name,
                        busy * 1e3 / (bits / 1e9 * wall))
        rounds_of(rounds(quick), ways, what, one)


def measure_connections(figures, ways, quick):
    def one(way):
        rate, busy, wall = with_cpu(lambda: float(way.load("crr", span_ms(quick))))
        figures.add("connections", "/s", "more", way.group, way.name, rate)
        figures.add("CPU per 1,000 connections", "ms", "less", way.group, way.name,
                    busy * 1e6 / (rate * wall))
    rounds_of(rounds(quick), ways, "connect, request, close", one)


def measure_round_trips(figures, ways, quick):
    def one(way):
        p50, p99, _ = way.load("rr", span_ms(quick)).split()
        figures.add("round trip, p50", "µs", "less", way.group, way.name, int(p50) / 1e3)
        figures.add("round trip, p99", "µs", "less", way.group, way.name, int(p99) / 1e3)
    rounds_of(rounds(quick), ways, "round trips", one)


# ---------------------------------------------------------------- live frames

FRAME_FLOWS = 64


class Frames:
    """Frames as if the client's veth on the node had received them, counted at the server."""

    def __init__(self, group, name, node, client, source, to, server):
        self.group, self.name, self.node, self.server = group, name, node, server
        self.device, self.source, self.to = "veth-" + client, source, to

    def send(self, flows, count):
        """Seconds, less what starting the generator takes."""
        mac = link(self.node, self.device)["address"]
        spent = []
        for number in (1, count):
            begin = time.monotonic()
            in_ns(self.node, BUILD + "/bench/frames", self.device, mac, self.source, self.to, 5000,
                  flows, number)
            spent.append(time.monotonic() - begin)
        return max(spent[1] - spent[0], 1e-3)

    def received(self):
        return link(self.server, "eth0")["stats64"]["rx"]["packets"]

    def deliver(self, count):
        before = self.received()
        took = self.send(FRAME_FLOWS, count)
        while True:  # the last ones may still be on their way
            got = self.received()
            time.sleep(0.02)
            if self.received() == got:
                return got - before - 1, took


def link(ns, device):
    return json.loads(in_ns(ns, "ip", "-j", "-s", "link", "show", device))[0]


FRAME_WAYS = [Frames(NODE, "no service", "plain", "c-plain", "10.10.2.10", "10.10.2.11", "s-plain"),
              Frames(NODE, "Parallax, stack", "stack", "c-stack", "10.10.0.10", "10.20.0.1",
                     "s-stack"),
              Frames(NODE, "Parallax, redirect", "redirect", "c-redirect", "10.10.1.10",
                     "10.20.0.2", "s-redirect"),
              Frames(NODE, "nftables", "peer", "c-peer", "10.10.3.10", "10.20.0.1", "s-peer"),
              Frames(OTHER, "no service", "plain", "c-plain", "10.10.2.10", "10.10.4.11", "s-other"),
              Frames(OTHER, "Parallax", "stack", "c-stack", "10.10.0.10", "10.20.0.3", "s-other"),
              Frames(OTHER, "nftables", "peer", "c-peer", "10.10.3.10", "10.20.0.3", "s-other"),
              Frames(FAR, "no service", "plain", "c-plain", "10.10.2.10", "10.10.5.11", "s-far"),
              Frames(FAR, "Parallax", "stack", "c-stack", "10.10.0.10", "10.20.0.4", "s-far")]


def measure_frames(figures, quick):
    count = 50000 if quick else 200000
    servers = sorted({way.server for way in FRAME_WAYS})
    for _ in range(3):  # answered, so that every flow is established
        for way in FRAME_WAYS:
            way.deliver(FRAME_FLOWS)
    for server in servers:
        in_ns(server, "nft", "add table ip quiet; add chain ip quiet pre { type filter hook "
              "prerouting priority -400; }; add rule ip quiet pre udp sport 16384-20479 drop")

    def one(way):
        got, took = way.deliver(count)
        figures.add("live frames", "Mpps", "more", way.group, way.name, got / took / 1e6)
        figures.add("live frames delivered", "%", "more", way.group, way.name, 100 * got / count)
    rounds_of(rounds(quick), FRAME_WAYS, "live frames", one)
    for server in servers:
        in_ns(server, "nft", "delete table ip quiet")
