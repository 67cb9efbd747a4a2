"""onterm.py SCRIPT COMMAND...: run COMMAND on a terminal of its own, do what
SCRIPT says, and print what it wrote.
SPDX-License-Identifier: Apache-2.0

SCRIPT has a step in each line: "wait TEXT" until TEXT came, "send TEXT" (with
\\n, \\x03 and so on), "size ROWS COLUMNS". The status is COMMAND's.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT_S = 60


def more(fd, seen):
    if not select.select([fd], [], [], LIMIT_S)[0]:
        sys.exit(f"nothing came in {LIMIT_S} s after: {seen!r}")
    try:
        return os.read(fd, 4096)
    except OSError:
        return b""


def main():
    pid, fd = pty.fork()
    if pid == 0:
        # As on any terminal; who started us may ignore some.
        for number in signal.valid_signals():
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_DFL)
        os.execvp(sys.argv[2], sys.argv[2:])
    seen = b""
    at = 0
    for line in sys.argv[1].strip().split("\n"):
        word, _, rest = line.strip().partition(" ")
        if word == "wait":
            text = rest.encode()
            until = time.monotonic() + LIMIT_S
            while seen.find(text, at) < 0:
                got = more(fd, seen)
                if not got or time.monotonic() > until:
                    sys.exit(f"no {text!r} after: {seen!r}")
                seen += got
            at = seen.find(text, at) + len(text)
        elif word == "send":
            os.write(fd, rest.encode().decode("unicode_escape").encode())
        elif word == "size":
            rows, columns = map(int, rest.split())
            fcntl.ioctl(fd, termios.TIOCSWINSZ,
                        struct.pack("HHHH", rows, columns, 0, 0))
    while True:
        got = more(fd, seen)
        if not got:
            break
        seen += got
    print(seen.decode("utf-8", "replace").replace("\r\n", "\n"), end="")
    status = os.waitpid(pid, 0)[1]
    sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status)
             else 128 + os.WTERMSIG(status))


main()
