"""trees.py - trees as lists of lines that can be compared.

SPDX-License-Identifier: Apache-2.0

A tree is a dictionary: path (bytes) to a tuple of type, mode, mtime,
hard-link group, content, attributes. What is not known of a path, as the
time of a directory that no layer describes, is None in the oracle's tree and
not compared.
"""
import os
import stat
import subprocess
import tarfile

from layertar import SECOND

# Times outside of these are moved into them (src/layer/changeset.c).
TIME_MIN, TIME_MAX = -2 ** 31, 253402300799
FIELDS = ("type", "mode", "mtime", "links", "content", "attributes", "owner")


def clamp(ns, first, last):
    """Into the range that is kept, from FIRST to LAST."""
    if first * SECOND <= ns < (last + 1) * SECOND:
        return ns
    return (first if ns < first * SECOND else last) * SECOND


def content(node):
    if node.kind == "sym":
        return node.entry.link
    if node.kind in ("char", "block"):
        return node.entry.device
    return node.entry.data if node.kind == "file" else b""


def walk(image, left_out=()):
    """(path, node) of all names but the root's. LEFT_OUT: kinds."""
    pending = [(b"", image.root)]
    while pending:
        path, at = pending.pop()
        for name, node in at.children.items():
            if node.kind in left_out:
                continue
            yield path + b"/" + name, node
            if node.is_dir:
                pending.append((path + b"/" + name, node))


def groups(names):
    """PATH, KEY pairs: path to the paths of the same key, if several."""
    together = {}
    for path, key in names:
        together.setdefault(key, []).append(path)
    return {path: tuple(sorted(paths)) for paths in together.values()
            for path in paths if len(paths) > 1}


class Oracle:
    """The oracle's image as a kind of output shows it."""

    def __init__(self, kind):
        self.kind = kind

    def mode(self, node):
        if node.entry is None:
            return 0o755                # Rule: implied directories
        if node.kind == "sym":
            return None
        return self.kind.mode(node.kind, node.entry.mode)

    def line(self, node, group):
        e = node.entry
        attributes = {} if e is None else {
            k: v for k, v in e.xattrs.items()
            if self.kind.has_xattr(node.kind, k)}
        mtime = e and self.kind.time(e.mtime)
        return (node.kind, self.mode(node), mtime, group,
                None if node.is_dir else content(node), attributes,
                self.kind.owner(e))

    def tree(self, image):
        names = list(walk(image, self.kind.left_out))
        links = groups((p, id(n)) for p, n in names if not n.is_dir)
        tree = {p: self.line(n, links.get(p)) for p, n in names}
        tree[b"/"] = self.line(image.root, None)
        return tree


class Directory:
    """An unpacked tree: what an ordinary user can have (layer.md)."""

    name = "dir"
    suffix = ""
    left_out = ("char", "block")
    keeps_xattrs = True     # the file system there
    time_max = TIME_MAX     # its last second, or ours

    def look_at(self, place):
        """What can be kept in this directory?"""
        os.utime(place, (0, TIME_MAX))
        self.time_max = int(os.stat(place).st_mtime)
        try:
            os.setxattr(place, "user.chassis", b"x")
            os.removexattr(place, "user.chassis")
        except OSError:
            self.keeps_xattrs = False

    @staticmethod
    def mode(kind, mode):
        return mode & 0o1777 | (0o700 if kind == "dir" else 0o400)

    def has_xattr(self, kind, key):
        return (self.keeps_xattrs and kind in ("dir", "file") and
                key.startswith(b"user.") and
                not key.startswith(b"user.overlay."))

    @staticmethod
    def owner(_):
        return None

    def time(self, ns):
        return clamp(ns, TIME_MIN, self.time_max)

    def line(self, path, st):
        mode, data = stat.S_IMODE(st.st_mode), b""
        attributes = {}
        if stat.S_ISLNK(st.st_mode):
            return "sym", None, st.st_mtime_ns, os.readlink(path), attributes
        kind = {stat.S_IFREG: "file", stat.S_IFDIR: "dir",
                stat.S_IFIFO: "fifo"}.get(stat.S_IFMT(st.st_mode), "strange")
        if kind in ("file", "dir") and self.keeps_xattrs:
            attributes = {k.encode(): os.getxattr(path, k)
                          for k in os.listxattr(path)
                          if k.startswith("user.")}
        if kind == "file":
            with open(path, "rb", 0) as f:
                data = f.read()
        return kind, mode, st.st_mtime_ns, data, attributes

    def read(self, root):
        """The tree at ROOT. Our own /ch is not the image's."""
        root, tree, pending, links = root.encode(), {}, [b""], []
        while pending:
            at = pending.pop()
            for found in os.scandir(root + at):
                path = at + b"/" + found.name
                if path == b"/ch":
                    continue
                tree[path] = self.entry(root, path, links)
                if tree[path][0] == "dir":
                    pending.append(path)
        tree[b"/"] = self.entry(root, b"/", links)
        for path, group in groups(links).items():
            tree[path] = tree[path][:3] + (group,) + tree[path][4:]
        return tree

    def entry(self, root, path, links):
        st = os.lstat(root + path)
        kind, mode, mtime, data, attributes = self.line(root + path, st)
        if kind != "dir":
            links.append((path, st.st_ino))
        return (kind, mode, mtime, None, None if kind == "dir" else data,
                attributes, None)


