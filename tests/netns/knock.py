#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Opens connections at a steady pace until it is ended: knock.py ADDRESS PORT [PER_SECOND]. None waits for
another; each is closed after 0.8 s, before its SYN is sent again."""
import collections
import socket
import sys
import time

address, port = sys.argv[1], int(sys.argv[2])
pause = 1 / float(sys.argv[3] if len(sys.argv) > 3 else 100)
family = socket.AF_INET6 if ":" in address else socket.AF_INET
sockets = collections.deque()
while True:
    now = time.monotonic()
    while sockets and now - sockets[0][0] > 0.8:
        sockets.popleft()[1].close()
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.connect_ex((address, port))
    sockets.append((now, sock))
    time.sleep(pause)
