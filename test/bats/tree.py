#!/usr/bin/env python3
"""tree.py [-n] [-m] [-x NAME]... ROOT - list a tree so that two can be compared.

SPDX-License-Identifier: Apache-2.0

One line for each path: type, mode, size, time in nanoseconds, hard link group
(the group's first path), link target or the content's sum. -n: modes as our
rule makes them (no set-ID bits on files, u+r for files, u+rwx for directories)
so that another program's tree can be compared; -m: without times of
directories; -x: leave out a path of the first level.
"""
import argparse
import hashlib
import os
import stat


def kind(mode):
    return {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link",
            stat.S_IFIFO: "fifo", stat.S_IFCHR: "char", stat.S_IFBLK: "block",
            stat.S_IFSOCK: "socket"}[stat.S_IFMT(mode)]


def content(path, mode):
    """The file's sum; its mode must not stand in the way, we are its owner."""
    if not mode & stat.S_IRUSR:
        os.chmod(path, stat.S_IMODE(mode) | stat.S_IRUSR)
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:16]


def xattrs(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return ""
    return " ".join(
        f"{n}={os.getxattr(path, n, follow_symlinks=False)!r}"
        for n in sorted(names)
        if n.startswith("user.") and n != "user.rootlesscontainers")


class Lister:
    def __init__(self, args):
        self.args = args
        self.links = {}

    def mode(self, st):
        mode = stat.S_IMODE(st.st_mode)
        if stat.S_ISLNK(st.st_mode):
            return "-"
        if self.args.normal and stat.S_ISDIR(st.st_mode):
            mode = mode & 0o1777 | 0o700
        elif self.args.normal:
            mode = mode & 0o1777 | 0o400
        return f"{mode:04o}"

    def detail(self, path, st):
        if stat.S_ISLNK(st.st_mode):
            return "-> " + repr(os.readlink(path))
        if stat.S_ISREG(st.st_mode):
            return content(path, st.st_mode)
        return ""

    def line(self, path, name):
        st = os.lstat(path)
        time = st.st_mtime_ns
        if stat.S_ISDIR(st.st_mode):
            group, size = "-", "-"
            if self.args.no_dir_times:
                time = "-"
        else:
            group = self.links.setdefault((st.st_dev, st.st_ino), name)
            group = group if st.st_nlink > 1 else "-"
            size = st.st_size
        print(repr(name), kind(st.st_mode), self.mode(st), size, time,
              repr(group), self.detail(path, st), xattrs(path))

    def walk(self, path, name):
        if name:
            self.line(path, name)
        if os.path.islink(path) or not os.path.isdir(path):
            return
        if not os.access(path, os.R_OK | os.X_OK):
            os.chmod(path, 0o700)
        for n in sorted(os.listdir(path)):
            if name or n not in self.args.exclude:
                self.walk(os.path.join(path, n), name + "/" + n)


parser = argparse.ArgumentParser()
parser.add_argument("-n", dest="normal", action="store_true")
parser.add_argument("-m", dest="no_dir_times", action="store_true")
parser.add_argument("-x", dest="exclude", action="append", default=[])
parser.add_argument("root")
arguments = parser.parse_args()
Lister(arguments).walk(arguments.root, "")
