#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks of the page of metrics: metrics_test.py TEST FILE... The tests are below."""
import json
import re
import sys

SAMPLE = re.compile(r'^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$')


def exported(path):
    """Name of each family to its type and the labels of its samples."""
    families = {}
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                families[name] = (kind, set())
            elif not line.startswith("#"):
                name = re.match(r"\w+", line).group()
                if name not in families:
                    name = SAMPLE.match(line).group(1)
                families[name][1].update(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', line))
    return families


def documented(page, *paths):
    """The page has a row for each metric: name, type, labels; and no other row."""
    families = {name: family for path in paths for name, family in exported(path).items()}
    assert len(families) > 40, families
    with open(page, encoding="utf-8") as file:
        text = file.read()
    istio = set(re.findall(r"`(\w+)`", re.search(r"^Labels of either side.*?\n\n", text, re.M | re.S)
                           .group()))
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\| .+ \|$", text, re.M)
    names = [name for name, _, _ in rows]
    assert len(set(names)) == len(names), "a metric is documented twice"
    assert set(names) == set(families), (set(names) ^ set(families))
    for name, kind, labels in rows:
        have, with_labels = families[name]
        assert kind == have, (name, kind, have)
        if "Istio" in labels:
            with_labels = {re.sub("^(source_|destination_)(?!service)", "", label)
                           for label in with_labels}
            assert with_labels == istio - {"source_", "destination_"}, with_labels ^ istio
            continue
        told = set(re.findall(r"`(\w+)`", labels))
        assert told == with_labels - {"le"}, (name, told, with_labels)


def expressions(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".json"):
        for panel in json.loads(text)["panels"]:
            for target in panel["targets"]:
                yield target["expr"], target.get("legendFormat", "")
    else:
        for match in re.finditer(r"^ +expr: (.*)\n((?:.*\n)*?)(?= +- alert|\Z)", text, re.M):
            yield match.group(1), match.group(2)


def check_query(query, text, families):
    names = set(re.findall(r"\b(?:parallax|process|istio)_\w+", query))
    assert names, query
    labels = {"instance", "job", "node", "le"}
    for name in names:
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        family = family if family in families else name
        assert family in families, name
        labels |= families[family][1]
    asked = set(re.findall(r"[{,] *(\w+) *[=!]", query))
    for clause in re.findall(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)", query):
        asked |= set(re.split(r"[ ,]+", clause.strip()))
    asked |= set(re.findall(r"\{\{ *(?:\$labels\.)?(\w+) *\}\}", text))
    assert asked <= labels, (query, asked - labels)
    return names


def queries(page, *paths):
    """Dashboard and alerts ask for metrics by names and labels that there are."""
    families = exported(page)
    for path in paths:
        found = set()
        for query, text in expressions(path):
            found |= check_query(query, text, families)
        assert len(found) > 5, (path, found)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
