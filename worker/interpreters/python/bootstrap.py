"""Runs a function's events in Python for the supervisor.

The supervisor starts `python3 bootstrap.py` with a blocking Unix stream socket at descriptor 3. Both
sides send frames over it: four bytes of length, big-endian, then that many bytes of JSON, an array of
messages. ../README.md has the table of messages.

The process says `ready` and blocks. It gets one `load`, then events, any number in a frame. It runs
them one after another in the order in which they came, and writes each outcome before the next
handler starts. With no event to run it blocks again, so nothing of the function runs.
"""

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))

# The function must not find our modules under names that its own may have.
sys.path.insert(0, _FOLDER)

from _brink import process  # noqa: E402

sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _FOLDER]

if __name__ == "__main__":
    process.main()
