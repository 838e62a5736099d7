# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the templates may ask of a run: figures, ratios, verdicts and tables, as Markdown.

A figure that was not measured is a dash, and stands in `missing`."""
import math
import statistics

from figures import DEEP, FAR, GROUPS, NODE, OTHER, interval

DASH = "–"
SIZES = [(1, 10), (1, 100), (1, 1000), (1, 10000), (1, 100000), (10, 10), (100, 100), (1000, 1000),
         (10000, 10000), (10000, 100000)]


def number(value, digits=0):
    return DASH if math.isnan(value) else "{:,.{}f}".format(value, digits)


def span(values, digits):
    return "[%s–%s]" % tuple(number(v, digits) for v in values)


class Words:
    def __init__(self, rows, info):
        self.index = {(r["measure"], r["group"], r["way"]): r for r in rows}
        self.rows, self.machine, self.missing = rows, info, set()
        self.names = {name: getattr(self, name) for name in dir(self) if name[0] != "_"}
        self.names.update(node=NODE, other=OTHER, far=FAR, deep=DEEP, number=number, min=min, max=max)

    def evaluate(self, expression):
        return eval(expression, {"__builtins__": {}}, self.names)  # our own templates

    def jit(self):
        return {"0": "off", "1": "on", "2": "on"}.get(self.machine["jit"], "unknown")

    # ------------------------------------------------------------ figures

    def row(self, measure, group, way):
        row = self.index.get((measure, group, way))
        if not row:
            self.missing.add("%s: %s" % (measure, group))
        return row

    def value(self, measure, group, way, field="median"):
        row = self.row(measure, group, way)
        return row.get(field, math.nan) if row else math.nan

    def packet(self, case, flows=1, group="cost per packet", field="median"):
        """Net ns."""
        name = "%s, %d flow%s" % (case, flows, "" if flows == 1 else "s")
        return self.value("packet", group, name, field)

    def single(self, case, flows=1):
        return self.packet(case, flows, "single runs")

    def step(self, name, keys=1):
        name = "step: %s, %d key%s" % (name, keys, "" if keys == 1 else "s")
        return self.value("packet", "steps", name)

    def scale(self, what, endpoints=100000):
        return self.value(what, "scale", "%d endpoints" % endpoints)

    def per_endpoint(self, what):
        """Bytes for each endpoint more, from 10,000 to 100,000 of them."""
        return (self.scale(what) - self.scale(what, 10000)) * 1e6 / 90000

    def update(self, what, group):
        return self.value("update, " + what, group, "Parallax")

    # ------------------------------------------------------------ comparisons

    def ratio(self, measure, group, way):
        row = self.row(measure, group, way)
        if not row or "ratio" not in row:
            return DASH
        return "%.2f × %s" % (row["ratio"], span(row["ratio_interval"], 2))

    def short_ratio(self, measure, group, way):
        return self.ratio(measure, group, way).partition(" [")[0]

    def versus(self, measure, group, way, peer):
        """Round by round beside another way than no service."""
        ours, theirs = self.row(measure, group, way), self.row(measure, group, peer)
        if not ours or not theirs:
            return DASH
        ratios = [a / b for a, b in zip(ours["rounds"], theirs["rounds"])]
        return "%.2f × %s" % (statistics.median(ratios), span(interval(ratios), 2))

    def versus_median(self, measure, group, way, peer):
        text = self.versus(measure, group, way, peer)
        return math.nan if text == DASH else float(text.split()[0])

    def added(self, measure, way):
        value = self.value(measure, NODE, way, "added")
        return DASH if math.isnan(value) else "{:+.1f} µs".format(value)

    # ------------------------------------------------------------ verdicts

    def held(self, met, why=""):
        """`why' explains a miss, so it is shown only then."""
        return "met" if met else "not met" + (": " + why if why else "")

    def at_most(self, value, aim, why=""):
        return "not measured" if math.isnan(value) else self.held(value <= aim, why)

    def at_least(self, value, aim, why=""):
        return "not measured" if math.isnan(value) else self.held(value >= aim, why)

    def both(self, first, first_aim, second, second_aim, why=""):
        """Two figures of one row, as the aims have them for 1 and 64k flows."""
        if math.isnan(first) or math.isnan(second):
            return "not measured"
        verdicts = first <= first_aim, second <= second_aim
        if all(verdicts):
            return "met"
        return "%s, %s%s" % (*map(self.held, verdicts), ": " + why if why else "")

    def reached(self, measure, group, way, aim, why=""):
        row = self.row(measure, group, way)
        if not row or "ratio" not in row:
            return "not measured"
        low, high = row["ratio_interval"]
        if row["ratio"] >= aim:
            return "met" if low >= aim else "met at the median, the spread reaches below"
        return ("not met at the median, within the spread" if high >= aim else "not met") \
            + (": " + why if why else "")

    # ------------------------------------------------------------ the machine

    def where(self):
        m = self.machine
        virtual = " (a virtual machine)" if m["virtual"] else ""
        return "%s on %d × %s%s, %d GB, Linux %s" % (m["date"], m["cpus"], m["cpu"], virtual,
                                                     m["memory_gb"], m["kernel"])

    def quiet(self):
        """How much to trust absolute figures."""
        m = self.machine
        text = "%.1f of %d processors were busy with other work before it began" % (
            m["busy_before"], m["cpus"])
        text += ", %.1f %% steal" % (100 * m["stolen"] / m["cpus"])
        return text + (", and it was a quick run" if m["quick"] else "")

    # ------------------------------------------------------------ tables

    def traffic_table(self, measure, digits):
        out = ["| path | way | %s | ratio to no service |" % measure, "|---|---|---|---|"]
        for group in GROUPS:
            for r in (r for r in self.rows if (r["measure"], r["group"]) == (measure, group)):
                out.append("| %s | %s | %s %s %s | %s |" % (
                    group, r["way"], number(r["median"], digits), r["unit"],
                    span(r["interval"], digits),
                    "1" if r["way"] == "no service" else self.ratio(measure, group, r["way"])))
        return "\n".join(out)

    def round_trip_table(self):
        out = ["| path | way | p50 | added | ratio | p99 | added |", "|---|---|---|---|---|---|---|"]
        for r in (r for r in self.rows if r["measure"] == "round trip, p50"):
            tail = self.row("round trip, p99", r["group"], r["way"])
            plain = r["way"] == "no service"
            out.append("| %s | %s | %s µs %s | %s | %s | %s µs | %s |" % (
                r["group"], r["way"], number(r["median"], 1), span(r["interval"], 1),
                "" if plain else "%+.1f µs" % r.get("added", math.nan),
                "1" if plain else self.ratio("round trip, p50", r["group"], r["way"]),
                number(tail["median"], 1), "" if plain else "%+.1f µs" % tail.get("added", math.nan)))
        return "\n".join(out)

    def packet_table(self, names, group="cost per packet"):
        return "\n".join("| %s | %s |" % (name, " | ".join(
            number(self.packet(name, flows, group)) for flows in (1, 1024, 65536))) for name in names)

    def size_table(self):
        def at(case, flows, sizes):
            return number(self.packet("%s; %d services, %d endpoints" % (case, *sizes), flows,
                                      "cost against size"))
        return "\n".join("| {:,} | {:,} | {} | {} | {} |".format(
            *sizes, at("local hit, stack", 1024, sizes), at("not a service", 65536, sizes),
            at("new flow", 1 << 24, sizes)) for sizes in SIZES)

    def update_table(self):
        groups = ["5 services", "10,000 services", "100,000 endpoints, a million flows",
                  "ADS, 1 service"]
        part = ", of it planned and written"
        kinds = ["1 endpoint", "1 endpoint" + part, "1 endpoint, p99",
                 "1 endpoint, file written in place", "1 of 10,000 endpoints",
                 "1 of 10,000 endpoints" + part, "10,000 endpoints", "1 endpoint where 10,000 were"]
        out = ["| what changes | %s |" % " | ".join(groups), "|---|---|---|---|---|"]
        for kind in kinds:
            out.append("| %s | %s |" % (kind, " | ".join(
                number(self.update(kind, group), 1) for group in groups)))
        return "\n".join(out)

    def scale_table(self):
        columns = ["start", "agent, its own", "agent, resident", "agent, peak", "maps"]
        out = []
        for endpoints in (1000, 10000, 100000):
            out.append("| {:,} | {} |".format(endpoints, " | ".join(
                number(self.scale(what, endpoints), 1) for what in columns)))
        return "\n".join(out)

    def budget(self, total, *steps):
        """(what, ns) pairs, and what is left of the total."""
        rest = total - sum(ns for _, ns in steps)
        steps = [*steps, ("the rest: calls of subprograms, checks, tag, counters", max(rest, 0))]
        out = ["| step | ns |", "|---|---|"]
        out += ["| %s | %s |" % (what, number(ns)) for what, ns in steps]
        return "\n".join(out + ["| **measured** | **%s** |" % number(total)])
