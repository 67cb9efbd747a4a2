#!/usr/bin/env python3
"""sifsign.py NAME IN OUT - the SIF file IN with a signature, right or wrong.

SPDX-License-Identifier: Apache-2.0

Alone: the names, each with the message it must lead to, a regular expression.
What is signed is made by the rules of github.com/apptainer/sif, pkg/integrity;
the OpenPGP signature itself is none.
"""
import base64
import hashlib
import json
import struct
import sys

DESCRIPTOR = 585
GROUP = 0xf0000000
SIGNATURE = 0x4005
DSSE = "application/vnd.sylabs.sif-metadata+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Sif:
    def __init__(self, data):
        self.data = bytearray(data)
        self.table, size = struct.unpack_from("<QQ", data, 96)
        self.slots = size // DESCRIPTOR

    def at(self, slot):
        return self.table + slot * DESCRIPTOR

    def objects(self):
        return [i for i in range(self.slots) if self.data[self.at(i) + 4]]

    def content(self, slot):
        at, n = struct.unpack_from("<QQ", self.data, self.at(slot) + 17)
        return self.data[at:at + n]

    def add(self, kind, content, group, link=0, name=b"", extra=b""):
        """One more object; its slot."""
        slot = [i for i in range(self.slots)
                if not self.data[self.at(i) + 4]][0]
        free, = struct.unpack_from("<Q", self.data, 80)
        pad = -len(self.data) % (4096 if kind == 0x4004 else 1)
        self.data += bytes(pad)
        struct.pack_into("<IBIIIQQQ", self.data, self.at(slot), kind, 1,
                         slot + 1, group, link, len(self.data), len(content),
                         pad + len(content))
        struct.pack_into("<128s384s", self.data, self.at(slot) + 73, name,
                         extra)
        self.data += content
        struct.pack_into("<Q", self.data, 80, free - 1)
        start, = struct.unpack_from("<Q", self.data, 112)
        struct.pack_into("<Q", self.data, 120, len(self.data) - start)
        return slot

    def metadata(self):
        head = self.data[:45] + self.data[48:64]
        return {"version": 1, "header": {"digest": digest(head)},
                "objects": [self.about(i) for i in self.objects()]}

    def about(self, slot):
        d = self.data[self.at(slot):self.at(slot) + DESCRIPTOR]
        # the first object has the lowest ID
        signed = d[:5] + struct.pack("<I", slot) + d[13:17] + d[25:33] + \
            d[41:49] + d[57:]
        return {"relativeId": slot, "descriptorDigest": digest(signed),
                "objectDigest": digest(self.content(slot))}


def clear(text):
    return b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + text + \
        b"\n-----BEGIN PGP SIGNATURE-----\n\nwsFc\n=oM4d\n" \
        b"-----END PGP SIGNATURE-----\n"


def envelope(text, kind=DSSE):
    return json.dumps({"payloadType": kind, "signatures": [{"sig": "eA=="}],
                       "payload": base64.b64encode(text).decode()}).encode()


def sign(sif, change=None, pack=clear, link=GROUP + 1, hash_type=1):
    what = sif.metadata()
    if change:
        change(what)
    sif.add(SIGNATURE, pack(json.dumps(what).encode()), GROUP, link,
            extra=struct.pack("<I", hash_type))


def spoil(sif, slot, at=0):
    """A byte of an object's data is another one."""
    start, = struct.unpack_from("<Q", sif.data, sif.at(slot) + 17)
    sif.data[start + at] ^= 1


CASES = {}


def case(name, said=None):
    def add(make):
        CASES[name] = (make, said)
        return make
    return add


def simple(name, said, **how):
    CASES[name] = (lambda sif: sign(sif, **how), said)


simple("clear", None)
simple("dsse", None, pack=envelope)
simple("one", None, link=1)
simple("old", None, pack=lambda text: clear(b"SIFHASH:\n0123"))
simple("later", None, change=lambda what: what.update(version=2))

HEX = "sha256:[0-9a-f]{64}"
SIG = "object 5, a signature: "
simple("link-none", SIG + "is linked to object 0, which is not there", link=0)
simple("link-object", SIG + "is linked to object 9, which is not there",
       link=9)
simple("link-group", SIG + "is linked to group 2, which is not there",
       link=GROUP + 2)
simple("hash-0", SIG + "hash type: expected 1 to 5, found 0", hash_type=0)
simple("hash-9", SIG + "hash type: expected 1 to 5, found 9", hash_type=9)
simple("no-message", SIG + "expected a clear-signed message or a DSSE "
       "envelope, found 'signed by me'", pack=lambda text: b"signed by me")
simple("nothing", SIG + "expected a clear-signed message or a DSSE envelope, "
       "found ''", pack=lambda text: b"")
simple("cut", SIG + "its line '-----END PGP SIGNATURE-----' is missing",
       pack=lambda text: clear(text)[:-5])
simple("padded", SIG + "its line '-----BEGIN PGP SIGNATURE-----' is missing",
       pack=lambda text: b"-----BEGIN PGP SIGNED MESSAGE-----".ljust(
           64, b"\n"))
simple("no-json", SIG + "what is signed: .*the text ends too early",
       pack=lambda text: clear(text[:-1]))
simple("dsse-kind", SIG + "payloadType: expected '" +
       DSSE.replace("+", "\\+") + "', found 'text/plain'",
       pack=lambda text: envelope(text, "text/plain"))
simple("dsse-cut", SIG + "DSSE envelope: .*the text ends too early",
       pack=lambda text: envelope(text)[:-1])
simple("header", SIG + "header: expected sha256:00, got " + HEX,
       change=lambda what: what["header"].update(digest="sha256:00"))
simple("missing", SIG + "object 8 is not there",
       change=lambda what: what["objects"][1].update(relativeId=7))


@case("definition", SIG + "object 1 \\(''\\): data: expected " + HEX +
      ", got " + HEX)
def _definition(sif):
    sign(sif)
    spoil(sif, 0)


@case("root", SIG + "object 4 \\(''\\): data: expected " + HEX + ", got " +
      HEX)
def _root(sif):
    sign(sif)
    spoil(sif, 3, 60)


@case("name", SIG + "object 2 \\('Inspect-metadata.json'\\): descriptor: "
      "expected " + HEX + ", got " + HEX)
def _name(sif):
    sign(sif)
    sif.data[sif.at(1) + 73] = ord("I")


@case("second", "object 6, a signature: header: expected sha256:11, got " +
      HEX)
def _second(sif):
    sign(sif)
    sign(sif, change=lambda what: what["header"].update(digest="sha256:11"))


@case("more")
def _more(sif):
    """Not a wrong one, but a file with all that we don't carry over."""
    sif.add(0x4009, b"{}", GROUP + 1, name=b"sbom.json",
            extra=struct.pack("<I", 4))
    sif.add(0x4007, b"raw", GROUP + 1, name=b"notes")
    sif.add(0x4004, b"ext3", GROUP + 1, name=b"overlay",
            extra=struct.pack("<II", 2, 4) + b"02")
    sign(sif)
    sign(sif, pack=envelope)


def main():
    if len(sys.argv) > 1:
        with open(sys.argv[2], "rb") as f:
            sif = Sif(f.read())
        CASES[sys.argv[1]][0](sif)
        with open(sys.argv[3], "wb") as f:
            f.write(sif.data)
        return
    for name, (_, said) in CASES.items():
        if said:
            print(name, said)


if __name__ == "__main__":
    main()
