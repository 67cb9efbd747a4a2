"""tarsem.py - what may stand in a layer's tar archive: rows T.

SPDX-License-Identifier: Apache-2.0
"""
import layertar
from catalogue import entry, tar
from layertar import BLOCK, Layer, header, pack, padded, pax_header

CASES = {}
UP = "../" * 20


def raw(data, end=2 * BLOCK):
    """A layer that is these bytes."""
    return data + bytes(end)


def layers(name, *tars):
    """Case NAME: TARS above the base; each is entries, or bytes. CANARY in
    their strings is the canary's path."""
    def make(c):
        out = []
        for t in tars:
            t = t(c.canary) if callable(t) else t
            out.append(t if isinstance(t, bytes) else tar(*t))
        c.layers(*out)
    CASES[name] = make


# --- T1 to T10: names

layers("absolute", [entry("/etc/new", text="x"), entry("//d//e", text="x")])
for _n, _name in {"dotdot": "../evil", "dotdot-in": "a/../../evil",
                  "dotdot-last": "a/..", "dotdot-dir": "../evil/"}.items():
    layers(_n, [entry(_name, "dir" if _name[-1] == "/" else "file")])
layers("dotdot-prefix", raw(header(b"evil", b"0", prefix=b"a/../..")))
layers("dotdot-gnu", [entry("d/" * 60 + UP * 3 + "evil", form="gnu")])
layers("dotdot-pax", raw(pax_header([(b"path", b"../evil")]) +
                         header(b"harmless", b"0")))
layers("root-sym", lambda c: tar(entry("./", "sym", c)))
layers("root-sym-dot", lambda c: tar(entry(".", "sym", c)))
layers("root-file", [entry(".", text="x")])
layers("root-hard", [entry("a", text="x"), entry("/", "hard", "a")])
layers("root-fifo", [entry(".", "fifo")])
layers("root-mode", [entry("./", "dir", mode=0o555)])
layers("root-private", [entry("./", "dir", mode=0o000)])
layers("nul", raw(pax_header([(b"path", b"ok\0bad")]) + header(b"f", b"0")))
layers("nul-link", raw(pax_header([(b"linkpath", b"ok\0bad")]) +
                       header(b"f", b"2", link=b"x")))
layers("bytes", [entry("d", "dir")] + [
    entry(b"d/" + n, text=n, form=form)
    for form, names in {
        "ustar": [b"new\nline", b"\x1b[31mred", b"\x7f", b" ", b"-rf *",
                  b"$(id);`id`", b"\xff\xfe", b"caf\xe9", b"caf\xc3\xa9",
                  b"Case", b"case", b"\\", b"'\""],
        "gnu": [b"\xff" + b"g" * 150], "pax": [b"\xff" + b"p" * 150]}.items()
    for n in names])
layers("name-255", [entry("n" * 255, text="x"), entry("m" * 255, "dir"),
                    entry("m" * 255 + "/" + "o" * 255, "sym", "x")])
layers("name-256", [entry("n" * 256, text="x")])
layers("name-256-middle", [entry("n" * 256 + "/x", text="x")])
layers("name-256-link", [entry("l", "sym", "k" * 256), entry("l/x")])
layers("deep-ok", [entry("d/" * 1000 + "file", text="deep")])
layers("deep-long", [entry("e" * 200 + "/" + "d/" * 1900, "dir")])
layers("deep-path", [entry("d/" * 3000 + "x")])
layers("deep-tree", [entry("l", "sym", "d/" * 1500),
                     entry("l/" + "e/" * 1500 + "x")])
layers("git", [entry("dev/x", text="x"), entry("d/.git/config", text="x"),
               entry("proc/self/y", text="y"), entry("dev/null", "char",
                                                     device=(1, 3))])


def many(count):
    def make(c):
        c.layers(Layer([entry(f"many/{i % 100}/{i}", form="ustar")
                        for i in range(count)]).bytes())
    return make


CASES["many-10000"] = many(10000)
CASES["many-100000"] = many(100000)

# --- T11 to T19: symlinks

for _n, _to in {"abs": "{}", "up": UP + "{}", "chain": "b",
                "proc": "/proc/self/cwd", "physical": "sub/../../../..",
                "root": "/"}.items():
    layers(f"write-{_n}", lambda c, t=_to: tar(
        entry("sub", "dir"), entry("b", "sym", UP + c),
        entry("out", "sym", t.replace("{}", c)),
        entry("out/evil", text="x"), entry("out/dir", "dir")))
    layers(f"write-{_n}-lower", lambda c, t=_to: tar(
        entry("sub", "dir"), entry("b", "sym", UP + c),
        entry("out", "sym", t.replace("{}", c))),
        [entry("out/evil", text="x"), entry("out/file", text="evil")])
