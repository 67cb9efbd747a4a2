#!/usr/bin/env python3
"""hostile.py OUTDIR CANARY - images that are wrong or mean harm, one layout each.

SPDX-License-Identifier: Apache-2.0

Layers: names and links that leave the tree. Documents: digests, sizes, JSON.
Each is OUTDIR/bad-NAME with tag "1". CANARY is a directory outside of every
image, which they try to change.
"""
import json
import os
import sys

from images import Tar
from oci import OCI, Layout, sha256


def layer_cases(canary):
    """NAME: the tar of the second layer."""
    up = "../" * 20
    inside = canary.lstrip("/")
    return {
        "climb": Tar().file("a/../../evil", "x"),
        "climb-first": Tar().file("../evil", "x"),
        "climb-canary": Tar().file(up + inside + "/evil", "x"),
        "climb-dir": Tar().dir("../evil"),
        "climb-sym": Tar().sym("../evil", "x"),
        "hard-out": Tar().hard("d", up + inside + "/file"),
        "hard-missing": Tar().hard("d", "no/such/file"),
        "hard-canary": Tar().hard("d", canary + "/file"),
        "hard-through": Tar().sym("out", canary).hard("d", "out/file"),
        "white-dots": Tar().file(".wh...", ""),
        "white-nothing": Tar().file(".wh.", ""),
        "white-climb": Tar().file("../.wh.canary", ""),
        "root-sym": Tar().sym("./", canary),
        "root-file": Tar().file(".", "x"),
        "name-nul": Tar().dir("ok").file("bad", "x", pax={
            "path": "ok/with\0nul"}),
    }


def contained_cases(canary):
    """NAME: a layer that is legal, and has to stay in the tree all the same:
    a link means what it would mean with the tree as the root."""
    up = "../" * 20
    inside = canary.lstrip("/")
    return {
        "sym-abs": Tar().sym("out", canary).file("out/evil", "x"),
        "sym-up": Tar().sym("out", up + inside).file("out/evil", "x"),
        "sym-chain": Tar().sym("a", "b").sym("b", up).file(
            "a/" + inside + "/evil", "x"),
        "sym-file": Tar().sym("file", canary + "/file").file("file", "evil"),
        "sym-root": Tar().sym("self", "/").file("self/" + "inside", "x"),
        "sym-white": Tar().sym("out", canary).file("out/.wh.file", ""),
        "sym-opaque": Tar().sym("out", canary).file("out/.wh..wh..opq", ""),
        "abs-name": Tar().file(canary + "/evil", "x"),
        "hard-sym": Tar().sym("s", canary + "/file").hard("h", "s").file(
            "h", "evil"),
    }


def spoil(path, at, byte):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(byte)


class Maker:
    def __init__(self, out):
        self.out = out
        self.tar = Tar().dir("d").file("d/file", "some text " * 99).bytes()

    def layout(self, name):
        return Layout(f"{self.out}/bad-{name}")

    def done(self, layout, config, layers):
        layout.tag(layout.manifest(config, layers), "1")

    def document(self, name, manifest):
        """A layout whose manifest is these bytes."""
        layout = self.layout(name)
        layout.tag(layout.blob(manifest, OCI + "manifest.v1+json"), "1")

    def blob_path(self, layout, d):
        return layout.path + "/blobs/" + d["digest"].replace(":", "/")

    def layers(self):
        self.wrong("diff-id", lambda lo, la, di: (la, sha256(b"other")))
        self.wrong("size-low", lambda lo, la, di: (
            dict(la, size=la["size"] - 1), di))
        self.wrong("size-high", lambda lo, la, di: (
            dict(la, size=la["size"] + 1), di))
        self.wrong("blob-missing", lambda lo, la, di: (
            dict(la, digest=sha256(b"nowhere")), di))
        self.wrong("digest-form", lambda lo, la, di: (
            dict(la, digest="sha256:../../../index.json"), di))
        self.wrong("foreign", lambda lo, la, di: (dict(
            la, digest=sha256(b"nowhere"),
            mediaType=OCI + "layer.nondistributable.v1.tar+gzip",
            urls=["http://127.0.0.1:9/x"]), di))
        self.wrong("media", lambda lo, la, di: (
            dict(la, mediaType="application/x-unheard-of"), di))
        self.wrong("flipped", self.flip)
        self.wrong("cut", self.cut)
        self.wrong("not-tar", lambda lo, la, di: lo.layer(b"no tar " * 99))
        self.wrong("cut-tar", lambda lo, la, di: lo.layer(self.tar[:1300]))
        self.wrong("bzip2", lambda lo, la, di: (
            lo.blob(b"BZh91AY&SY" + b"x" * 99, la["mediaType"]), di))

    def wrong(self, name, change):
        """An image whose layer's descriptor or diff_id CHANGE has spoilt."""
        layout = self.layout(name)
        layer, diff_id = layout.layer(self.tar)
        layer, diff_id = change(layout, layer, diff_id)
        self.done(layout, layout.config([diff_id]), [layer])

    def flip(self, layout, layer, diff_id):
        spoil(self.blob_path(layout, layer), layer["size"] - 2, b"\x55")
        return layer, diff_id

    def cut(self, layout, layer, diff_id):
        with open(self.blob_path(layout, layer), "rb") as f:
            data = f.read()[:-20]
        return layout.blob(data, layer["mediaType"]), diff_id

    def documents(self):
        self.document("json", b"{ this is not JSON")
        self.document("json-html", b"<html><body>Welcome</body></html>")
        self.document("json-deep", b"[" * 100000)
        self.document("json-list", b"[1, 2]")
        self.document("json-twice", json.dumps({
            "schemaVersion": 2, "layers": []}).encode()[:-1] +
            b', "layers": []}')
        self.document("schema1", json.dumps({
            "schemaVersion": 1, "name": "x", "fsLayers": []}).encode())
        layout = self.layout("config-json")
        layer, _ = layout.layer(self.tar)
        self.done(layout, layout.blob(b"{", OCI + "config.v1+json"), [layer])
        layout = self.layout("diff-ids")
        layer, diff_id = layout.layer(self.tar)
        self.done(layout, layout.config([diff_id, diff_id]), [layer])
        self.platforms()

    def platforms(self):
        layout = self.layout("platform")
        entries = []
        for arch in ("s390x", "riscv64"):
            d = layout.image([self.tar], arch=arch)
            d["platform"] = {"architecture": arch, "os": "linux"}
            entries.append(d)
        layout.tag(layout.index(entries), "1")


def write(out, canary):
    base = Tar().dir("etc").file("etc/motd", "base").bytes()
    cases = dict(layer_cases(canary))
    for name, tar in contained_cases(canary).items():
        cases["contained-" + name] = tar
    for name, tar in cases.items():
        layout = Layout(f"{out}/bad-{name}")
        layout.tag(layout.image([base, tar.bytes()]), "1")
    maker = Maker(out)
    maker.layers()
    maker.documents()
    os.makedirs(out + "/bad-empty", exist_ok=True)


if __name__ == "__main__":
    write(*sys.argv[1:])
