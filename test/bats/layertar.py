"""layertar.py - layers as tar archives, written by hand, byte for byte.

SPDX-License-Identifier: Apache-2.0

Python's own tarfile writes what good programs write. Here each entry says in
which of the forms (ustar, gnu, pax) it wants its names, and gets it.
"""
BLOCK = 512
LETTER = {"file": b"0", "hard": b"1", "sym": b"2", "char": b"3", "block": b"4",
          "dir": b"5", "fifo": b"6", "sparse": b"0"}
SECOND = 10 ** 9


class Entry:
    """One entry: a name as it stands in the archive, and what it is."""

    def __init__(self, name, kind, **more):
        self.name = name          # bytes, not cleaned
        self.kind = kind          # a key of LETTER
        self.mode = 0o644
        self.mtime = SECOND       # nanoseconds
        self.uid = self.gid = 0
        self.data = b""           # of a file
        self.link = b""           # of a symlink or hard link
        self.device = (0, 0)
        self.xattrs = {}          # bytes: bytes
        self.form = "pax"
        self.letter = None        # another type letter for the same thing
        self.segments = []        # of a sparse file: (offset, bytes)
        self.__dict__.update(more)

    def show(self):
        parts = [f"{self.kind:6}", repr(self.name)[1:]]
        if self.kind in ("sym", "hard"):
            parts.append("-> " + repr(self.link)[1:])
        if self.kind in ("char", "block"):
            parts.append("%d,%d" % self.device)
        parts.append(f"{self.mode:04o} {seconds(self.mtime)}")
        if self.data and len(self.data) < 20:
            parts.append(repr(self.data)[1:])
        elif self.data:
            parts.append(f"{len(self.data)} bytes")
        for offset, data in self.segments:
            parts.append(f"[{offset}+{len(data)}]")
        parts += [f"{k.decode()}={v!r}" for k, v in self.xattrs.items()]
        parts.append(f"({self.form}" + (
            f", type {self.letter!r})" if self.letter else ")"))
        return " ".join(parts)


def seconds(ns):
    """Nanoseconds as decimal seconds, exactly."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    whole, rest = divmod(ns, SECOND)
    return f"{sign}{whole}" + (f".{rest:09d}".rstrip("0") if rest else "")


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def number(value, width):
    """Octal digits, or base 256 where they do not do."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    raw = bytearray(value.to_bytes(width, "big", signed=True))
    raw[0] |= 0x80
    return bytes(raw)


def header(name, letter, size=0, mode=0o644, mtime=0, link=b"", prefix=b"",
           uid=0, gid=0, device=(0, 0), gnu=False, tail=b""):
    magic = b"ustar  \0" if gnu else b"ustar\x0000"
    out = b"".join((
        name.ljust(100, b"\0"), number(mode, 8), number(uid, 8),
        number(gid, 8), number(size, 12), number(mtime, 12), b" " * 8, letter,
        link.ljust(100, b"\0"), magic, b"root".ljust(32, b"\0"),
        b"root".ljust(32, b"\0"), number(device[0], 8), number(device[1], 8),
        prefix.ljust(155, b"\0"))).ljust(BLOCK, b"\0")
    if tail:
        out = (out[:386 - 41] + bytes(41) + tail).ljust(BLOCK, b"\0")
    return out[:148] + b"%06o\0 " % sum(out) + out[156:]


def pax_record(key, value):
    size = len(key) + len(value) + 3
    while len(str(size)) + len(key) + len(value) + 3 != size:
        size = len(str(size)) + len(key) + len(value) + 3
    return b"%d %s=%s\n" % (size, key, value)


def pax_header(records, letter=b"x"):
    body = b"".join(pax_record(k, v) for k, v in records)
    return header(b"PaxHeaders/x", letter, len(body)) + padded(body)


def split(name):
    """PREFIX and NAME of ustar, or None."""
    if len(name) <= 100:
        return b"", name
    at = name.find(b"/", len(name) - 101)
    if 0 < at <= 155 and name[at + 1:]:
        return name[:at], name[at + 1:]
    return None


def gnu_long(letter, text):
    return header(b"././@LongLink", letter, len(text) + 1, 0,
                  gnu=True) + padded(text + b"\0")


