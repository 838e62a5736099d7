#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Tunnel packets that leave by an interface for a gateway: tunnel_trace.py INTERFACE GATEWAY PORT, until it is
ended. A line for each: its time by the kernel's clock, and `probe', `opens' (a SYN of a flow that had none
before) or `packet'."""
import ipaddress
import socket
import struct
import sys

SO_TIMESTAMPNS = 35
OUTGOING = 4
SYN, ACK = 0x02, 0x10


def inner_syn(packet):
    """The ports of an inner SYN, or None."""
    length = 20 if packet[0] >> 4 == 4 else 40
    proto = packet[9] if length == 20 else packet[6]
    tcp = packet[length:]
    if proto != 6 or len(tcp) < 14 or tcp[13] & (SYN | ACK) != SYN:
        return None
    return struct.unpack("!HH", tcp[:4])


def kind(frame, gateway, port, opened):
    ip = frame[14:]
    length = 20 if ip[0] >> 4 == 4 else 40
    proto = ip[9] if length == 20 else ip[6]
    address = ip[16:20] if length == 20 else ip[24:40]
    udp = ip[length:]
    if proto != 17 or address != gateway or struct.unpack("!H", udp[2:4])[0] != port:
        return None
    geneve = udp[8:]
    if geneve[1] & 0x80:
        return "probe"
    ports = inner_syn(geneve[8 + (geneve[0] & 0x3F) * 4:])
    if ports is None or ports in opened:
        return "packet"
    opened.add(ports)
    return "opens"


def main():
    gateway, port = ipaddress.ip_address(sys.argv[2]).packed, int(sys.argv[3])
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0003))
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.bind((sys.argv[1], 0))
    opened = set()
    while True:
        frame, ancillary, _, address = sock.recvmsg(2048, 128)
        if address[2] != OUTGOING or len(frame) < 14 + 40 or address[1] not in (0x0800, 0x86DD):
            continue
        what = kind(frame, gateway, port, opened)
        if what:
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            print(f"{seconds}.{nanoseconds:09} {what}", flush=True)


main()
