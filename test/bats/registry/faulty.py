#!/usr/bin/env python3
"""A registry that misbehaves on request: serves an OCI layout with faults.

SPDX-License-Identifier: Apache-2.0

    faulty.py [--script JSON | --control FILE] [--log FILE] [--tls CERT KEY]
              [--tls-max 1.0 | 1.1] [--bind ADDRESS] LAYOUT

Listens on two free ports, which stand for two hosts (a third speaks TLS with
--tls), prints their numbers on one line and serves until it is killed. Any
repository name shows the layout; a tag is looked up among its ref.name
annotations, and if the layout has one manifest only, every tag is that.

JSON is a list of rules; the control FILE holds such a list and may change at
any time (the counters start anew then). All rules that match a request are
merged, later ones over earlier ones. Nothing is random.

Which requests:
  method, path  regular expressions, searched for (path with its query)
  port          0, 1 or 2: the listener
  what          "manifest", "config" or "layer": what the digest is there, a tag
                being a manifest; "index" for those that have manifests
  has, without  only requests that have, or lack, this header field
  nth           the n-th such request only, counted from 1; or a list of such
  each          true: nth counts for each path on its own
What is answered:
  status        number; 4xx and 5xx get an error document
  headers       object: added, or replaced; null removes
  body          text in place of the content; {"fill": N}: N bytes
  redirect      URL, or a port number for the same path there; status 307
  wrong_digest  serve the content of this digest instead
  no_range      Range is ignored
  range         Content-Range to claim, with a 206
  auth          object, see below
How it is sent:
  cut           so many bytes of the body, then close (negative: from the end);
                "name": as many as the number that ends the repository's name
  short         the same, but as if there never were more: Content-Length fits
  cut_head      so many bytes of the header, then close
  reset         close with a TCP reset
  hang_up       close after the answer, without a word of it in the header
  flip          index of a byte of the body whose lowest bit is changed
  extra         so many bytes more, or this text; Content-Length stays
  endless       true: the body once more, and again, until the peer is gone
  gzip          true: Content-Encoding: gzip
  length        Content-Length to claim; null: none, end by closing
  chunked       true: chunked coding; "broken", "unfinished": and how
  pause         seconds before the answer
  pause_at      [N, SECONDS]: rest after N bytes of the body
  rate          bytes of the body a second
  drip          SECONDS: one byte of the body (of the head: drip_head) each
  big_head      bytes of one more field; many_fields: so many more fields
  interim       so many 103 answers before; raw: these bytes are the answer

auth: {"type": "basic" | "bearer", "user": U, "password": P, "identity": T,
"anonymous": BOOL (tokens without credentials are given, true by default, and
"anonymous_ok": are good for access), "uses": N (requests a token is good for),
"realm": URL, "challenge": text or null, "refuse": STATUS in place of 401}. The
token endpoint is /token on every port; rules apply to it too, auth does not.

In all texts of a rule {0}, {1}, {2} stand for the listeners' URLs. The log has
one JSON object for each request: port, method, path, headers, body, and the
status that was meant to be sent.
"""
import argparse
import base64
import gzip
import hashlib
import http.server
import json
import os
import pathlib
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse


