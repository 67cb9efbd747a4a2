#!/usr/bin/env python3
"""bench.py DIR - measure, as told by the environment (see the script bench).

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import statistics
import subprocess
import sys
import time

from convert import bench_convert, bench_whiteouts
from line import Line
from measure import (ACCEPT, DIR, ENV, REGISTRY, Row, WORK, compare,
                     environment, last_error, run, spawn, wipe)
from read import bench_read
from start import bench_start

STORAGE = "--root $W/st --runroot $W/run --storage-driver overlay"
# Registry to a directory that can be run.
PULLS = [
    Row("ch-pull", DIR + "/ours/ch-pull",
        "exec $DIR/ours/ch-pull -q --no-store --store=$W/store $REG/$IMG"
        " $W/img", mib=96),
    Row("ch-pull + store", DIR + "/ours/ch-pull",
        "exec $DIR/ours/ch-pull -q --store=$W/store $REG/$IMG $W/img",
        mib=96),
    Row("floor: pullproto -d", DIR + "/bin/pullproto",
        "exec $DIR/bin/pullproto -d $HOST $PORT $NAME $W/img $LAYERS"),
]
PEERS = [
    Row("skopeo + umoci", "umoci",
        "skopeo --insecure-policy copy -q --src-tls-verify=false"
        " docker://$REG/$IMG oci:$W/oci:x &&"
        " umoci unpack --rootless --image $W/oci:x $W/img"),
    Row("buildah pull", "buildah",
        f"exec buildah {STORAGE} pull -q --tls-verify=false $REG/$IMG"),
    Row("podman pull", "podman",
        f"exec podman {STORAGE} pull -q --tls-verify=false $REG/$IMG"),
    Row("ch-image --no-cache", "ch-image",
        "exec ch-image -s $W/st --no-cache pull $TLS/$IMG"),
]
NOISAL = Row("ch-pull without ISA-L", DIR + "/ours/ch-pull-noisal",
             "exec $DIR/ours/ch-pull-noisal -q --no-store --store=$W/store"
             " $REG/$IMG $W/img", mib=96)
# To reach: how many times our time the fastest peer takes, and at most how many
# times the floor's we do.
REACH = {
    "medium:oci": (4.5, 1.1),
    "tiny150k:oci": (6, 1.1),
    "many20:oci": (6, 1.2),
    "large:oci": (4, 1.1),
    "medium:zstd": (4.5, 1.1),
}
REACH_NOISAL = ("medium:oci", 2.5)  # this one, and its fastest peer's time
REACH_AGAIN_MS = 30  # a second pull, beside the round trip
REACH_LINE = 1.1  # of the time in which the last byte could arrive
LINE_RATE = 100e6 / 8  # bytes a second: 100 Mbit/s


def fastest_peer(table):
    return min((table.ratio(p.name) for p in PEERS if table.ratio(p.name)),
               default=None)


def noisal_most(table):
    """So much longer than with ISA-L it may take."""
    peer = fastest_peer(table)
    return peer and peer / REACH_NOISAL[1]


def bench_pull(image, rounds):
    peers, floor = REACH.get(image, (None, None))
    rows = [r._replace(least=1 / floor) if floor and "floor" in r.name else r
            for r in PULLS]
    if image == REACH_NOISAL[0]:
        rows.append(NOISAL._replace(most=noisal_most))
    rows += [p._replace(least=peers) for p in PEERS]
    compare(f"pull {image} to a runnable directory", rows,
            environment(image), rounds)


def head_seconds(image):
    """One round trip for the manifest, without the start of a program."""
    name, tag = image.split(":")
    out = subprocess.run(
        ["curl", "-sf", "-I", "-o", "/dev/null", "-w", "%{time_total}",
         "-H", "Accept: " + ACCEPT,
         f"http://{REGISTRY}/v2/{name}/manifests/{tag}"],
        capture_output=True, text=True, check=True)
    return float(out.stdout)


def bench_again(image, rounds):
    """Pull to the store what is there already."""
    env = environment(image)
    wipe()
    os.makedirs(WORK, mode=0o700)
    argv = [DIR + "/ours/ch-pull", "-q", f"--store={WORK}/store",
            f"{REGISTRY}/{image}"]
    if spawn(argv, env, DIR + "/run/err")[2]:
        print(f"# ch-pull: {last_error()}")
        return
    pairs = [(spawn(argv, env, DIR + "/run/err"), head_seconds(image))
             for _ in range(rounds * 5)]
    wipe()
    if any(one[2] for one, _ in pairs):
        print(f"# ch-pull: {last_error()}")
        return
    took = statistics.median(one[0] for one, _ in pairs) * 1000
    trip = statistics.median(head for _, head in pairs) * 1000
    beside = statistics.median(one[0] - head for one, head in pairs) * 1000
    print(f"\npull {image} again, unchanged, to the store: {took:.1f} ms; "
          f"one HEAD {trip:.1f} ms; beside it {beside:.1f} ms, "
          f"to reach {REACH_AGAIN_MS} ms")


def bench_line(image):
    """Pull over a slow line: how long after its last byte does it end?"""
    env = environment(image)
    host, port = REGISTRY.split(":")
    line = Line((host, int(port)), LINE_RATE)
    env["REG"] = f"127.0.0.1:{line.port}"
    begin = time.monotonic()
    one = run(PULLS[0].command, env)
    end = time.monotonic()
    line.close()
    wipe()
    if one[2]:
        print(f"# ch-pull over the slow line: {last_error()}")
        return
    could = line.count / LINE_RATE
    print(f"\npull {image} over {LINE_RATE * 8 / 1e6:.0f} Mbit/s: "
          f"{line.count / 1e6:.0f} MB could be there after {could:.2f} s, "
          f"were after {line.last - begin:.2f} s; "
          f"ended {end - line.last:.2f} s later: "
          f"x {one[0] / could:.3f} of what could be, to reach {REACH_LINE}")


def attempt(bench, *args):
    """What can't be measured is told; the rest is measured all the same."""
    try:
        bench(*args)
    except (OSError, subprocess.SubprocessError) as e:
        print(f"# {bench.__name__} {' '.join(map(str, args))}: {e}")
        return False
    return True


def main():
    rounds = int(ENV["BENCH_ROUNDS"])
    benches = [(bench_pull, i, rounds) for i in ENV["BENCH_IMAGES"].split()]
    benches += [(bench_convert, i, rounds)
             for i in ENV["BENCH_CONVERT"].split()]
    if ENV["BENCH_CONVERT"]:
        benches.append((bench_whiteouts, rounds))
    if ENV["BENCH_AGAIN"]:
        benches.append((bench_again, ENV["BENCH_AGAIN"], rounds))
    if ENV["BENCH_LINE"]:
        benches.append((bench_line, ENV["BENCH_LINE"]))
    if int(ENV["BENCH_STARTS"]):
        benches.append((bench_start, rounds, int(ENV["BENCH_STARTS"])))
    if ENV["BENCH_READ"]:
        benches.append((bench_read, rounds))
    sys.exit(0 if all([attempt(*one) for one in benches]) else 1)


main()
