"""Plays the supervisor: starts an interpreter with a socket at descriptor 3 and talks to it.

BRINK_NODE and BRINK_PYTHON name the interpreters; without them they come from PATH.
"""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BOOTSTRAPS = os.path.dirname(HERE)
COMMANDS = {
    "node": [os.environ.get("BRINK_NODE") or "node", os.path.join(BOOTSTRAPS, "node", "bootstrap.cjs")],
    "python": [
        os.environ.get("BRINK_PYTHON") or sys.executable,
        "-B",
        os.path.join(BOOTSTRAPS, "python", "bootstrap.py"),
    ],
}

# No answer takes this long on any machine, so a test that meets it has failed.
PATIENCE = 60.0


class Gone(Exception):
    """The child closed its end."""


class Child:
    """An interpreter that runs the files of a function."""

    def __init__(self, language, files, environ=None):
        self.language = language
        self.folder = tempfile.mkdtemp(prefix="interp-")
        for name, text in files.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            data = text if isinstance(text, bytes) else textwrap.dedent(text).encode()
            with open(path, "wb") as file:
                file.write(data)
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(PATIENCE)
        number = theirs.fileno()
        base = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.process = subprocess.Popen(
            COMMANDS[language],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**base, **(environ or {})},
            cwd="/",
            close_fds=False,
            preexec_fn=lambda: os.dup2(number, 3) if number != 3 else os.set_inheritable(3, True),
        )
        theirs.close()
        self.received = bytearray()
        self.messages = []
        self.sent = 0
        # How JSON from the child is read.
        self.reading = {}
        self.pipes = {1: b"", 2: b""}
        self.drains = [
            threading.Thread(target=self._drain, args=(number, pipe), daemon=True)
            for number, pipe in ((1, self.process.stdout), (2, self.process.stderr))
        ]
        for drain in self.drains:
            drain.start()

    def _drain(self, number, pipe):
        while data := os.read(pipe.fileno(), 65536):
            if len(self.pipes[number]) < 1 << 20:
                self.pipes[number] += data

    # Frames

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, *messages):
        text = json.dumps(list(messages)).encode()
        self.send_bytes(struct.pack(">I", len(text)) + text)

    def _exactly(self, count):
        while len(self.received) < count:
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Gone()
            self.received += data
        data = bytes(self.received[:count])
        del self.received[:count]
        return data

    def frame(self):
        """The messages of the next frame."""
        (length,) = struct.unpack(">I", self._exactly(4))
        return json.loads(self._exactly(length), **self.reading)

    def message(self):
        """The next message."""
        while not self.messages:
            self.messages = self.frame()
        return self.messages.pop(0)

    def until(self, *kinds):
        """Messages up to the first of these kinds, and that one last."""
        seen = []
        while True:
            seen.append(self.message())
            if seen[-1][0] in kinds:
                return seen

    # Lifetime

    def load(self, handler, **settings):
        """Loads the function. Returns the messages up to `loaded` or `rejected`."""
        ready = self.message()
        assert ready[0] == "ready", ready
        self.send(["load", {
            "function": "greeter",
            "version": "3",
            "handler": handler,
            "memory_mb": 128,
            "folder": self.folder,
            "arn": "arn:aws:lambda:us-east-1:000000000000:function:greeter:3",
            "log_group": "/aws/lambda/greeter",
            "log_stream": "greeter/[3]",
            **settings,
        }])
        return self.until("loaded", "rejected")

    def invoke_message(self, event=None, seconds=30, **more):
        self.sent += 1
        deadline = int((time.time() + seconds) * 1000)
        return ["invoke", self.sent, f"request-{self.sent}", deadline, event, *more.values()]

    def invoke(self, event=None, seconds=30, **more):
        """Runs an event. Returns its outcome."""
        return self.run(event, seconds, **more)[0]

    def run(self, event=None, seconds=30, **more):
        """Runs an event. Returns its outcome and its log as pairs of level and text."""
        self.send(self.invoke_message(event, seconds, **more))
        return self.outcome(self.sent)

    def outcome(self, wanted):
        seen = self.until("done", "failed", "text")
        last = seen[-1]
        assert last[1] == wanted, (last, wanted)
        logs = [(level, text) for kind, *rest in seen if kind == "log" for _, level, text in [rest]]
        return Outcome(last), logs

    def exit_code(self):
        """Waits for the end of the process."""
        code = self.process.wait(PATIENCE)
        for drain in self.drains:
            drain.join(PATIENCE)
        return code

    def rest(self):
        """All messages up to the end of the child."""
        seen = []
        try:
            while True:
                seen.append(self.message())
        except Gone:
            return seen

    def close(self):
        self.socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for drain in self.drains:
            drain.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Outcome:
    """How an event ended: a value, a text that is no JSON, or an error."""

    def __init__(self, message):
        self.kind, self.id, self.duration_us, self.value = message

    @property
    def error(self):
        assert self.kind == "failed", self
        return self.value

    @property
    def error_type(self):
        return self.error["errorType"]

    @property
    def ok(self):
        assert self.kind == "done", self
        return self.value

    def __repr__(self):
        return f"<{self.kind} {self.value!r}>"


class FunctionTest(unittest.TestCase):
    """Tests that run functions of one language."""

    language = None
    file = None
    handler = None
    maxDiff = None

    def start(self, files, environ=None):
        """A child that has loaded nothing."""
        if isinstance(files, str):
            files = {self.file: files}
        child = Child(self.language, files, environ)
        self.addCleanup(child.close)
        return child

    def function(self, files, handler=None, environ=None, **settings):
        """A child that has loaded this function."""
        child = self.start(files, environ)
        seen = child.load(handler or self.handler, **settings)
        self.assertEqual(seen[-1][0], "loaded", seen)
        child.loading = seen
        return child

    def rejected(self, files, handler=None, **settings):
        """The report on a function that cannot be loaded, and the exit code."""
        child = self.start(files)
        seen = child.load(handler or self.handler, **settings)
        self.assertEqual(seen[-1][0], "rejected", seen)
        return seen[-1][1], child.exit_code()
