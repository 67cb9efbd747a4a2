#!/usr/bin/env python3
"""hardcases.py - a tree that is hard to archive, and what became of it.

SPDX-License-Identifier: Apache-2.0

hardcases.py make OUT.tar         the tree, as an archive
hardcases.py tar [sqfs] FILE.tar  is it in there? With "sqfs": as far as a
                                  squashfs can hold it
hardcases.py dir DIR              unpacked by an ordinary user, with no devices
hardcases.py change HOW DIR       archive DIR; HOW says what changes in it
                                  when its first file is being read
"""
import os
import stat
import subprocess
import sys
import tarfile

import layertar
from layertar import SECOND, Entry

GIB = 1 << 30
SPARSE = [(0, b"a" * 512), (5 * GIB, b"b" * 1024), (9 * GIB, b"c" * 512)]
LONG = b"/".join([b"deep-%03d" % i for i in range(330)])
OTHER = b"\xff\xfe-\xe9"                # not UTF-8


class Size:
    """Stands for the content of a sparse file, which is nowhere whole."""

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size


def sparse(name, size, segments):
    return Entry(name, "sparse", data=Size(size), segments=segments)


def entries():
    owner = {"uid": 2 ** 21 + 1, "gid": 2 ** 32 - 2}
    yield Entry(b"./", "dir", mode=0o755)
    yield Entry(b"empty", "file", mode=0o600)
    yield Entry(b"n" * 101, "file", data=b"long", **owner)
    yield Entry(b"m" * 255, "file", data=b"longer", mtime=1250000000)
    yield Entry(b"p" * 200, "dir", mode=0o711, mtime=-3 * SECOND, uid=7)
    yield Entry(b"p" * 200 + b"/" + b"q" * 255, "file", data=b"longest")
    yield Entry(LONG + b"/file", "file", data=b"deep")
    yield Entry(OTHER, "file", data=b"bytes", mtime=-1)
    yield Entry(OTHER + b"d" * 150, "dir", mode=0o755)
    yield Entry(OTHER + b"d" * 150 + b"/new\nline", "file", data=b"x")
    yield Entry(b"link", "sym", link=b"../" + OTHER + b"t" * 300, uid=3)
    yield Entry(b"hard-1", "hard", link=b"n" * 101)
    yield Entry(b"hard-2", "hard", link=OTHER)
    yield Entry(b"h" * 120, "hard", link=LONG + b"/file")
    yield Entry(b"hard-link", "hard", link=b"link")
    yield Entry(b"old", "file", data=b"old", mtime=-86400500000000,
                mode=0o4755, **owner)
    yield Entry(b"older", "file", mtime=-2 ** 31 * SECOND)
    yield Entry(b"late", "file", mtime=2 ** 33 * SECOND)
    yield Entry(b"null", "char", device=(1, 3), mode=0o666)
    yield Entry(b"fifo", "fifo", mode=0o622)
    yield Entry(b"attr", "file", xattrs={b"user.a": b"\0\xff\n",
                                         b"user.b": b""})
    yield sparse(b"sparse", 9 * GIB + 5000, SPARSE)
    yield sparse(OTHER + b"s" * 120, 100000, [(65536, b"z" * 512)])
    yield sparse(b"hole", 8 * GIB, [(8 * GIB, b"")])
    yield Entry(b"zz-dense", "file", data=bytes(range(256)) * 3000)


def make(out):
    with open(out, "wb") as f:
        for e in entries():
            if len(e.link) > 100:       # in a record, too
                e.form = "pax"
            f.write(layertar.pack(e))
        f.write(bytes(1024))


def wanted():
    """Clean path to entry; a hard link's is that of what it is."""
    out = {}
    for e in entries():
        path = e.name.strip(b"./") if e.kind == "dir" else e.name
        out[path] = out[e.link] if e.kind == "hard" else e
    return out


def pieces(e):
    """(offset, bytes) of a file."""
    if e.kind == "sparse":
        return e.segments
    return [(0, e.data)] if e.data else []


wrong = []


def check(path, what, want, got):
    if want != got:
        wrong.append(f"{path!r:.60}: {what}: should be {want!r:.60}, is "
                     f"{got!r:.60}")


def check_names(want, got):
    """LONG's directories are there without being named."""
    parts = LONG.split(b"/")
    implied = {b"/".join(parts[:i + 1]) for i in range(len(parts))}
    check(b"(all)", "names missing", set(), (set(want) | implied) - set(got))
    check(b"(all)", "names too many", set(), set(got) - set(want) - implied)


TYPES = {"file": tarfile.REGTYPE, "sparse": tarfile.REGTYPE,
         "dir": tarfile.DIRTYPE, "sym": tarfile.SYMTYPE,
         "char": tarfile.CHRTYPE, "fifo": tarfile.FIFOTYPE}


def nanoseconds(member):
    text = member.pax_headers.get("mtime", str(int(member.mtime)))
    whole, _, rest = text.lstrip("-").partition(".")
    ns = int(whole) * SECOND + int(rest.ljust(9, "0") or 0)
    return -ns if text.startswith("-") else ns


