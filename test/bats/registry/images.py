#!/usr/bin/env python3
"""images.py OUTDIR BASE.tar [OTHER.tar] - the images of the tests.

SPDX-License-Identifier: Apache-2.0

Each is an OCI layout OUTDIR/NAME with tag "1" (alpine: "3.16"). BASE is the
root file system for this machine, OTHER the one for the other architecture
(aarch64, or x86_64 on an aarch64 machine); without it the same bytes serve as
both.
"""
import io
import os
import random
import sys
import tarfile

from oci import PATH, Layout, plain, this_arch

T0 = 1600000000


class Tar:
    """A tar in memory. Each entry gets a time of its own, with a fraction."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w",
                                format=tarfile.PAX_FORMAT)
        self.count = 0

    def add(self, name, kind, mode, data=b"", link="", pax=None):
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.linkname = kind, mode, link
        self.count += 1
        entry.mtime = T0 + 1000 * self.count + 0.25
        entry.size = len(data)
        entry.pax_headers = dict(pax or {}, mtime=str(entry.mtime))
        entry.devmajor, entry.devminor = 1, 3
        self.tar.addfile(entry, io.BytesIO(data))
        return self

    def dir(self, name, mode=0o755):
        return self.add(name, tarfile.DIRTYPE, mode)

    def file(self, name, text="", mode=0o644, pax=None):
        data = text if isinstance(text, bytes) else text.encode()
        return self.add(name, tarfile.REGTYPE, mode, data, pax=pax)

    def sym(self, name, target):
        return self.add(name, tarfile.SYMTYPE, 0o777, link=target)

    def hard(self, name, target):
        return self.add(name, tarfile.LNKTYPE, 0o644, link=target)

    def white(self, name):
        head, _, tail = name.rpartition("/")
        return self.file((head + "/" if head else "") + ".wh." + tail)

    def opaque(self, name):
        return self.file(name + "/.wh..wh..opq")

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


def layers(base):
    """Four layers: the base, then what the specification says about layers:
    whiteouts, opaque directories, type changes, links across layers."""
    one = Tar().dir("t").dir("t/usr").dir("t/usr/lib").sym("t/lib", "usr/lib")
    one.file("t/usr/lib/old.so", "old").sym("t/abs", "/t/usr")
    one.dir("t/modes").dir("t/modes/private", 0o700).dir("t/modes/sticky",
                                                         0o1777)
    for mode in (0o600, 0o640, 0o755, 0o444, 0o400, 0o666, 0o711):
        one.file(f"t/modes/{mode:o}", f"mode {mode:o}\n", mode)
    one.dir("t/hard").file("t/hard/a", "shared by three").hard(
        "t/hard/b", "t/hard/a").hard("t/hard/c", "t/hard/a")
    one.file("t/hard/solo", "linked by a later layer")
    one.dir("t/gone").file("t/gone/file", "x").dir("t/gone/dir").file(
        "t/gone/dir/deep", "x").sym("t/gone/link", "file")
    one.dir("t/opaque").file("t/opaque/low", "x").dir("t/opaque/sub").file(
        "t/opaque/sub/low", "x")
    one.dir("t/type").file("t/type/file-dir", "f").dir("t/type/dir-file")
    one.file("t/type/dir-file/inside", "x").sym("t/type/link-file", "to")
    one.file("t/type/file-link", "f").sym("t/type/link-dir", "../usr")
    one.dir("t/type/dir-link").file("t/type/dir-link/inside", "x")
    one.dir("t/names").file("t/names/" + "n" * 200, "long name")
    one.file("t/names/with space", "s").file("t/names/new\nline", "n")
    one.file("t/names/ünïcödé", "u").file("t/names/empty")
    one.sym("t/names/long-target", "x/" * 120 + "y")
    deep = "t/names"
    for i in range(12):
        deep += f"/a-rather-long-directory-name-{i:02d}"
        one.dir(deep)
    one.file(deep + "/file", "deep down")
    one.file("t/zeros", b"\0" * 300000).file("t/block", b"b" * 512)

    two = Tar().file("t/lib/new.so", "through a linked directory")
    two.file("t/abs/absolute", "through an absolute link")
    two.hard("t/hard/d", "t/hard/solo").file("t/hard/b", "on its own now")
    two.white("t/gone/file").white("t/gone/dir").white("t/gone/link")
    two.white("t/gone/never-was").dir("t/opaque").file("t/opaque/high", "y")
    two.opaque("t/opaque").dir("t/opaque/sub2").file("t/opaque/sub2/f", "z")
    two.dir("t/type/file-dir").file("t/type/file-dir/inside", "d")
    two.file("t/type/dir-file", "f").file("t/type/link-file", "f")
    two.sym("t/type/file-link", "dir-file").dir("t/type/link-dir")
    two.file("t/type/link-dir/inside", "d").white("t/type/dir-link")
    two.file("t/modes/600", "rewritten\n", 0o640).dir("t/modes/private", 0o750)

    three = Tar().file("t/gone/file", "again").sym("t/type/dir-link",
                                                   "file-dir")
    three.white("t/hard/a").dir("t/again").file("t/again/x", "1")
    three.file("t/again/x", "2").white("t/block").file("t/sealed", "s", 0o400)
    three.hard("t/hard/e", "t/hard/c").white("t/names/with space")
    return [base, one.bytes(), two.bytes(), three.bytes()]


def alpine(out, base, other):
    layout = Layout(out + "/alpine")
    here = this_arch()
    there = "amd64" if here == "arm64" else "arm64"
    entries = []
    for arch, tar in ((there, other), (here, base)):
        d = layout.image([tar], arch=arch, Env=["PATH=" + PATH],
                         Labels={"arch": arch})
        d["platform"] = {"architecture": arch, "os": "linux"}
        if arch == "arm64":
            d["platform"]["variant"] = "v8"
        entries.append(d)
    layout.tag(layout.index(entries), "3.16")


def layered(out, base):
    tars = layers(base)
    for how in ("gzip", "zstd", "plain"):
        layout = Layout(f"{out}/layered-{how}")
        layout.tag(layout.image(tars, how), "1")


def big(out, base):
    """Enough bytes for a pull to be caught in the middle: 4 x 12 MiB of which
    none can be compressed, and 4000 small files."""
    rnd = random.Random(1)
    tars = [base]
    for i in range(4):
        tar = Tar().dir("big").file(f"big/{i}", rnd.randbytes(12 << 20))
        for j in range(1000):
            tar.file(f"big/{i}.{j}", f"{i} {j}\n")
        tars.append(tar.bytes())
    layout = Layout(out + "/big")
    layout.tag(layout.image(tars), "1")


def odd(out, base):
    """Things that are left out or changed, by rule."""
    tar = Tar().dir("odd")
    tar.add("odd/null", tarfile.CHRTYPE, 0o666)
    tar.add("odd/disk", tarfile.BLKTYPE, 0o660)
    tar.add("odd/fifo", tarfile.FIFOTYPE, 0o644)
    tar.file("odd/setuid", "s", 0o4755).file("odd/setgid", "s", 0o2755)
    tar.dir("odd/locked", 0o000).file("odd/locked/secret", "s", 0o000)
    tar.file("odd/xattr", "x", pax={"SCHILY.xattr.user.colour": "blue",
                                    "SCHILY.xattr.trusted.x": "y"})
    layout = Layout(out + "/odd")
    layout.tag(layout.image([base, tar.bytes()]), "1")


def rich(out, base):
    """An image whose configuration says something."""
    layout = Layout(out + "/rich")
    layout.tag(layout.image(
        [base], Env=["PATH=/opt/rich/bin:/usr/bin:/bin", "RICH=from image",
                     "EMPTY=", "HOST_TOO=image"],
        WorkingDir="/etc", Entrypoint=["/bin/echo", "entry"],
        Cmd=["default"]), "1")


def bare(out):
    """An image without one of the usual directories, and one static file."""
    layout = Layout(out + "/bare")
    tar = Tar().dir("only").file("only/file", "x")
    layout.tag(layout.image([tar.bytes()]), "1")


def main():
    out = sys.argv[1]
    base = plain(sys.argv[2])
    other = plain(sys.argv[3]) if len(sys.argv) > 3 else base
    os.makedirs(out, exist_ok=True)
    alpine(out, base, other)
    layered(out, base)
    big(out, base)
    odd(out, base)
    rich(out, base)
    bare(out)


if __name__ == "__main__":
    main()
