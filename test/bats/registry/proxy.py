#!/usr/bin/env python3
"""An HTTP proxy that leads every host to one port of this machine.

SPDX-License-Identifier: Apache-2.0

    proxy.py [--log FILE] [--user USER:PASSWORD] [--tls PORT] [--plain PORT]

Prints the number of its free port and serves until it is killed. CONNECT goes
to --tls, a request for an http URL to --plain, whatever host was named: so
there are hosts of any name, without a resolver. Without that port, the answer
is 502; without the credentials, 407. The log has one JSON object for each
request: method, url, headers.
"""
import argparse
import base64
import http.server
import json
import os
import select
import socket
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def refused(self):
        args = self.server.args
        with open(args.log or os.devnull, "a") as f:
            f.write(json.dumps({"method": self.command, "url": self.path,
                                "headers": dict(self.headers.items())}) + "\n")
        port = args.tls if self.command == "CONNECT" else args.plain
        if args.user:
            want = "Basic " + base64.b64encode(args.user.encode()).decode()
            if self.headers.get("Proxy-Authorization") != want:
                self.answer("407 Login First",
                            "Proxy-Authenticate: Basic realm=\"proxy\"\r\n")
                return True
        if not port:
            self.answer("502 Not Here")
        return not port

    def answer(self, status, fields=""):
        self.wfile.write(("HTTP/1.1 %s\r\n%sContent-Length: 0\r\n\r\n"
                          % (status, fields)).encode())

    def do_CONNECT(self):
        if self.refused():
            return
        with socket.create_connection(
                ("127.0.0.1", self.server.args.tls)) as there:
            self.wfile.write(b"HTTP/1.1 200 Go\r\n\r\n")
            self.relay(there)

    def do_GET(self):
        if self.refused():
            return
        url = urllib.parse.urlsplit(self.path)
        fields = [(k, v) for k, v in self.headers.items()
                  if not k.lower().startswith("proxy-")
                  and k.lower() != "connection"]
        head = "GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n" % (
            url.path + ("?" + url.query if url.query else ""),
            "".join("%s: %s\r\n" % f for f in fields))
        with socket.create_connection(
                ("127.0.0.1", self.server.args.plain)) as there:
            there.sendall(head.encode())
            self.relay(there)

    def relay(self, there):
        self.close_connection = True
        ends = {self.connection: there, there: self.connection}
        while True:
            for s in select.select(list(ends), [], [])[0]:
                data = s.recv(65536)
                if not data:
                    return
                ends[s].sendall(data)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *args):
        pass  # peers that go away are our daily bread


def main():
    p = argparse.ArgumentParser()
    for name in "--log", "--user":
        p.add_argument(name)
    for name in "--tls", "--plain":
        p.add_argument(name, type=int)
    server = Server(("127.0.0.1", 0), Handler)
    server.args = p.parse_args()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
