"""Runs a case's handler in plain CPython and prints a line of JSON for each event.

python3 driver.py FOLDER HANDLER < events.json
"""

import importlib
import io
import json
import logging
import os
import sys
import time
import traceback
import types

_, FOLDER, HANDLER = sys.argv
OUT = sys.stdout


class Lines(io.TextIOBase):
    """A stream whose lines are messages of the log."""

    def __init__(self, logs):
        super().__init__()
        self.logs, self.rest = logs, ""

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        self.logs += lines
        return len(text)

    def end(self):
        if self.rest:
            self.logs.append(self.rest)
        self.rest = ""

    def isatty(self):
        return False


class Messages(logging.Handler):
    """Each record is one message of the log."""

    def __init__(self, logs):
        super().__init__()
        self.logs = logs

    def emit(self, record):
        self.logs.append(self.format(record))


def failed(error):
    """The exception as Lambda reports it: the traceback has no entries of ours."""
    entries = [(e.filename, e.lineno, e.name, e.line) for e in traceback.extract_tb(error.__traceback__)]
    own = [at for at, entry in enumerate(entries) if entry[0] != __file__]
    trace = traceback.format_list(entries[own[0] :]) if own else []
    return {"error": {"errorType": type(error).__name__, "errorMessage": str(error), "stack": trace}}


def main():
    events = json.load(sys.stdin)
    logs = []
    sys.stdout, sys.stderr = Lines(logs), Lines(logs)
    logging.getLogger().addHandler(Messages(logs))
    os.chdir(FOLDER)
    sys.path[0] = FOLDER

    def tell(outcome):
        sys.stdout.end()
        sys.stderr.end()
        OUT.write(json.dumps({**outcome, "logs": logs}) + "\n")
        logs.clear()

    name, _, function = HANDLER.rpartition(".")
    try:
        handler = getattr(importlib.import_module(name), function)
    except Exception as error:
        told = failed(error)
        for _ in events:
            tell(told)
        return
    # Lines that the module wrote while it was loaded belong to no event.
    logs.clear()
    for number, event in enumerate(events):
        context = types.SimpleNamespace(
            aws_request_id=f"event-{number + 1}",
            get_remaining_time_in_millis=lambda: 5000,
            invoked_at=time.time(),
        )
        try:
            outcome = {"ok": handler(event, context)}
            json.dumps(outcome)
        except Exception as error:
            outcome = failed(error)
        tell(outcome)


main()
OUT.flush()
# Threads of a case must not keep the process.
os._exit(0)
