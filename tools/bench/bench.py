#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Measures in the namespaces of bench.sh. Every figure comes from interleaved rounds of one run;
what counts are ratios. `bench.py nft|haproxy|envoy|eds` writes what the others are configured with,
`bench.py parts ARGUMENT...` fails where a part is named that there is not."""
import os
import signal
import subprocess
import sys
import time

import inputs
from chart import svg
from figures import Figures, busy_processors, cpu_times, machine, print_rows, write_results
from forgery import measure_forgery
from packets import measure_packets
from scale import measure_scale
from traffic import measure_bulk, measure_connections, measure_frames, measure_round_trips
from updates import measure_updates
from ways import OUT, answering, progress, say

PARTS = {
    "packets": lambda figures, _, quick: measure_packets(figures, quick),
    "bulk": measure_bulk,
    "forgery": measure_forgery,
    "connections": measure_connections,
    "round-trips": measure_round_trips,
    "frames": lambda figures, _, quick: measure_frames(figures, quick),
    "updates": lambda figures, _, quick: measure_updates(figures, os.environ["EDS"], quick),
    "scale": lambda figures, _, quick: measure_scale(figures, quick),
}


def chosen_parts(arguments):
    chosen = [arguments[i + 1] for i, word in enumerate(arguments) if word == "--only"]
    if set(chosen) - set(PARTS):
        raise SystemExit("the parts are " + ", ".join(PARTS))
    return chosen or list(PARTS)


def run(arguments):
    quick = "--quick" in arguments
    chosen = chosen_parts(arguments)
    progress("how busy the machine is without us")
    info = dict(machine(), quick=quick, busy_before=busy_processors(2))
    say("%(busy_before).2f of %(cpus)d processors are busy with other work" % info)
    figures, ways = Figures(), answering()
    begin, stolen = time.monotonic(), cpu_times()[1]
    failed = [name for n, name in enumerate(chosen, 1)
              if not one_part(name, "part %d of %d" % (n, len(chosen)), figures, ways, quick)]
    info["seconds"] = time.monotonic() - begin
    info["stolen"] = (cpu_times()[1] - stolen) / info["seconds"]
    report(figures, info, chosen)
    if failed:
        raise SystemExit("failed: " + ", ".join(failed))


def one_part(name, place, figures, ways, quick):
    """What the other parts have measured is not lost by one that fails."""
    at = time.monotonic()
    progress("%s: %s" % (place, name))
    try:
        PARTS[name](figures, ways, quick)
    except (SystemExit, subprocess.CalledProcessError, OSError) as error:
        say("%s FAILED: %s" % (name, error))
        return False
    say("%s: %s, %.0f s" % (place, name, time.monotonic() - at))
    return True


def report(figures, info, chosen):
    rows = list(figures.rows())
    os.makedirs(OUT, exist_ok=True)
    write_results(OUT + "/results.json", rows, info)
    with open(OUT + "/chart.svg", "w") as f:
        f.write(svg(rows, info))
    print_rows(rows)
    print("\n%(date)s, %(cpus)d x %(cpu)s, Linux %(kernel)s, commit %(commit)s" % info)
    print("written: %s/results.json, %s/chart.svg" % (OUT, OUT))
    if set(chosen) == set(PARTS) and not info["quick"]:
        print("`make bench-docs' puts these figures into README.md and docs/performance.*")


def stop_when_told():
    """Once, as by Ctrl-C; what we started ends on the way out."""
    def stop(*_):
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signals = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    for number in signals:
        signal.signal(number, stop)


def main():
    verb = sys.argv[1]
    if verb == "nft":
        inputs.print_nft(int(sys.argv[2]))
    elif verb == "haproxy":
        print(inputs.HAPROXY)
    elif verb == "envoy":
        print(inputs.ENVOY)
    elif verb == "eds":
        inputs.write_eds(int(sys.argv[2]), sys.argv[3])
    elif verb == "parts":
        chosen_parts(sys.argv[2:])
    else:
        stop_when_told()
        try:
            run(sys.argv[2:])
        except KeyboardInterrupt:
            raise SystemExit(130) from None


main()
