#!/usr/bin/env python3
"""What do identities on the bus cost? Runs a cluster on an open bus and one with identities, in
alternating rounds, and prints the medians of events and of publications.

    loadtest/identities.py target/release/brink target/release/brink-loadtest

Needs `nats-server` in PATH. Everything listens on loopback, on free ports."""

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS, SECONDS, CONNECTIONS, PUBLICATIONS = 5, 5, 64, 10
FUNCTION = Path(__file__).resolve().parent.parent / "deploy/examples/ab-test/redirect"
DISTRIBUTION = """
[distribution]
id = "speed"
[origins.web]
url = "https://origin.invalid"
[[behaviors]]
path = "*"
origin = "web"
[behaviors.functions]
viewer-request = "redirect:1"
"""

# Like the server of `brink bus init`, but for the accounts.
OPEN = """
listen: "127.0.0.1:{port}"
max_payload: 8388608
jetstream {{ store_dir: "nats", sync_interval: always }}
"""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Cluster:
    """A NATS server, a worker and a gateway, each a process of its own."""

    def __init__(self, brink, folder, secured):
        self.brink, self.folder, self.processes, self.published = brink, folder, [], 0
        self.secured = secured
        folder.mkdir()
        port, self.port = free_port(), free_port()
        self.nats = f"nats://127.0.0.1:{port}"
        if secured:
            self.run("bus", "init", "--without-tls", "--listen", f"127.0.0.1:{port}")
            for name, role in [("edge", "gateway"), ("worker", "admin"), ("paula", "publisher")]:
                self.run("bus", "user", name, "--role", role)
            self.start("nats-server", "--config", "bus/server/nats-server.conf")
        else:
            (folder / "open.conf").write_text(OPEN.format(port=port))
            self.start("nats-server", "--config", "open.conf")
        self.start(brink, "worker", *self.bus("worker"), "--state", "worker")
        self.start(brink, "gateway", *self.bus("edge"), "--state", "edge",
                   "--listen", f"127.0.0.1:{self.port}")
        for _ in range(100):
            if self.publish("redirect", check=False):
                break
            time.sleep(0.1)
        (folder / "speed.toml").write_text(DISTRIBUTION)
        self.run("distribution", "apply", "speed.toml", *self.bus("paula"))

    def bus(self, name):
        creds = ["--creds", f"bus/users/{name}.creds"] if self.secured else []
        return ["--nats", self.nats, *creds]

    def start(self, *command):
        log = (self.folder / "log").open("a")
        self.processes.append(
            subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log))

    def run(self, *arguments, check=True):
        done = subprocess.run([self.brink, *arguments], cwd=self.folder, capture_output=True)
        if check and done.returncode != 0:
            raise SystemExit(f"brink {' '.join(arguments)} failed: {done.stderr.decode()}")
        return done.returncode == 0

    def publish(self, name, check=True):
        arguments = ["function", "publish", name, str(FUNCTION), *self.bus("paula")]
        return self.run(*arguments, check=check)

    def publication_ms(self):
        began = time.monotonic()
        self.published += 1
        self.publish(f"f{self.published}")
        return 1000 * (time.monotonic() - began)

    def events(self, loadtest):
        """Events per second."""
        done = subprocess.run(
            [loadtest, "run", "redirect", "--url", f"http://127.0.0.1:{self.port}", "-o", "json",
             "-c", str(CONNECTIONS), "-d", f"{SECONDS}s", "-w", "500"],
            capture_output=True, check=True)
        return json.loads(done.stdout)["summary"]["iters"]["rate"]

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()


def main():
    brink, loadtest = (str(Path(path).resolve()) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        clusters = {}
        try:
            for name, secured in [("open", False), ("identities", True)]:
                clusters[name] = Cluster(brink, Path(folder) / name, secured)
            events, publications = {n: [] for n in clusters}, {n: [] for n in clusters}
            for _ in range(ROUNDS):
                for name, cluster in clusters.items():
                    events[name].append(cluster.events(loadtest))
            for _ in range(PUBLICATIONS):
                for name, cluster in clusters.items():
                    publications[name].append(cluster.publication_ms())
        finally:
            for cluster in clusters.values():
                cluster.stop()
    for what, all_of, unit in [("events", events, "/s"), ("publication", publications, " ms")]:
        medians = {name: statistics.median(figures) for name, figures in all_of.items()}
        ratio = medians["identities"] / medians["open"]
        told = ", ".join(f"{name} {median:.0f}{unit}" for name, median in medians.items())
        print(f"{what}: {told}; ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
