#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A stand-in for systemctl where no systemd runs: starts, reloads and stops an installed unit.

It reads ExecStart, Type=notify and CapabilityBoundingSet of the unit, and waits until the service says
that it is ready.
"""
import configparser
import os
import signal
import socket
import subprocess
import sys
import time

UNITS = "/usr/local/lib/systemd/system"
STATE = "/run/netns/systemctl"  # a tmpfs of the machine's own


def service(name):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    with open(f"{UNITS}/{name}.service", encoding="utf-8") as file:
        unit.read_file(file)
    return unit["Service"]


def pid_file(name):
    return f"{STATE}-{name}.pid"


def start(name):
    unit = service(name)
    assert unit["Type"] == "notify"
    allowed = unit["CapabilityBoundingSet"].lower().replace("cap_", "").split()
    path = f"{STATE}-{name}.notify"
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(20 * int(os.environ.get("PATIENCE", 1)))
        with open(f"{STATE}-{name}.log", "ab") as log:
            process = subprocess.Popen(
                ["setpriv", "--no-new-privs", "--inh-caps=-all",
                 "--bounding-set=" + ",".join(["-all"] + ["+" + cap for cap in allowed])]
                + unit["ExecStart"].split(),
                env={"NOTIFY_SOCKET": path, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        with open(pid_file(name), "w", encoding="utf-8") as file:
            file.write(str(process.pid))
        try:
            assert b"READY=1" in notify.recv(100)
        except TimeoutError:
            with open(f"{STATE}-{name}.log", encoding="utf-8") as log:
                sys.exit(log.read())


def main_pid(name):
    with open(pid_file(name), encoding="utf-8") as file:
        return int(file.read())


def ended(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def stop(name):
    pid = main_pid(name)
    os.kill(pid, signal.SIGTERM)
    for _ in range(200):
        if ended(pid):
            return
        time.sleep(0.05)
    sys.exit(f"{name} does not stop")


def main():
    verb, names = sys.argv[1], [arg for arg in sys.argv[2:] if not arg.startswith("--")]
    now = "--now" in sys.argv
    for name in names:
        if verb == "reload":
            assert service(name)["ExecReload"] == "/bin/kill -HUP $MAINPID"
            os.kill(main_pid(name), signal.SIGHUP)
        if verb in ("stop", "restart") or (verb == "disable" and now):
            stop(name)
        if verb in ("start", "restart") or (verb == "enable" and now):
            start(name)


if __name__ == "__main__":
    main()
