#!/usr/bin/env python3
"""imgcases.py KIND NAME [IN] OUT - image files that are wrong in one way.

SPDX-License-Identifier: Apache-2.0

KIND sqfs makes OUT by hand, all of it (sqfscases.py); super and sif change
some bytes of the good image IN; docker makes an archive as `docker save` does.
`KIND all [IN] DIR` makes each that must be refused, DIR/NAME, and prints its
name with the message it must lead to, a regular expression.
"""
import hashlib
import io
import json
import os
import struct
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "registry"))

from catalogue import PLAIN  # noqa: E402
from oci import this_arch  # noqa: E402
from sqfscases import NONE, SQFS, Squashfs  # noqa: E402

# --- C45, C47: the superblock; where, as what, which value, what is said

TABLE = "expected [0-9]+ bytes between 96 and [0-9]+, found it at "
SUPER = {
    "inodes-none": (4, "I", 0, "inodes: expected one, found none"),
    "block-zero": (12, "I", 0, "block size: expected a power of two from 4096 "
                   "to 1048576, found 0"),
    "block-odd": (12, "I", 5000, "block size: expected .*, found 5000"),
    "block-2g": (12, "I", 1 << 31, "block size: expected .*, found "
                 "2147483648"),
    "block-log": (22, "H", 30, "block size: expected 2 to the power of 30, "
                  "found 131072"),
    "fragments-many": (16, "I", NONE, "fragment table: " + TABLE + "[0-9]+"),
    "compressor-0": (20, "H", 0, "unknown compressor 0; expected 1 to 6"),
    "compressor-9": (20, "H", 9, "unknown compressor 9; expected 1 to 6"),
    "ids-none": (26, "H", 0, "ids: expected one, found none"),
    "ids-many": (26, "H", 65535, "id table: .*|.*outside of itself.*"),
    "version-3": (28, "H", 3, "version 3.0; only version 4.0 can be read"),
    "root-outside": (32, "Q", 1 << 40, "root inode: expected it in a table "
                     "of [0-9]+ bytes, found it at 16777216, 0"),
    "size-none": (40, "Q", 0, "bytes used: expected more than 96, found 0"),
    "size-negative": (40, "Q", 2 ** 64 - 1, "bytes used: expected more than "
                      "96, found -1|.*is truncated: .*"),
    "size-more": (40, "Q", 1 << 40, "is truncated: expected 1099511627776 "
                  "bytes, found [0-9]+"),
    "ids-outside": (48, "Q", 1 << 40, "id table: " + TABLE + "1099511627776"),
    "ids-in-front": (48, "Q", 8, "id table: " + TABLE + "8"),
    "inodes-outside": (64, "Q", 1 << 63, "inode table: " + TABLE +
                       "9223372036854775808"),
    "names-outside": (72, "Q", 2 ** 64 - 2, "directory table: " + TABLE +
                      "18446744073709551614"),
    "fragments-outside": (80, "Q", 1 << 50, "fragment table: " + TABLE +
                          "1125899906842624"),
}

# --- C44: fields of the header, and of descriptor "p", the primary partition,
# or "o", one before it