layers("over", lambda c: tar(*[entry(n, "sym", c + "/file")
                               for n in ("f", "d", "s", "p", "v")]),
       [entry("f", text="new"), entry("d", "dir"), entry("d/x", text="x"),
        entry("s", "sym", "elsewhere"), entry("p", "fifo"),
        entry("v", "char", device=(1, 3))])
layers("metadata", lambda c: tar(entry("l", "sym", c), entry(
    "m", "sym", c + "/file")), [
        entry("l", "dir", mode=0o700, mtime=5 * 10 ** 9,
              xattrs={b"user.x": b"y"}),
        entry("m", text="", mode=0o600, xattrs={b"user.x": b"y"})])
layers("loop", [entry("a", "sym", "b"), entry("b", "sym", "a"),
                entry("a/x")])
layers("loop-self", [entry("l", "sym", "l/l"), entry("l/x")])
layers("target-4095", [entry("l", "sym", "t/" * 2047 + "t")])
layers("target-4096", [entry("l", "sym", "t/" * 2048)])
layers("target-empty", [entry("l", "sym", "")])
layers("targets", [entry("abs", "sym", "/etc/motd"), entry(
    "up", "sym", "../../../x"), entry("slash", "sym", "a//b/"), entry(
        "bytes", "sym", b"\xff\n\x1b")])
layers("removal", lambda c: tar(
    entry("out", "sym", c), entry("dir", "dir"),
    entry("dir/link", "sym", c), entry("dir/file", "sym", c + "/file"),
    entry("op", "dir"), entry("op/link", "sym", c), entry("w", "sym", c),
    entry("rep", "dir"), entry("rep/link", "sym", c)),
    [entry("out/.wh.file"), entry("out/.wh..wh..opq"), entry(".wh.dir"),
     entry("op/.wh..wh..opq"), entry(".wh.w"), entry("rep", text="file")])
layers("usrmerge", [entry("usr/bin/sh", text="sh"), entry(
    "bin", "sym", "usr/bin")], [entry("bin/new", text="new"), entry(
        "bin/sh", text="sh2")])
layers("usrmerge-dir", [entry("usr/bin/sh", text="sh"), entry(
    "bin", "sym", "usr/bin")], [entry("bin", "dir"), entry(
        "bin/new", text="new")])
layers("post", lambda c: tar(
    entry("ch", "sym", c), entry("etc", "sym", c), entry("dev", "sym", c)))
layers("post-inside", lambda c: tar(
    entry("ch", "dir"), entry("ch/environment", "sym", c + "/file"),
    entry("ch/config.json", "fifo"), entry("ch/image", "dir"),
    entry("ch/image/x", "sym", c)))

# --- T20 to T25: hard links

for _n, _to in {"abs": "{}/file", "dotdot": "../../file",
                "dotdot-canary": UP + "{}/file"}.items():
    layers(f"hard-{_n}", lambda c, t=_to: tar(
        entry("d", "hard", t.replace("{}", c))))
layers("hard-through", lambda c: tar(entry("out", "sym", c), entry(
    "d", "hard", "out/file")))
layers("hard-pax", lambda c: raw(
    pax_header([(b"linkpath", (c + "/file").encode())]) +
    header(b"d", b"1", link=b"etc/motd")))
layers("hard-pax-file", lambda c: raw(
    pax_header([(b"linkpath", (c + "/file").encode())]) + header(
        b"d", b"0")))
layers("hard-sym", lambda c: tar(
    entry("s", "sym", c + "/file"), entry("h", "hard", "s"),
    entry("h2", "hard", "s")), [entry("h2", text="evil")])
layers("hard-break", [entry("a", text="one"), entry("b", "hard", "a"),
                      entry("c", "hard", "a")],
       [entry("b", text="two")], [entry(".wh.a"), entry("e", "hard", "c")])
for _n, _to in {"dir": "etc", "root": "/", "missing": "no/such",
                "empty": "", "forward": "later"}.items():
    layers(f"hard-{_n}", [entry("h", "hard", _to), entry("later", text="x")])
layers("hard-self", [entry("a", text="x"), entry("a", "hard", "a")])
layers("hard-data", raw(pack(entry("a", text="good")) + header(
    b"b", b"1", 4, link=b"a") + padded(b"evil")))
