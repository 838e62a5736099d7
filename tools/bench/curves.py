# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cost per packet against the number of endpoints, both axes by powers of ten."""
import math
import re

WIDTH, HEIGHT, LEFT, BELOW = 400, 190, 128, 34
LOW, HIGH = 1, 4            # powers of ten: ns
FEW, MANY = 1, 5            # endpoints
SERIES = [("new flow", False, "new flow", "#b06000"),
          ("local hit, stack", False, "known flow", "#1a73e8"),
          ("not a service", False, "not a service", "#5f6368"),
          ("new flow", True, None, "#b06000"),
          ("local hit, stack", True, None, "#1a73e8"),
          ("not a service", True, None, "#5f6368")]
NAME = re.compile(r"(.*); (\d+) services, (\d+) endpoints, \d+ flows")


def points(rows, case, many):
    """(endpoints, ns): of one service, or of as many services as endpoints."""
    for row in rows:
        match = row["group"] == "cost against size" and NAME.match(row["way"])
        if match and match.group(1) == case:
            services, endpoints = int(match.group(2)), int(match.group(3))
            if (services == endpoints) if many else (services == 1):
                yield endpoints, max(row["median"], 10 ** LOW)


def place(x, y, endpoints, ns):
    right = (math.log10(endpoints) - FEW) / (MANY - FEW) * WIDTH
    up = (math.log10(ns) - LOW) / (HIGH - LOW) * HEIGHT
    return x + LEFT + right, y + HEIGHT - up


def grid(x, y):
    parts = []
    for power in range(LOW, HIGH + 1):
        at = place(x, y, 10 ** FEW, 10 ** power)[1]
        parts.append('<path d="M%.1f %.1fh%d" stroke="#dadce0"/><text x="%.1f" y="%.1f" class="s" '
                     'text-anchor="end">%s ns</text>'
                     % (x + LEFT, at, WIDTH, x + LEFT - 8, at + 4, "{:,}".format(10 ** power)))
    for power in range(FEW, MANY + 1):
        at = place(x, y, 10 ** power, 10 ** LOW)[0]
        parts.append('<text x="%.1f" y="%.1f" class="s" text-anchor="middle">%s</text>'
                     % (at, y + HEIGHT + 16, "{:,}".format(10 ** power)))
    return parts


def line(found, x, y, many, label, colour):
    placed = [place(x, y, *point) for point in found]
    dashed = ' stroke-dasharray="5 4"' if many else ""
    parts = ['<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>'
             % (" ".join("%.1f,%.1f" % at for at in placed), colour, dashed)]
    parts += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (*at, colour) for at in placed]
    if label:
        parts.append('<text x="%.1f" y="%.1f">%s</text>' % (placed[-1][0] - 80, placed[-1][1] - 9,
                                                           label))
    return parts


def curves(rows, x, y):
    """The drawing, and where the next begins; nothing, when nothing was measured."""
    lines = []
    for case, many, label, colour in SERIES:
        found = sorted(points(rows, case, many))
        if found:
            lines += line(found, x, y + 40, many, label, colour)
    if not lines:
        return "", y
    head = ('<text x="%d" y="%d" class="h">net cost of a packet against endpoints</text>'
            '<text x="%d" y="%d" class="s">one service (line), as many services (dashed)</text>'
            % (x, y + 12, x + LEFT, y + 30))
    return head + "".join(grid(x, y + 40) + lines), y + 40 + HEIGHT + BELOW
