# tarlist.py - tar archives as lines that can be compared.
# SPDX-License-Identifier: Apache-2.0
"""tarlist.py [-x NAME]... [FILE...]: one line for each name in standard input,
or of each FILE to FILE.list: sorted, type, mode, owner, time, size, sum of the
content or target or device, attributes, and the first name of those that are
hard links of one another. Names NAME and below are left out, whatever they
are."""
import argparse
import hashlib
import sys
import tarfile

parser = argparse.ArgumentParser()
parser.add_argument("-x", action="append", default=[])
parser.add_argument("files", nargs="*")
args = parser.parse_args()

TYPES = {
    tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "link", tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo",
}


def norm(name):
    while name.startswith("./"):
        name = name[2:]
    return name.strip("/")


def row(t, e):
    what = ""
    if e.isfile():
        h = hashlib.sha256()
        f = t.extractfile(e)
        while True:
            piece = f.read(1 << 20)
            if not piece:
                break
            h.update(piece)
        what = "%d %s" % (e.size, h.hexdigest()[:16])
    elif e.issym():
        what = "-> " + e.linkname
    elif e.ischr() or e.isblk():
        what = "%d,%d" % (e.devmajor, e.devminor)
    xattrs = sorted((k[len("SCHILY.xattr."):], v)
                    for k, v in e.pax_headers.items()
                    if k.startswith("SCHILY.xattr."))
    mode = 0o777 if e.issym() else e.mode & 0o7777
    return "%s %04o %d:%d %d %s %s" % (
        TYPES.get(e.type, "file"), mode, e.uid, e.gid, int(e.mtime), what,
        xattrs or "")


def read(stream, out):
    groups = {}
    with tarfile.open(fileobj=stream, mode="r|*") as t:
        for e in t:
            name = norm(e.name)
            if e.islnk():
                first = groups[norm(e.linkname)]
            else:
                first = [row(t, e)]
            first.append(name)
            groups[name] = first
    for name in sorted(groups):
        if any(name == x or name.startswith(x + "/") for x in args.x):
            continue
        g = groups[name]
        twins = sorted(n for n in g[1:])
        print("%s %s%s" % (name or ".", g[0],
                           " = " + twins[0] if len(twins) > 1 else ""),
              file=out)


if not args.files:
    read(sys.stdin.buffer, sys.stdout)
for path in args.files:
    with open(path, "rb") as f, open(path + ".list", "w") as out:
        read(f, out)
