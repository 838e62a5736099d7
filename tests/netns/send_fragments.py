#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Send a datagram of 3,000 bytes in three fragments: send_fragments.py ADDRESS PORT ORDER..., e.g. `0 2 1'.
Succeeds if it is answered with the same bytes behind a name."""
import os
import socket
import struct
import sys

PART = 1008  # bytes of each fragment, a multiple of 8
DATA = os.urandom(3000)
UDP = socket.IPPROTO_UDP


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def datagram(sock, source, destination):
    header = struct.pack("!HHHH", source[1], destination[1], 8 + len(DATA), 0)
    ends = b"".join(socket.inet_pton(sock.family, end[0]) for end in (source, destination))
    pseudo = ends + struct.pack("!IHBB", 8 + len(DATA), 0, 0, UDP)
    return header[:6] + struct.pack("!H", checksum(pseudo + header + DATA)) + DATA


def fragment(sock, source, destination, payload, number, ident):
    part = payload[number * PART:(number + 1) * PART]
    more = (number + 1) * PART < len(payload)
    ends = b"".join(socket.inet_pton(sock.family, end[0]) for end in (source, destination))
    if sock.family == socket.AF_INET6:
        header = struct.pack("!IHBB", 6 << 28, 8 + len(part), 44, 64) + ends
        return header + struct.pack("!BBHI", UDP, 0, number * PART | more, ident) + part
    offset = number * PART // 8 | more << 13
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), ident & 0xFFFF, offset, 64, UDP, 0) + ends + part


def main():
    destination = (sys.argv[1], int(sys.argv[2]))
    family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock, \
            socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        sock.connect(destination)
        sock.settimeout(3 * float(os.environ.get("PATIENCE", 1)))
        source = sock.getsockname()
        payload, ident = datagram(sock, source, destination), struct.unpack("!I", os.urandom(4))[0]
        for number in sys.argv[3:]:
            raw.sendto(fragment(sock, source, destination, payload, int(number), ident), (destination[0], 0))
        answer = sock.recv(65536)
        sys.exit(answer.split(b" ", 1)[1] != DATA)


main()