def sparse_gnu(e, fields):
    """The old GNU form: map in the header and in blocks behind it."""
    pairs = [number(o, 12) + number(len(d), 12) for o, d in e.segments]
    pairs.append(number(len(e.data), 12) + number(0, 12))
    more, blocks = pairs[4:], b""
    tail = b"".join(pairs[:4]).ljust(96, b"\0")
    tail += (b"\1" if more else b"\0") + number(len(e.data), 12)
    while more:
        blocks += (b"".join(more[:21]).ljust(504, b"\0") +
                   (b"\1" if more[21:] else b"\0")).ljust(BLOCK, b"\0")
        more = more[21:]
    body = b"".join(d for _, d in e.segments)
    return header(e.name[:100], b"S", len(body), gnu=True, tail=tail,
                  **fields) + blocks + padded(body)


def sparse_pax(e, fields, records):
    """GNU's form 1.0 within PAX: the map stands before the data."""
    numbers = [len(e.segments)]
    for offset, data in e.segments:
        numbers += [offset, len(data)]
    body = padded(b"".join(b"%d\n" % n for n in numbers))
    body += b"".join(d for _, d in e.segments)
    records = records + [(b"GNU.sparse.major", b"1"),
                         (b"GNU.sparse.minor", b"0"),
                         (b"GNU.sparse.name", e.name),
                         (b"GNU.sparse.realsize", b"%d" % len(e.data))]
    return pax_header(records) + header(
        b"GNUSparseFile.0/" + e.name[-50:], b"0", len(body),
        **fields) + padded(body)


def pack_pax(e, fields):
    records = []
    if e.mtime % SECOND or not 0 <= e.mtime < 8 ** 11 * SECOND:
        records.append((b"mtime", seconds(e.mtime).encode()))
        fields["mtime"] = 0
    for key, value in e.xattrs.items():
        records.append((b"SCHILY.xattr." + key, value))
    if e.kind == "sparse":
        return sparse_pax(e, fields, records)
    if len(e.name) > 100:
        records.append((b"path", e.name))
    if len(e.link) > 100:
        records.append((b"linkpath", e.link))
    out = pax_header(records) if records else b""
    return out + header(e.name[:100], e.letter or LETTER[e.kind], len(e.data),
                        link=e.link[:100], **fields) + padded(e.data)


def pack_gnu(e, fields):
    out = b""
    if len(e.link) > 100:
        out += gnu_long(b"K", e.link)
    if len(e.name) > 100:
        out += gnu_long(b"L", e.name)
    if e.kind == "sparse":
        return out + sparse_gnu(e, fields)
    return out + header(e.name[:100], e.letter or LETTER[e.kind], len(e.data),
                        link=e.link[:100], gnu=True, **fields) + padded(e.data)


def pack(e):
    fields = {"mode": e.mode, "mtime": e.mtime // SECOND, "uid": e.uid,
              "gid": e.gid, "device": e.device}
    fits = split(e.name) and len(e.link) <= 100
    exact = e.mtime % SECOND == 0 and not e.xattrs
    if e.form == "gnu" and exact:
        return pack_gnu(e, fields)
    if e.form == "ustar" and exact and fits and e.kind != "sparse" and (
            0 <= e.mtime < 8 ** 11 * SECOND):
        prefix, name = split(e.name)
        return header(name, e.letter or LETTER[e.kind], len(e.data),
                      link=e.link, prefix=prefix, **fields) + padded(e.data)
    return pack_pax(e, fields)


class Layer:
    def __init__(self, entries, end=2 * BLOCK, comment=False, nothing=False):
        self.entries = entries
        self.end = end            # zero bytes at the end
        self.comment = comment    # a global header, as git archive writes it
        self.nothing = nothing    # not a byte, if there are no entries

    def copy(self, entries):
        return Layer(entries, self.end, self.comment, self.nothing)

    def bytes(self):
        if not self.entries and self.nothing:
            return b""
        out = [pax_header([(b"comment", b"0" * 40)], b"g")] \
            if self.comment else []
        out += [pack(e) for e in self.entries]
        return b"".join(out) + bytes(self.end)