layers("hard-many", lambda c: tar(entry("a", text="x"), *[
    entry(f"h{i}", "hard", "a", form="ustar") for i in range(65100)]))

# --- T26 to T30: whiteouts

layers("wh", [entry("a", text="1"), entry("d/b", text="2"), entry("d/e/c"),
              entry("o/x"), entry("o/y/z"), entry("n/x")],
       [entry(".wh.a"), entry("d/.wh.b"), entry("o/new", text="n"),
        entry("o/.wh..wh..opq"), entry("d/e/.wh..wh..opq")],
       [entry("a", text="again"), entry(".wh.n"), entry("n/y")])
for _n, _name in {"empty": ".wh.", "dot": "d/.wh..", "dotdot": "d/.wh...",
                  "climb": "../.wh.canary", "within": ".wh.d/x"}.items():
    layers(f"wh-{_n}", [entry("d/keep")], [entry(_name)])
layers("wh-dotted", [entry("d/keep")], [entry(".wh.d/.", "dir")])
layers("wh-by-link", [entry("l", "sym", ".wh.d"), entry("l/x")])
layers("wh-odd", [entry("a"), entry("b"), entry("c"), entry("f", "dir")],
       [entry(".wh..wh.plnk", "dir"), entry(".wh..wh.aufs"),
        entry(".wh..wh.orph/x"), entry(".wh.a", "dir"), entry(
            ".wh.b", "sym", "x"), entry(".wh.c", text="content"),
        entry(".wh.f", "fifo")])
layers("wh-same", [entry("d/low"), entry("e/low")],
       [entry("d/own"), entry(".wh.d"), entry("e", "dir"), entry("e/own"),
        entry("e/.wh..wh..opq"), entry("e/.wh.own"), entry("f"),
        entry(".wh.f"), entry(".wh.g"), entry("g")])
layers("wh-closed", [entry("d", "dir", mode=0), entry("d/e", "dir", mode=0),
                     entry("d/e/f", mode=0)], [entry(".wh.d")])

# --- T31 to T42: types and what they carry

_TYPES = {"file": "file", "dir": "dir", "sym": "sym", "fifo": "fifo",
          "hard": "hard", "char": "char"}


def typed(name, kind):
    return entry(name, kind, {"sym": "../etc", "hard": "base"}.get(kind, ""),
                 device=(1, 3))


layers("type-matrix",
       [entry("base", text="x"), entry("m", "dir")] +
       [typed(f"m/{a}-{b}", a) for a in _TYPES for b in _TYPES] +
       [entry(f"m/dir-{b}/in") for b in _TYPES],
       [typed(f"m/{a}-{b}", b) for a in _TYPES for b in _TYPES])
layers("type-twice", [entry("a", text="long long"), entry("a", text="b"),
                      entry("d", "dir", mode=0o700), entry("d/x"),
                      entry("d", "dir", mode=0o711)])
layers("type-parent", [entry("p", text="x")], [entry("p/child", text="y")])
layers("type-letter", raw(header(b"u", b"Z")))
layers("type-contiguous", [entry("c", text="x", letter=b"7"),
                           entry("v", text="y", letter=b"\0")])


def v7(name, data):
    h = bytearray(header(name, b"\0", len(data)))
    h[257:512] = bytes(255)
    h[148:156] = b" " * 8
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h) + padded(data)


layers("type-v7", raw(v7(b"v", b"old")))
layers("closed", [entry("d", "dir", mode=0), entry("d/f", text="x", mode=0),
                  entry("d/e", "dir", mode=0o111), entry("d/e/f", text="y")])
layers("setid", [entry("u", mode=0o4755), entry("g", mode=0o2755),
                 entry("all", mode=0o7777), entry("d", "dir", mode=0o6755)])
layers("sticky", [entry("t", "dir", mode=0o1777), entry("w", mode=0o666),
                  entry("x", mode=0o777), entry("p", "fifo", mode=0o622)])
layers("devices", [entry("null", "char", device=(1, 3)), entry(
    "sda", "block", device=(8, 0)), entry("gone", "char"), entry(
        "dir", "dir")], [entry("dir", "char")])
layers("fifo", [entry("p", "fifo", mode=0o644)],
       [entry("q", "hard", "p"), entry("r", "fifo")], [entry("r", text="f")])
layers("owners", [entry("a", uid=0, gid=0), entry("b", uid=2 ** 31, gid=7),
                  entry("c", uid=-1, gid=-1, form="gnu"),
                  entry("d", "dir", uid=1000, gid=1000)])