FAR = 1 << 40
INSIDE = "expected it in a file of [0-9]+ bytes, found [0-9]+ bytes at [0-9]+"
SIF = {
    "magic": ("h", 32, "10s", b"SIF_MAGIX\0",
              "magic: expected 'SIF_MAGIC', found 'SIF_MAGIX'"),
    "version": ("h", 42, "3s", b"02\0", "version: expected '01', found '02'"),
    "table-outside": ("h", 96, "Q", FAR, "descriptors: " + INSIDE),
    "table-2-63": ("h", 96, "Q", 1 << 63, ".*expected zero or more, found "
                   "-9223372036854775808"),
    "table-in-header": ("h", 96, "Q", 8, "descriptors: expected at 128 or "
                        "behind it, found at 8"),
    "count-minus-1": ("h", 88, "q", -1, ".*expected zero or more, found -1"),
    "count-2-40": ("h", 88, "Q", FAR, "number of descriptors: 1099511627776 "
                   "are more than [0-9]+"),
    "used-7": ("p", 4, "B", 7, ".*used: expected 0 or 1, found 7"),
    "offset-outside": ("p", 17, "Q", FAR, ".*data: " + INSIDE),
    "offset-2-63": ("p", 17, "Q", 1 << 63, ".*offset: expected zero or more, "
                    "found -9223372036854775808"),
    "offset-minus-1": ("p", 17, "q", -1, ".*offset: expected zero or more, "
                       "found -1"),
    "offset-header": ("p", 17, "Q", 0, ".*data: expected behind the header, "
                      "found at 0"),
    "offset-table": ("p", 17, "Q", 4200, ".*data: expected apart from the "
                     "descriptors .*"),
    "size-outside": ("p", 25, "Q", FAR, ".*data: " + INSIDE),
    "size-2-63": ("p", 25, "Q", 1 << 63, ".*size: expected zero or more, "
                  "found -9223372036854775808"),
    "size-sum": ("p", 25, "Q", 2 ** 63 - 1, ".*data: " + INSIDE),
    "overlap": ("o", 25, "Q", 5000, ".*overlaps object .*: expected at "
                "[0-9]+ or behind it, found at [0-9]+"),
    "part-9": ("p", 205, "I", 9, ".*partition type: expected 1 to 4, "
               "found 9"),
    "part-none": ("p", 205, "I", 1, "there is no root file system in the SIF "
                  "file: expected a primary partition, found none among "
                  "[0-9]+ objects"),
    "fs-ext3": ("p", 201, "I", 2, "its root file system is ext3; only "
                "squashfs can be read"),
    "fs-encrypted": ("p", 201, "I", 5, "its root file system is encrypted "
                     "\\(dm-crypt\\); only squashfs can be read"),
    "fs-99": ("p", 201, "I", 99, "its root file system is of the unknown "
              "type 99; only squashfs \\(1\\) can be read"),
}
DESCRIPTOR = 585


def descriptors(data):
    at, n = struct.unpack_from("<Q", data, 96)[0], \
        struct.unpack_from("<Q", data, 88)[0]
    return [at + i * DESCRIPTOR for i in range(n)
            if data[at + i * DESCRIPTOR + 4]]


def sif_place(data, where):
    if where == "h":
        return 0
    found = descriptors(data)
    primary = [at for at in found if struct.unpack_from(
        "<I", data, at)[0] == 0x4004][0]
    if where == "p":
        return primary
    start = struct.unpack_from("<Q", data, primary + 17)[0]
    return max((at for at in found if struct.unpack_from(
        "<Q", data, at + 17)[0] < start),
        key=lambda at: struct.unpack_from("<Q", data, at + 17)[0])


# --- C49: entries of the archive, manifest.json, what is said

def sha(data):
    return hashlib.sha256(data).hexdigest()


class Saved:
    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)
        self.image = {"Config": "c.json", "RepoTags": ["a:1"],
                      "Layers": ["l.tar"]}
        self.diff_ids = [sha(PLAIN)]

    def file(self, name, data=PLAIN):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        self.tar.addfile(entry, io.BytesIO(data))

    def other(self, name, kind, link=""):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        self.tar.addfile(entry)

    def config(self, name="c.json"):
        self.file(name, json.dumps({
            "architecture": this_arch(), "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [
                "sha256:" + d for d in self.diff_ids]}}).encode())

    def end(self, **fields):
        self.image.update(fields)
        self.file("manifest.json", json.dumps([self.image]).encode())
        self.tar.close()


DOCKER = {}


def docker(name, said):
    def add(make):
        DOCKER[name] = (make, said)
        return make
    return add


def simple(name, said, **fields):
    """A good archive, but for FIELDS of manifest.json."""
    @docker(name, said)
    def _make(s):
        s.config()
        s.file("l.tar")
        s.end(**fields)


