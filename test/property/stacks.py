"""stacks.py - random stacks of layers, the odd ones on purpose.

SPDX-License-Identifier: Apache-2.0

Few names and small trees, so that entries meet each other; every way in which
they can meet has its share. The oracle goes along, so that parents, targets
and names that are there can be picked, and a stack that is refused is mostly
so by intention and not by its third entry.
"""
import random

from layertar import SECOND, Entry, Layer
from oracle import Image, Refuse

NAMES = [b"a", b"b", b"c", b"d"]
ODD = [b"-x", b"with space", b"new\nline", b"\xff\xfe", b"caf\xc3\xa9",
       b"back\\slash", b"*?[", b"...", b".wx", b"A", b".wh", b"\x1b[m",
       b"n" * 110, b"m" * 160, b"l" * 255]
TARGETS = [b"a", b"b", b"/a", b"/b/c", b"../a", b"..", b".", b"/", b"c/d",
           b"../../../../b", b"a/../b", b"/nowhere/x", b"b//a/", b"./c",
           b"x/" * 60 + b"y", b"/" + b"z" * 200]
MODES = [0o755, 0o644, 0o000, 0o700, 0o600, 0o444, 0o111, 0o777, 0o200,
         0o1777, 0o4755, 0o2755, 0o6711, 0o7777, 0o070]
TIMES = [0, 1, 1600000000, 4000000000, -1, -86400, 8 ** 11 - 1, 8 ** 11,
         -2 ** 31, -2 ** 31 - 1, 253402300799, 253402300800, 2 ** 62]
SIZES = [0, 0, 1, 5, 5, 5, 511, 512, 513, 3000, 16384, 16385, 70000]
KINDS = {"file": 30, "dir": 22, "sym": 14, "hard": 13, "fifo": 4, "char": 3,
         "block": 1, "sparse": 2, "white": 18, "opaque": 8, "aufs": 1,
         "bad": 0.4}


