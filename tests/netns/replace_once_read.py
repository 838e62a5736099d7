#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Replaces FILE by NEW as soon as somebody has read FILE. Prints a line when it waits, and when it did."""
import ctypes
import os
import sys

IN_CLOSE_NOWRITE = 0x10

file, new = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(os.O_CLOEXEC)
if fd < 0 or libc.inotify_add_watch(fd, os.fsencode(file), IN_CLOSE_NOWRITE) < 0:
    sys.exit(f"{file} cannot be watched: {os.strerror(ctypes.get_errno())}")
print("waiting", flush=True)
os.read(fd, 4096)
os.rename(new, file)
print("replaced", flush=True)
