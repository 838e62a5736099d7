# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The chart: each way's ratio to no service at all, as bars in two columns, and cost by size."""
from curves import curves
from figures import GROUPS

SHOWN = ("bulk TCP, 1 stream", "bulk TCP, 8 streams", "connections", "live frames",
         "round trip, p50")
TITLES = {"connections": "connect, request, close", "live frames": "frames of 64 bytes"}
COLOURS = {"no service": "#9aa0a6", "Parallax": "#1a73e8", "Parallax, stack": "#1a73e8",
           "Parallax, redirect": "#0b57d0"}
OTHERS = "#f2b8a0"
BAR, GAP, LABEL, COLUMN, MOST = 15, 19, 128, 600, 4.0
UNIT = (COLUMN - LABEL - 150) / MOST
STYLE = "text,tspan{fill:#202124}.h{font-weight:600}.s,tspan.s{fill:#5f6368}"


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text(x, y, words, more=""):
    return '<text x="%.1f" y="%.1f"%s>%s</text>' % (x, y, more, escape(words))


def short(value):
    return "%.0f" % value if value >= 100 else "%.3g" % value


def bar(row, x, y):
    """A bar that would be longer than the chart is cut, and says so."""
    ratio = row["ratio"]
    width = min(ratio, MOST) * UNIT
    colour = COLOURS.get(row["way"], OTHERS)
    parts = [text(x + LABEL - 8, y + 12, row["way"], ' text-anchor="end"'),
             '<rect x="%.1f" y="%.1f" width="%.1f" height="%d" rx="2" fill="%s"/>'
             % (x + LABEL, y, width, BAR, colour)]
    if row["way"] != "no service" and ratio <= MOST:
        low, high = (min(v, MOST) * UNIT + x + LABEL for v in row["ratio_interval"])
        parts.append('<path d="M%.1f %.1fH%.1f" stroke="#202124" stroke-width="1.2" opacity=".55"/>'
                     % (low, y + BAR / 2, high))
        width = max(width, high - x - LABEL)
    parts.append('<text x="%.1f" y="%.1f"><tspan class="h">%s%.2f×</tspan>'
                 '<tspan dx="7" class="s">%s</tspan></text>' % (x + LABEL + width + 6, y + 12, "… " if ratio > MOST else "", ratio,
                              escape("%s %s" % (short(row["median"]), row["unit"]))))
    return "".join(parts)


def block(rows, x, y):
    """The bars of one measure on one path; returns them and where the next block begins."""
    first = rows[0]
    title = "%s, %s" % (TITLES.get(first["measure"], first["measure"]), first["group"])
    parts = [text(x, y + 12, title, ' class="h"'),
             text(x + COLUMN - 150, y + 12, "%s is better" % first["better"], ' class="s"')]
    y += 22
    one = x + LABEL + UNIT
    parts.append('<path d="M%.1f %.1fV%.1f" stroke="#9aa0a6" stroke-dasharray="3 3"/>'
                 % (one, y - 3, y + GAP * len(rows)))
    for row in rows:
        parts.append(bar(row, x, y))
        y += GAP
    return "".join(parts), y + 14


def blocks(rows):
    """One column for the same node, one for the rest."""
    for group in GROUPS:
        for measure in SHOWN:
            of = [r for r in rows if (r["measure"], r["group"]) == (measure, group)
                  and "ratio" in r]
            if of:
                yield group, of


def svg(rows, info):
    ends, parts = [84, 84], []
    for group, of in blocks(rows):
        column = int(group != GROUPS[0])
        drawn, ends[column] = block(of, 20 + column * (COLUMN + 20), ends[column])
        parts.append(drawn)
    drawn, ends[0] = curves(rows, 20, ends[0])
    parts.append(drawn)
    under = "%(date)s, Linux %(kernel)s, %(cpus)d × %(cpu)s, commit %(commit)s" % info
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'font-family="sans-serif" font-size="12"><style>%s</style>'
            '<rect width="100%%" height="100%%" fill="white"/>%s%s%s\n%s</svg>\n' % (2 * COLUMN + 60, max(ends) + 6, STYLE,
                            text(20, 30, "Parallax and its peers: ratio to the same path without "
                                 "any service", ' class="h" font-size="17"'),
                            text(20, 50, under, ' class="s"'),
                            text(20, 68, "medians of interleaved rounds; the thin line is the 95 % "
                                 "interval, dashed: no service", ' class="s"'), "\n".join(parts)))
