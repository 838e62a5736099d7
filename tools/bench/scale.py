# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Start, memory, a million flows and updates of an agent, by size."""
import json
import os
import subprocess
import time

import updates
from agent import CLIENT, NODE, PINS, SERVER, Agent, log_text, usage
from inputs import sized_agent, write_sized
from traffic import Frames
from ways import BUILD, TEST_DIR, in_ns, memory_mb, progress

EACH = 10              # endpoints of a service
SERVICES = (100, 1000, 10000)
FLOWS = 1000000
LIMITS = "services: 16384, backends: 262144, flows: 1048576"
GROUP = "scale"
LARGEST = "100,000 endpoints, a million flows"


def map_megabytes():
    """{map: MB charged for it}."""
    bpftool = subprocess.run(["tools/find-tool.sh", "bpftool"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.strip()
    sizes = {}
    for name in os.listdir(PINS):
        out = subprocess.run([bpftool, "-j", "map", "show", "pinned", PINS + "/" + name], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        if out.startswith("{") and "bytes_memlock" in out:
            sizes[name] = json.loads(out)["bytes_memlock"] / 1e6
    return sizes


def note(figures, services, what, unit, value, better="less"):
    figures.add(what, unit, better, GROUP, "%d endpoints" % (services * EACH), value)


def measure_memory(figures, services, agent):
    for what, kind in (("agent, resident", "VmRSS"), ("agent, its own", "RssAnon"),
                       ("agent, peak", "VmHWM")):
        note(figures, services, what, "MB", memory_mb(agent.process.pid, kind))
    sizes = map_megabytes()
    note(figures, services, "maps", "MB", sum(sizes.values()))
    for name in ("flows", "embryonic", "backends", "slots"):
        if name in sizes:
            note(figures, services, "map " + name, "MB", sizes[name])


# ---------------------------------------------------------------- a million flows


def reflecting_pod():
    """The pod behind all endpoints: what enters it goes back at once, from where it was sent to."""
    in_ns(NODE, "ip", "route", "replace", "10.64.0.0/12", "via", "10.10.2.11", "dev",
          "veth-" + SERVER, "onlink")
    in_ns(SERVER, BUILD + "/bench/frames", "reflect", "eth0")
    for ns, rule in ((NODE, "udp sport 5000 notrack; add rule ip quiet pre udp dport 5000 notrack"),
                     (CLIENT, "ip saddr 10.21.0.0/16 udp sport 5000 drop")):
        in_ns(ns, "nft", "add table ip quiet; add chain ip quiet pre { type filter hook prerouting "
              "priority -400; }; add rule ip quiet pre " + rule)


def measure_flows(figures, services):
    """Opened by datagrams to 245 services, each answered; then a datagram of each once more."""
    frames = Frames(GROUP, "Parallax", NODE, CLIENT, "10.10.2.10", "10.21.0.0", SERVER)
    reflecting_pod()
    progress("scale: opening %d flows" % FLOWS)
    opened = FLOWS / frames.send(1 << 20, FLOWS) / 1e6
    known = usage()
    note(figures, services, "flows held", "flows", known.get("flows", 0) / 2, "more")
    note(figures, services, "flows opened", "M/s", opened, "more")
    progress("scale: a datagram of each")
    note(figures, services, "known flows", "Mpps", FLOWS / frames.send(1 << 20, FLOWS) / 1e6,
         "more")


# ---------------------------------------------------------------- by size


def start(services, directory):
    """An agent with so many services of ten endpoints."""
    os.makedirs(directory, exist_ok=True)
    lines = write_sized(directory, services, EACH)
    return Agent(sized_agent(TEST_DIR + "/networks.yaml", directory, LIMITS, lines))


def confirm_loaded(services):
    if usage().get("backends", 0) <= services * EACH:
        raise SystemExit("%d services are not loaded; the agent's log ends:\n%s"
                         % (services, log_text()[-800:]))


def measure_scale(figures, quick):
    directory = TEST_DIR + "/sized"
    for services in SERVICES:
        progress("scale: %d services of %d endpoints" % (services, EACH))
        with start(services, directory) as agent:
            note(figures, services, "start", "s", agent.wait_serving())
            confirm_loaded(services)
            time.sleep(0.5)
            measure_memory(figures, services, agent)
            if services == SERVICES[-1]:
                measure_largest(figures, services, agent, directory, quick)


def measure_largest(figures, services, agent, directory, quick):
    measure_flows(figures, services)
    changing = updates.Changing(LARGEST, CLIENT, directory, "agent-plain")
    updates.measure(figures, changing, quick)
    for what, kind in (("resident", "VmRSS"), ("peak", "VmHWM")):
        note(figures, services, "agent, %s, at work" % what, "MB",
             memory_mb(agent.process.pid, kind))
