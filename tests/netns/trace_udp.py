#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Trace a path as traceroute -U does: trace_udp.py ADDRESS PORT. Prints who answered each TTL from 1 on: the
address in an ICMP error that reached the socket with its type, or `answer'; `*' if nobody did in a second."""
import select
import socket
import struct
import sys

RECVERR = 11
TTL_MAX = 6


def ask(destination, ttl):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        sock.connect(destination)
        sock.send(b"x" * 32)
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        for _, events in poll.poll(1000):
            if events & select.POLLERR:
                ancillary = sock.recvmsg(512, 512, socket.MSG_ERRQUEUE)[1]
                data = ancillary[0][2]  # struct sock_extended_err, then the offender's sockaddr_in
                return socket.inet_ntoa(data[20:24]), data[5]
            return "answer", 0
    return "*", 0


def main():
    destination = (sys.argv[1], int(sys.argv[2]))
    hops = []
    for ttl in range(1, TTL_MAX + 1):
        who, kind = ask(destination, ttl)
        hops.append(f"{who}/{kind}" if kind else who)
        if who == "answer" or kind == 3:
            break
    print(" ".join(hops))


main()