class Maker:
    def __init__(self, seed):
        self.rnd = random.Random(seed)
        self.image = Image()

    def maybe(self, probability):
        return self.rnd.random() < probability

    # --- where

    def all_names(self, want=lambda n: True):
        """(path, node) of what is there now."""
        out, pending = [], [(b"", self.image.root)]
        while pending:
            path, at = pending.pop()
            for name, node in at.children.items():
                below = path + b"/" + name if path else name
                if want(node):
                    out.append((below, node))
                if node.is_dir:
                    pending.append((below, node))
        return out

    def pick(self, want, default=b""):
        found = self.all_names(want)
        return self.rnd.choice(found)[0] if found else default

    def new_name(self):
        return self.rnd.choice(ODD if self.maybe(0.06) else NAMES)

    def leads_on(self, path):
        """Can something be put below PATH?"""
        try:
            return self.image.walk(path.split(b"/"), make=False) is not None
        except Refuse:
            return False

    def parent(self):
        dice = self.rnd.random()
        if dice < 0.25:
            return b""
        if dice < 0.65:
            return self.pick(lambda n: n.is_dir)
        if dice < 0.82:
            path = self.pick(lambda n: n.kind == "sym")
            if self.leads_on(path) or self.maybe(0.15):
                return path
            return b""
        if dice < 0.985:                # a directory that is only implied
            at = self.pick(lambda n: n.is_dir)
            for _ in range(self.rnd.randint(1, 2)):
                name = self.new_name()
                at = at + b"/" + name if at else name
            return at if self.leads_on(at) or not self.is_there(at) else b""
        return b"/".join(self.new_name() for _ in range(2))

    def is_there(self, path):
        node = self.image.root
        for part in path.split(b"/"):
            if not node.is_dir:
                return True
            node = node.children.get(part)
            if node is None:
                return False
        return not node.is_dir

    def child(self, parent):
        """A name for PARENT: often one that is there already."""
        try:
            at = self.image.walk(parent.split(b"/"), make=False)
        except Refuse:
            at = None
        if at is not None and at.children and self.maybe(0.55):
            return self.rnd.choice(list(at.children))
        return self.new_name()

    def dress(self, path, is_dir):
        """The same path as another program might write it."""
        if self.maybe(0.25):
            path = self.rnd.choice([b"./", b"/", b".//", b"//", b"/./"]) + path
        if b"/" in path.strip(b"/.") and self.maybe(0.05):
            path = path.replace(b"/", self.rnd.choice([b"//", b"/./"]))
        if is_dir and self.maybe(0.5):
            path += self.rnd.choice([b"/", b"/", b"/.", b"//"])
        return path

    # --- what

    def data(self):
        size = self.rnd.choice(SIZES)
        if self.maybe(0.002):
            size = 600000
        return self.rnd.randbytes(min(size, 16)) * (size // 16) + \
            self.rnd.randbytes(size % 16)

    def mtime(self):
        whole = self.rnd.choice(TIMES) if self.maybe(0.3) else \
            self.rnd.randint(1, 2 ** 31)
        part = self.rnd.choice([0, 0, 1, 250000000, 999999999])
        return whole * SECOND + (part if whole < 2 ** 33 else 0)

    def xattrs(self, kind):
        if not self.maybe(0.12):
            return {}
        keys = [b"user.a", b"user.b", b"user.overlay.opaque", b"trusted.x"]
        return {k: self.rnd.randbytes(self.rnd.randint(1, 9)).replace(
            b"\0", b"0") for k in self.rnd.sample(keys, 2)}

    def fill(self, e):
        """What the header of any entry may say."""
        if self.maybe(0.5):
            e.mode = self.rnd.choice(MODES)
        elif e.kind == "dir":
            e.mode = 0o755
        e.mtime = self.mtime()
        e.uid, e.gid = self.rnd.choice([(0, 0), (1000, 100), (7, 65534)])
        e.form = self.rnd.choice(["pax", "pax", "gnu", "ustar"])
        e.xattrs = self.xattrs(e.kind)
        if e.kind == "file":
            e.data = self.data()
            if self.maybe(0.1):
                e.letter = self.rnd.choice([b"\0", b"7"])
        return e

    def sparse(self, e):
        segments, at = [], 0
        for _ in range(self.rnd.choice([0, 1, 2, 3, 6, 30])):
            at += 512 * self.rnd.randint(0 if not segments else 1, 4)
            data = self.rnd.randbytes(512 * self.rnd.randint(1, 2))
            segments.append((at, data))
            at += len(data)
        full = bytearray(at + self.rnd.choice([0, 0, 100, 512, 5000]))
        for offset, data in segments:
            full[offset:offset + len(data)] = data
        e.segments, e.data, e.letter = segments, bytes(full), None

    def hard_target(self):
        if self.maybe(0.03):
            return self.rnd.choice([b"nowhere", b"a", b"", b"/", b"../a",
                                    b"a/b/c/d"])
        if self.maybe(0.02):
            return self.pick(lambda n: n.is_dir)
        link = self.pick(lambda n: not n.is_dir, b"")
        if link and self.maybe(0.2):    # by way of a link
            head, _, tail = link.rpartition(b"/")
            for path, node in self.all_names(lambda n: n.kind == "sym"):
                if self.image_dir(path) is self.image_dir(head):
                    link = path + b"/" + tail
        return link

    def image_dir(self, path):
        try:
            return self.image.walk(path.split(b"/"), make=False)
        except Refuse:
            return None

    def special(self, kind, parent):
        """A name that the layer format gives a meaning."""
        join = parent + b"/" if parent else b""
        if kind == "opaque":
            return join + b".wh..wh..opq"
        if kind == "aufs":
            return join + self.rnd.choice([
                b".wh..wh.plnk", b".wh..wh.aufs", b".wh..wh.orph/x",
                b".wh..wh..opq/x"])
        if kind == "bad":
            return join + self.rnd.choice([
                b".wh.", b".wh..", b".wh...", b"../a", b"a/../b", b"..",
                b".wh.a/x", b"k" * 256, b"/../x"])
        return join + b".wh." + self.child(parent)

    def entry(self):
        kind = self.rnd.choices(list(KINDS), KINDS.values())[0]
        parent = self.parent()
        if kind in ("white", "opaque", "aufs", "bad"):
            is_kind = self.rnd.choice(["file"] * 8 + ["dir", "fifo"])
            e = Entry(self.special(kind, parent), is_kind)
            if is_kind == "file" and self.maybe(0.1):
                e.data = b"a whiteout with content"
            e.name = self.dress(e.name, is_kind == "dir")
            return e
        if kind == "dir" and self.maybe(0.05):
            return self.fill(Entry(self.rnd.choice([b"./", b".", b"/"]), kind))
        name = self.child(parent)
        e = Entry(parent + b"/" + name if parent else name, kind)
        self.fill(e)
        if kind == "sym":
            e.link = self.rnd.choice(TARGETS)
            if self.maybe(0.3):
                e.link = b"/" + self.pick(lambda n: True, b"a")
        elif kind == "hard":
            e.link = self.hard_target()
        elif kind == "sparse":
            self.sparse(e)
        elif kind in ("char", "block"):
            e.device = (self.rnd.randint(1, 9), self.rnd.randint(0, 300))
        if self.maybe(0.005):
            e.kind, e.name, e.data, e.letter = "fifo", b".", b"", None
        e.name = self.dress(e.name, kind == "dir")
        if kind == "hard" and not e.link and self.maybe(0.97):
            e.kind, e.link = "file", b""
        if e.kind == "hard" and self.maybe(0.2):
            e.link = self.rnd.choice([b"./", b"/"]) + e.link
        return e

    def layer(self):
        layer = Layer([], end=self.rnd.choices([1024, 512, 0, 10240],
                                               [20, 1, 1, 2])[0],
                      comment=self.maybe(0.05), nothing=self.maybe(0.5))
        self.image.begin()
        for _ in range(self.rnd.choice([0, 1, 2, 4, 6, 9, 14])):
            e = self.entry()
            if layer.entries and self.maybe(0.05):
                # the same name once more
                e.name = self.rnd.choice(layer.entries).name
                if e.kind != "dir":     # a file's would make it one
                    e.name = e.name.rstrip(b"/.") or b"."
            layer.entries.append(e)
            try:
                self.image.one(e)
            except Refuse:
                break
        return layer

    def stack(self):
        return [self.layer() for _ in range(self.rnd.choice(
            [1, 2, 2, 3, 3, 4, 6]))]


def make(seed, number):
    """Stack NUMBER of SEED: the same one each time."""
    return Maker(f"{seed}/{number}").stack()
