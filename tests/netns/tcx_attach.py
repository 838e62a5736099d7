#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Attaches a pinned program at the tail of a TCX ingress hook, as Cilium does, and pins the link.

Usage: tcx_attach.py INTERFACE PROGRAM_PIN LINK_PIN. Exit status 77 on a kernel without TCX.
"""
import ctypes
import os
import socket
import sys

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
OBJ_PIN, OBJ_GET, LINK_CREATE = 6, 7, 28
TCX_INGRESS = 46


class Object(ctypes.Structure):
    """The part of union bpf_attr that BPF_OBJ_PIN and BPF_OBJ_GET read."""
    _fields_ = [("pathname", ctypes.c_uint64), ("bpf_fd", ctypes.c_uint32),
                ("file_flags", ctypes.c_uint32), ("rest", ctypes.c_uint64 * 4)]


class Link(ctypes.Structure):
    """The part that BPF_LINK_CREATE reads."""
    _fields_ = [("prog_fd", ctypes.c_uint32), ("target", ctypes.c_uint32),
                ("attach_type", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("rest", ctypes.c_uint64 * 4)]


def bpf(command, attr):
    result = ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, command, ctypes.byref(attr),
                                                       ctypes.sizeof(attr))
    if result < 0:
        print(os.strerror(ctypes.get_errno()), file=sys.stderr)
        sys.exit(77 if command == LINK_CREATE else 1)
    return result



def main():
    interface, program, link = sys.argv[1:]
    buffers = [ctypes.create_string_buffer(name.encode()) for name in (program, link)]
    program_fd = bpf(OBJ_GET, Object(ctypes.addressof(buffers[0])))
    link_fd = bpf(LINK_CREATE, Link(program_fd, socket.if_nametoindex(interface), TCX_INGRESS))
    bpf(OBJ_PIN, Object(ctypes.addressof(buffers[1]), link_fd))


if __name__ == "__main__":
    main()
