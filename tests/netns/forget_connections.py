#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Empties the connection tracking table of this network namespace, as `conntrack -F` would.

Usage: forget_connections.py 4|6
"""
import socket
import struct
import sys

NETLINK_NETFILTER = 12
CT_DELETE = 1 << 8 | 2  # NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE; no tuple: all entries
REQUEST_ACK = 1 | 4

family = socket.AF_INET if sys.argv[1] == "4" else socket.AF_INET6
body = struct.pack("=BBH", family, 0, 0)
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
sock.send(struct.pack("=IHHII", 16 + len(body), CT_DELETE, REQUEST_ACK, 1, 0) + body)
error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
if error:
    sys.exit(f"connection tracking not emptied: error {-error}")
