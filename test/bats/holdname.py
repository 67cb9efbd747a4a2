#!/usr/bin/env python3
# holdname.py TAG - have the name of the container TAG and never say a word, as
# one whose making hangs.
# SPDX-License-Identifier: Apache-2.0
import os
import socket
import sys
import time

s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind("\0chassis/%d/%s" % (os.geteuid(), sys.argv[1]))
s.listen(5)
print("ready", flush=True)
time.sleep(1000)