_S = 10 ** 9
layers("times", [entry("zero", mtime=0), entry("old", mtime=-86400 * _S),
                 entry("fraction", mtime=_S + 250000000),
                 entry("late", mtime=4294967296 * _S),
                 entry("d", "dir", mtime=7 * _S), entry("d/x")])
layers("times-out", [entry("early", mtime=-2 ** 40 * _S),
                     entry("late", mtime=2 ** 50 * _S, form="gnu")])
layers("times-fraction", [entry("a", mtime=-500000000),
                          entry("b", mtime=-86399999999999)])
layers("xattrs", [
    entry("a", xattrs={b"user.colour": b"blue", b"user.overlay.opaque": b"y",
                       b"trusted.x": b"y", b"security.selinux": b"x"}),
    entry("d", "dir", xattrs={b"user.overlay.whiteout": b"y",
                              b"user.dir": b"yes"})])
layers("caps", [entry("ping", xattrs={b"security.capability":
                                      b"\1\0\0\2\0\x20\0\0" + bytes(12)})])

# --- T43 to T48: the archive itself


def fake_sparse(size, segments, name=b"s"):
    """GNU's old form, of any size, with any map."""
    e = layertar.Entry(name, "sparse", segments=segments, data=Long(size))
    return raw(layertar.sparse_gnu(e, {}))


class Long(bytes):
    """Claims to be longer than memory."""

    def __new__(cls, size):
        self = super().__new__(cls)
        self.size = size
        return self

    def __len__(self):
        return self.size


_SEGMENTS = [(512, b"a" * 512), (4096, b"b" * 1000)]


def sparse_case(form):
    def make(c):
        e = layertar.Entry(b"s", "sparse", form=form, segments=_SEGMENTS,
                           data=bytes(10000))
        c.layers(tar(e))
    return make


CASES["sparse-gnu"] = sparse_case("gnu")
CASES["sparse-pax"] = sparse_case("pax")
layers("sparse-huge", lambda c: fake_sparse(2 << 40, [(0, b"x" * 512)]))
layers("sparse-overlap", lambda c: fake_sparse(
    4096, [(0, b"x" * 1024), (512, b"y" * 512)]))
layers("sparse-beyond", lambda c: fake_sparse(600, [(512, b"x" * 512)]))
layers("tar-size-negative", raw(header(b"f", b"0", -5)))
layers("tar-size-huge", raw(header(b"f", b"0", 2 ** 62) + bytes(512)))
layers("tar-size-short", raw(header(b"f", b"0", 5000) + b"x" * 512, 0))


def broken(data, at, byte):
    return data[:at] + byte + data[at + 1:]


layers("checksum", raw(broken(header(b"f", b"0"), 0, b"g")))
layers("trunc-header", header(b"f", b"0")[:300])
layers("trunc-data", header(b"f", b"0", 600) + b"x" * 512)
for _n, _end in {"none": 0, "one": 512, "padding": 512 * 200}.items():
    layers(f"end-{_n}", raw(pack(entry("d/x", text="x")), _end))
layers("pax-size", raw(pax_header([(b"size", b"5")]) + header(
    b"f", b"0", 0) + padded(b"hello") + pack(entry("g", text="after"))))
for _n, _body in {"length": b"99 path=x\n", "short": b"3 path=x\n",
                  "no-equals": b"9 pathxy\n", "letters": b"xx path=a\n",
                  "no-end": b"10 path=ab"}.items():
    layers(f"pax-{_n}", raw(header(b"x", b"x", len(_body)) + padded(_body) +
                            header(b"f", b"0")))
layers("pax-global", raw(pax_header([(b"comment", b"c" * 40), (
    b"path", b"no")], b"g") + pack(entry("f", text="x"))))
layers("gnu-bomb", lambda c: raw(layertar.gnu_long(b"L", b"x" * (8 << 20)) +
                                 header(b"f", b"0")))
layers("pax-bomb", lambda c: raw(pax_header([(b"path", b"x" * (8 << 20))]) +
                                 header(b"f", b"0")))
layers("pax-many", lambda c: raw(pax_header(
    [(b"SCHILY.xattr.user.%d" % i, b"v") for i in range(20000)]) +
    header(b"f", b"0")))
layers("case", [entry("Name", text="1"), entry("name", text="2"),
                entry("caf\u00e9", text="3"), entry("cafe\u0301", text="4")])
