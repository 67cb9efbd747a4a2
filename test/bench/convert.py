"""convert.py - conversions beside other programs that do the same.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import json
import os
import shutil
import subprocess
import tarfile

from measure import DIR, REGISTRY, Row, compare, environment

OURS = DIR + "/ours/ch-convert"
IN = DIR + "/run/in"
MK = "-quiet -no-progress -comp zstd -Xcompression-level 3"
LAYERS = 20
WHITEOUTS = (5000, 50000)  # in each layer
REACH_WHITEOUTS = 11  # times the time, for ten times as many
# To reach: so many times our time, or more.
REACH = {
    "medium:oci": {
        "umoci unpack": 6, "floor: pullproto -d": 1 / 1.1,
        "tar2sqfs of flat tar": 1 / 1.5, "umoci + mksquashfs": 4,
        "mksquashfs": 1,
    },
    "tiny150k:oci": {"umoci unpack": 15, "igzip | tar -x": 1},
}


def call(*argv, **more):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **more)


def room(files):
    """MiB for an image of so many files."""
    return 96 + 200 * files / (1 << 20)


def room_beside(files):
    """The same, and a fifth of what mksquashfs takes."""
    def least(table):
        theirs = table.mib("mksquashfs")
        return min(room(files), theirs / 5) if theirs else room(files)
    return least


def prepare(image):
    """The image as others want it: a layout, a flat tar, a tree. The number of
    its files."""
    shutil.rmtree(IN, ignore_errors=True)
    os.makedirs(IN)
    call("skopeo", "--insecure-policy", "copy", "-q",
         "--src-tls-verify=false", f"docker://{REGISTRY}/{image}",
         f"oci:{IN}/oci:x")
    call(OURS, "-q", f"oci:{IN}/oci:x", f"{IN}/tree")
    call(OURS, "-q", f"oci:{IN}/oci:x", f"{IN}/flat.tar")
    call(OURS, "-q", f"oci:{IN}/oci:x", "store:bench:x")
    return sum(len(dirs) + len(files)
               for _, dirs, files in os.walk(IN + "/tree"))


def bench_convert(image, rounds):
    env = environment(image)
    env["CH_STORE"] = os.environ["CH_STORE"] = DIR + "/run/store2"
    files = prepare(image)
    env.update(IN=IN, OURS=OURS, MK=MK)
    reach = REACH.get(image, {})
    mib = room(files)
    umoci = "umoci unpack --rootless --image $IN/oci:x $W/b"
    each = " && ".join(
        f"igzip -dc {IN}/oci/blobs/{d.replace(':', '/')} | tar -xC $W/img"
        for d in env["LAYERS"].split())

    def measure(title, *rows):
        compare(f"{image}: {title}",
                [r._replace(least=reach.get(r.name)) for r in rows], env,
                rounds)
    measure(
        "layout to directory",
        Row("ch-convert", OURS, "exec $OURS -q oci:$IN/oci:x $W/img", mib=mib),
        Row("umoci unpack", "umoci", "exec " + umoci),
        Row("floor: pullproto -d", DIR + "/bin/pullproto",
            "exec $DIR/bin/pullproto -d $HOST $PORT $NAME $W/img $LAYERS"),
        Row("igzip | tar -x", "igzip", "mkdir $W/img && " + each))
    measure(
        "layers to squashfs, zstd 3",
        Row("ch-convert", OURS, "exec $OURS -q oci:$IN/oci:x $W/x.sqfs",
            mib=mib),
        Row("ch-convert of store", OURS,
            "exec $OURS -q store:bench:x $W/x.sqfs", mib=mib),
        Row("tar2sqfs of flat tar", "tar2sqfs",
            "exec tar2sqfs -q -c zstd -X level=3 -j 2 $W/x.sqfs <$IN/flat.tar"),
        Row("umoci + mksquashfs", "umoci",
            umoci + " && mksquashfs $W/b/rootfs $W/x.sqfs $MK"),
        *[Row(f"ch-convert --threads={n}", OURS,
              f"exec $OURS -q --threads={n} oci:$IN/oci:x $W/x.sqfs", mib=mib)
          for n in (1, 2, 4)])
    measure(
        "directory to squashfs, zstd 3",
        Row("ch-convert", OURS, "exec $OURS -q $IN/tree $W/x.sqfs",
            mib=room_beside(files) if "mksquashfs" in reach else mib),
        Row("mksquashfs", "mksquashfs",
            "exec mksquashfs $IN/tree $W/x.sqfs $MK"))
    shutil.rmtree(IN)
    shutil.rmtree(DIR + "/run/store2", ignore_errors=True)


def add(layout, data):
    """A blob: its descriptor."""
    name = hashlib.sha256(data).hexdigest()
    os.makedirs(layout + "/blobs/sha256", exist_ok=True)
    with open(f"{layout}/blobs/sha256/{name}", "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def headers(names):
    """Of empty files, as tarfile writes them, in a tenth of its time."""
    blank = tarfile.TarInfo("").tobuf(tarfile.USTAR_FORMAT)
    total = int(blank[148:154], 8)
    for name in names:
        raw = name.encode()
        yield (raw.ljust(100, b"\0") + blank[100:148]
               + b"%06o" % (total + sum(raw)) + blank[154:])


def layer(number, count):
    """COUNT files, and whiteouts of all those of the layer below."""
    names = [f"d/{number}-{i}" for i in range(count)]
    if number:
        names += [f"d/.wh.{number - 1}-{i}" for i in range(count)]
    return b"".join(headers(names)) + bytes(1024)


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
    shutil.rmtree(IN, ignore_errors=True)
    os.makedirs(IN)
    env = dict(environment("alpine:oci"), IN=IN, OURS=OURS)
    few, many = WHITEOUTS
    for count in WHITEOUTS:
        make_whiteouts(f"{IN}/{count}", count)
    for kind, out in (("directory", "img"), ("squashfs", "x.sqfs")):
        rows = [Row(f"ch-convert {n}", OURS,
                    f"exec $OURS -q oci:$IN/{n} $W/{out}",
                    mib=room(LAYERS * n)) for n in WHITEOUTS]
        rows[1] = rows[1]._replace(most=REACH_WHITEOUTS)
        compare(f"{LAYERS} layers of {few} or {many} whiteouts to {kind}",
                rows, env, rounds)
    shutil.rmtree(IN)
