import contextlib
import io
import sys


def handler(event, context):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print("caught")
        help(len) if event == "never" else print("twice")
    print("seen")
    return [out.getvalue(), sys.stdout.isatty()]
