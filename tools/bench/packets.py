# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cost per packet of the shipped programs; build/bench/packet measures, this reads its lines."""
import subprocess

from ways import BUILD, progress

ROUNDS = ("-r", "9", "-n", "300000"), ("-r", "3", "-n", "50000")


def parts(quick):
    yield "cost per packet", []
    yield "steps", ["-p"]
    yield "cost against size", ["-s"]
    if not quick:
        yield "a million flows", ["-s", "-f", str(1 << 20)]
        yield "gateways at a million flows", ["-c", "gateway", "-f", str(1 << 20)]


def measure_packets(figures, quick):
    for what, more in parts(quick):
        progress(what)
        with subprocess.Popen([BUILD + "/bench/packet", *ROUNDS[quick], *more], text=True,
                              stdout=subprocess.PIPE) as packet:
            shown = None
            for line in packet.stdout:
                name = take(figures, what, line)
                if name != shown:
                    progress("%s: %s" % (what, name))
                shown = name
        if packet.returncode:
            raise SystemExit("build/bench/packet failed")


def take(figures, what, line):
    """One line: KIND CASE FLOWS ROUND GROSS FLOOR UNDO."""
    kind, case, flows, _, gross, floor, undo = line.rstrip("\n").split("\t")
    of = "key" if what == "steps" else "flow"
    name = "%s, %s %s%s" % (case, flows, of, "" if flows == "1" else "s")
    figures.add("packet", "ns net", "less", "single runs" if kind == "single" else what, name,
                float(gross) - float(floor) - float(undo))
    figures.floors.setdefault(name, []).append(float(floor))
    return name
