"""sqfscases.py - squashfs images by hand, each a lie: rows C45 and C46.

SPDX-License-Identifier: Apache-2.0

Three of them, for what is left behind by a program that has read one; the other
lies and their messages are in test/unit/sqfslies.h.
"""
import os
import struct

NONE = 2 ** 32 - 1


class Squashfs:
    """An image without compression; each table is one block."""

    def __init__(self):
        self.data = self.inodes = self.names = b""
        self.root = 0

    def inode(self, kind, more):
        at = len(self.inodes)
        self.inodes += struct.pack("<HHHHII", kind, 0o755, 0, 0, 77,
                                   at + 1) + more
        return at

    def file(self, text=b"", blocks=()):
        """A file of TEXT, which stands at the end of the data; BLOCKS: the
        size of each as it is told."""
        start = 96 + len(self.data)
        self.data += text
        return self.inode(2, struct.pack(
            f"<IIII{len(blocks)}I", start, NONE, 0, len(text), *blocks))

    def symlink(self, target):
        return self.inode(3, struct.pack("<II", 1, len(target)) + target)

    def dir(self, *names):
        """A directory of NAMES: (name, inode, type)."""
        at = len(self.names)
        if names:
            self.names += struct.pack("<III", len(names) - 1, 0, 1)
        for name, inode, kind in names:
            self.names += struct.pack("<HhHH", inode, inode, kind,
                                      len(name) - 1) + name
        return self.inode(8, struct.pack(
            "<IIIIHHI", 2, len(self.names) - at + 3, 0, 1, 0, at, NONE))

    def top(self, *names):
        self.root = self.dir(*names)
        return self

    def bytes(self):
        out = b"\0" * 96 + self.data
        at = {}

        def block(data):
            return struct.pack("<H", len(data) | 0x8000) + data
        for key in ("inodes", "names"):
            at[key] = len(out)
            out += block(getattr(self, key))
        start = len(out)
        out += block(b"\0" * 8)
        at["ids"] = len(out)
        out += struct.pack("<Q", start)
        return struct.pack(
            "<4sIIIIHHHHHHQQQQQQQQ", b"hsqs", 100, 5, 4096, 0, 6, 12, 0, 2, 4,
            0, self.root, len(out), at["ids"], 2 ** 64 - 1, at["inodes"],
            at["names"], 2 ** 64 - 1, 2 ** 64 - 1) + out[96:]


# --- C45, C46: a name, what makes it, what is said

SQFS = {}


def sqfs(name, said):
    def add(make):
        SQFS[name] = (make, "squashfs image: " + said)
        return make
    return add


@sqfs("block-short", "expected a block of 10 bytes, found 9")
def _block_short(m):
    """Found when two files have been written."""
    files = [(b"A", m.file(b"0123456789", [10 | 1 << 24]), 2),
             (b"B", m.file(b"9876543210", [10 | 1 << 24]), 2)]
    m.top(*files, (b"a", m.file(b"0123456789", [9 | 1 << 24]), 2))


@sqfs("name-climbs", "a name that can't be: '\\.\\./\\.\\./evil'")
def _climbs(m):
    m.top((b"../../evil", m.file(), 2))


@sqfs("link-and-dir", "a directory has 'a' behind 'a'")
def _link_and_dir(m):
    link = m.symlink(os.environ.get("CANARY", "/").encode())
    m.top((b"a", link, 3), (b"a", m.dir((b"evil", m.file(), 2)), 1))
