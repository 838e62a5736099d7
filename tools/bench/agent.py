# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An agent of its own on the node `plain', for as long as a measure needs it."""
import json
import subprocess
import time

from ways import BUILD, PREFIX, TEST_DIR, inside, start

NODE, CLIENT, SERVER = "plain", "c-plain", "s-plain"
PINS = "/sys/fs/bpf/%s-%s" % (PREFIX, NODE)
LOG = TEST_DIR + "/log/agent-plain"


def ctl(*arguments):
    return subprocess.run([*inside(NODE), BUILD + "/parallaxctl", "--pin-dir", PINS, *arguments],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)


def usage():
    """{map: elements in use}, once there is something to ask."""
    answer = ctl("status", "-o", "json")
    if answer.returncode:
        return {}
    return {name: one["used"] for name, one in json.loads(answer.stdout)["maps"].items()}


def log_text():
    with open(LOG) as f:
        return f.read()


class Agent:
    """Runs by the text of a configuration; stopped on exit, its programs taken out."""

    def __init__(self, config):
        self.config, self.process = TEST_DIR + "/plain.yaml", None
        with open(self.config, "w") as f:
            f.write(config)
        with open(TEST_DIR + "/pins", "a") as f:
            f.write(PINS + "\n")

    def __enter__(self):
        with open(LOG, "w") as log:
            self.process = start("agent-plain", NODE, BUILD + "/parallaxd", "--config", self.config,
                                 "--pin-dir", PINS, stdout=subprocess.DEVNULL, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        ctl("uninstall")

    def wait_serving(self):
        """Seconds until the agent says that it serves, every endpoint being in the kernel then."""
        begin = time.monotonic()
        while "serving network" not in log_text():
            if time.monotonic() - begin > 180 or self.process.poll() is not None:
                raise SystemExit("the agent does not serve; its log ends:\n" + log_text()[-800:])
            time.sleep(0.02)
        return time.monotonic() - begin
