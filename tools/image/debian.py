# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The Debian packages that files of the build host come from."""
import os
import subprocess

FIELDS = ("Package", "Version", "Architecture", "Source", "Maintainer", "Homepage", "Status")


class Package:
    def __init__(self, name):
        self.name = name.split(":")[0]
        self.fields = query(name)
        self.version = self.fields["Version"]
        self.source = self.fields.get("Source") or self.name
        self.architecture = self.fields["Architecture"]
        self.copyright_file = f"/usr/share/doc/{self.name}/copyright"
        if not os.path.exists(self.copyright_file):
            raise SystemExit(f"image: package {self.name} has no licence file")

    @property
    def record(self):
        return "".join(f"{key}: {value}\n" for key, value in self.fields.items() if value)

    @property
    def url(self):
        """A package URL, see the purl specification's type deb."""
        version = self.version.replace(":", "%3A").replace("+", "%2B")
        return f"pkg:deb/{vendor()}/{self.name}@{version}?arch={self.architecture}"


def query(name):
    wanted = "".join("${%s}\\n" % field for field in FIELDS)
    values = subprocess.run(["dpkg-query", "-W", "-f", wanted, name], check=True,
                            capture_output=True, text=True).stdout.split("\n")
    return dict(zip(FIELDS, values))


def vendor():
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            if line.startswith("ID="):
                return line[3:].strip().strip('"')
    return "debian"


def spellings(path):
    """The names under which a package may list a file: with and without /usr, links followed."""
    for name in (path, os.path.realpath(path)):
        yield name
        if name.startswith("/usr/"):
            yield name[4:]
        elif name.startswith("/lib"):
            yield "/usr" + name


def owners(names):
    """{name of a file: its package}, of those that have one; asked once, since dpkg reads all its lists."""
    found = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, check=False)
    lines = (line.split(": ", 1) for line in found.stdout.splitlines())
    return {name: packages.split(",")[0] for packages, name in lines}


def packages_of(paths):
    """The packages of these files and directories, by name, each once."""
    known = owners(sorted({name for path in paths for name in spellings(path)}))
    names = set()
    for path in paths:
        package = next((known[name] for name in spellings(path) if name in known), None)
        if not package:
            raise SystemExit(f"image: no Debian package has {path}")
        names.add(package)
    return [Package(name) for name in sorted(names)]
