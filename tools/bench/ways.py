# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The ways from a client to a server, and how rounds visit them."""
import os
import random
import re
import subprocess
import sys

from figures import DEEP, FAR, NODE, OTHER

LOAD, BUILD = os.environ.get("LOAD", ""), os.environ.get("BUILD", "build")
OUT = os.environ.get("OUT", BUILD + "/bench")
PREFIX, TEST_DIR = os.environ.get("PREFIX", ""), os.environ.get("TEST_DIR", "")


def inside(ns):
    return ["nsenter", "--net=/var/run/netns/%s-%s" % (PREFIX, ns), "--"]


def in_ns(ns, *command, source=None, **more):
    env = dict(os.environ, SOURCE=source) if source else os.environ
    return subprocess.run([*inside(ns), *map(str, command)], env=env, check=True, text=True,
                          stdout=subprocess.PIPE, **more).stdout


def memory_mb(pid, what):
    """VmRSS, VmHWM (its peak) or RssAnon of a process."""
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(what + r":\s*(\d+)", f.read()).group(1)) / 1024


def start(name, ns, *command, **more):
    """A process that bench.sh takes down, should we not live to do it."""
    process = subprocess.Popen([*inside(ns), *command], **more)
    with open("/proc/%d/stat" % process.pid) as f:
        started = f.read().rpartition(") ")[2].split()[19]
    with open(TEST_DIR + "/processes", "a") as f:
        f.write("%d %s %s\n" % (process.pid, started, name))
    return process


def pid_of(name):
    """Of a process that bench.sh started."""
    with open(TEST_DIR + "/processes") as f:
        return [int(pid) for pid, _, known, *_ in map(str.split, f) if known == name][-1]


class Way:
    """Where the client is, what it calls; ways of one group share a path."""

    def __init__(self, group, name, client, address, port=5000, source=None):
        self.group, self.name, self.client = group, name, client
        self.address, self.port, self.source = address, port, source

    def load(self, mode, *more, **kind):
        return in_ns(self.client, LOAD, mode, self.address, self.port, *more, source=self.source,
                     **kind)


def all_ways():
    return [Way(NODE, "no service", "c-plain", "10.10.2.11"),
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
            Way(FAR, "VXLAN", "c-plain", "10.10.6.11", source="10.10.6.10"),
            Way(DEEP, "no service", "c-plain", "10.10.7.11"),
            Way(DEEP, "Parallax", "c-keyed", "10.20.0.6")]


def answering():
    """A peer that is not installed is left out; we and plain routing must answer."""
    return [way for way in all_ways() if works(way)]


def works(way):
    try:
        way.load("rr", 50, stderr=subprocess.DEVNULL)
        return True
    except subprocess.CalledProcessError:
        if way.name.startswith("Parallax") or way.name == "no service":
            raise SystemExit("%s, %s: the server does not answer" % (way.name, way.group)) from None
        say("left out: %s, %s: not installed, or does not answer" % (way.name, way.group))
        return False


# ---------------------------------------------------------------- rounds


def progress(text):
    """One line, written over while it is a terminal."""
    if sys.stdout.isatty():
        print("\r\033[K  %s" % text, end="", flush=True)
    else:
        print("  " + text, flush=True)


def say(text):
    print("%s  %s" % ("\r\033[K" if sys.stdout.isatty() else "", text), flush=True)


def rounds_of(count, ways, what, measure):
    """Every round visits all ways, in another order each time."""
    for number in range(count):
        progress("%s: round %d of %d" % (what, number + 1, count))
        for way in random.sample(ways, len(ways)):
            measure(way)
