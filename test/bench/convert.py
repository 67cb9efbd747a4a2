"""convert.py - conversions beside other programs that do the same.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

from measure import DIR, REGISTRY, compare, environment

OURS = DIR + "/ours/ch-convert"
IN = DIR + "/run/in"
MK = "-quiet -no-progress -comp zstd -Xcompression-level 3"
LAYERS = 20


def call(*argv, **more):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **more)


def prepare(image):
    """The image as others want it: a layout, a flat tar, a tree."""
    shutil.rmtree(IN, ignore_errors=True)
    os.makedirs(IN)
    call("skopeo", "--insecure-policy", "copy", "-q",
         "--src-tls-verify=false", f"docker://{REGISTRY}/{image}",
         f"oci:{IN}/oci:x")
    call(OURS, "-q", f"oci:{IN}/oci:x", f"{IN}/tree")
    call(OURS, "-q", f"oci:{IN}/oci:x", f"{IN}/flat.tar")
    call(OURS, "-q", f"oci:{IN}/oci:x", "store:bench:x")


def bench_convert(image, rounds):
    env = environment(image)
    env["CH_STORE"] = os.environ["CH_STORE"] = DIR + "/run/store2"
    prepare(image)
    env.update(IN=IN, OURS=OURS, MK=MK)
    umoci = "umoci unpack --rootless --image $IN/oci:x $W/b"
    each = " && ".join(
        f"igzip -dc {IN}/oci/blobs/{d.replace(':', '/')} | tar -xC $W/img"
        for d in env["LAYERS"].split())
    compare(f"{image}: layout to directory", [
        ("ch-convert", OURS, "exec $OURS -q oci:$IN/oci:x $W/img"),
        ("umoci unpack", "umoci", "exec " + umoci),
        ("floor: pullproto -d", DIR + "/bin/pullproto",
         "exec $DIR/bin/pullproto -d $HOST $PORT $NAME $W/img $LAYERS"),
        ("igzip | tar -x", "igzip", "mkdir $W/img && " + each),
    ], env, rounds)
    compare(f"{image}: layers to squashfs, zstd 3", [
        ("ch-convert", OURS, "exec $OURS -q oci:$IN/oci:x $W/x.sqfs"),
        ("ch-convert of store", OURS,
         "exec $OURS -q store:bench:x $W/x.sqfs"),
        ("tar2sqfs of flat tar", "tar2sqfs",
         "exec tar2sqfs -q -c zstd -X level=3 -j 2 $W/x.sqfs <$IN/flat.tar"),
        ("umoci + mksquashfs", "umoci",
         umoci + " && mksquashfs $W/b/rootfs $W/x.sqfs $MK"),
    ] + [
        (f"ch-convert --threads={n}", OURS,
         f"exec $OURS -q --threads={n} oci:$IN/oci:x $W/x.sqfs")
        for n in (1, 2, 4)
    ], env, rounds)
    compare(f"{image}: directory to squashfs, zstd 3", [
        ("ch-convert", OURS, "exec $OURS -q $IN/tree $W/x.sqfs"),
        ("mksquashfs", "mksquashfs",
         "exec mksquashfs $IN/tree $W/x.sqfs $MK"),
    ], env, rounds)
    shutil.rmtree(IN)
    shutil.rmtree(DIR + "/run/store2", ignore_errors=True)


def add(layout, data):
    """A blob: its descriptor."""
    name = hashlib.sha256(data).hexdigest()
    os.makedirs(layout + "/blobs/sha256", exist_ok=True)
    with open(f"{layout}/blobs/sha256/{name}", "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def layer(number, count):
    """COUNT files, and whiteouts of all those of the layer below."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for i in range(count):
            t.addfile(tarfile.TarInfo(f"d/{number}-{i}"))
        for i in range(count if number else 0):
            t.addfile(tarfile.TarInfo(f"d/.wh.{number - 1}-{i}"))
    return out.getvalue()


def make_whiteouts(layout, count):
    blobs = [add(layout, layer(i, count)) for i in range(LAYERS)]
    kind = "application/vnd.oci.image."
    config = add(layout, json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers",
                   "diff_ids": [b["digest"] for b in blobs]},
    }).encode())
    manifest = add(layout, json.dumps({
        "schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
        "config": dict(config, mediaType=kind + "config.v1+json"),
        "layers": [dict(b, mediaType=kind + "layer.v1.tar") for b in blobs],
    }).encode())
    with open(layout + "/index.json", "w") as f:
        json.dump({"schemaVersion": 2, "manifests": [dict(
            manifest, mediaType=kind + "manifest.v1+json")]}, f)
    with open(layout + "/oci-layout", "w") as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')


def bench_whiteouts(rounds):
    """Ten times the whiteouts: how much longer?"""
    os.makedirs(IN)
    env = dict(environment("alpine:oci"), IN=IN, OURS=OURS)
    for count in (500, 5000):
        make_whiteouts(f"{IN}/{count}", count)
    for kind, out in (("directory", "img"), ("squashfs", "x.sqfs")):
        compare(f"{LAYERS} layers of 500 or 5000 whiteouts to {kind}", [
            (f"ch-convert {n}", OURS, f"exec $OURS -q oci:$IN/{n} $W/{out}")
            for n in (500, 5000)
        ], env, rounds)
    shutil.rmtree(IN)
