"""line.py - a slow line: a proxy on the loopback that lets so many bytes a
second through, all connections together.

SPDX-License-Identifier: Apache-2.0
"""
import socket
import threading
import time

PIECE = 16384  # bytes; at 100 Mbit/s some 1.3 ms
LATE = 0.1  # seconds that are made up for if we were woken too late


class Line:
    """From a port of our own to ADDRESS (host, port); RATE limits what comes
    from there, in bytes a second. What goes there is not limited."""

    def __init__(self, address, rate):
        self.address = address
        self.rate = rate
        self.lock = threading.Lock()
        self.free = 0.0  # when the line is next free
        self.last = 0.0  # when the last byte was delivered
        self.count = 0  # bytes so far
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.address)
            for args in ((near, far, False), (far, near, True)):
                threading.Thread(target=self.carry, args=args,
                                 daemon=True).start()

    def carry(self, source, sink, is_slow):
        """Until one side ends; then the other is told."""
        try:
            while data := source.recv(PIECE):
                if is_slow:
                    self.wait(len(data))
                sink.sendall(data)
                if is_slow:
                    self.delivered(len(data))
        except OSError:
            pass
        for end, how in ((source, socket.SHUT_RD), (sink, socket.SHUT_WR)):
            try:
                end.shutdown(how)
            except OSError:
                pass

    def wait(self, n):
        with self.lock:
            now = time.monotonic()
            self.free = max(now - LATE, self.free) + n / self.rate
            pause = self.free - now
        time.sleep(max(pause, 0))

    def delivered(self, n):
        with self.lock:
            self.last = time.monotonic()
            self.count += n
