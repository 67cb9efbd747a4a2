"""read.py - reading a squashfs file: our server, squashfuse_ll and the kernel.

SPDX-License-Identifier: Apache-2.0

The same programs, those of the image, read the same file in a container of
ch-run; only who serves the file differs. Each time is taken twice: with a mount
that is new and once more. The kernel's mounts were made beforehand, by root.
"""
import os
import shutil
import statistics
import subprocess

from measure import DIR, chosen

OURS = DIR + "/ours/ch-run"
FILE = DIR + "/read.sqfs"
KERNEL = DIR + "/kernel"  # mounts 0, 1, ...
POINT = DIR + "/run/point"
FIND = "find / -xdev"
WORK = [
    ("find", f"{FIND} -type f >/dev/null"),
    ("stat all", f"{FIND} -ls >/dev/null"),
    ("stat all, 4 readers",
     f"for i in 1 2 3 4; do {FIND} -ls >/dev/null & done; wait"),
    ("read all", f"{FIND} -type f -print0 | xargs -0 cat >/dev/null"),
    ("read all, 4 readers",
     "for d in /usr/lib/x* /usr/lib/python3 /usr/share /usr/bin; do"
     " find $d -xdev -type f -print0 | xargs -0 cat >/dev/null & done; wait"),
    ("import numpy, scipy", "python3 -c 'import numpy, scipy'"),
]
# To reach: (work, new or again, who) takes so many times our time or more.
REACH = {
    ("stat all, 4 readers", 0, "squashfuse_ll"): 3,
    ("import numpy, scipy", 1, "kernel"): 1 / 1.5,
}
NAMES = ["ch-run", "squashfuse_ll", "kernel"]


def inside(image, work):
    """Seconds of WORK with a new mount, and again."""
    clock = "date +%s%N"
    script = (f": >/dev/null || exit; a=$({clock}); {work}; b=$({clock}); {work}; c=$({clock});"
              " echo $((b - a)) $((c - b))")
    done = subprocess.run(
        [OURS, "--no-default=all", "--bind=/dev", image, "--", "/bin/sh",
         "-c", script],
        capture_output=True, text=True, check=True)
    return [int(n) / 1e9 for n in done.stdout.split()[-2:]]


def by_squashfuse(work):
    os.makedirs(POINT, exist_ok=True)
    subprocess.run(["squashfuse_ll", FILE, POINT], check=True)
    try:
        return inside(POINT, work)
    finally:
        subprocess.run(["fusermount3", "-u", POINT], check=True)


def bench_read(rounds):
    """The table of reads."""
    mounts = sorted(os.listdir(KERNEL), key=int) if os.path.isdir(
        KERNEL) else []
    names = [n for n in NAMES if chosen(n)]
    if not shutil.which("squashfuse_ll"):
        names.remove("squashfuse_ll")
    print(f"\nread a squashfs file, {rounds} rounds, seconds with a new mount "
          "and again; how many times ours")
    for title, work in WORK:
        times = {n: [] for n in names}
        for i in range(rounds):
            for k in range(len(names)):
                name = names[(i + k) % len(names)]
                if name == "ch-run":
                    times[name].append(inside(FILE, work))
                elif name == "squashfuse_ll":
                    times[name].append(by_squashfuse(work))
                elif mounts:
                    times[name].append(inside(f"{KERNEL}/{mounts.pop(0)}",
                                              work))
        show(title, times)


def show(title, times):
    print(title)
    for name, runs in times.items():
        if not runs:
            continue
        line = f"  {name:16}"
        for k in range(2):
            ratio = statistics.median(
                a[k] / b[k] for a, b in zip(runs, times["ch-run"]))
            goal = REACH.get((title, k, name))
            if not goal and name == "squashfuse_ll":
                goal = 1
            line += (f"{statistics.median(r[k] for r in runs):9.3f}"
                     f"{ratio:7.2f}")
            line += f" >={goal:5.2f}" if goal else 8 * " "
            if goal and ratio < goal:
                line += " missed"
        print(line.rstrip())
