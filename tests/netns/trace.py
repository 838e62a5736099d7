#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Trace a path as traceroute -U or -T does: trace.py udp|tcp ADDRESS PORT. Prints who answered each TTL from 1
on: the address that an ICMP error came from and what it says, or `answer' or `refused' of the destination;
`*' if nobody did in a second."""
import os
import select
import socket
import sys
import time

SECONDS = float(os.environ.get("PATIENCE", 1))
TTL_MAX = 6
FAMILIES = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TTL, socket.IPPROTO_ICMP, {11: "exceeded", 3: "unreachable"}),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, socket.IPPROTO_ICMPV6,
                      {3: "exceeded", 1: "unreachable"}),
}


def icmp_error(family, packet, port, kinds):
    """What the ICMP packet says, if it is about a packet from that port to a destination that it names."""
    if family == socket.AF_INET:
        packet = packet[(packet[0] & 15) * 4:]
        quoted = packet[8 + (packet[8] & 15) * 4:] if len(packet) > 8 else b""
    else:
        quoted = packet[8 + 40:]
    if quoted[:2] != port.to_bytes(2, "big"):
        return None
    return kinds.get(packet[0])


def answer_of(sock):
    """TCP's end of the handshake, or UDP's datagram."""
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return "refused" if error else "answer"


def ask(family, kind, destination, ttl):
    level, option, protocol, kinds = FAMILIES[family]
    with socket.socket(family, socket.SOCK_RAW, protocol) as icmp, socket.socket(family, kind) as sock:
        sock.setsockopt(level, option, ttl)
        sock.setblocking(False)
        sock.connect_ex(destination)
        if kind == socket.SOCK_DGRAM:
            sock.send(b"x" * 32)
        port, end = sock.getsockname()[1], time.monotonic() + SECONDS
        waits = [icmp, sock]
        while (left := end - time.monotonic()) > 0:
            ready = select.select(waits, [sock] if kind == socket.SOCK_STREAM else [], [], left)
            if icmp in ready[0]:
                packet, sender = icmp.recvfrom(2048)
                said = icmp_error(family, packet, port, kinds)
                if said:
                    return f"{sender[0]}/{said}"
            elif ready[0] or ready[1]:
                return answer_of(sock)
    return "*"


def main():
    kind = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}[sys.argv[1]]
    destination = (sys.argv[2], int(sys.argv[3]))
    family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET
    hops = []
    for ttl in range(1, TTL_MAX + 1):
        hops.append(ask(family, kind, destination, ttl))
        if not hops[-1].endswith(("exceeded", "*")):
            break
    print(" ".join(hops))


main()
