"""sqfscases.py - squashfs images by hand, each a lie: rows C45 and C46.

SPDX-License-Identifier: Apache-2.0
"""
import os
import struct

NONE = 2 ** 32 - 1


class Squashfs:
    """An image without compression; each table is one block."""

    def __init__(self):
        self.data = self.inodes = self.names = self.fragments = b""
        self.n_ids, self.n_fragments, self.root = 2, 0, 0

    def inode(self, kind, owner=0, more=b""):
        at = len(self.inodes)
        self.inodes += struct.pack("<HHHHII", kind, 0o755, owner, 0, 77,
                                   at + 1) + more
        return at

    def file(self, start=0, fragment=NONE, offset=0, size=0, blocks=()):
        return self.inode(2, 0, struct.pack(
            f"<IIII{len(blocks)}I", start, fragment, offset, size, *blocks))

    def symlink(self, target, size=None):
        return self.inode(3, 0, struct.pack(
            "<II", 1, len(target) if size is None else size) + target)

    def dir(self, *names, size=None):
        """A directory of NAMES: (name, inode, type)."""
        at = len(self.names)
        if names:
            self.names += struct.pack("<III", len(names) - 1, 0, 1)
        for name, inode, kind in names:
            self.names += struct.pack("<HhHH", inode, inode, kind,
                                      len(name) - 1) + name
        if size is None:
            size = len(self.names) - at
        return self.inode(8, 0, struct.pack(
            "<IIIIHHI", 2, size + 3, 0, 1, 0, at, NONE))

    def top(self, *names):
        self.root = self.dir(*names)
        return self

    def fragment(self, text):
        self.fragments = struct.pack("<QII", 96 + len(self.data),
                                     len(text) | 1 << 24, 0)
        self.data += text
        self.n_fragments = 1

    def bytes(self):
        out = b"\0" * 96 + self.data
        at = {}

        def block(data):
            return struct.pack("<H", len(data) | 0x8000) + data
        for key in ("inodes", "names"):
            at[key] = len(out)
            out += block(getattr(self, key))
        at["fragments"] = 2 ** 64 - 1
        if self.n_fragments:
            start = len(out)
            out += block(self.fragments)
            at["fragments"] = len(out)
            out += struct.pack("<Q", start)
        start = len(out)
        out += block(b"\0" * 8)
        at["ids"] = len(out)
        out += struct.pack("<Q", start)
        return struct.pack(
            "<4sIIIIHHHHHHQQQQQQQQ", b"hsqs", 100, 5, 4096, self.n_fragments,
            6, 12, 0, self.n_ids, 4, 0, self.root, len(out), at["ids"],
            2 ** 64 - 1, at["inodes"], at["names"], at["fragments"],
            2 ** 64 - 1) + out[96:]


# --- C45, C46: a name, what makes it, what is said

SQFS = {}


def sqfs(name, said):
    def add(make):
        SQFS[name] = (make, "squashfs image: " + said)
        return make
    return add


@sqfs("owner", "owner 9 of 2")
def _owner(m):
    m.top((b"a", m.inode(2, 9, bytes(16)), 2))


@sqfs("fragment-number", "fragment 1 of 0")
def _fragment_number(m):
    m.top((b"a", m.file(96, 1, 0, 8), 2))


@sqfs("fragment-end", "the end of a file is outside of its fragment")
def _fragment_end(m):
    m.fragment(b"hello, fragment")
    m.top((b"a", m.file(96, 0, 8, 8), 2))


@sqfs("fragment-offset", "the end of a file is outside of its fragment")
def _fragment_offset(m):
    m.fragment(b"hello, fragment")
    m.top((b"a", m.file(96, 0, 2 ** 32 - 2, 8), 2))


@sqfs("block-outside", "a block outside of it")
def _block_outside(m):
    m.top((b"a", m.file(4000000000, NONE, 0, 10, [10 | 1 << 24]), 2))


@sqfs("block-short", "expected a block of 10 bytes, found 9")
def _block_short(m):
    m.data += b"0123456789"
    m.top((b"a", m.file(96, NONE, 0, 10, [9 | 1 << 24]), 2))


@sqfs("blocks-many", "it points outside of itself or of a table")
def _blocks_many(m):
    m.top((b"a", m.file(96, NONE, 0, 0x400000), 2))


@sqfs("names-outside", "it points outside of itself or of a table")
def _names_outside(m):
    m.root = m.dir((b"a", m.file(), 2), size=60000)


@sqfs("inode-outside", "it points outside of itself or of a table")
def _inode_outside(m):
    m.top((b"a", 5000, 2))


@sqfs("inode-type", "an inode of unknown type 15")
def _inode_type(m):
    m.top((b"a", m.inode(15), 2))


@sqfs("root-file", "its root is no directory")
def _root_file(m):
    m.root = m.file()
    m.names = bytes(12)


@sqfs("target-huge", "expected a symlink of 1 to 4095 bytes, "
      "found one of 4294967280")
def _target_huge(m):
    m.top((b"a", m.symlink(b"t", 0xfffffff0), 3))


@sqfs("itself", "a directory has two names")
def _itself(m):
    m.root = m.dir((b"a", 0, 1))


@sqfs("name-slash", "a name that can't be: 'x/y'")
def _slash(m):
    m.top((b"x/y", m.file(), 2))


@sqfs("name-up", "a name that can't be: '\\.\\.'")
def _up(m):
    m.top((b"..", m.dir(), 1))


@sqfs("name-climbs", "a name that can't be: '\\.\\./\\.\\./evil'")
def _climbs(m):
    m.top((b"../../evil", m.file(), 2))


@sqfs("name-dot", "a name that can't be: '\\.'")
def _dot(m):
    m.top((b".", m.dir(), 1))


@sqfs("name-absolute", "a name that can't be: '/evil'")
def _absolute(m):
    m.top((b"/evil", m.file(), 2))


@sqfs("name-nul", "a name that can't be: 'x'")
def _nul(m):
    m.top((b"x\0y", m.file(), 2))


@sqfs("name-256", "a name of 256 bytes")
def _long(m):
    m.top((b"x" * 256, m.file(), 2))


@sqfs("name-twice", "a directory has 'a' behind 'a'")
def _twice(m):
    m.top((b"a", m.file(), 2), (b"a", m.file(), 2))


@sqfs("link-and-dir", "a directory has 'a' behind 'a'")
def _link_and_dir(m):
    link = m.symlink(os.environ.get("CANARY", "/").encode())
    m.top((b"a", link, 3), (b"a", m.dir((b"evil", m.file(), 2)), 1))


@sqfs("link-as-dir", "directory and inode disagree about its type")
def _link_as_dir(m):
    m.top((b"a", m.symlink(b"/"), 1))


@sqfs("order", "a directory has 'a' behind 'b'")
def _order(m):
    m.top((b"b", m.file(), 2), (b"a", m.file(), 2))
