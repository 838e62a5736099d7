# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Bulk by a gateway of mode forward while tunnel packets with wrong tags arrive there, and while as many arrive
at a port at which nftables drops them: what telling forged packets from others costs those who have a key."""
import json
import os
import random
import struct
import subprocess
import time

from figures import DEEP
from ways import BUILD, PREFIX, all_ways, in_ns, rounds_of, start

GATEWAY, PORT, CLOSED = "192.23.120.33", 6081, 6082
WITHOUT, NFTABLES, FORGED = "without", "dropped by nftables", "forged, dropped by Parallax"
NETWORK1 = 0x09c427


def forged_packet():
    """With the right key's number and epoch: only the tag tells."""
    tag = struct.pack("!HBBHHQ", 0xff00, 0x82, 3, 1, int(time.time()) // 64 & 0xffff,
                      random.getrandbits(64))
    service = struct.pack("!HBBQ", 0xff00, 0x81, 2, 1)
    geneve = struct.pack("!BBHI", (len(service) + len(tag)) // 4, 0x40, 0x0800, NETWORK1 << 8)
    ip = struct.pack("!BBHHHBBH4B4B", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, 10, 10, 7, 77, 10, 20, 0, 6)
    total = sum(struct.unpack("!10H", ip))
    ip = ip[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + ip[12:]
    tcp = struct.pack("!HHIIBBHHH", 2000, 5000, 1, 0, 0x50, 0x02, 1000, 0, 0)
    return (geneve + service + tag + ip + tcp).hex()


def dropped():
    """Packets that the gateway found forged."""
    status = in_ns("gw3", BUILD + "/parallaxctl", "--pin-dir", "/sys/fs/bpf/%s-gw3" % PREFIX, "status",
                   "-o", "json")
    return json.loads(status)["drops"].get("tunnel_forged", 0)


def flood(port):
    return start("forge", "plain", os.path.abspath(BUILD) + "/tests/forge", GATEWAY, str(port),
                 "100000000", forged_packet(), stdout=subprocess.DEVNULL)


def measure_forgery(figures, _, quick):
    way = [way for way in all_ways() if (way.group, way.name) == (DEEP, "Parallax")][0]
    ports = {WITHOUT: None, NFTABLES: CLOSED, FORGED: PORT}
    in_ns("gw3", "nft", "add table ip closed; add chain ip closed pre { type filter hook prerouting "
          "priority -400; }; add rule ip closed pre udp dport %d drop" % CLOSED)
    before = dropped()

    def one(name):
        sender = flood(ports[name]) if ports[name] else None
        try:
            bits = float(way.load("bulk", 250 if quick else 1000, 8))
        finally:
            if sender:
                sender.kill()
                sender.wait()
        figures.add("bulk TCP beside a flood", "Gb/s", "more", DEEP, name, bits / 1e9)

    rounds_of(3 if quick else 9, list(ports), "bulk beside forged packets", one)
    in_ns("gw3", "nft", "delete table ip closed")
    count = dropped() - before
    if not count:
        raise SystemExit("no packet was dropped as forged")
    figures.add("forged packets dropped", "millions", "more", DEEP, FORGED, count / 1e6)
