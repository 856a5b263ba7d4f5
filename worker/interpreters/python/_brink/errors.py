"""What a function raised, in the words of Lambda's runtime."""

import os
import traceback

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep

# Longest message and line of a traceback that are kept, in characters, and most lines.
_MESSAGE_MAX = 64 * 1024
_LINE_MAX = 2 * 1024
_LINES_MAX = 100


class Fault(Exception):
    """An error that the runtime itself raises."""

    def __init__(self, error_type, message, trace=()):
        super().__init__(message)
        self.error_type = "Runtime." + error_type
        self.message = message
        self.trace = trace


def body(error_type, message, trace=()):
    """The body of an error report."""
    lines = [line[:_LINE_MAX] for line in list(trace)[-_LINES_MAX:]]
    return {"errorType": error_type[:_LINE_MAX], "errorMessage": message[:_MESSAGE_MAX], "trace": lines}


def describe(error):
    """The report on an exception that is being handled."""
    if isinstance(error, Fault):
        return body(error.error_type, error.message, error.trace)
    try:
        message = str(error)
    except Exception as second:
        message = f"the text of the error cannot be read: {type(second).__name__}"
    return body(type(error).__name__, message, _trace(error.__traceback__))


def _trace(tb):
    """The traceback's entries as `traceback` prints them, without those that lead to the function."""
    entries = [(entry.filename, entry.lineno, entry.name, entry.line) for entry in traceback.extract_tb(tb)]
    for at, entry in enumerate(entries):
        if not entry[0].startswith(_OWN):
            return traceback.format_list(entries[at:])
    return []
