# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Writes a tree of entries as an OCI image in a tar archive, the same bytes for the same input."""
import gzip
import hashlib
import io
import json
import tarfile

import sbom

MEDIA = "application/vnd.oci.image."


class Layout:
    """The blobs of an OCI image layout, by digest."""

    def __init__(self):
        self.blobs = {}

    def add(self, kind, content):
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return {"mediaType": MEDIA + kind, "digest": f"sha256:{digest}", "size": len(content)}


def to_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def header(path, entry, epoch):
    item = tarfile.TarInfo(path)
    item.mode, item.mtime = entry.mode, epoch
    if entry.target is not None:
        item.type, item.linkname = tarfile.SYMTYPE, entry.target
    elif entry.content is None:
        item.type = tarfile.DIRTYPE
    else:
        item.size = len(entry.content)
    return item


def pack(entries, epoch):
    """A tar of (path, entry) in the order given, owned by root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, entry in entries:
            archive.addfile(header(path, entry, epoch), io.BytesIO(entry.content or b""))
    return buffer.getvalue()


def config(layer, entrypoint, labels, epoch):
    created = sbom.timestamp(epoch)
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": created,
        "config": {
            "Entrypoint": entrypoint,
            "Env": ["PATH=/usr/sbin:/usr/bin"],
            "Labels": labels,
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": created, "created_by": "make image"}],
    }


def index(manifest, name, tag):
    manifest = dict(manifest, platform={"architecture": "amd64", "os": "linux"}, annotations={
        "io.containerd.image.name": f"{name}:{tag}",
        "org.opencontainers.image.ref.name": tag,
    })
    return {"schemaVersion": 2, "mediaType": MEDIA + "index.v1+json", "manifests": [manifest]}


def image(tree, name, tag, entrypoint, labels, epoch):
    """Returns the archive's bytes and the digest of the image's manifest."""
    layout = Layout()
    layer = pack(sorted(tree.items()), epoch)
    settings = to_json(config(layer, entrypoint, labels, epoch))
    manifest = layout.add("manifest.v1+json", to_json({
        "schemaVersion": 2,
        "mediaType": MEDIA + "manifest.v1+json",
        "config": layout.add("config.v1+json", settings),
        "layers": [layout.add("layer.v1.tar+gzip", gzip.compress(layer, 9, mtime=0))],
        "annotations": labels,
    }))
    return archive(layout, to_json(index(manifest, name, tag)), epoch), manifest["digest"]


def archive(layout, index_json, epoch):
    class File:
        target, mode = None, 0o644

        def __init__(self, content):
            self.content = content

    files = {"index.json": File(index_json),
             "oci-layout": File(b'{"imageLayoutVersion":"1.0.0"}')}
    for digest, content in layout.blobs.items():
        files[f"blobs/sha256/{digest}"] = File(content)
    return pack(sorted(files.items()), epoch)
