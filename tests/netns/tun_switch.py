#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Connects TUN devices of several network namespaces, as a VPN does: each packet goes to the device
whose prefixes contain its destination.
Usage: tun_switch.py DEVICE NETNS=PREFIX,PREFIX... NETNS=..."""
import ctypes
import fcntl
import ipaddress
import os
import select
import struct
import sys

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


def enter(netns):
    fd = os.open(netns, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), netns)
    os.close(fd)


def open_tun(netns, device):
    """The namespace counts when the device is attached, so /dev/net/tun is opened there."""
    enter(netns)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def forward(packet, table):
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return
    destination = int.from_bytes(packet[16:20], "big")
    for network, fd in table:
        if destination & int(network.netmask) == int(network.network_address):
            try:
                os.write(fd, packet)
            except OSError:
                pass  # a device that is down, or whose queue is full, loses packets
            return


def main():
    device, *ends = sys.argv[1:]
    table = []
    fds = []
    for end in ends:
        netns, prefixes = end.split("=")
        fds.append(open_tun(netns, device))
        table += [(ipaddress.ip_network(prefix), fds[-1]) for prefix in prefixes.split(",")]
    while True:
        for fd in select.select(fds, [], [])[0]:
            try:
                forward(os.read(fd, 65536), table)
            except BlockingIOError:
                pass


main()