simple("good", None)
simple("climb", "'\\.\\./\\.\\./etc/passwd' is not in the archive|.*leads out "
       "of the archive", Layers=["../../etc/passwd"])
simple("climb-in", "'x/\\.\\./\\.\\./l\\.tar'.*", Layers=["x/../../l.tar"])
simple("absolute", "'.*passwd' is not in the archive", Layers=["/etc/passwd"])
simple("config-climb", "'\\.\\./c\\.json'.*", Config="../c.json")
simple("config-absolute", "'.*' is not in the archive",
       Config="/proc/self/environ")
simple("missing", "'gone\\.tar' is not in the archive", Layers=["gone.tar"])
simple("config-missing", "'gone' is not in the archive", Config="gone")
simple("layers-none", ".*Layers: expected one, found none", Layers=[])
simple("layers-more", ".*has 2 layers.*1", Layers=["l.tar", "l.tar"])
simple("layers-text", ".*Layers: expected an array, found a string",
       Layers="l.tar")


@docker("twice", None)
def _layer_twice(s):
    s.diff_ids *= 2
    s.config()
    s.file("l.tar")
    s.end(Layers=["l.tar", "l.tar"])


@docker("linked", None)
def _layer_linked(s):
    s.diff_ids *= 2
    s.config()
    s.file("1/layer.tar")
    s.other("2/layer.tar", tarfile.SYMTYPE, "../1/layer.tar")
    s.end(Layers=["1/layer.tar", "2/layer.tar"])


def linked(name, kind, link, said):
    @docker(name, said)
    def _make(s):
        s.config()
        s.other("l.tar", kind, link)
        s.end()


CANARY = os.environ.get("CANARY", "/") + "/file"
GONE = "'l\\.tar' is a link to '.*', which is not in the archive"
linked("link-absolute", tarfile.SYMTYPE, CANARY, GONE)
linked("link-climb", tarfile.SYMTYPE, "../" * 20 + CANARY[1:], GONE)
linked("hard", tarfile.LNKTYPE, CANARY, GONE)
linked("link-ring", tarfile.SYMTYPE, "l.tar", "'l\\.tar': more than [0-9]+ "
       "links in a row")
linked("fifo", tarfile.FIFOTYPE, "", "'l\\.tar' is a device or fifo, which no "
       "image's archive has")


@docker("other-content", "'l\\.tar' is there twice, with different content")
def _other_content(s):
    s.config()
    s.file("l.tar")
    s.file("l.tar", b"other")
    s.end()


@docker("other-layer", "layer 1 of 1: .*expected sha256:[0-9a-f]{64}, got "
        "sha256:[0-9a-f]{64}")
def _other_layer(s):
    s.diff_ids = ["0" * 64]
    s.config()
    s.file("l.tar")
    s.end()


# --- which of them

def make(kind, name, paths):
    if kind == "sqfs":
        m = Squashfs()
        SQFS[name][0](m)
        data = m.bytes()
    elif kind == "docker":
        DOCKER[name][0](Saved(paths[-1]))
        return
    else:
        with open(paths[0], "rb") as f:
            data = bytearray(f.read())
        if kind == "super":
            struct.pack_into("<" + SUPER[name][1], data, SUPER[name][0],
                             SUPER[name][2])
        else:
            where, at, how, value, _ = SIF[name]
            struct.pack_into("<" + how, data, sif_place(data, where) + at,
                             value)
    with open(paths[-1], "wb") as f:
        f.write(data)


def main():
    kind, which, *paths = sys.argv[1:]
    if which != "all":
        make(kind, which, paths)
        return
    cases = {"sqfs": SQFS, "super": SUPER, "sif": SIF, "docker": DOCKER}[kind]
    for name, case in cases.items():
        if case[-1]:
            make(kind, name, [*paths[:-1], f"{paths[-1]}/{name}"])
            print(name, case[-1])


if __name__ == "__main__":
    main()
