#!/usr/bin/env python3
"""deny.py CALL ERRNO COMMAND... - run COMMAND where a system call fails.

SPDX-License-Identifier: Apache-2.0

By a seccomp filter, as container engines set one (seccomp(2)). CALL is one of
those below; without COMMAND: is this machine's number of it known? Status 77 if
not.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

# of asm/unistd.h
CALLS = {
    "x86_64": {"unshare": 272, "mount": 165, "mount_setattr": 442,
               "seccomp": 317, "process_vm_readv": 310, "setns": 308,
               "open_tree": 428},
    "aarch64": {"unshare": 97, "mount": 40, "mount_setattr": 442,
                "seccomp": 277, "process_vm_readv": 270, "setns": 268,
                "open_tree": 428},
}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
MODE_FILTER = 2
LOAD_NR, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7fff0000, 0x00050000


def main():
    number = CALLS.get(platform.machine(), {}).get(sys.argv[1])
    if number is None:
        sys.exit(77)
    if len(sys.argv) < 4:
        return
    code = b"".join(struct.pack("=HBBI", *step) for step in (
        (LOAD_NR, 0, 0, 0),
        (JUMP_EQUAL, 0, 1, number),
        (RETURN, 0, 0, FAIL | getattr(errno, sys.argv[2])),
        (RETURN, 0, 0, ALLOW)))
    steps = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
            libc.prctl(PR_SET_SECCOMP, MODE_FILTER, program, 0, 0):
        sys.exit(os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[3], sys.argv[3:])


if __name__ == "__main__":
    main()
