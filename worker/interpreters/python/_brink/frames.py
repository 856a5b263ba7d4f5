"""Frames on the socket that the supervisor left at file descriptor 3.

Both directions block. A message that must not wait is written at once, together with those that were
held back. Messages for the supervisor come as bytes of JSON.

Threads of the function may log at any time, so the writer has a lock. Code of the function can also
run in the middle of a write, in a finalizer or a signal handler of the same thread. The write that
it interrupted then writes its log messages too. So frames stay whole.

A process that the function forks closes the socket, and a program that it starts does not inherit it.
The log of a forked process goes to descriptor 1.
"""

import _thread
import os
import struct
import threading

# The supervisor's end of the socket.
SOCKET = 3

# Largest frame in bytes, in both directions.
FRAME_MAX = 64 * 1024 * 1024

# Exit code after the socket broke. Nobody can be told anything then.
EXIT_SOCKET = 70

# Bytes that are read without a buffer made for the purpose.
_BUFFER = 256 * 1024
_LENGTH = struct.Struct(">I")


class Reader:
    """Frames of the supervisor."""

    def __init__(self):
        self._buffer = memoryview(bytearray(_BUFFER))
        # Where the bytes that are not used yet begin and end.
        self._start = 0
        self._end = 0
        self._frozen_read = None
        # Whether threads of the function stand still while this one waits.
        self.freezes = True

    def read(self):
        """Waits for the next frame. Returns its bytes, or None if the supervisor is gone."""
        if not self._fill(4):
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, self._start)
        if length > FRAME_MAX:
            raise ValueError(f"a frame of {length} bytes is longer than {FRAME_MAX}")
        if not self._fill(4 + length):
            return None
        begin = self._start + 4
        self._start = begin + length
        frame = self._buffer[begin : self._start].tobytes()
        if self._start == self._end and len(self._buffer) > _BUFFER:
            self._buffer = memoryview(bytearray(_BUFFER))
        return frame

    def _fill(self, wanted):
        """Reads until so many bytes are there. Returns False if the supervisor is gone before."""
        if self._start == self._end:
            self._start = self._end = 0
        if self._start + wanted > len(self._buffer):
            rest = self._buffer[self._start : self._end].tobytes()
            if wanted > len(self._buffer):
                self._buffer = memoryview(bytearray(wanted))
            self._buffer[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
        while self._end - self._start < wanted:
            count = self._wait(self._buffer[self._end :])
            if count == 0:
                return False
            self._end += count
        return True

    def _wait(self, room):
        """Reads what is there. Threads of the function may stand still meanwhile."""
        try:
            if not self.freezes or _thread._count() == 0:
                return os.readv(SOCKET, (room,))
            if self._frozen_read is None:
                self._frozen_read = _frozen_read()
            return self._frozen_read(room)
        except OSError:
            os._exit(EXIT_SOCKET)


def _frozen_read():
    """A function that reads from the socket without giving the interpreter's lock away.

    Other threads of Python need that lock to run.
    """
    try:
        import ctypes
        import errno

        read = ctypes.PyDLL(None, use_errno=True).read
        read.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
        read.restype = ctypes.c_ssize_t
    except (ImportError, OSError, AttributeError):
        return lambda room: os.readv(SOCKET, (room,))

    def frozen(room):
        target = ctypes.c_char.from_buffer(room)
        while True:
            count = read(SOCKET, ctypes.addressof(target), len(room))
            if count >= 0:
                return count
            if ctypes.get_errno() != errno.EINTR:
                raise OSError(ctypes.get_errno(), "the socket cannot be read")

    return frozen


class Writer:
    """Frames for the supervisor."""

    def __init__(self):
        self._lock = threading.RLock()
        self._held = []
        self._writing = False
        # True in a process that the function forked.
        self.is_forked = False
        os.set_inheritable(SOCKET, False)
        os.register_at_fork(after_in_child=self._leave)

    def hold(self, message):
        """Adds a message to the next frame that is written."""
        with self._lock:
            self._held.append(message)

    def send(self, message):
        """Writes a frame of this message and of those that are held."""
        with self._lock:
            self._held.append(message)
            self.flush()

    def flush(self):
        """Writes those that are held."""
        with self._lock:
            if self._writing:
                return
            self._writing = True
            while self._held:
                held, self._held = self._held, []
                text = b",".join(held)
                self._write(b"%b[%b]" % (_LENGTH.pack(len(text) + 2), text))
            self._writing = False

    def _write(self, data):
        if self.is_forked:
            return
        try:
            written = os.write(SOCKET, data)
            while written < len(data):
                data = memoryview(data)[written:]
                written = os.write(SOCKET, data)
        except OSError:
            os._exit(EXIT_SOCKET)

    def _leave(self):
        self._lock = threading.RLock()
        self._held = []
        self._writing = False
        self.is_forked = True
        try:
            os.close(SOCKET)
        except OSError:
            pass
