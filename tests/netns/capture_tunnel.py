#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Waits for a tunnel packet at an interface. Prints its UDP payload in hexadecimal digits, and the same with a
packet inside that comes from another address, whose last byte is 0x77 (but for a checksum of TCP or UDP)."""
import socket
import struct
import sys



def from_elsewhere(payload):
    at = 8 + (payload[0] & 0x3F) * 4
    if payload[at] >> 4 == 6:
        payload[at + 23] = 0x77
        return payload
    payload[at + 15] = 0x77
    payload[at + 10 : at + 12] = b"\0\0"
    total = sum(struct.unpack_from("!10H", payload, at))
    total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", payload, at + 10, ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    return payload


device, port = sys.argv[1], int(sys.argv[2])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
link.bind((device, 0))
link.settimeout(10)
while True:
    frame, (_, _, kind, *_) = link.recvfrom(65535)
    kind, = struct.unpack_from("!H", frame, 12)
    udp = {0x0800: 34, 0x86DD: 54}.get(kind)
    if not udp or len(frame) < udp + 16 or frame[23 if kind == 0x0800 else 20] != 17:
        continue
    probe = frame[udp + 9] & 0x80
    if struct.unpack_from("!H", frame, udp + 2)[0] == port and not probe:
        payload = bytearray(frame[udp + 8 :])
        print(payload.hex())
        print(from_elsewhere(payload).hex())
        break
