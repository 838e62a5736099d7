# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The files of the image: path in the image -> content. Nothing is written to disk here."""
import os
import re
import subprocess
import tempfile

import debian
import sbom

PROGRAMS = ("parallaxd", "parallaxctl", "parallax-pod", "parallax-cni")
STATIC = {"parallax-cni"}  # runs among the programs of the node
LIBRARY_DIR = "usr/lib/x86_64-linux-gnu"
AUTHORITIES = "/usr/share/ca-certificates/mozilla"
COMMON_LICENSES = "/usr/share/common-licenses"
# Directories that are symbolic links since Debian merged them into /usr.
LINKS = {
    "bin": "usr/bin",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
    "sbin": "usr/sbin",
    "usr/lib/ssl/cert.pem": "/etc/ssl/certs/ca-certificates.crt",
    "usr/lib/ssl/certs": "/etc/ssl/certs",
}
# Mount points, which a container with a read-only root cannot make.
EMPTY_DIRS = ("dev", "etc/parallax", "proc", "run", "sys", "tmp", "usr/bin", "var/run")


class Entry:
    """A regular file, a symbolic link (target) or a directory (neither)."""

    def __init__(self, content=None, target=None, mode=0o644):
        self.content, self.target, self.mode = content, target, mode


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stripped(path):
    """Without debug information and build id: both depend on the directory of the build."""
    with tempfile.NamedTemporaryFile() as copy:
        run("objcopy", "--strip-unneeded", "--remove-section=.note.gnu.build-id", path, copy.name)
        with open(copy.name, "rb") as file:
            return file.read()


def libraries(program):
    """Paths on this machine of all shared objects that the program loads."""
    found = re.findall(r"(/\S+) \(0x", run("ldd", program))
    if "not found" in run("ldd", program):
        raise SystemExit(f"image: {program} needs libraries that are not here")
    return found


def library_place(path):
    """Where a library lies in the image: the dynamic linker by its fixed path."""
    if os.path.basename(path).startswith("ld-linux"):
        return "usr" + path if path.startswith("/lib") else path[1:]
    return f"{LIBRARY_DIR}/{os.path.basename(path)}"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def add_programs(tree, build):
    """Returns the libraries the programs need, as found on this machine."""
    needed = set()
    for name in PROGRAMS:
        path = os.path.join(build, name)
        tree[f"usr/sbin/{name}"] = Entry(stripped(path), mode=0o755)
        if name not in STATIC:
            needed.update(libraries(path))
    return sorted(needed)


def add_libraries(tree, paths):
    for path in paths:
        tree[library_place(path)] = Entry(read(os.path.realpath(path)), mode=0o755)


def add_authorities(tree):
    """The bundle made of the package's files: the machine's own may hold local authorities."""
    names = sorted(name for name in os.listdir(AUTHORITIES) if name.endswith(".crt"))
    bundle = b"".join(read(os.path.join(AUTHORITIES, name)) for name in names)
    tree["etc/ssl/certs/ca-certificates.crt"] = Entry(bundle)


def add_accounts(tree):
    tree["etc/passwd"] = Entry(b"root:x:0:0:root:/:/usr/sbin/nologin\n")
    tree["etc/group"] = Entry(b"root:x:0:\n")
    tree["etc/nsswitch.conf"] = Entry(b"hosts: files dns\n")


def add_packages(tree, packages):
    """Licence and control record of each package; scanners look for the latter."""
    for package in packages:
        tree[f"usr/share/doc/{package.name}/copyright"] = Entry(read(package.copyright_file))
        tree[f"var/lib/dpkg/status.d/{package.name}"] = Entry(package.record.encode())


def add_common_licenses(tree):
    """The texts that the packages' licence files refer to."""
    for name in sorted(os.listdir(COMMON_LICENSES)):
        path = os.path.join(COMMON_LICENSES, name)
        tree[path[1:]] = (Entry(target=os.readlink(path), mode=0o777) if os.path.islink(path)
                          else Entry(read(path)))


def add_parents(tree):
    for path in list(tree):
        while "/" in path:
            path = path.rsplit("/", 1)[0]
            tree.setdefault(path, Entry(mode=0o755))


def build_tree(build, source, version, epoch):
    """All entries of the image, by path without a leading slash."""
    tree = {}
    needed = add_programs(tree, build)
    packages = debian.packages_of(needed + [AUTHORITIES, "/etc/os-release"])
    add_libraries(tree, needed)
    add_authorities(tree)
    add_accounts(tree)
    add_packages(tree, packages)
    add_common_licenses(tree)
    tree["etc/os-release"] = Entry(read("/etc/os-release"))
    tree["usr/share/doc/parallax/LICENSE"] = Entry(read(os.path.join(source, "LICENSE")))
    tree["usr/share/doc/parallax/version"] = Entry(f"{version}\n".encode())
    for path, target in LINKS.items():
        tree[path] = Entry(target=target, mode=0o777)
    for path in EMPTY_DIRS:
        tree[path] = Entry(mode=0o1777 if path == "tmp" else 0o755)
    tree["usr/share/doc/parallax/sbom.spdx.json"] = Entry(
        sbom.document(version, packages, tree, epoch))
    add_parents(tree)
    return tree