class Tar:
    """A flat archive: all that the layers say."""

    name = "tar"
    suffix = ".tar"
    left_out = ()
    KIND = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file",
            tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "sym",
            tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "char",
            tarfile.BLKTYPE: "block", tarfile.LNKTYPE: "hard",
            tarfile.GNUTYPE_SPARSE: "file"}

    def look_at(self, place):
        """A file keeps what it is given."""

    @staticmethod
    def mode(_, mode):
        return mode & 0o7777

    @staticmethod
    def has_xattr(_, key):
        return (key.startswith((b"user.", b"trusted.")) and
                not key.split(b".", 1)[1].startswith(b"overlay."))

    @staticmethod
    def owner(e):
        return (0, 0) if e is None else (e.uid, e.gid)

    @staticmethod
    def time(ns):
        return ns

    def line(self, archive, member):
        kind = self.KIND[member.type]
        data = None if kind == "dir" else b""
        if kind == "sym":
            data = os.fsencode(member.linkname)
        elif kind in ("char", "block"):
            data = (member.devmajor, member.devminor)
        elif kind == "file":
            data = archive.extractfile(member).read()
        pax = member.pax_headers
        mtime = nanoseconds(pax.get("mtime", str(member.mtime)))
        attributes = {
            k[len("SCHILY.xattr."):].encode(): os.fsencode(v)
            for k, v in pax.items() if k.startswith("SCHILY.xattr.")}
        return (kind, None if kind == "sym" else member.mode, mtime, None,
                data, attributes, (member.uid, member.gid))

    def read_stream(self, archive):
        tree, links = {}, []
        for member in archive:
            path = clean(member.name)
            if path == b"/ch" or path.startswith(b"/ch/"):
                continue
            if member.type == tarfile.LNKTYPE:
                to = clean(member.linkname)
                tree[path] = tree[to]
                links.append((path, to))
                continue
            tree[path] = self.line(archive, member)
            links.append((path, path))
        for path, group in groups(links).items():
            tree[path] = tree[path][:3] + (group,) + tree[path][4:]
        return tree

    def read(self, path):
        with tarfile.open(path, "r:", errors="surrogateescape") as archive:
            return self.read_stream(archive)


class Squashfs(Tar):
    """A squashfs file, by way of another program's reader: times are whole
    seconds from 1970 to 2106."""

    name = "squashfs"
    suffix = ".sqfs"
    TIME_MAX = 2 ** 32 - 1

    def time(self, ns):
        return clamp(ns // SECOND * SECOND, 0, self.TIME_MAX)

    def read(self, path):
        tool = subprocess.Popen(["sqfs2tar", "-s", "-r", ".", path],
                                stdout=subprocess.PIPE, close_fds=False)
        with tool, tarfile.open(fileobj=tool.stdout, mode="r|",
                                errors="surrogateescape") as archive:
            tree = self.read_stream(archive)
            while tool.stdout.read(65536):
                pass
        assert tool.returncode == 0
        return tree


def clean(name):
    return b"/" + b"/".join(p for p in os.fsencode(name).split(b"/")
                            if p not in (b"", b"."))


def nanoseconds(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, rest = text.lstrip("-").partition(".")
    return sign * (int(whole) * SECOND + int(rest[:9].ljust(9, "0")))


def differences(want, got):
    """Lines that say where GOT is not as WANT has it."""
    out = []
    for path in sorted(set(want) | set(got)):
        name = repr(path)[1:]
        if path not in got:
            out.append(f"{name}: is missing, {show(want[path])}")
        elif path not in want:
            out.append(f"{name}: should not be there, {show(got[path])}")
        else:
            out += [f"{name}: {field} should be {brief(w)}, is {brief(g)}"
                    for field, w, g in zip(FIELDS, want[path], got[path])
                    if w != g and not is_unknown(field, w)]
    return out


def is_unknown(field, value):
    return value is None and field in ("mtime", "owner", "mode")


def brief(value):
    text = repr(value)
    return text if len(text) < 60 else f"{text[:40]}... ({len(text)})"


def show(line):
    return " ".join(brief(v) for v in line if v not in (None, {}))
