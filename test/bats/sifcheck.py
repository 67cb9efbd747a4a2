# sifcheck.py - is this a SIF file as Apptainer writes it? An independent reader.
# SPDX-License-Identifier: Apache-2.0
"""sifcheck.py FILE [OUT.sqfs]: check header, descriptors, partition and
squashfs (SIF specification: github.com/apptainer/sif, pkg/sif), print the
objects, and copy the root file system to OUT. Status 1 and one line if a rule is
broken."""
import json
import struct
import sys

ARCH = {"01": "386", "02": "amd64", "03": "arm", "04": "arm64", "05": "ppc64",
        "06": "ppc64le", "11": "s390x", "12": "riscv64"}
TYPES = {0x4001: "definition", 0x4002: "environment", 0x4003: "labels",
         0x4004: "partition", 0x4005: "signature", 0x4006: "json",
         0x4007: "raw", 0x4008: "crypto", 0x4009: "SBOM"}
COMP = {1: "gzip", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}


def need(ok, what):
    if not ok:
        sys.exit("sifcheck: " + what)


def text(b):
    return b.split(b"\0")[0].decode()


data = open(sys.argv[1], "rb").read()
need(len(data) >= 128, "no room for the header")
launch, magic, version, arch, uuid = struct.unpack_from("<32s10s3s3s16s", data)
created, modified, free, total, at, size, data_at, data_size = \
    struct.unpack_from("<qqqqqqqq", data, 64)
need(magic == b"SIF_MAGIC\0", "magic")
need(version == b"01\0", "version")
need(launch == b"#!/usr/bin/env run-singularity\n\0", "launch line")
need(text(arch) in ARCH, "architecture %r" % arch)
need(not any(data[128:4096]), "bytes behind the header are not zero")
need(at == 4096, "descriptors are not at 4096")
need(size == total * 585, "size of the descriptors")
need(data_at >= at + size, "data begins in the descriptors")
need(at + size <= len(data), "descriptors behind the end")
used, primary, end, spans = 0, [], data_at, []
for i in range(total):
    d = data[at + i * 585:at + (i + 1) * 585]
    kind, is_used, ident, group, link, off, n, padded = \
        struct.unpack_from("<iBIIIqqq", d)
    if not is_used:
        continue
    used += 1
    name = text(d[73:201])
    need(ident == i + 1, "object %d has the ID %d" % (i + 1, ident))
    need(group >> 28 == 0xf, "group of object %d" % ident)
    need(kind in TYPES, "type of object %d" % ident)
    need(off >= data_at and off + n <= len(data),
         "object %d is not in the data" % ident)
    need(padded >= n and off - (padded - n) >= data_at, "padding")
    need(off - (padded - n) == end, "object %d leaves a hole" % ident)
    end = off + n
    extra = d[201:585]
    what = ""
    if kind == 0x4004:
        fs, part = struct.unpack_from("<ii", extra)
        code = text(extra[8:11])
        need(off % 4096 == 0, "a partition that is not aligned")
        need(code in ARCH, "architecture of the partition")
        what = " fs %d part %d %s" % (fs, part, ARCH[code])
        if part == 2:
            primary.append((off, n, fs, code))
    elif kind == 0x4006:
        json.loads(data[off:off + n])
        what = " JSON"
    print("%d %s '%s' %d bytes%s" % (ident, TYPES[kind], name, n, what))
need(used == total - free, "%d objects, %d free of %d" % (used, free, total))
need(data_size == end - data_at, "size of the data")
need(end == len(data), "bytes behind the last object")
need(len(primary) == 1, "%d primary partitions" % len(primary))
off, n, fs, code = primary[0]
need(fs == 1, "the root file system is no squashfs")
need(code == text(arch), "two architectures")
need(data[off:off + 4] == b"hsqs", "no squashfs in the partition")
comp, = struct.unpack_from("<H", data, off + 20)
bytes_used, = struct.unpack_from("<Q", data, off + 40)
need(comp in COMP, "compressor %d" % comp)
need(bytes_used <= n, "the squashfs is longer than its partition")
print("squashfs %s, header %s, uuid %s, time %d" % (
    COMP[comp], ARCH[text(arch)], uuid.hex(), created))
if len(sys.argv) > 2:
    with open(sys.argv[2], "wb") as f:
        f.write(data[off:off + n])
