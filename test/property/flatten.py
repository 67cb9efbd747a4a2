#!/usr/bin/env python3
"""flatten.py - thousands of random layer stacks: what ch-convert makes of them
must be what oracle.py says.

SPDX-License-Identifier: Apache-2.0

flatten.py CH-CONVERT: prints TAP. In the environment:

  PROP_STACKS  how many stacks of each seed, default 150
  PROP_SEED    the seed, default 1 and a random one, which is printed
  PROP_ONLY    one stack of it by its number; it is shown
  PROP_KINDS   kinds of output to test, default all that KINDS has
  PROP_EACH    1: each stack to each kind, not by turns to one of them
  PROP_JOBS    how many at the same time, default: processors
  TMPDIR       where, better a tmpfs

A stack that fails is printed as small as it can be made.
"""
import hashlib
import json
import multiprocessing
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile

import layertar
import stacks
from oracle import Image
from trees import Directory, Oracle, Squashfs, Tar, differences

OCI = "application/vnd.oci.image."
ARCH = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386",
        "armv7l": "arm"}.get(platform.machine(), platform.machine())
SHRINK_MAX = 3000    # conversions that may be spent on making a stack smaller


KINDS = {k.name: k for k in (Directory, Tar, Squashfs)}


class Layout:
    """An OCI layout of one image, written anew for each stack."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path + "/blobs/sha256")
        with open(path + "/oci-layout", "w") as f:
            f.write('{"imageLayoutVersion":"1.0.0"}')
        self.names = []

    def blob(self, data, media):
        digest = hashlib.sha256(data).hexdigest()
        name = self.path + "/blobs/sha256/" + digest
        with open(name, "wb", 0) as f:
            f.write(data)
        self.names.append(name)
        return {"mediaType": OCI + media, "digest": "sha256:" + digest,
                "size": len(data)}

    def write(self, layers):
        for name in set(self.names):
            os.unlink(name)
        self.names = []
        blobs = [self.blob(x.bytes(), "layer.v1.tar") for x in layers]
        config = self.blob(json.dumps({
            "architecture": ARCH, "os": "linux", "rootfs": {
                "type": "layers", "diff_ids": [b["digest"] for b in blobs]},
        }).encode(), "config.v1+json")
        manifest = self.blob(json.dumps({
            "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "config": config, "layers": blobs}).encode(), "manifest.v1+json")
        with open(self.path + "/index.json", "w") as f:
            json.dump({"schemaVersion": 2, "manifests": [manifest]}, f)


class Tester:
    def __init__(self, tool, place, kind):
        self.tool, self.kind = tool, kind
        self.place = tempfile.mkdtemp(dir=place)
        self.layout = Layout(self.place + "/in")
        self.out = self.place + "/out" + kind.suffix

    def convert(self, layers):
        self.layout.write(layers)
        return subprocess.run(
            [self.tool, "oci:" + self.layout.path, self.out],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, close_fds=False)

    def clear(self):
        if os.path.isdir(self.out):
            shutil.rmtree(self.out)
        elif os.path.lexists(self.out):
            os.unlink(self.out)

    def check(self, layers):
        """Lines that say what is wrong with what was made of LAYERS."""
        image = Image()
        refused = image.apply(layers)
        wrong = self.check_oracles(layers, image, refused)
        ran = self.convert(layers)
        message = ran.stderr.decode(errors="replace").strip()
        if refused:
            wrong += self.check_refusal(refused, len(layers), ran, message)
        elif ran.returncode:
            wrong.append(f"status {ran.returncode}: {message}")
        else:
            wrong += differences(Oracle(self.kind).tree(image),
                                 self.kind.read(self.out))
        self.clear()
        left = set(os.listdir(self.place)) - {"in"}
        if left:
            wrong.append(f"left behind: {left}")
        return wrong

    def check_oracles(self, layers, image, refused):
        """Both ways to read the specification must come to the same."""
        if image.silent:
            return []
        other = Image()
        if (other.apply_whiteouts_first(layers) or [0])[0] != (
                refused or [0])[0]:
            return ["the oracles disagree: is it refused?"]
        everything = Oracle(Tar)
        return [] if refused else [
            "the oracles disagree: " + line for line in differences(
                everything.tree(image), everything.tree(other))]

    def check_refusal(self, refused, n, ran, message):
        layer, entry, why = refused
        head = f"ch-convert: error: oci:{self.layout.path}: "
        wrong = []
        if ran.returncode != 1:
            wrong.append(f"status {ran.returncode}, should be refused: {why}")
        elif not re.match(re.escape(head) + f"layer {layer} of {n}: '",
                          message) or "\n" in message or why not in message:
            wrong.append(f"should say: {head}layer {layer} of {n}: "
                         f"{entry.name!r}: ... {why}; says: {message}")
        if os.path.lexists(self.out):
            wrong.append("something was made")
        return wrong

    def shrink(self, layers):
        """A smaller stack that is wrong, too."""
        budget = SHRINK_MAX
        again = True
        while again and budget > 0:
            again = False
            for smaller in reductions(layers):
                budget -= 1
                if self.check(smaller):
                    layers, again = smaller, True
                    break
        return layers


def reductions(layers):
    if len(layers) > 1:
        for i in range(len(layers)):
            yield layers[:i] + layers[i + 1:]
    for i in range(len(layers) - 1):
        both = layers[i].copy(layers[i].entries + layers[i + 1].entries)
        if not any(b".wh." in e.name for e in both.entries):
            yield layers[:i] + [both] + layers[i + 2:]
    for i, layer in enumerate(layers):
        for j in range(len(layer.entries)):
            rest = layer.entries[:j] + layer.entries[j + 1:]
            yield layers[:i] + [layer.copy(rest)] + layers[i + 1:]


def show(layers):
    for i, layer in enumerate(layers, 1):
        yield f"layer {i}:"
        for e in layer.entries:
            yield "    " + e.show()


# --- many of them

tester = None


def begin(tool, place, kind):
    """In each worker."""
    global tester
    tester = Tester(tool, place, kind)


def one(job):
    seed, number = job
    layers = stacks.make(seed, number)
    image = Image()
    refused = bool(image.apply(layers))
    wrong = tester.check(layers)
    if not wrong:
        return number, refused, bool(image.silent), []
    small = tester.shrink(layers)
    return number, refused, bool(image.silent), [
        f"seed {seed}, stack {number} (PROP_SEED={seed} PROP_ONLY={number}), "
        "made smaller:", *show(small), *tester.check(small)]


def comment(lines):
    for line in lines:
        print("# " + line.encode("ascii", "backslashreplace").decode())
    sys.stdout.flush()


class Run:
    def __init__(self, tool, place, count):
        self.tool, self.place = tool, place
        self.jobs = int(os.environ.get("PROP_JOBS") or
                        len(os.sched_getaffinity(0)))
        self.count = count          # lines of TAP so far

    def stacks(self, kind, seed, numbers):
        """One line of TAP for the stacks NUMBERS of SEED."""
        n = refused = silent = failed = 0
        with multiprocessing.Pool(self.jobs, begin, (
                self.tool, self.place, kind)) as pool:
            for number, is_refused, is_silent, wrong in pool.imap_unordered(
                    one, [(seed, k) for k in numbers], 8):
                n += 1
                refused += is_refused
                silent += is_silent
                failed += bool(wrong)
                if wrong and failed <= 5:
                    comment(wrong)
        self.count += 1
        print("not ok" if failed else "ok", self.count,
              f"- {n} stacks to {kind.name}, seed {seed}")
        comment([f"{refused} were to be refused, {silent} hold what the "
                 f"specification is silent on, {failed} failed"])
        return failed


def is_there(kind, tool, place):
    """Can TOOL write it, and we read it?"""
    if kind is not Squashfs:
        return True
    tester = Tester(tool, place, kind())
    ran = tester.convert([layertar.Layer([])])
    tester.clear()
    shutil.rmtree(tester.place)
    return bool(shutil.which("sqfs2tar")) and (
        b"has no squashfs" not in ran.stderr)


def main():
    env = os.environ
    place = tempfile.mkdtemp(prefix="prop.")
    wanted = [KINDS[k] for k in (
        env.get("PROP_KINDS") or " ".join(KINDS)).split()]
    kinds = [k() for k in wanted if is_there(k, sys.argv[1], place)]
    left_out = len(wanted) - len(kinds)
    for kind in kinds:
        kind.look_at(place)
    seeds = [env["PROP_SEED"]] if env.get("PROP_SEED") else [
        "1", str(random.SystemRandom().randrange(10 ** 9))]
    numbers = range(int(env.get("PROP_STACKS") or 150))
    turns = 1 if env.get("PROP_EACH") or env.get("PROP_ONLY") else len(kinds)
    if env.get("PROP_ONLY"):
        numbers = [int(env["PROP_ONLY"])]
        comment(show(stacks.make(seeds[0], numbers[0])))
        seeds = seeds[:1]
    print(f"1..{len(kinds) * len(seeds) + left_out}", flush=True)
    for n in range(left_out):
        print(f"ok {n + 1} - squashfs # SKIP no libsquashfs, or no sqfs2tar",
              flush=True)
    run = Run(sys.argv[1], place, left_out)
    try:
        failed = sum(run.stacks(k, s, numbers[i % turns::turns])
                     for i, k in enumerate(kinds) for s in seeds)
    finally:
        shutil.rmtree(place)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
