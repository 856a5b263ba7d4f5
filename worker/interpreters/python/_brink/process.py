"""The life of the process: ready, load, events."""

import atexit
import os
import platform
import sys
import time
from json import dumps, loads

from . import connections, debugger, handler
from .context import LambdaContext
from .encoding import Codec
from .errors import body, describe
from .frames import FRAME_MAX, Reader, Writer
from .logs import Log

# After so many events the time to import orjson, which is several milliseconds, is worth it.
_WARM = 100

# A handler that took less is quick: word of its start can come with its outcome.
_QUICK_NS = 1_000_000


class Function:
    """The function that this process runs."""

    def __init__(self, settings, log, writer):
        self.handler = None
        self.codec = None
        self.log = log
        self.writer = writer
        self.name = settings["function"]
        self.version = settings["version"]
        self.memory = str(settings["memory_mb"])
        self.arn = settings.get("arn")
        self.log_group = settings.get("log_group")
        self.log_stream = settings.get("log_stream")
        self.margin = settings.get("deadline_margin_ms") or 0
        self.response_max = min(settings.get("response_max") or FRAME_MAX, FRAME_MAX - 1024)
        self._is_quick = False

    def load(self, settings):
        """Takes the function's surroundings over and imports it."""
        os.environ.update(settings.get("env") or {})
        if hasattr(time, "tzset"):
            time.tzset()
        connections.install(settings)
        folder = settings["folder"]
        os.chdir(folder)
        more = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
        sys.path[:] = [folder, *more, *(entry for entry in sys.path if entry not in ("", folder, *more))]
        self.log.install_streams()
        self.log.install_logging(settings.get("log_level"), settings.get("log_format"))
        self.codec = Codec()
        inspect = settings.get("inspect")
        if inspect:
            debugger.listen(inspect, self.log)
        self.handler = handler.load(settings["handler"])
        if "orjson" in sys.modules:
            self.codec.use_orjson()

    def run(self, event_id, request_id, deadline_ms, event):
        """Runs an event and writes its outcome."""
        self.log.begin(event_id, request_id)
        self.writer.hold(b'["started",%d]' % event_id)
        if not self._is_quick:
            self.writer.flush()
        started = time.perf_counter_ns()
        try:
            kind, text = self.codec.encode(self.handler(event, LambdaContext(self, request_id, deadline_ms)))
            if len(text) > self.response_max:
                kind, text = _failed(body(
                    "Function.ResponseSizeTooLarge",
                    f"Response payload size ({len(text)} bytes) exceeded maximum allowed payload size "
                    f"({self.response_max} bytes).",
                ))
        except Exception as error:
            kind, text = _failed(describe(error))
        took = max(time.perf_counter_ns() - started, 0)
        self._is_quick = took < _QUICK_NS
        self.log.flush()
        self.writer.send(b'["%b",%d,%d,%b]' % (kind, event_id, took // 1000, text))


def _failed(report):
    return b"failed", dumps(report).encode()


def main():
    """Runs until the supervisor is gone."""
    reader, writer = Reader(), Writer()
    log = Log(writer)
    about = {"runtime": "python", "version": platform.python_version()}
    writer.send(b'["ready",%b]' % dumps(about).encode())
    frame = reader.read()
    if frame is None:
        return
    (kind, settings), *messages = loads(frame)
    if kind != "load":
        raise ValueError(f"the first message is {kind} and not load")
    atexit.register(writer.flush)
    atexit.register(log.flush)
    started = time.perf_counter_ns()
    # The threads of a debugger run between events too.
    reader.freezes = not settings.get("inspect")
    function = Function(settings, log, writer)
    try:
        function.load(settings)
    except Exception as error:
        log.flush()
        writer.send(b'["rejected",%b]' % dumps(describe(error)).encode())
        sys.exit(1)
    log.flush()
    writer.send(b'["loaded",%d]' % ((time.perf_counter_ns() - started) // 1000))
    count = 0
    while True:
        for message in messages:
            if message[0] == "invoke":
                function.run(*message[1:5])
                count += 1
        if count >= _WARM:
            count = -sys.maxsize
            function.codec.use_orjson()
        log.flush()
        writer.flush()
        frame = reader.read()
        if frame is None:
            # Whatever the function left behind must not keep the process.
            os._exit(0)
        messages = function.codec.decode(frame)
