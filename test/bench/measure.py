"""measure.py - how a program is timed, and tables of that.

SPDX-License-Identifier: Apache-2.0

The programs take turns within a round, so that a drift of the machine hits all
alike, and each round begins with another one; ratios are medians of the ratios
within each round. What a run leaves is deleted before the next run, which then
gets memory that was touched before.

Beside what was measured stands what is to be reached, where that was laid down:
in memory for ours, in time for others as a multiple of ours.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import typing
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


class Row(typing.NamedTuple):
    """A program to be measured, and what is to be reached: the others take so
    many times the first one's time at least or at most, and it takes at most so
    much memory. Each is a number, a function from the table to one, or None."""
    name: str
    needs: str  # the program that must be there
    command: str  # for the shell
    least: object = None
    most: object = None
    mib: object = None


class Table:
    """BASE: the row that the others are compared with."""

    def __init__(self, base):
        self.base = base
        self.runs = {}
        self.goals = {}

    def add(self, name, run):
        self.runs.setdefault(name, []).append(run)

    def has(self, name):
        """Was it measured, and has it never failed?"""
        return None not in self.runs.get(name, [None])

    def ratio(self, name):
        """How much longer than the base it took, or None."""
        if not self.has(name) or not self.has(self.base):
            return None
        pairs = zip(self.runs[name], self.runs[self.base])
        return statistics.median(a[0] / b[0] for a, b in pairs)

    def mib(self, name):
        """Its memory at most, or None."""
        if not self.has(name) or None in [r[2] for r in self.runs[name]]:
            return None
        return max(r[2] for r in self.runs[name]) / 1024

    def goal(self, name, what):
        value = getattr(self.goals.get(name), what, None)
        return value(self) if callable(value) else value

    def show(self, unit, scale):
        print(f"{'':22}{'median ' + unit:>10}{'min':>8}{'CPU':>8}"
              f"{'MiB':>6}{'to reach':>9}{'ratio':>7}{'to reach':>9}")
        missed = []
        for name, runs in self.runs.items():
            if not self.has(name):
                print(f"{name:22}{'failed':>10}")
                continue
            wall, cpu = ([r[i] * scale for r in runs] for i in range(2))
            ratio, mib = self.ratio(name), self.mib(name)
            least, most, room = (self.goal(name, what)
                                 for what in ("least", "most", "mib"))
            line = (f"{name:22}{statistics.median(wall):10.2f}"
                    f"{min(wall):8.2f}{statistics.median(cpu):8.2f}"
                    f"{text(mib, 0):>6}{text(room, 0):>9}"
                    f"{text(ratio, 2):>7}")
            if least or most:
                line += f"{'>=' if least else '<=':>4}{least or most:5.2f}"
            print(line.rstrip())
            if ratio and (least and ratio < least or most and ratio > most):
                missed.append(f"{name} (ratio)")
            if mib and room and mib > room:
                missed.append(f"{name} (MiB)")
        if missed:
            print("# missed: " + ", ".join(missed))


def text(value, digits):
    return "" if value is None else f"{value:.{digits}f}"


def last_error():
    with open(DIR + "/run/err", errors="replace") as f:
        lines = f.read().strip().splitlines()
    return lines[-1] if lines else "(nothing on stderr)"


def compare(title, rows, env, rounds):
    """Measure ROWS; the others are compared with the first one."""
    table = Table(rows[0].name)
    rows = [r for r in rows if chosen(r.name) and shutil.which(r.needs)]
    table.goals = {r.name: r for r in rows}
    for i in range(rounds):
        # Who comes first after the longest pause pays for cold memory.
        first = i % max(len(rows), 1)
        for row in rows[first:] + rows[:first]:
            one = run(row.command, env)
            if one[2]:
                print(f"# {row.name}: {last_error()}")
                rows = [r for r in rows if r != row]
                table.runs[row.name] = [None]
                continue
            table.add(row.name, one[:2] + (largest(),))
    wipe()
    print(f"\n{title}, {rounds} rounds, seconds; ratio to {table.base}")
    table.show("s", 1)
