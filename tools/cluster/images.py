#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Images for the pods of `make cluster`: images.py BUILD DIRECTORY [PILOT_DISCOVERY]"""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "image"))

import oci  # noqa: E402
import tree as files  # noqa: E402


def add_program(tree, path, place):
    tree[place] = files.Entry(files.read(path), mode=0o755)


def pause(directory):
    """A static program, because a sandbox should cost nothing."""
    program = os.path.join(directory, "pause")
    subprocess.run(["gcc", "-static", "-Os", "-s", "-o", program, HERE / "pause.c"], check=True)
    tree = {}
    add_program(tree, program, "pause")
    os.unlink(program)
    return tree, ["/pause"]


def helloworld(build):
    """The server and the clients of the network namespace tests."""
    tree = {path: files.Entry(target=files.LINKS[path], mode=0o777) for path in ("lib", "lib64")}
    for name in ("server", "hello", "hold"):
        add_program(tree, os.path.join(build, "tests", name), f"usr/bin/{name}")
    add_program(tree, os.path.join(build, "parallax-pod"), "usr/bin/parallax-pod")
    for program in ("tests/server", "tests/hello", "tests/hold", "parallax-pod"):
        files.add_libraries(tree, files.libraries(os.path.join(build, program)))
    for path in ("dev", "proc", "sys", "tmp", "var/run"):
        tree[path] = files.Entry(mode=0o755)
    return tree, ["/usr/bin/parallax-pod", "hold"]


def istiod(program):
    """A static pilot-discovery."""
    tree = {path: files.Entry(mode=0o1777) for path in ("etc/istio", "tmp", "var/run")}
    add_program(tree, program, "usr/local/bin/pilot-discovery")
    return tree, ["/usr/local/bin/pilot-discovery"]


def main():
    build, directory, *pilot = sys.argv[1:]
    images = {"pause": pause(directory), "helloworld": helloworld(build)}
    if pilot:
        images["istiod"] = istiod(pilot[0])
    for name, (tree, entrypoint) in images.items():
        files.add_parents(tree)
        content, _ = oci.image(tree, f"docker.io/library/{name}", "1", entrypoint, {}, 0)
        pathlib.Path(directory, f"{name}.tar").write_bytes(content)


if __name__ == "__main__":
    main()
