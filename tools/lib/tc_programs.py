#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Lists the BPF programs attached by TCX in this network namespace: IFACE HOOK PROGRAM_ID.

Older bpftools know nothing of TCX. Legacy filters are shown by tc, XDP by ip.
"""
import ctypes
import os
import socket

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
BPF_PROG_QUERY = 16
HOOKS = {46: "tcx/ingress", 47: "tcx/egress"}
MAX_PROGRAMS = 64


class Query(ctypes.Structure):
    """The part of union bpf_attr that BPF_PROG_QUERY reads."""
    _fields_ = [("target_ifindex", ctypes.c_uint32), ("attach_type", ctypes.c_uint32),
                ("query_flags", ctypes.c_uint32), ("attach_flags", ctypes.c_uint32),
                ("prog_ids", ctypes.c_uint64), ("count", ctypes.c_uint32),
                ("pad", ctypes.c_uint32), ("rest", ctypes.c_uint64 * 4)]


def query(ifindex, attach_type):
    ids = (ctypes.c_uint32 * MAX_PROGRAMS)()
    attr = Query(ifindex, attach_type, 0, 0, ctypes.addressof(ids), MAX_PROGRAMS)
    if ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, BPF_PROG_QUERY, ctypes.byref(attr),
                                                 ctypes.sizeof(attr)):
        return []  # this kernel has no such hook
    return list(ids[:attr.count])


def main():
    """One line per program; nothing on a kernel without TCX."""
    for ifindex, name in socket.if_nameindex():
        for attach_type, hook in HOOKS.items():
            for prog_id in query(ifindex, attach_type):
                print(name, hook, prog_id)


main()
