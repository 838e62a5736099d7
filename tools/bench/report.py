#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Puts the figures of a run into the documents.

usage: report.py RESULTS [DIRECTORY]

docs/performance.md comes from performance.md.in and README's section from readme.md.in, both beside
this file: what they explain is written there, by hand, and every {{ EXPRESSION }} in them is one of
the functions of words.py. docs/performance.svg is the chart, docs/performance.json the run."""
import json
import os
import re
import sys

from chart import svg
from figures import SCHEMA, write_results
from words import Words

HERE = os.path.dirname(os.path.abspath(__file__))
MARKS = ("<!-- measured: written by `make bench-docs` from tools/bench/readme.md.in -->\n",
         "<!-- end of measured -->\n")


def fill(name, words):
    """The template with its expressions evaluated."""
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        template = f.read()
    return re.sub(r"\{\{(.*?)\}\}", lambda m: str(words.evaluate(m.group(1).strip())), template,
                  flags=re.DOTALL)


def between_marks(text, section):
    before, begin, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not begin or not end:
        raise SystemExit("README.md has no section between the marks %s%s" % MARKS)
    return before + MARKS[0] + section + MARKS[1] + after


def put(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    print("written: " + path)


def read_results(path):
    try:
        with open(path, encoding="utf-8") as f:
            results = json.load(f)
    except FileNotFoundError:
        raise SystemExit("there is no %s: run `sudo make bench' first" % path) from None
    if results["schema"] != SCHEMA:
        raise SystemExit("%s is of another version of the benchmarks: run them again" % path)
    return results


def main():
    results = read_results(sys.argv[1])
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "../..")
    rows, info = results["figures"], results["machine"]
    words = Words(rows, info)
    with open(root + "/README.md", encoding="utf-8") as f:
        readme = f.read()
    put(root + "/README.md", between_marks(readme, fill("readme.md.in", words)))
    put(root + "/docs/performance.md", fill("performance.md.in", words))
    put(root + "/docs/performance.svg", svg(rows, info))
    write_results(root + "/docs/performance.json", rows, info)
    for name in sorted(words.missing):
        print("not measured in this run: " + name)


main()