class Layout:
    """An OCI image layout, read only."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        index = json.loads((self.path / "index.json").read_text())
        self.manifests = index["manifests"]
        self.kinds = {}
        docs = [index]
        while docs:
            docs += self.sort(docs.pop())

    def sort(self, doc):
        """What is each digest in DOC? The documents among them."""
        below = []
        for d in doc.get("manifests", []):
            below.append(json.loads(self.blob(d["digest"]) or "{}"))
            self.kinds[d["digest"]] = ("index" if "manifests" in below[-1]
                                       else "manifest")
        for d in doc.get("layers", []):
            self.kinds[d["digest"]] = "layer"
        if "config" in doc:
            self.kinds[doc["config"]["digest"]] = "config"
        return below

    def kind(self, path):
        """What a request for PATH wants: a kind, or ""."""
        m = re.fullmatch(r"/v2/.+/(manifests|blobs)/([^/]+)", path)
        if m and m[1] == "manifests" and not m[2].startswith("sha256:"):
            return "manifest"
        return self.kinds.get(m[2], "") if m else ""

    def blob(self, digest):
        file = self.path.joinpath("blobs", *digest.split(":"))
        return file.read_bytes() if file.is_file() else None

    def manifest(self, want):
        body = self.blob(want)
        name = "org.opencontainers.image.ref.name"
        for m in self.manifests:
            tag = m.get("annotations", {}).get(name)
            if body is None and (tag == want or len(self.manifests) == 1):
                body = self.blob(m["digest"])
        if body is None:
            return None
        doc = json.loads(body)
        kind = "index" if "manifests" in doc else "manifest"
        return doc.get("mediaType", "application/vnd.oci.image.%s.v1+json"
                       % kind), body


class Rules:
    """The faults, with a counter for each."""

    def __init__(self, script, control):
        self.control = control
        self.lock = threading.Lock()
        self.text = None
        self.load(script or "[]")

    def load(self, text):
        if text != self.text:
            self.rules = json.loads(text)
            self.counts = [{} for _ in self.rules]
            self.text = text

    def plan(self, port, method, path, what, fields):
        plan = {}
        with self.lock:
            if self.control:
                self.load(pathlib.Path(self.control).read_text() or "[]")
            for i, rule in enumerate(self.rules):
                if (rule.get("port", port) == port
                        and re.search(rule.get("method", ""), method)
                        and re.search(rule.get("path", ""), path)
                        and rule.get("what", what) == what
                        and rule.get("has", "Host") in fields
                        and rule.get("without", "") not in fields):
                    key = path if rule.get("each") else ""
                    n = self.counts[i][key] = self.counts[i].get(key, 0) + 1
                    nth = rule.get("nth", n)
                    if n == nth or (isinstance(nth, list) and n in nth):
                        plan.update(rule)
        return plan


def basic(auth):
    pair = "%s:%s" % (auth.get("user"), auth.get("password"))
    return "Basic " + base64.b64encode(pair.encode()).decode()


class Tokens:
    """Tokens given out, and whether a request may pass."""

    def __init__(self):
        self.lock = threading.Lock()
        self.left = {}   # token: uses left, or None for any number
        self.auth = {}   # what the last request had to satisfy

    def give(self, good):
        with self.lock:
            token = "token-%d" % (len(self.left) + 1)
            self.left[token] = self.auth.get("uses") if good else 0
            return token

    def may_pass(self, auth, field):
        self.auth = auth
        if auth["type"] == "basic":
            return field == basic(auth)
        with self.lock:
            token = field[len("Bearer "):]
            left = self.left.get(token, 0)
            self.left[token] = left - 1 if left else left
            return left is None or left > 0


class Answer:
    """Status, body and header fields before the faults of sending."""

    def __init__(self, status, body, **fields):
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(
            body).encode()
        self.headers = {k.replace("_", "-"): v for k, v in fields.items()}


def error(status, text):
    return Answer(status, {"errors": [{"code": "FAULTY", "message": text}]},
                  Content_Type="application/json")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    disable_nagle_algorithm = True

    def handle_any(self):
        app, port = self.server.app, self.server.number
        n = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(n).decode(errors="replace")
        text = json.dumps(app.rules.plan(
            port, self.command, self.path, app.layout.kind(self.path),
            self.headers))
        for i, url in enumerate(app.urls):
            text = text.replace("{%d}" % i, url)
        plan = json.loads(text)
        for how in "cut", "short":
            if plan.get(how) == "name":
                plan[how] = int(re.search(r"(\d+)/(manifests|blobs)/",
                                          self.path)[1])
        answer = self.answer(app, plan, sent)
        alter(plan, answer)
        app.log({"port": port, "method": self.command, "path": self.path,
                 "headers": dict(self.headers.items()), "body": sent,
                 "status": answer.status})
        try:
            self.send(plan, answer)
        except OSError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = handle_any

    def log_message(self, *args):
        pass

    # What is answered

    def answer(self, app, plan, sent):
        path = urllib.parse.urlsplit(self.path).path
        field = self.headers.get("Authorization", "")
        if path == "/token" and "redirect" not in plan:
            return self.token(app.tokens, field, sent)
        auth = plan.get("auth")
        if (auth and path != "/token"
                and not app.tokens.may_pass(auth, field)):
            return self.refuse(auth)
        if "redirect" in plan:
            to = plan["redirect"]
            to = app.urls[to] + self.path if isinstance(to, int) else to
            return Answer(307, b"see there\n", Location=to)
        m = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/([^/]+)", path)
        if m:
            want = plan.get("wrong_digest", m[3])
            serve = self.manifest if m[2] == "manifests" else self.blob
            return serve(app.layout, want, plan)
        return Answer(200, {}) if path == "/v2/" else error(404, "no page")

    def refuse(self, auth):
        answer = error(auth.get("refuse", 401), "login first")
        here = self.server.app.urls[self.server.number]
        challenge = 'Basic realm="faulty"'
        if auth["type"] == "bearer":
            challenge = ('Bearer realm="%s",service="faulty",scope="repository'
                         ':x:pull"' % auth.get("realm", here + "/token"))
        answer.headers["WWW-Authenticate"] = auth.get("challenge", challenge)
        return answer

    def token(self, tokens, field, sent):
        auth = tokens.auth
        refresh = urllib.parse.parse_qs(sent).get("refresh_token", [None])[0]
        good = auth.get("anonymous_ok", True)
        if refresh or field:
            good = refresh == auth["identity"] if refresh else (
                field == basic(auth))
            if not good:
                return error(401, "wrong credentials")
        elif not auth.get("anonymous", True):
            return error(401, "no credentials")
        return Answer(200, {"token": tokens.give(good)})

    def manifest(self, layout, want, plan):
        found = layout.manifest(want)
        if not found:
            return error(404, "manifest unknown")
        digest = "sha256:" + hashlib.sha256(found[1]).hexdigest()
        return Answer(200, found[1], Content_Type=found[0],
                      Docker_Content_Digest=digest)

    def blob(self, layout, want, plan):
        body = layout.blob(want)
        if body is None:
            return error(404, "blob unknown")
        m = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not m or plan.get("no_range"):
            return Answer(200, body, Content_Type="application/octet-stream")
        start, last = int(m[1]), len(body) - 1
        end = min(int(m[2] or last), last)
        if start > last:
            return error(416, "out of range")
        return Answer(206, body[start:end + 1], Content_Range="bytes %d-%d/%d"
                      % (start, end, last + 1))

    # How it is sent

    def send(self, plan, answer):
        time.sleep(plan.get("pause", 0))
        head, body = head_bytes(plan, answer), answer.body
        if plan.get("chunked"):
            body = chunks(body, plan["chunked"])
        if self.command == "HEAD" or {"raw", "cut_head"} & set(plan):
            body = b""
        head = plan["raw"].encode("latin-1") if "raw" in plan else head
        head = head[:plan.get("cut_head", len(head))]
        body = body[:plan.get("cut", len(body))]
        drip(self.wfile, head, plan.get("drip_head"))
        at, seconds = plan.get("pause_at", [0, 0])
        self.wfile.write(body[:at])
        time.sleep(seconds)
        if "rate" in plan:
            at_rate(self.wfile, body[at:], plan["rate"])
        else:
            drip(self.wfile, body[at:], plan.get("drip"))
        while body and plan.get("endless"):
            self.wfile.write(body)
        if ({"cut", "cut_head", "reset", "raw", "hang_up"} & set(plan)
                or isinstance(plan.get("extra"), int)
                or plan.get("chunked", True) is not True
                or plan.get("length", 0) is None):
            self.close_connection = True
        if plan.get("reset"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()


def alter(plan, answer):
    if "status" in plan:
        answer.status = plan["status"]
        if answer.status >= 400:
            answer.body = error(0, "as the script says").body
    if "range" in plan:
        answer.status = 206
        answer.headers["Content-Range"] = plan["range"]
    if "body" in plan:
        body = plan["body"]
        answer.body = (body.encode() if isinstance(body, str)
                       else b"x" * body["fill"])
    answer.body = answer.body[:plan.get("short", len(answer.body))]
    if plan.get("gzip"):
        answer.body = gzip.compress(answer.body)
        answer.headers["Content-Encoding"] = "gzip"
    if "flip" in plan:
        answer.body = bytearray(answer.body)
        answer.body[plan["flip"]] ^= 1
    answer.headers["Content-Length"] = plan.get("length", len(answer.body))
    if plan.get("chunked"):
        answer.headers["Content-Length"] = None
        answer.headers["Transfer-Encoding"] = "chunked"
    answer.headers.update(plan.get("headers", {}))
    more = plan.get("extra", "")
    answer.body = bytes(answer.body) + (more.encode() if isinstance(more, str)
                                        else b"+" * more)


def head_bytes(plan, answer):
    interim = "HTTP/1.1 103 Early Hints\r\n\r\n"
    lines = ["HTTP/1.1 %d Faulty" % answer.status]
    lines += ["%s: %s" % (k, v) for k, v in answer.headers.items()
              if v is not None]
    lines += ["X-Many-%d: x" % i for i in range(plan.get("many_fields", 0))]
    if "big_head" in plan:
        lines.append("X-Big: " + "x" * plan["big_head"])
    text = interim * plan.get("interim", 0) + "\r\n".join(lines)
    return (text + "\r\n\r\n").encode("latin-1")


def chunks(body, how):
    parts = [body[i:i + 65536] for i in range(0, len(body), 65536)]
    coded = [b"%x\r\n%s\r\n" % (len(p), p) for p in parts]
    if how == "broken":
        coded.insert(len(coded) // 2, b"zz\r\n")
    return b"".join(coded) + (b"" if how == "unfinished" else b"0\r\n\r\n")


def drip(wfile, data, seconds):
    step = 1 if seconds else len(data) or 1
    for i in range(0, len(data), step):
        wfile.write(data[i:i + step])
        time.sleep(seconds or 0)


def at_rate(wfile, data, rate):
    step = rate // 20
    for i in range(0, len(data), step):
        time.sleep(0.05)
        wfile.write(data[i:i + step])


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *args):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*args)
        # else a peer that went away, which is our daily bread


class App:
    def __init__(self, args):
        self.layout = Layout(args.layout)
        self.rules = Rules(args.script, args.control)
        self.tokens = Tokens()
        self.log_file = open(args.log or os.devnull, "a")
        self.log_lock = threading.Lock()
        self.servers, self.urls = [], []
        self.listen("http", args)
        self.listen("http", args)
        if args.tls:
            self.listen("https", args)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(*args.tls)
            if args.tls_max:
                tls.set_ciphers("ALL:@SECLEVEL=0")
                tls.minimum_version = ssl.TLSVersion.TLSv1
                tls.maximum_version = getattr(
                    ssl.TLSVersion, "TLSv1_1" if args.tls_max == "1.1"
                    else "TLSv1")
            self.servers[2].socket = tls.wrap_socket(
                self.servers[2].socket, server_side=True,
                do_handshake_on_connect=False)

    def listen(self, scheme, args):
        ip6 = ":" in args.bind
        Server.address_family = socket.AF_INET6 if ip6 else socket.AF_INET
        server = Server((args.bind, 0), Handler)
        server.app, server.number = self, len(self.servers)
        self.servers.append(server)
        self.urls.append("%s://%s:%d" % (
            scheme, "[%s]" % args.bind if ip6 else args.bind,
            server.server_port))

    def log(self, entry):
        with self.log_lock:
            self.log_file.write(json.dumps(entry) + "\n")
            self.log_file.flush()


def main():
    p = argparse.ArgumentParser()
    for name in "--script", "--control", "--log", "layout":
        p.add_argument(name)
    p.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    p.add_argument("--tls-max")
    p.add_argument("--bind", default="127.0.0.1")
    app = App(p.parse_args())
    for s in app.servers[1:]:
        threading.Thread(target=s.serve_forever, daemon=True).start()
    print(*[s.server_port for s in app.servers], flush=True)
    app.servers[0].serve_forever()


if __name__ == "__main__":
    main()
