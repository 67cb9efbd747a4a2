"""content.py - wrong layouts, documents and compressed data: rows C.

SPDX-License-Identifier: Apache-2.0
"""
import gzip
import hashlib
import json
import os
import struct
import subprocess
import zlib

import layertar
from catalogue import PLAIN, entry, tar
from oci import OCI, sha256, this_arch

CASES = {}
SIZES = {"low": -1, "high": 1}
ODD_SIZES = {"zero": 0, "negative": -5, "half": 10.5, "text": "100",
             "null": None, "bool": True, "absent": "absent",
             "max": 2 ** 63 - 1, "over": 2 ** 63, "huge": 2 ** 70}
HEX = "0123456789abcdef" * 4
DIGESTS = {
    "empty": "", "no-colon": "sha256" + HEX, "no-hex": "sha256:",
    "short": "sha256:" + HEX[1:], "long": "sha256:" + HEX + "0",
    "upper": "sha256:" + HEX.upper(), "letter": "sha256:g" + HEX[1:],
    "algorithm": "md5:" + HEX[:32], "upper-name": "SHA256:" + HEX,
    "traversal": "sha256:../../../../etc/passwd",
    "slash": "sha256:" + HEX[:31] + "/" + HEX[32:],
    "newline": "sha256:" + HEX + "\n", "nul": "sha256:" + HEX[:63] + "\0",
    "number": 5}


def case(f):
    CASES[f.__name__.replace("_", "-")] = f
    return f


def of_table(prefix, table, make):
    for name, value in table.items():
        CASES[f"{prefix}-{name}"] = lambda c, v=value: make(c, v)


def descriptor(c, **fields):
    """An image whose layer's descriptor has these fields."""
    layer, diff_id = c.layer()
    layer = {k: v for k, v in dict(layer, **fields).items() if v != "absent"}
    c.image([layer], [diff_id])


of_table("size", ODD_SIZES, lambda c, v: descriptor(c, size=v))
of_table("digest", DIGESTS, lambda c, v: descriptor(c, digest=v))


def size_off(which, by):
    def make(c):
        layer, diff_id = c.layer()
        config = c.layout.config([diff_id])
        if which == "layer":
            layer["size"] += by
        if which == "config":
            config["size"] += by
        manifest = c.layout.manifest(config, [layer])
        if which == "manifest":
            manifest["size"] += by
        c.layout.tag(manifest, "1")
    return make


for _which in ("layer", "config", "manifest"):
    for _word, _by in SIZES.items():
        CASES[f"size-{_which}-{_word}"] = size_off(_which, _by)


def change_blob(which, change):
    def make(c):
        layer, diff_id = c.layer()
        config = c.layout.config([diff_id])
        manifest = c.layout.manifest(config, [layer])
        c.layout.tag(manifest, "1")
        path = c.path({"layer": layer, "config": config,
                       "manifest": manifest}[which])
        with open(path, "rb") as f:
            data = f.read()
        os.unlink(path)
        change(path, data)
    return make


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def link_away(path, data):
    write(path + ".away", data)
    os.symlink(path + ".away", path)


CHANGES = {
    "other": lambda p, d: write(p, bytes(len(d))),
    "flip": lambda p, d: write(p, d[:20] + bytes([d[20] ^ 1]) + d[21:]),
    "short": lambda p, d: write(p, d[:-1]),
    "long": lambda p, d: write(p, d + b"x"),
    "tail": lambda p, d: write(p, d[:-1] + bytes([d[-1] ^ 1])),
    "empty": lambda p, d: write(p, b""),
    "missing": lambda p, d: None,
    "dir": lambda p, d: os.mkdir(p),
    "fifo": lambda p, d: os.mkfifo(p),
}
for _which in ("layer", "config", "manifest"):
    for _word, _change in CHANGES.items():
        CASES[f"{_which}-{_word}"] = change_blob(_which, _change)


# --- the configuration

