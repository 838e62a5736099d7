#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Builds the image of Parallax from built programs and the Debian packages of this machine.

The archive is the same, byte for byte, for the same programs, packages and SOURCE_DATE_EPOCH.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

import oci
import tree

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def version():
    text = (SOURCE / "user/base/version.h").read_text()
    return re.search(r'PARALLAX_VERSION "(.+)"', text).group(1)


def commit_time():
    """SOURCE_DATE_EPOCH, else the time of the commit, else the beginning of time."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    try:
        found = subprocess.run(["git", "-C", SOURCE, "log", "-1", "--format=%ct"],
                               capture_output=True, text=True, check=False)
    except FileNotFoundError:  # as in deploy/Dockerfile
        return 0
    return int(found.stdout) if found.returncode == 0 else 0


def labels(tag):
    return {
        "org.opencontainers.image.title": "parallax",
        "org.opencontainers.image.description": "eBPF data plane for services that span networks",
        "org.opencontainers.image.version": tag,
        "org.opencontainers.image.licenses": "GPL-2.0-only OR BSD-2-Clause",
    }


def write_root(entries, directory):
    """The same files as a directory, for the last stage of deploy/Dockerfile."""
    for path, entry in sorted(entries.items()):
        place = pathlib.Path(directory) / path
        if entry.target is not None:
            place.symlink_to(entry.target)
        elif entry.content is None:
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(entry.mode)
        else:
            place.write_bytes(entry.content)
            place.chmod(entry.mode)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=SOURCE / "build", help="where the programs are")
    parser.add_argument("--name", default="docker.io/library/parallax")
    parser.add_argument("--tag", default=version())
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--archive", help="the OCI archive to write")
    target.add_argument("--root", help="an empty directory to write the files to")
    return parser.parse_args()


def main():
    options, epoch = arguments(), commit_time()
    entries = tree.build_tree(options.build, SOURCE, version(), epoch)
    if options.root:
        write_root(entries, options.root)
        return
    content, digest = oci.image(entries, options.name, options.tag, ["/usr/sbin/parallaxd"],
                                labels(options.tag), epoch)
    pathlib.Path(options.archive).write_bytes(content)
    print(f"{options.archive}: {options.name}:{options.tag} {digest} ({len(content) >> 10} KiB)")


if __name__ == "__main__":
    sys.exit(main())