def check_member(archive, member, path, e, is_sqfs):
    raw = os.fsencode
    kind = tarfile.REGTYPE if member.type == tarfile.GNUTYPE_SPARSE \
        else member.type
    check(path, "type", TYPES[e.kind], kind)
    if e.kind != "sym":
        check(path, "mode", e.mode, member.mode)
    check(path, "owner", (e.uid, e.gid), (member.uid, member.gid))
    mtime = e.mtime
    if is_sqfs:
        mtime = min(max(mtime // SECOND, 0), 2 ** 32 - 1) * SECOND
    check(path, "time", mtime, nanoseconds(member))
    if e.kind == "sym":
        check(path, "link", e.link, raw(member.linkname))
    if e.kind == "char":
        check(path, "device", e.device, (member.devmajor, member.devminor))
    if e.kind in ("file", "sparse"):
        check(path, "size", len(e.data), member.size)
        content = archive.extractfile(member)
        for offset, data in pieces(e):
            content.seek(offset)
            check(path, "content", data, content.read(len(data)))
    if e.kind == "sparse":
        stored = sum(n for _, n in (
            [(0, member.size)] if member.sparse is None else member.sparse))
        check(path, "holes are kept", True, stored < 500000)
    check(path, "attributes", e.xattrs, {
        k[len("SCHILY.xattr."):].encode(): raw(v)
        for k, v in member.pax_headers.items()
        if k.startswith("SCHILY.xattr.")})


def check_tar(path, is_sqfs):
    want, names, first = wanted(), {}, {}
    with tarfile.open(path, "r:", errors="surrogateescape") as archive:
        for member in archive:
            name = os.fsencode(member.name).rstrip(b"/")
            name = name[2:] if name.startswith(b"./") else name.strip(b".")
            if name == b"ch" or name.startswith(b"ch/"):
                continue
            names[name] = member
            if member.type == tarfile.LNKTYPE:
                to = os.fsencode(member.linkname)
                to = to[2:] if to.startswith(b"./") else to
                first[name] = first[to]
                continue
            first[name] = name
            if name in want:
                check_member(archive, member, name, want[name], is_sqfs)
    check_names(want, names)
    for a in want:
        for b in want:
            if a in first and b in first:
                check(a, f"the same as {b!r:.40}", want[a] is want[b],
                      first[a] == first[b])


def check_dir(root):
    want = {k: v for k, v in wanted().items() if v.kind != "char"}
    root, names = os.fsencode(root), {}
    for at, dirs, files in os.walk(root):
        for name in dirs + files:
            path = os.path.join(at, name)
            short = os.path.relpath(path, root)
            if short != b"ch" and not short.startswith(b"ch/"):
                names[short] = os.lstat(path)
    names[b""] = os.lstat(root)
    check_names(want, names)
    for path, e in want.items():
        if path in names:
            check_path(root + b"/" + path, path, e, names[path])
    for a in want:
        for b in want:
            check(a, f"the same as {b!r:.40}", want[a] is want[b],
                  names[a].st_ino == names[b].st_ino)


def check_path(full, path, e, st):
    kinds = {"file": stat.S_IFREG, "sparse": stat.S_IFREG,
             "dir": stat.S_IFDIR, "sym": stat.S_IFLNK, "fifo": stat.S_IFIFO}
    check(path, "type", kinds[e.kind], stat.S_IFMT(st.st_mode))
    if e.kind == "sym":
        check(path, "link", e.link, os.readlink(full))
    if e.kind in ("file", "sparse"):
        check(path, "size", len(e.data), st.st_size)
        with open(full, "rb", 0) as f:
            for offset, data in pieces(e):
                check(path, "content", data,
                      os.pread(f.fileno(), len(data), offset))
    if e.kind == "sparse":
        check(path, "holes are kept", True, st.st_blocks < 2000)


# --- a source that changes

def change(how, at):
    if how == "shrink":
        os.truncate(at + "/a", 1 << 20)
    elif how == "grow":
        with open(at + "/a", "ab") as f:
            f.write(b"more")
    elif how == "rewrite":
        with open(at + "/a", "r+b") as f:
            f.seek(3 << 20)
            f.write(b"other")
    elif how == "remove":
        os.unlink(at + "/z")
    elif how in ("remove-in", "remove-last"):
        os.unlink(at + "/y/in")
    elif how == "rewrite-later":
        with open(at + "/z", "w") as f:
            f.write("Z\n")
    elif how == "shrink-later":
        os.truncate(at + "/z", 10)
    elif how == "link":
        os.unlink(at + "/z")
        os.symlink(os.environ["CANARY"] + "/file", at + "/z")
    elif how == "link-dir":
        os.rename(at + "/y", at + "/kept")
        os.symlink(os.environ["CANARY"], at + "/y")
    elif how == "other-type":
        os.unlink(at + "/z")
        os.mkfifo(at + "/z")


def archive_changing(how, at):
    """Ours waits for us to read on, in the middle of the first file."""
    tool = subprocess.Popen(["ch-convert", at, "tar:-"],
                            stdout=subprocess.PIPE)
    data = tool.stdout.read(2 << 20)
    change(how, at)
    while True:
        more = tool.stdout.read(1 << 20)
        if not more:
            break
        data += more
    status = tool.wait()
    if b"untouched" in data:
        wrong.append("what is outside is in the archive")
    if status == 0:
        with open("got.tar", "wb") as f:
            f.write(data)
        with tarfile.open("got.tar") as archive:
            for member in archive:
                print(member.name, member.size)
    sys.exit(status or bool(wrong))


def main():
    what, *more = sys.argv[1:]
    if what == "make":
        make(*more)
    elif what == "tar":
        check_tar(more[-1], more[0] == "sqfs")
    elif what == "dir":
        check_dir(*more)
    else:
        archive_changing(*more)
    print("\n".join(wrong[:20]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
