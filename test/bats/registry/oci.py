#!/usr/bin/env python3
"""oci.py - write OCI image layouts, right ones and, on demand, wrong ones.

SPDX-License-Identifier: Apache-2.0

oci.py DIR TAG LAYER.tar[.gz|.zst]... makes a layout of one image for this
machine. As a module it gives the tests a hand on every part: each function
returns a descriptor, a dictionary that may be spoilt before it is used.
"""
import gzip
import hashlib
import json
import os
import platform
import subprocess
import sys

OCI = "application/vnd.oci.image."
ARCH = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386",
        "armv7l": "arm", "ppc64le": "ppc64le", "s390x": "s390x",
        "riscv64": "riscv64"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def this_arch():
    return ARCH.get(platform.machine(), platform.machine())


def compress(data, how):
    """DATA as gzip, zstd or as it is, with the media type's last word."""
    if how == "gzip":
        return gzip.compress(data, 6, mtime=0), "tar+gzip"
    if how == "zstd":
        return subprocess.run(["zstd", "-q", "-3", "-c"], input=data,
                              stdout=subprocess.PIPE,
                              check=True).stdout, "tar+zstd"
    return data, "tar"


class Layout:
    def __init__(self, path):
        self.path = path
        os.makedirs(path + "/blobs/sha256", exist_ok=True)
        self.entries = []

    def blob(self, data, media):
        """Store DATA; its descriptor."""
        digest = sha256(data)
        with open(self.path + "/blobs/" + digest.replace(":", "/"),
                  "wb") as f:
            f.write(data)
        return {"mediaType": media, "digest": digest, "size": len(data)}

    def json(self, value, media):
        return self.blob(json.dumps(value).encode(), media)

    def layer(self, tar, how="gzip"):
        """Store a layer; its descriptor and its diff_id."""
        data, word = compress(tar, how)
        return self.blob(data, OCI + "layer.v1." + word), sha256(tar)

    def config(self, diff_ids, arch=None, **config):
        """Store an image configuration. KEYWORDS go to its `config`."""
        config.setdefault("Env", ["PATH=" + PATH])
        config.setdefault("Cmd", ["/bin/sh"])
        return self.json({
            "created": "2026-01-01T00:00:00Z",
            "architecture": arch or this_arch(), "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": "test"} for _ in diff_ids]},
            OCI + "config.v1+json")

    def manifest(self, config, layers):
        return self.json({
            "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "config": config, "layers": layers}, OCI + "manifest.v1+json")

    def index(self, manifests):
        return self.json({
            "schemaVersion": 2, "mediaType": OCI + "index.v1+json",
            "manifests": manifests}, OCI + "index.v1+json")

    def image(self, tars, how="gzip", arch=None, **config):
        """Store an ordinary image; its manifest's descriptor."""
        pairs = [self.layer(t, how) for t in tars]
        return self.manifest(
            self.config([p[1] for p in pairs], arch, **config),
            [p[0] for p in pairs])

    def tag(self, descriptor, name):
        self.entries.append(dict(descriptor, annotations={
            "org.opencontainers.image.ref.name": name}))
        self.write()

    def write(self):
        with open(self.path + "/index.json", "w") as f:
            json.dump({"schemaVersion": 2, "manifests": self.entries}, f)
        with open(self.path + "/oci-layout", "w") as f:
            f.write('{"imageLayoutVersion":"1.0.0"}')


def plain(path):
    """The tar in a file that may be compressed."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    return data


if __name__ == "__main__":
    out = Layout(sys.argv[1])
    out.tag(out.image([plain(p) for p in sys.argv[3:]]), sys.argv[2])
