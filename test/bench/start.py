"""start.py - starting a command in an image beside other programs that do it.

SPDX-License-Identifier: Apache-2.0

A start is a program that is forked and waited for, timed by the floor program
startbench, a number of them in a row for each table's row, in turns.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import time

from measure import (DIR, ENV, REGISTRY, Row, Table, chosen, last_error,
                     spawn)

OURS = DIR + "/ours/ch-run"
ROOT = DIR + "/run/root"
FILE = DIR + "/run/root.sqfs"
BARE = DIR + "/bin/true-static"
INSIDE = "/true-static"
PODMAN = ["podman", "--root", DIR + "/run/st", "--runroot", DIR + "/run/rr"]
TAG = "bench"
AT_ONCE = 64
SLOW = {"podman run": 10, "crun run": 2}  # so many times fewer starts


def startbench(argv, count, env):
    """(median seconds, CPU seconds a start), or None if a start failed."""
    done = subprocess.run(
        [DIR + "/bin/startbench", "-n", str(count), "-l", "x", "--"] + argv,
        env=env, capture_output=True, text=True)
    if done.returncode:
        print(f"# {done.stderr.strip()}")
        return None
    found = dict(re.findall(r"(\w+)=([0-9.]+)", done.stdout))
    return (float(found["med"]) / 1e6,
            (float(found["user"]) + float(found["sys"])) / 1e6, None)


def bundle(where):
    """What crun wants; without terminal, with the root read-only."""
    os.makedirs(where)
    subprocess.run(["crun", "spec", "--rootless"], cwd=where, check=True)
    with open(where + "/config.json") as f:
        config = json.load(f)
    config["root"] = {"path": ROOT, "readonly": True}
    config["process"]["terminal"] = False
    config["process"]["args"] = [INSIDE]
    with open(where + "/config.json", "w") as f:
        json.dump(config, f)


def prepare():
    subprocess.run([DIR + "/ours/ch-pull", "-q", "--no-store",
                    REGISTRY + "/alpine:oci", ROOT], check=True)
    shutil.copy(BARE, ROOT + INSIDE)
    subprocess.run([DIR + "/ours/ch-convert", "-q", ROOT, FILE], check=True)
    if shutil.which("crun"):
        bundle(DIR + "/run/bundle")
    if shutil.which("podman") and chosen("podman run"):
        subprocess.run(PODMAN + ["pull", "-q", "--tls-verify=false",
                                 REGISTRY + "/alpine:oci"], check=False,
                       stdout=subprocess.DEVNULL)


DIRECTORY = [
    Row("ch-run", OURS, [OURS, ROOT, "--", INSIDE]),
    Row("floor: floorrun -m", DIR + "/bin/floorrun",
        [DIR + "/bin/floorrun", "-m", ROOT, INSIDE], least=1 / 1.35),
    Row("charliecloud ch-run", "/usr/bin/ch-run",
        ["/usr/bin/ch-run", ROOT, "--", INSIDE], least=1 / 0.55),
    Row("bwrap", "bwrap",
        ["bwrap", "--bind", ROOT, "/", "--proc", "/proc", "--dev", "/dev",
         INSIDE], least=1 / 0.47),
    Row("crun run", "crun",
        ["crun", "--cgroup-manager=disabled", "--root", DIR + "/run/state",
         "run", "-b", DIR + "/run/bundle", "x"], least=1 / 0.13),
    Row("podman run", "podman",
        PODMAN + ["run", "--rm", "--pull=never", "--network=host",
                  "--cgroups=disabled", REGISTRY + "/alpine:oci", "/bin/true"],
        least=1 / 0.007),
    Row("ch-run --write-fake", OURS,
        [OURS, "--write-fake", ROOT, "--", INSIDE], most=2),
    Row("ch-run --join, exists", OURS,
        [OURS, "--join", f"--join-tag={TAG}", ROOT, "--", INSIDE], most=0.6),
    Row("bare", BARE, [BARE]),
]
SQUASHFS = [
    Row("ch-run", OURS, [OURS, FILE, "--", INSIDE]),
    Row("charliecloud ch-run", "/usr/bin/ch-run",
        ["/usr/bin/ch-run", FILE, "--", INSIDE], least=1 / 0.4),
    Row("ch-run, directory", OURS, [OURS, ROOT, "--", INSIDE]),
]


def turns(title, rows, rounds, count, env):
    table = Table(rows[0].name)
    rows = [r for r in rows if chosen(r.name) and shutil.which(r.needs)]
    for row in list(rows):
        if spawn(row.command, env, DIR + "/run/err")[2]:
            print(f"# {row.name}: {last_error()}")
            rows.remove(row)
    table.goals = {r.name: r for r in rows}
    for i in range(rounds):
        first = i % max(len(rows), 1)
        for row in rows[first:] + rows[:first]:
            one = startbench(row.command,
                             max(1, count // SLOW.get(row.name, 1)), env)
            if one:
                table.add(row.name, one)
            else:
                table.runs[row.name] = [None]
    print(f"\n{title}, {rounds} rounds of {count}, milliseconds; ratio to "
          f"{table.base}")
    table.show("ms", 1000)


def at_once(argv, env):
    """Seconds for AT_ONCE starts at once, and how many failed."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0)
            for fd in (0, 1)]
    begin = time.monotonic()
    pids = [os.posix_spawn(argv[0], argv, env, file_actions=null)
            for _ in range(AT_ONCE)]
    failed = sum(os.waitpid(p, 0)[1] != 0 for p in pids)
    return time.monotonic() - begin, failed


def one_by_one(argv, env):
    begin = time.monotonic()
    for _ in range(AT_ONCE):
        spawn(argv, env, None)
    return time.monotonic() - begin


def bench_many(rounds, env):
    """Many starts at once, beside as many one after another."""
    for name, image in (("directory", ROOT), ("squashfs", FILE)):
        argv = [OURS, image, "--", INSIDE]
        if spawn(argv, env, DIR + "/run/err")[2]:
            print(f"# {AT_ONCE} at once, {name}: {last_error()}")
            continue
        pairs = [(at_once(argv, env), one_by_one(argv, env))
                 for _ in range(rounds)]
        ratio = statistics.median(a[0] / b for a, b in pairs)
        each = statistics.median(a[0] for a, _ in pairs) / AT_ONCE * 1000
        print(f"\n{AT_ONCE} starts at once, {name}: {each:.2f} ms each, "
              f"x {ratio:.2f} of one after another, to reach 1; "
              f"{sum(a[1] for a, _ in pairs)} failed")


def bench_start(rounds, count):
    """The tables of starts."""
    env = dict(ENV, XDG_RUNTIME_DIR=DIR + "/run", HOME=DIR + "/run")
    prepare()
    holder = subprocess.Popen(
        [OURS, "--join", f"--join-tag={TAG}", ROOT, "--", "/bin/sleep",
         "9999"], env=env, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        turns(f"start {INSIDE} in a directory", DIRECTORY, rounds, count, env)
    finally:
        holder.kill()
        holder.wait()
    turns(f"start {INSIDE} in a squashfs file", SQUASHFS, rounds, count, env)
    bench_many(rounds, env)
