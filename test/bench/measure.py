"""measure.py - how a program is timed, and tables of that.

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

DIR = sys.argv[1]
WORK = DIR + "/run/w"
TIME = "/usr/bin/time"
ENV = os.environ
REGISTRY = ENV["BENCH_REGISTRY"]
ACCEPT = ", ".join([
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json"])


def chosen(name):
    peers = ENV.get("BENCH_PEERS", "").split()
    return not peers or name.split()[0] in (
        "ch-pull", "ch-run", "ch-convert") or any(
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


def run(command, env):
    """The shell command COMMAND in an empty WORK: what spawn says."""
    wipe()
    for d in ("", "/tmp", "/xdg", "/home"):
        os.makedirs(WORK + d, mode=0o700)
    argv = ["sh", "-c", command]
    if os.path.exists(TIME):
        argv = [TIME, "-q", "-f", "%M", "-o", DIR + "/run/rss"] + argv
    return spawn(argv, env, DIR + "/run/err")


def largest():
    """KiB of the largest process of the last run, or None."""
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


def compare(title, rows, env, rounds):
    """ROWS are (name, program that must be there, shell command); the others
    are compared with the first one."""
    table = Table(rows[0][0])
    rows = [r for r in rows if chosen(r[0]) and shutil.which(r[1])]
    for i in range(rounds):
        # Who comes first after the longest pause pays for cold memory.
        first = i % len(rows)
        for name, _, command in rows[first:] + rows[:first]:
            one = run(command, env)
            if one[2]:
                print(f"# {name}: {last_error()}")
                rows = [r for r in rows if r[0] != name]
                table.runs[name] = [None]
                continue
            table.add(name, one[:2] + (largest(),))
    wipe()
    print(f"\n{title}, {rounds} rounds, seconds")
    table.show("s", 1)
