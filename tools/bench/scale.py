# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An agent of its own on the node `plain': start, memory, a million flows and updates, by size."""
import json
import os
import subprocess
import time

import updates
from inputs import SIZED_AGENT, write_sized
from traffic import Frames
from ways import BUILD, PREFIX, TEST_DIR, in_ns, inside, memory_mb, progress

NODE, CLIENT, SERVER = "plain", "c-plain", "s-plain"
PINS = "/sys/fs/bpf/%s-%s" % (PREFIX, NODE)
LOG = TEST_DIR + "/log/agent-plain"
EACH = 10              # endpoints of a service
SERVICES = (100, 1000, 10000)
FLOWS = 1000000
LIMITS = "services: 16384, backends: 262144, flows: 1048576, slots: 67108864"
GROUP = "scale"
LARGEST = "100,000 endpoints, a million flows"


def ctl(*arguments):
    return subprocess.run([*inside(NODE), BUILD + "/parallaxctl", "--pin-dir", PINS, *arguments],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)


def usage():
    """{map: elements in use}, once there is something to ask."""
    answer = ctl("status", "-o", "json")
    if answer.returncode:
        return {}
    return {name: one["used"] for name, one in json.loads(answer.stdout)["maps"].items()}


class Agent:
    """Runs with services of ten endpoints; stopped on exit, its programs taken out."""

    def __init__(self, services):
        self.services, self.directory = services, TEST_DIR + "/sized"
        os.makedirs(self.directory, exist_ok=True)
        lines = write_sized(self.directory, services, EACH)
        self.config = TEST_DIR + "/plain.yaml"
        with open(self.config, "w") as f:
            f.write(SIZED_AGENT % (TEST_DIR + "/networks.yaml", self.directory, LIMITS)
                    + "\n".join(lines) + "\n")

    def __enter__(self):
        with open(LOG, "w") as log:
            self.process = subprocess.Popen(
                [*inside(NODE), BUILD + "/parallaxd", "--config", self.config, "--pin-dir", PINS],
                stdout=subprocess.DEVNULL, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        ctl("uninstall")

    def wait_loaded(self):
        """Seconds until the agent says that it serves, every endpoint being in the kernel then."""
        begin = time.monotonic()
        while "serving network" not in log_text():
            if time.monotonic() - begin > 180 or self.process.poll() is not None:
                raise SystemExit("the agent does not serve; its log ends:\n" + log_text()[-800:])
            time.sleep(0.02)
        took = time.monotonic() - begin
        if usage().get("backends", 0) <= self.services * EACH:
            raise SystemExit("%d services are not loaded; the agent's log ends:\n%s"
                             % (self.services, log_text()[-800:]))
        return took


def log_text():
    with open(LOG) as f:
        return f.read()


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


def measure_memory(figures, agent):
    for what, kind in (("agent, resident", "VmRSS"), ("agent, its own", "RssAnon"),
                       ("agent, peak", "VmHWM")):
        note(figures, agent.services, what, "MB", memory_mb(agent.process.pid, kind))
    sizes = map_megabytes()
    note(figures, agent.services, "maps", "MB", sum(sizes.values()))
    for name in ("flows", "half_open", "backends", "slots"):
        if name in sizes:
            note(figures, agent.services, "map " + name, "MB", sizes[name])


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


def measure_flows(figures, agent):
    """Opened by datagrams to 245 services, each answered; then a datagram of each once more."""
    frames = Frames(GROUP, "Parallax", NODE, CLIENT, "10.10.2.10", "10.21.0.0", SERVER)
    reflecting_pod()
    progress("scale: opening %d flows" % FLOWS)
    opened = FLOWS / frames.send(1 << 20, FLOWS) / 1e6
    known = usage()
    note(figures, agent.services, "flows held", "flows", known.get("flows", 0) / 2, "more")
    note(figures, agent.services, "flows opened", "M/s", opened, "more")
    progress("scale: a datagram of each")
    note(figures, agent.services, "known flows", "Mpps", FLOWS / frames.send(1 << 20, FLOWS) / 1e6,
         "more")


# ---------------------------------------------------------------- by size


def measure_scale(figures, quick):
    with open(TEST_DIR + "/pins", "a") as f:
        f.write(PINS + "\n")
    for services in SERVICES:
        progress("scale: %d services of %d endpoints" % (services, EACH))
        with Agent(services) as agent:
            note(figures, services, "start", "s", agent.wait_loaded())
            time.sleep(0.5)
            measure_memory(figures, agent)
            if services == SERVICES[-1]:
                measure_flows(figures, agent)
                updates.measure(figures, updates.Changing(LARGEST, CLIENT, agent.directory), quick)
                for what, kind in (("resident", "VmRSS"), ("peak", "VmHWM")):
                    note(figures, services, "agent, %s, at work" % what, "MB",
                         memory_mb(agent.process.pid, kind))
