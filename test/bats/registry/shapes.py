#!/usr/bin/env python3
"""shapes.py NAME OUTDIR - a layout with images of one uncommon shape.

SPDX-License-Identifier: Apache-2.0

Unless it is said otherwise the image has tag "1" and holds only/file. NAME:

  moved      tags "1" (only/old) and "2" (only/new): what a tag was, and became
  grown      tags "1" (only/file) and "2", which has a layer more (only/more)
  artifact   tags of documents that are no image: "1" by the type of its
             configuration, "2" by its artifactType, "3" in an index
  many       500 layers, with a file each (only/0 ... only/499)
  twice      one layer three times, with another one in between
  empty      a layer of no bytes beside an ordinary one
  noise      a layer that can't be compressed, of some 700 KB
  foreign    a layer that the registry lacks, with {urls} for it
  nested-N   the image in an index, in an index, ... N indexes deep
  choice     an index with two images for this platform, of which the first
             holds only/first, and with fields that nobody knows
  fields     an image with fields that nobody knows
  both       a document that has layers and also manifests
  untyped    documents without mediaType
"""
import json
import random
import sys

from images import Tar
from oci import OCI, Layout, sha256, this_arch

HERE = {"os": "linux", "architecture": this_arch()}
ODD = {"x-new": {"deep": [1, 2.5, None, "\u00fc"]}, "urls": None}


def tar(*names):
    t = Tar().dir("only")
    for name in names or ("file",):
        t.file("only/" + name, "x")
    return t.bytes()


def moved(layout):
    layout.tag(layout.image([tar("old")]), "1")
    return layout.image([tar("new")]), "2"


def grown(layout):
    layout.tag(layout.image([tar()]), "1")
    return layout.image([tar(), tar("more")]), "2"


def artifact(layout):
    chart = layout.manifest(
        layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json"),
        [layout.blob(b"chart", "application/vnd.cncf.helm.chart.content.v1"
                     ".tar+gzip")])
    doc = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
           "artifactType": "application/vnd.example.sbom",
           "config": layout.blob(b"{}", "application/vnd.oci.empty.v1+json"),
           "layers": [layout.blob(b"x", "text/plain")]}
    layout.tag(chart, "1")
    layout.tag(layout.json(doc, doc["mediaType"]), "2")
    return layout.index([dict(chart, platform=HERE)]), "3"


def many(layout):
    return layout.image([tar(str(i)) for i in range(500)])


def twice(layout):
    a, b = tar(), tar("other")
    return layout.image([a, b, a, a])


def empty(layout):
    return layout.image([b"", tar()], "plain")


def noise(layout):
    t = Tar().dir("only").file("only/file",
                               random.Random(2).randbytes(700000))
    return layout.image([t.bytes()])


def foreign(layout):
    data = tar()
    d = {"mediaType": OCI + "layer.nondistributable.v1.tar",
         "digest": sha256(data), "size": len(data),
         "urls": [sys.argv[3] + "/foreign"]}
    return layout.manifest(layout.config([sha256(data)]), [d])


def nested(layout, depth):
    d = dict(layout.image([tar()]), platform=HERE)
    for _ in range(depth):
        d = layout.index([d])
    return d


def choice(layout):
    first = dict(layout.image([tar("first")]), platform=HERE)
    second = dict(layout.image([tar("second")]), platform=HERE)
    odd = dict(first, platform=dict(HERE, architecture="quantum",
                                    **{"os.features": ["a"], "x": 1}))
    index = {"schemaVersion": 2, "manifests": [odd, first, second], **ODD}
    return layout.json(index, OCI + "index.v1+json")


def fields(layout):
    data, diff_id = layout.layer(tar())
    doc = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
           "config": dict(layout.config([diff_id]), **ODD),
           "layers": [dict(data, **ODD)], **ODD}
    return layout.json(doc, doc["mediaType"])


def both(layout):
    data, diff_id = layout.layer(tar())
    doc = {"schemaVersion": 2, "config": layout.config([diff_id]),
           "layers": [data], "manifests": [layout.image([tar()])]}
    return layout.json(doc, OCI + "manifest.v1+json")


def untyped(layout):
    data, diff_id = layout.layer(tar())
    doc = {"schemaVersion": 2, "config": layout.config([diff_id]),
           "layers": [data]}
    image = dict(layout.json(doc, OCI + "manifest.v1+json"), platform=HERE)
    doc = {"schemaVersion": 2, "manifests": [image]}
    layout.tag(layout.json(doc, OCI + "index.v1+json"), "index")
    return image


def main():
    name, _, depth = sys.argv[1].partition("-")
    layout = Layout(sys.argv[2])
    made = globals()[name](layout, *([int(depth)] if depth else []))
    descriptor, tag = made if isinstance(made, tuple) else (made, "1")
    layout.tag(descriptor, tag)
    print(json.dumps(descriptor["digest"])[1:-1])


if __name__ == "__main__":
    main()
