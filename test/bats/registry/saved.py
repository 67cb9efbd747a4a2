#!/usr/bin/env python3
"""saved.py FORM OUT.tar LAYOUT=NAME... - archives as `docker save` writes them.

SPDX-License-Identifier: Apache-2.0

FORM is "old" (HEX/layer.tar, repositories; a layer that came before is a link
to it) or "new" (Docker 25: an OCI layout with a manifest.json). LAYOUT is an
OCI layout of one image for this machine; NAME may be empty. Layers are not
compressed. "old" ends with manifest.json, "new" begins with it.
"""
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile

OCI = "application/vnd.oci.image."


def blob(layout, descriptor):
    with open(layout + "/blobs/" + descriptor["digest"].replace(":", "/"),
              "rb") as f:
        return f.read()


def plain(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dqc"], input=data, check=True,
                              stdout=subprocess.PIPE).stdout
    return data


def image(layout):
    """The configuration and the plain layers."""
    with open(layout + "/index.json") as f:
        manifest = json.loads(blob(layout, json.load(f)["manifests"][0]))
    return blob(layout, manifest["config"]), [
        plain(blob(layout, layer)) for layer in manifest["layers"]]


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Archive:
    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)
        self.done = {}

    def file(self, name, data):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        self.tar.addfile(entry, io.BytesIO(data))

    def once(self, name, data):
        if name not in self.done:
            self.file(name, data)
        self.done[name] = True

    def link(self, name, target):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self.tar.addfile(entry)

    def dir(self, name):
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        self.tar.addfile(entry)


def old(archive, images):
    listing, first = [], {}
    for layout, name in images:
        config, layers = image(layout)
        names = []
        for i, layer in enumerate(layers):
            chain = sha(f"{layout} {i}".encode())
            archive.dir(chain)
            archive.file(chain + "/VERSION", b"1.0")
            archive.file(chain + "/json", b'{"id":"' + chain.encode() + b'"}')
            if sha(layer) in first:
                archive.link(chain + "/layer.tar",
                             f"../{first[sha(layer)]}/layer.tar")
            else:
                archive.file(chain + "/layer.tar", layer)
                first[sha(layer)] = chain
            names.append(chain + "/layer.tar")
        archive.once(sha(config) + ".json", config)
        listing.append({"Config": sha(config) + ".json",
                        "RepoTags": [name] if name else None,
                        "Layers": names})
    archive.file("manifest.json", json.dumps(listing).encode())
    archive.file("repositories", b'{"x":{"latest":"y"}}')


def new(archive, images):
    listing, entries, blobs = [], [], {}

    def add(data, media):
        path = "blobs/sha256/" + sha(data)
        blobs[path] = data
        return {"mediaType": OCI + media, "digest": "sha256:" + sha(data),
                "size": len(data)}

    for layout, name in images:
        config, layers = image(layout)
        manifest = {"schemaVersion": 2,
                    "mediaType": OCI + "manifest.v1+json",
                    "config": add(config, "config.v1+json"),
                    "layers": [add(d, "layer.v1.tar") for d in layers]}
        entry = add(json.dumps(manifest).encode(), "manifest.v1+json")
        if name:
            entry["annotations"] = {
                "io.containerd.image.name": "docker.io/library/" + name,
                "org.opencontainers.image.ref.name": name.split(":")[-1]}
        entries.append(entry)
        listing.append({"Config": "blobs/sha256/" + sha(config),
                        "RepoTags": [name] if name else None,
                        "Layers": ["blobs/sha256/" + sha(d) for d in layers],
                        "LayerSources": {}})
    archive.file("manifest.json", json.dumps(listing).encode())
    archive.dir("blobs")
    archive.dir("blobs/sha256")
    for path, data in blobs.items():
        archive.file(path, data)
    archive.file("index.json", json.dumps(
        {"schemaVersion": 2, "manifests": entries}).encode())
    archive.file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def main():
    out = Archive(sys.argv[2])
    pairs = [arg.partition("=")[::2] for arg in sys.argv[3:]]
    (old if sys.argv[1] == "old" else new)(out, pairs)
    out.tar.close()


if __name__ == "__main__":
    main()