def config(c, **fields):
    layer, diff_id = c.layer()
    doc = {"architecture": this_arch(), "os": "linux", "config": {},
           "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
    doc.update(fields)
    doc = {k: v for k, v in doc.items() if v != "absent"}
    c.manifest(config=c.layout.json(doc, OCI + "config.v1+json"),
               layers=[layer])


CONFIGS = {
    "diffid-other": {"rootfs": {"type": "layers",
                                "diff_ids": [sha256(b"x")]}},
    "diffid-more": {"rootfs": {"type": "layers", "diff_ids": [
        sha256(PLAIN), sha256(PLAIN)]}},
    "diffid-none": {"rootfs": {"type": "layers", "diff_ids": []}},
    "diffid-form": {"rootfs": {"type": "layers", "diff_ids": ["sha256:x"]}},
    "diffid-number": {"rootfs": {"type": "layers", "diff_ids": [7]}},
    "rootfs-missing": {"rootfs": "absent"},
    "rootfs-null": {"rootfs": None},
    "env": {"config": {"Env": [
        "GOOD=1", "NL=a\nINJECTED=yes", "NOEQUALS", "=x", "", "SPACE=a  b",
        "QUOTE=a'b\"c$HOME`id`", "DUP=1", "DUP=2", "LD_PRELOAD=/evil.so"]}},
    "volumes": {"config": {"Volumes": {
        "/../../../../tmp/x": {}, "../up": {}, "/data": {}, "": {}}}},
    "odd": {"config": {
        "User": "0:0\nroot", "WorkingDir": "/../../..", "Cmd": None,
        "Entrypoint": [], "Labels": None, "Env": None,
        "ExposedPorts": {"99999/x": {}}, "StopSignal": "SIGNOTHING"},
        "created": "yesterday", "history": None},
    "absent": {"config": "absent"},
    "null": {"config": None},
}
for _word, _fields in CONFIGS.items():
    CASES[f"config-is-{_word}"] = lambda c, f=_fields: config(c, **f)


# --- documents

def manifest_of(c, **fields):
    layer, diff_id = c.layer()
    doc = {"config": c.layout.config([diff_id]), "layers": [layer]}
    doc.update(fields)
    c.manifest(**doc)


MANIFESTS = {
    "layers-absent": {"layers": "absent"}, "layers-null": {"layers": None},
    "layers-object": {"layers": {}}, "layers-text": {"layers": "x"},
    "layers-of-text": {"layers": ["x"]}, "layers-empty": {"layers": []},
    "config-absent": {"config": "absent"}, "config-null": {"config": None},
    "both": {"manifests": []}, "untyped": {"mediaType": "absent"},
    "says-index": {"mediaType": OCI + "index.v1+json"},
    "schema-1": {"schemaVersion": 1}, "schema-text": {"schemaVersion": "2"},
    "fields": {"x-new": {"deep": [1, 2.5, None, "\u00fc"]},
               "annotations": {"a": "b"}, "subject": None},
}
for _word, _fields in MANIFESTS.items():
    CASES[f"manifest-is-{_word}"] = lambda c, f=_fields: manifest_of(c, **f)

DOCUMENTS = {
    "array": b"[1, 2]", "html": b"<html><body>Login</body></html>",
    "nothing": b"", "deep-list": b"[" * 100000, "latin": b'{"a": "\xff"}',
    "deep-object": b'{"a":' * 50000 + b"1" + b"}" * 50000,
    "nul": b'{"schemaVersion": 2}\0', "number": b"7", "big-number":
    b'{"schemaVersion": 1e999, "layers": []}',
    "two": b'{"schemaVersion": 2} {"schemaVersion": 2}',
}
for _word, _data in DOCUMENTS.items():
    CASES[f"json-{_word}"] = lambda c, d=_data: c.document(d)


@case
def json_cut(c):
    layer, diff_id = c.layer()
    doc = json.dumps({"schemaVersion": 2, "config": c.layout.config(
        [diff_id]), "layers": [layer]}).encode()
    c.document(doc[:-20])


@case
def json_twice(c):
    layer, diff_id = c.layer()
    doc = json.dumps({"schemaVersion": 2, "config": c.layout.config(
        [diff_id]), "layers": [layer]})
    c.document(doc[:-1].encode() + b', "layers": []}')


@case
def json_twice_within(c):
    layer, diff_id = c.layer()
    doc = json.dumps({"schemaVersion": 2, "config": c.layout.config(
        [diff_id]), "layers": [layer]})
    c.document(doc.replace('"size"', '"size": 1, "size"', 1).encode())


@case
def json_4mib(c):
    manifest_of(c, annotations={"x": "y" * (4 << 20)})


@case
def json_64mib(c):
    manifest_of(c, annotations={"x": "y" * (64 << 20)})


def nested(depth):
    def make(c):
        layer, diff_id = c.layer()
        d = c.layout.manifest(c.layout.config([diff_id]), [layer])
        for _ in range(depth):
            d = c.layout.index([d])
        c.layout.tag(d, "1")
    return make


CASES["nested-2"] = nested(2)
CASES["nested-300"] = nested(300)


@case
def data_wrong(c):
    manifest_of(c, config=dict(c.layout.config([sha256(PLAIN)]),
                               data="e30="))


@case
def config_json(c):
    c.manifest(config=c.layout.blob(b"{", OCI + "config.v1+json"),
               layers=[c.layer()[0]])


@case
def config_type(c):
    layer, diff_id = c.layer()
    c.manifest(config=dict(c.layout.config([diff_id]),
                           mediaType="application/x-unheard-of"),
               layers=[layer])


@case
def type_unknown(c):
    descriptor(c, mediaType="application/x-unheard-of")


@case
def type_absent(c):
    descriptor(c, mediaType="absent")


@case
def foreign(c):
    descriptor(c, digest=sha256(b"nowhere"), urls=["http://127.0.0.1:9/x"],
               mediaType=OCI + "layer.nondistributable.v1.tar+gzip")


def sha512(good):
    def make(c):
        digest = "sha512:" + hashlib.sha512(PLAIN).hexdigest()
        os.makedirs(c.layout.path + "/blobs/sha512")
        write(c.layout.path + "/blobs/" + digest.replace(":", "/"),
              PLAIN if good else PLAIN[:-1] + b"x")
        c.image([{"mediaType": OCI + "layer.v1.tar", "digest": digest,
                  "size": len(PLAIN)}], [sha256(PLAIN)])
    return make


CASES["sha512-right"] = sha512(True)
CASES["sha512-wrong"] = sha512(False)


# --- compression

def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def gz_fields(data):
    """Every optional field of RFC 1952."""
    head = b"\x1f\x8b\x08\x1e" + bytes(4) + b"\0\3"
    head += struct.pack("<H", 600) + b"e" * 600 + b"name\0" + b"comment\0"
    head += struct.pack("<H", zlib.crc32(head) & 0xffff)
    z = zlib.compressobj(6, zlib.DEFLATED, -15)
    return head + z.compress(data) + z.flush() + struct.pack(
        "<II", zlib.crc32(data), len(data))


GZ = gzip.compress(PLAIN, mtime=0)
SKIP = struct.pack("<II", 0x184d2a50, 5) + b"skip!"
BLOBS = {
    "gz-members": gzip.compress(PLAIN[:700]) + gzip.compress(b"") +
    gzip.compress(PLAIN[700:]),
    "gz-fields": gz_fields(PLAIN), "gz-stored": gzip.compress(PLAIN, 0),
    "gz-trunc-header": GZ[:5], "gz-trunc-data": GZ[:60],
    "gz-trunc-trailer": GZ[:-3],
    "gz-crc": GZ[:-8] + b"\0\0\0\0" + GZ[-4:],
    "gz-isize": GZ[:-4] + b"\1\0\0\0",
    "gz-junk": GZ + b"junk", "gz-zeros": GZ + bytes(1000),
    "gz-is-gzgz": gzip.compress(GZ),
    "zstd-skip": lambda: SKIP + zstd(PLAIN) + SKIP,
    "zstd-frames": lambda: zstd(PLAIN[:700]) + zstd(PLAIN[700:]),
    "zstd-trunc": lambda: zstd(PLAIN)[:-9],
    "is-xz": b"\xfd7zXZ\0" + bytes(100), "is-noise": os.urandom(5000),
    "is-bzip2": b"BZh91AY&SY" + bytes(100), "is-zip": b"PK\3\4\24\0\0\0\10\0" + bytes(2000),
    "is-cpio": b"070701" + b"0" * 104 + b"TRAILER!!!\0" + bytes(500),
    "is-mtree": b"#mtree\n./a type=file contents=/etc/passwd\n",
    "is-text": b"hello world\n" * 100, "is-one-byte": b"x",
}
# What the type says and what the bytes are.
LIES = {
    "tar-is-gzip": ("tar", lambda: GZ), "zstd-is-gzip": ("tar+zstd", lambda: GZ),
    "tar-is-zstd": ("tar", lambda: zstd(PLAIN)),
    "zstd-is-tar": ("tar+zstd", lambda: PLAIN),
    "gzip-is-tar": ("tar+gzip", lambda: PLAIN),
    "gzip-is-zstd": ("tar+gzip", lambda: zstd(PLAIN)),
}
for _word, (_type, _data) in LIES.items():
    CASES[f"lie-{_word}"] = lambda c, t=_type, d=_data: c.blob(
        d(), media="layer.v1." + t)
# Where what comes out of the decoder is not PLAIN.
INSIDE = {w: d for w, d in BLOBS.items() if w.startswith("is-")}
INSIDE["gz-is-gzgz"] = GZ
for _word, _data in BLOBS.items():
    CASES[f"blob-{_word}"] = lambda c, d=_data, t=INSIDE.get(_word): c.blob(
        d() if callable(d) else d, t)

AFTER = {
    "archive": PLAIN + tar(entry("d/second", text="x")),
    "junk": PLAIN + b"junk" * 300,
    "zeros": PLAIN + bytes(100 * 512),
}
for _word, _data in AFTER.items():
    CASES[f"after-{_word}"] = lambda c, d=_data: c.blob(gzip.compress(d), d)


@case
def bad_second(c):
    one, one_id = c.layer()
    data = gzip.compress(tar(entry("e", text="x" * 100000)))
    two = c.layout.blob(data[:-30], OCI + "layer.v1.tar+gzip")
    c.image([one, two], [one_id, sha256(b"x")])


def bomb(size, how):
    def make(c):
        """A file of SIZE zeros, squeezed."""
        parts = [layertar.header(b"bomb", b"0", size)]
        parts += [bytes(1 << 20)] * (size >> 20) + [bytes(1024)]
        z = zlib.compressobj(9, zlib.DEFLATED, 31)
        if how == "zstd":
            data = zstd(b"".join(parts))
        else:
            data = b"".join([z.compress(p) for p in parts] + [z.flush()])
        c.blob(data, b"".join(parts))
    return make


CASES["bomb-gz"] = bomb(256 << 20, "gzip")
CASES["bomb-zstd"] = bomb(256 << 20, "zstd")
