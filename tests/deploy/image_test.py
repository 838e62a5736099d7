#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks of an OCI archive: image_test.py layout|contents|libraries|licences ARCHIVE"""
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile

PROGRAMS = {"usr/sbin/parallaxd", "usr/sbin/parallaxctl", "usr/sbin/parallax-pod",
            "usr/sbin/parallax-cni"}


class Image:
    def __init__(self, path):
        with tarfile.open(path) as archive:
            self.files = {item.name: archive.extractfile(item).read() for item in archive}
        self.manifest = self.blob(self.json("index.json")["manifests"][0])
        self.config = self.blob(self.manifest["config"])
        packed = self.files[place(self.manifest["layers"][0])]
        self.layer = gzip.decompress(packed)
        self.tree = tarfile.open(fileobj=io.BytesIO(self.layer))

    def json(self, name):
        return json.loads(self.files[name])

    def blob(self, descriptor):
        return self.json(place(descriptor))

    def read(self, path):
        return self.tree.extractfile(path).read()

    def regular(self):
        return [item for item in self.tree if item.isfile()]


def place(descriptor):
    return "blobs/" + descriptor["digest"].replace(":", "/")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def layout(image):
    """Each blob has the digest and the size by which it is named."""
    for name, content in image.files.items():
        if name.startswith("blobs/"):
            assert name.endswith(sha256(content)), name
    for descriptor in [image.manifest["config"]] + image.manifest["layers"]:
        assert descriptor["size"] == len(image.files[place(descriptor)]), descriptor
    assert image.config["rootfs"]["diff_ids"] == ["sha256:" + sha256(image.layer)]
    assert image.json("oci-layout") == {"imageLayoutVersion": "1.0.0"}
    assert image.config["config"]["Entrypoint"] == ["/usr/sbin/parallaxd"]


def contents(image):
    """Our programs are the only ones; everything belongs to root and can be written by root only."""
    names = [item.name for item in image.tree]
    assert names == sorted(names), "not sorted"
    for item in image.tree:
        assert (item.uid, item.gid) == (0, 0), item.name
        assert item.issym() or item.name == "tmp" or not item.mode & 0o022, item.name
        assert not item.mode & 0o6000, item.name
    programs = {item.name for item in image.regular() if item.mode & 0o111
                and ".so" not in item.name}
    assert programs == PROGRAMS, programs
    bundle = image.read("etc/ssl/certs/ca-certificates.crt")
    assert bundle.count(b"BEGIN CERTIFICATE") > 100
    version = image.read("usr/share/doc/parallax/version").decode().strip()
    assert image.config["config"]["Labels"]["org.opencontainers.image.version"] == version


def needed(content):
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        dump = subprocess.run(["readelf", "-dl", file.name], capture_output=True, text=True,
                              check=True).stdout
    return set(re.findall(r"(?:NEEDED.*\[|interpreter: .*/)([^\]]+)\]", dump))


def libraries(image):
    """What an object needs is there, and nothing else is."""
    objects = [item for item in image.regular() if item.mode & 0o111]
    wanted = set().union(*(needed(image.read(item.name)) for item in objects))
    there = {item.name.rsplit("/", 1)[1] for item in objects} - {"parallaxd", "parallaxctl",
                                                                 "parallax-pod", "parallax-cni"}
    assert wanted == there, wanted ^ there


def licences(image):
    """Each package has its licence file and stands in the bill of materials."""
    packages = {name.rsplit("/", 1)[1] for name in image.tree.getnames()
                if name.startswith("var/lib/dpkg/status.d/")}
    bill = json.loads(image.read("usr/share/doc/parallax/sbom.spdx.json"))
    assert bill["spdxVersion"] == "SPDX-2.3"
    listed = {item["name"]: item for item in bill["packages"]}
    assert set(listed) == packages | {"parallax"}, set(listed) ^ packages
    for package in packages:
        assert len(image.read(f"usr/share/doc/{package}/copyright")) > 100, package
        record = image.read(f"var/lib/dpkg/status.d/{package}").decode()
        assert f"Version: {listed[package]['versionInfo']}\n" in record, package
    contained = {item["relatedSpdxElement"] for item in bill["relationships"]
                 if item["relationshipType"] == "CONTAINS"}
    assert contained == {item["SPDXID"] for item in bill["packages"][1:]}
    assert b"BSD-2-Clause" in image.read("usr/share/doc/parallax/LICENSE")


if __name__ == "__main__":
    globals()[sys.argv[1]](Image(sys.argv[2]))
