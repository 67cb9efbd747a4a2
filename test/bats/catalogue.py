#!/usr/bin/env python3
"""catalogue.py OUTDIR CANARY NAME... - images that are wrong or odd in one way.

SPDX-License-Identifier: Apache-2.0

Each is the layout OUTDIR/NAME with tag "1". Without NAME: their names. The
cases are in content.py (layouts, documents, compression) and tarsem.py (what
stands in the tar archives); a case is a function that is given a Case and
says what is different. Of what stands in archives, the topmost layer is
OUTDIR/NAME.tar, too.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "registry"))

import layertar  # noqa: E402
from oci import OCI, Layout, sha256  # noqa: E402


def entry(name, kind="file", link="", text="", **more):
    """An entry, with str for bytes."""
    def raw(s):
        return s.encode() if isinstance(s, str) else s
    more.setdefault("mode", 0o755 if kind == "dir" else 0o644)
    return layertar.Entry(raw(name), kind, link=raw(link), data=raw(text),
                          **more)


def tar(*entries):
    return layertar.Layer(entries).bytes()


BASE = tar(entry("etc", "dir"), entry("etc/motd", text="base"))
PLAIN = tar(entry("d", "dir"), entry("d/file", text="some text " * 99))


class Case:
    def __init__(self, out, name, canary):
        self.canary = canary
        self.layout = Layout(f"{out}/{name}")

    def path(self, d):
        return self.layout.path + "/blobs/" + d["digest"].replace(":", "/")

    def layers(self, *tars):
        """An ordinary image of these layers, the base below. The topmost is
        a file of its own, too."""
        self.layout.tag(self.layout.image([BASE, *tars], "plain"), "1")
        flat = self.layout.path + ".tar"
        if os.path.exists(flat):
            os.unlink(flat)
        os.link(self.path({"digest": sha256(tars[-1])}), flat)

    def blob(self, data, tar_bytes=None, media="layer.v1.tar+gzip"):
        """An image whose only layer is this blob."""
        layer = self.layout.blob(data, OCI + media)
        self.image([layer], [sha256(PLAIN if tar_bytes is None
                                    else tar_bytes)])

    def image(self, layers, diff_ids, **more):
        config = self.layout.config(diff_ids)
        self.manifest(config=config, layers=layers, **more)

    def manifest(self, **fields):
        doc = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json"}
        doc.update(fields)
        doc = {k: v for k, v in doc.items() if v != "absent"}
        self.document(json.dumps(doc).encode())

    def document(self, data, media="manifest.v1+json"):
        self.layout.tag(self.layout.blob(data, OCI + media), "1")

    def layer(self, how="gzip"):
        return self.layout.layer(PLAIN, how)


def main():
    import content
    import tarsem
    assert not set(content.CASES) & set(tarsem.CASES)
    cases = {**content.CASES, **tarsem.CASES}
    if len(sys.argv) < 3:
        print("\n".join(cases))
        return
    out, canary = sys.argv[1:3]
    for name in sys.argv[3:]:
        cases[name](Case(out, name, canary))


if __name__ == "__main__":
    main()
