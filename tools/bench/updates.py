# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""How long after a file was written the first packet meets the new state.

`load watch` sends a datagram of a new flow every fifth of a millisecond and prints the send time of
the first one that the new endpoint answered; both clocks are CLOCK_MONOTONIC."""
import json
import re
import subprocess
import time

from agent import Agent
from inputs import CHANGING, DOMAIN, NEW, OLD, ads_agent, assignment, write_assignments
from ways import LOAD, TEST_DIR, inside, memory_mb, pid_of, progress, start

SETTLE = 0.15  # the agent's work after a write, and its delay between changes
ANSWERED_BY = {OLD: "a", NEW: "b"}


class Changing:
    """The service that changes, as one agent is told of it."""

    def __init__(self, group, client, directory, agent):
        self.group, self.client, self.log = group, client, TEST_DIR + "/log/" + agent
        self.path = directory and directory + "/zz-new.json"
        self.read = 0  # lines of the log already parsed

    def applied(self):
        """Milliseconds of planning and writing, of each update since the last call."""
        with open(self.log) as f:
            lines = f.readlines()
        fresh, self.read = lines[self.read:], len(lines)
        found = (re.search(r"changes applied in (\d+) us", line) for line in fresh)
        return [int(match.group(1)) / 1000 for match in found if match]

    def watch(self, pod):
        return subprocess.Popen([*inside(self.client), LOAD, "watch", CHANGING, "5000",
                                 ANSWERED_BY[pod], "30000"], text=True, stdout=subprocess.PIPE)

    def tell(self, endpoints, in_place=False):
        """CLOCK_MONOTONIC ns of the moment from which the agent can know."""
        return write_assignments(self.path, [assignment("new", endpoints)], in_place)

    def change(self, endpoints, pod, **kind):
        """Milliseconds until the first packet to `pod`, which answers for new endpoints alone."""
        with self.watch(pod) as watch:
            time.sleep(0.03)
            at = self.tell(endpoints, **kind)
            seen = watch.communicate()[0]
        if watch.returncode:
            raise SystemExit("%s: the new state does not show" % self.group)
        time.sleep(SETTLE)
        return (int(seen) - at) / 1e6


class ChangingByAds(Changing):
    """The same by a control plane, which is a process that ads_push.py runs."""

    def __init__(self, group, client, plane, agent):
        super().__init__(group, client, None, agent)
        self.plane = plane

    def tell(self, endpoints):
        self.plane.stdin.write(json.dumps(endpoints) + "\n")
        self.plane.stdin.flush()
        return int(self.plane.stdout.readline())


def one(pod):
    return [(pod, 5000)]


def all_new(pod):
    """Ten thousand endpoints, by their ports."""
    return [(pod, 20000 + i) for i in range(10000)]


def one_of_many(pod):
    """One that nearly all meet, and 9,999 that nobody answers for."""
    return [(pod, 5000, 1000000)] + [("10.10.8.1", 20000 + i) for i in range(9999)]


def back_and_forth(changing, endpoints, times, **kind):
    """The one endpoint there is leaves and another comes, each time."""
    changing.change(endpoints(OLD), OLD)
    for pod in [NEW, OLD] * (times // 2):
        yield changing.change(endpoints(pod), pod, **kind)


def many_and_few(changing, times):
    """Ten thousand endpoints take the place of one, which then comes back unmeasured."""
    for _ in range(times):
        changing.change(one(OLD), OLD)
        yield changing.change(all_new(NEW), NEW)
    changing.change(one(OLD), OLD)


def measure(figures, changing, quick):
    def note(what, values):
        progress("updates, %s: %s" % (changing.group, what))
        for value in values:
            figures.add("update, " + what, "ms", "less", changing.group, "Parallax", value)

    def note_both(what, values):
        changing.applied()
        note(what, values)
        note(what + ", of it planned and written", changing.applied())

    note_both("1 endpoint", back_and_forth(changing, one, 10 if quick else 100))
    if not quick:
        values = sorted(figures.values("update, 1 endpoint", changing.group, "Parallax"))
        note("1 endpoint, p99", [values[len(values) * 99 // 100 - 1]])
    if changing.path:
        note("1 endpoint, file written in place",
             back_and_forth(changing, one, 4 if quick else 20, in_place=True))
    note_both("1 of 10,000 endpoints", back_and_forth(changing, one_of_many, 2 if quick else 20))
    note("10,000 endpoints", many_and_few(changing, 2 if quick else 15))
    note("1 endpoint where 10,000 were", back_and_forth(changing, one, 4 if quick else 20))


def note_memory(figures, group, pid):
    for what, kind in (("resident", "VmRSS"), ("peak", "VmHWM")):
        figures.add("agent, %s, after updates" % what, "MB", "less", group, "Parallax",
                    memory_mb(pid, kind))


def measure_updates(figures, directory, quick):
    for group, client, where, agent in (
            ("5 services", "c-other", directory + "-other", "agent-other"),
            ("10,000 services", "c-stack", directory + "-stack", "agent-stack")):
        measure(figures, Changing(group, client, where, agent), quick)
        note_memory(figures, group, pid_of(agent))
    measure_ads(figures, quick)


# ---------------------------------------------------------------- by ADS

PLANE = "127.0.0.1:15010"


def measure_ads(figures, quick):
    """An agent on the node `plain', and its control plane on the same node."""
    plane = start("plane", "plain", "tools/bench/ads_push.py", PLANE, "new." + DOMAIN, "5000",
                  text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        changing = ChangingByAds("ADS, 1 service", "c-plain", plane, "agent-plain")
        changing.tell(one(OLD))
        with Agent(ads_agent(PLANE)) as agent:
            agent.wait_serving()
            measure(figures, changing, quick)
            note_memory(figures, changing.group, agent.process.pid)
    finally:
        plane.terminate()
        plane.wait()
