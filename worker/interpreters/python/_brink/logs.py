"""`print`, `logging`, `sys.stdout` and `sys.stderr` of a function.

Their texts go to the supervisor as log messages that name the event under way. A message is
written before the call returns: it is not lost if the process is killed by the code after it. What
native code and other programs write to the descriptors 1 and 2 stays there.
"""

import codecs
import io
import json
import logging
import os
import sys
import time
import traceback

from .encoding import quote

# Longest text of a message, in characters; the rest is cut off.
_TEXT_MAX = 64 * 1024

# A level of `logging`, rounded down to tens, and ours.
_LEVELS = {0: "trace", 10: "debug", 20: "info", 30: "warn", 40: "error", 50: "fatal"}


class Log:
    """The log of this process. Until an event begins, nothing names one."""

    def __init__(self, writer):
        self._writer = writer
        self._event = b"null"
        self.request_id = ""
        self._streams = []

    def begin(self, event, request_id):
        """From now on, messages belong to this event."""
        self._event = b"%d" % event
        self.request_id = request_id

    def write(self, level, text):
        """Sends one message."""
        if self._writer.is_forked:
            os.write(1, (text + "\n").encode(errors="backslashreplace"))
            return
        self._writer.send(b'["log",%b,"%b",%b]' % (self._event, level.encode(), quote(text[:_TEXT_MAX])))

    def install_streams(self):
        """Puts our streams in place of those of the process."""
        sys.stdout = LineStream(self, 1, "<stdout>", "info")
        sys.stderr = LineStream(self, 2, "<stderr>", "error")
        self._streams = [sys.stdout, sys.stderr]

    def install_logging(self, level, kind):
        """Gives the root logger a handler. Its level stays WARNING unless one is given."""
        logging.Formatter.converter = time.gmtime
        handler = LambdaLoggerHandler(self)
        handler.setFormatter(_formatter(kind))
        handler.addFilter(LambdaLoggerFilter(self))
        root = logging.getLogger()
        name = {"trace": "DEBUG"}.get(level, (level or "").upper())
        if name in logging._nameToLevel:
            root.setLevel(name)
        root.addHandler(handler)

    def flush(self):
        """Sends lines that have no end yet."""
        for stream in self._streams:
            stream.flush_line()


def _formatter(kind):
    if kind == "json":
        return JsonFormatter()
    if kind == "text":
        line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        return logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    # Time, request and level are kept beside the text.
    return logging.Formatter("%(message)s")


class LineStream(io.TextIOBase):
    """A stream of text that sends whole lines."""

    encoding = "utf-8"
    errors = "backslashreplace"
    mode = "w"
    newlines = None
    line_buffering = True
    write_through = True

    def __init__(self, log, fd, name, level):
        super().__init__()
        self._log = log
        self._fd = fd
        self._level = level
        self._rest = ""
        # The line was too long; what comes up to its end is dropped.
        self._is_cut = False
        self.name = name
        self.buffer = LineBytes(self)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        *lines, rest = text.split("\n")
        for line in lines:
            line, self._rest = self._rest + line, ""
            if not self._is_cut:
                self._log.write(self._level, line)
            self._is_cut = False
        if not self._is_cut:
            self._rest += rest
            # A line without an end must not grow without a bound.
            if len(self._rest) > _TEXT_MAX:
                self.flush_line()
                self._is_cut = True
        return len(text)

    def flush_line(self):
        """Sends the line that has no end yet."""
        rest, self._rest = self._rest, ""
        if rest:
            self._log.write(self._level, rest)
        self._is_cut = False

    def fileno(self):
        return self._fd

    def isatty(self):
        return False

    def writable(self):
        return True

    def close(self):
        """Streams of a process stay open."""

    def reconfigure(self, **_):
        """There is nothing to set."""


class LineBytes(io.RawIOBase):
    """The bytes beneath a `LineStream`."""

    def __init__(self, stream):
        super().__init__()
        self._stream = stream
        # A character may come in two pieces.
        self._decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode
        self.raw = self

    def write(self, data):
        data = bytes(data)
        self._stream.write(self._decode(data))
        return len(data)

    def fileno(self):
        return self._stream.fileno()

    def writable(self):
        return True

    def close(self):
        """Streams of a process stay open."""


class LambdaLoggerHandler(logging.Handler):
    """The handler of the root logger."""

    def __init__(self, log):
        super().__init__()
        self._log = log

    def emit(self, record):
        # Formatting may change the record's level.
        text = self.format(record)
        level = _LEVELS[min(50, max(0, record.levelno)) // 10 * 10]
        self._log.write(level, text[:-1] if text.endswith("\n") else text)


class LambdaLoggerFilter(logging.Filter):
    """Gives records the names that formatters of functions use."""

    def __init__(self, log):
        super().__init__()
        self._log = log

    def filter(self, record):
        record.aws_request_id = self._log.request_id
        record.tenant_id = None
        return True


class JsonFormatter(logging.Formatter):
    """Records as Lambda writes them where the format is JSON."""

    # The fields that every record has, or gets on its way here. The rest was given as `extra`.
    _OWN = set(vars(logging.makeLogRecord({}))) | {"aws_request_id", "tenant_id", "_frame_type"}
    # Python 3.12 gave records one more.
    _OWN.discard("taskName")

    def __init__(self):
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%SZ")
        self._encode = json.JSONEncoder(ensure_ascii=False, default=str).encode

    def format(self, record):
        record.levelno = min(50, max(0, record.levelno)) // 10 * 10
        record.levelname = logging.getLevelName(record.levelno)
        is_plain = isinstance(record.msg, dict) and not record.args
        line = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.msg if is_plain else record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            kind, error, tb = record.exc_info
            line["stackTrace"] = traceback.format_tb(tb)
            line["errorType"] = kind.__name__ if kind else None
            line["errorMessage"] = str(error)
        line["requestId"] = getattr(record, "aws_request_id", None)
        if record.exc_info:
            line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        for name, value in vars(record).items():
            if name not in self._OWN:
                line.setdefault(name, value)
        return self._encode({name: value for name, value in line.items() if value is not None}) + "\n"
