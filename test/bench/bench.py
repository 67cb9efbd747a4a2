#!/usr/bin/env python3
"""bench.py DIR - measure, as told by the environment (see the script bench).

SPDX-License-Identifier: Apache-2.0

The programs take turns within a round, so that a drift of the machine hits all
alike, and each round begins with another one; ratios are medians of the ratios
within each round. What a run leaves is deleted before the next run, which then
gets memory that was touched before.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

from line import Line

DIR = sys.argv[1]
WORK = DIR + "/run/w"
TIME = "/usr/bin/time"
ENV = os.environ
REGISTRY = ENV["BENCH_REGISTRY"]
ACCEPT = ", ".join([
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json"])
STORAGE = "--root $W/st --runroot $W/run --storage-driver overlay"
# Name, the program that must be there, and the shell command: registry to a
# directory that can be run. The first one is what the others are compared with.
PULLS = [
    ("ch-pull", DIR + "/ours/ch-pull",
     "exec $DIR/ours/ch-pull -q --no-store --store=$W/store $REG/$IMG $W/img"),
    ("ch-pull + store", DIR + "/ours/ch-pull",
     "exec $DIR/ours/ch-pull -q --store=$W/store $REG/$IMG $W/img"),
    ("ch-pull without ISA-L", DIR + "/ours/ch-pull-noisal",
     "exec $DIR/ours/ch-pull-noisal -q --no-store --store=$W/store $REG/$IMG"
     " $W/img"),
    ("floor: pullproto -d", DIR + "/bin/pullproto",
     "exec $DIR/bin/pullproto -d $HOST $PORT $NAME $W/img $LAYERS"),
    ("skopeo + umoci", "umoci",
     "skopeo --insecure-policy copy -q --src-tls-verify=false"
     " docker://$REG/$IMG oci:$W/oci:x &&"
     " umoci unpack --rootless --image $W/oci:x $W/img"),
    ("buildah pull", "buildah",
     f"exec buildah {STORAGE} pull -q --tls-verify=false $REG/$IMG"),
    ("podman pull", "podman",
     f"exec podman {STORAGE} pull -q --tls-verify=false $REG/$IMG"),
    ("ch-image --no-cache", "ch-image",
     "exec ch-image -s $W/st --no-cache pull $TLS/$IMG"),
]
LINE_RATE = 100e6 / 8  # bytes a second: 100 Mbit/s
# Name, program, arguments; {r}: the root directory, {p}: program to run in it.
STARTS = [
    ("ch-run", DIR + "/ours/ch-run", ["{r}", "--", "{p}"]),
    ("floor: floorrun -m", DIR + "/bin/floorrun", ["-m", "{r}", "{p}"]),
    ("charliecloud ch-run", "/usr/bin/ch-run", ["{r}", "--", "{p}"]),
    ("bwrap", "bwrap", ["--bind", "{r}", "/", "--proc", "/proc", "--dev",
                        "/dev", "{p}"]),
    ("crun run", "crun", ["--cgroup-manager=disabled", "--root", "{w}/state",
                          "run", "-b", "{b}", "x"]),
    ("bare", None, []),
]


def chosen(name):
    peers = ENV.get("BENCH_PEERS", "").split()
    return not peers or name.split()[0] in ("ch-pull", "ch-run") or any(
        p in name for p in peers)


def wipe():
    """Remove what the last run left; some leave directories that are closed
    even to their owner, or that belong to subordinate users."""
    if not os.path.exists(WORK):
        return
    subprocess.run(["chmod", "-R", "u+rwX", WORK], stderr=subprocess.DEVNULL)
    shutil.rmtree(WORK, ignore_errors=True)
    if os.path.exists(WORK):
        subprocess.run(["podman", "unshare", "rm", "-rf", WORK],
                       stderr=subprocess.DEVNULL)


def spawn(argv, env, quiet):
    """Run it: (seconds, CPU seconds, status). Not its memory: a process that
    was started from here has had ours for a moment."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
               (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    if quiet:
        actions.append((os.POSIX_SPAWN_OPEN, 2, quiet,
                        os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    begin = time.monotonic()
    pid = os.posix_spawnp(argv[0], argv, env, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    return (time.monotonic() - begin, usage.ru_utime + usage.ru_stime, status)


def layers(name, tag):
    request = urllib.request.Request(
        f"http://{REGISTRY}/v2/{name}/manifests/{tag}",
        headers={"Accept": ACCEPT})
    with urllib.request.urlopen(request) as answer:
        return [d["digest"] for d in json.load(answer)["layers"]]


def environment(image):
    name, tag = image.split(":")
    host, port = REGISTRY.split(":")
    env = dict(ENV, DIR=DIR, W=WORK, REG=REGISTRY, IMG=image, NAME=name,
               HOST=host, PORT=port, TLS=ENV["BENCH_TLS"],
               LAYERS=" ".join(layers(name, tag)), TMPDIR=WORK + "/tmp",
               XDG_RUNTIME_DIR=WORK + "/xdg", HOME=WORK + "/home")
    if os.path.exists(DIR + "/tls.crt"):
        env["REQUESTS_CA_BUNDLE"] = DIR + "/tls.crt"
    return env


def pull(image, command, env):
    wipe()
    for d in ("", "/tmp", "/xdg", "/home"):
        os.makedirs(WORK + d, mode=0o700)
    argv = ["sh", "-c", command]
    if os.path.exists(TIME):
        argv = [TIME, "-q", "-f", "%M", "-o", DIR + "/run/rss"] + argv
    return spawn(argv, env, DIR + "/run/err")


def largest():
    """KiB of the largest process of the last pull, or None."""
    if not os.path.exists(TIME):
        return None
    with open(DIR + "/run/rss") as f:
        return int(f.read())


class Table:
    def __init__(self, base):
        self.base = base
        self.runs = {}

    def add(self, name, run):
        self.runs.setdefault(name, []).append(run)

    def ratio(self, name):
        pairs = zip(self.runs[name], self.runs[self.base])
        return statistics.median(a[0] / b[0] for a, b in pairs)

    def show(self, unit, scale):
        if self.base not in self.runs:
            return
        head = f"{'':22}{'median ' + unit:>10}{'min':>9}{'CPU':>9}"
        print(head + f"{'MiB':>7}{'x ' + self.base:>12}")
        for name, runs in self.runs.items():
            if any(r is None for r in runs):
                print(f"{name:22}{'failed':>10}")
                continue
            wall, cpu, rss = ([r[i] for r in runs] for i in range(3))
            mib = "-" if None in rss else f"{max(rss) / 1024:.0f}"
            print(f"{name:22}{statistics.median(wall) * scale:10.2f}"
                  f"{min(wall) * scale:9.2f}"
                  f"{statistics.median(cpu) * scale:9.2f}"
                  f"{mib:>7}{self.ratio(name):12.2f}")


def last_error():
    with open(DIR + "/run/err", errors="replace") as f:
        lines = f.read().strip().splitlines()
    return lines[-1] if lines else "(nothing on stderr)"


def bench_pull(image, rounds):
    table, env = Table("ch-pull"), environment(image)
    peers = [p for p in PULLS if chosen(p[0]) and shutil.which(p[1])]
    for i in range(rounds):
        # Who comes first after the longest pause pays for cold memory.
        for name, _, command in peers[i % len(peers):] + peers[
                :i % len(peers)]:
            run = pull(image, command, env)
            if run[2]:
                print(f"# {name}: {last_error()}")
                peers = [p for p in peers if p[0] != name]
                table.runs[name] = [None]
                continue
            table.add(name, run[:2] + (largest(),))
    wipe()
    print(f"\npull {image} to a runnable directory, {rounds} rounds, seconds")
    table.show("s", 1)


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
    if any(run[2] for run, _ in pairs):
        print(f"# ch-pull: {last_error()}")
        return
    took = statistics.median(run[0] for run, _ in pairs) * 1000
    trip = statistics.median(head for _, head in pairs) * 1000
    beside = statistics.median(run[0] - head for run, head in pairs) * 1000
    print(f"\npull {image} again, unchanged, to the store: {took:.1f} ms; "
          f"one HEAD {trip:.1f} ms; beside it {beside:.1f} ms")


def bench_line(image):
    """Pull over a slow line: how long after its last byte does it end?"""
    env = environment(image)
    host, port = REGISTRY.split(":")
    line = Line((host, int(port)), LINE_RATE)
    env["REG"] = f"127.0.0.1:{line.port}"
    begin = time.monotonic()
    run = pull(image, PULLS[0][2], env)
    end = time.monotonic()
    line.close()
    wipe()
    if run[2]:
        print(f"# ch-pull over the slow line: {last_error()}")
        return
    could = line.count / LINE_RATE
    print(f"\npull {image} over {LINE_RATE * 8 / 1e6:.0f} Mbit/s: "
          f"{line.count / 1e6:.0f} MB could be there after {could:.2f} s, "
          f"were after {line.last - begin:.2f} s; "
          f"ended {end - line.last:.2f} s later: "
          f"x {run[0] / could:.3f} of what could be")


def bundle(root, program, where):
    """What crun wants; without terminal, with the root read-only."""
    os.makedirs(where)
    subprocess.run(["crun", "spec", "--rootless"], cwd=where, check=True)
    with open(where + "/config.json") as f:
        config = json.load(f)
    config["root"] = {"path": root, "readonly": True}
    config["process"]["terminal"] = False
    config["process"]["args"] = [program]
    with open(where + "/config.json", "w") as f:
        json.dump(config, f)


def start_peers(root, program):
    """(name, argv) of everything that is here and works once."""
    env = dict(ENV, XDG_RUNTIME_DIR=DIR + "/run")
    where = DIR + "/run/bundle-" + os.path.basename(program)
    if shutil.which("crun"):
        bundle(root, program, where)
    for name, tool, args in STARTS:
        if not chosen(name) or tool and not shutil.which(tool):
            continue
        argv = [a.format(r=root, p=program, b=where, w=DIR + "/run")
                for a in ([tool] + args if tool else [DIR +
                                                      "/bin/true-static"])]
        if spawn(argv, env, DIR + "/run/err")[2]:
            print(f"# {name}: {last_error()}")
            continue
        yield name, argv, env


def bench_start(rounds, count):
    root = DIR + "/run/root"
    subprocess.run([DIR + "/ours/ch-pull", "-q", "--store=" + DIR +
                    "/run/store", REGISTRY + "/alpine:oci", root], check=True)
    shutil.copy(DIR + "/bin/true-static", root + "/true-static")
    for program in ("/true-static", "/bin/true"):
        table = Table("ch-run")
        peers = list(start_peers(root, program))
        for _ in range(rounds):
            for name, argv, env in peers:
                runs = [spawn(argv, env, None) for _ in range(count)]
                if any(r[2] for r in runs):
                    table.runs[name] = [None]
                    continue
                table.add(name, [statistics.median(r[i] for r in runs)
                                 for i in range(2)] + [None])
        print(f"\nstart {program}, {rounds} rounds of {count}, milliseconds")
        table.show("ms", 1000)


def main():
    rounds = int(ENV["BENCH_ROUNDS"])
    for image in ENV["BENCH_IMAGES"].split():
        bench_pull(image, rounds)
    if ENV["BENCH_AGAIN"]:
        bench_again(ENV["BENCH_AGAIN"], rounds)
    if ENV["BENCH_LINE"]:
        bench_line(ENV["BENCH_LINE"])
    if int(ENV["BENCH_STARTS"]):
        bench_start(rounds, int(ENV["BENCH_STARTS"]))


main()
