"""Leads the function's connections through the supervisor's proxy, on the sandbox's loopback.

The sandbox has no route out. Where its supervisor serves all packets ("transparent"), nothing is to
be done. Elsewhere ("proxy") each TCP connection of Python's sockets begins with a CONNECT to the
proxy. So clients of HTTP and drivers of databases work as they are, if they use Python's sockets. The
supervisor resolves names, so `getaddrinfo` gives a placeholder, and a connection to the placeholder
names its host.

The machine's loopback is not the sandbox's. The settings list what the function may call there; all
else on loopback stays in the sandbox.

Loops of asyncio wait for their connections as they do for others. Loops of other libraries stand still
until a connection is there, since a socket has no way to tell them more.
"""

import _socket
import errno
import json
import os
import socket
import sys
import threading
import time

# Most bytes of the proxy's answer.
_HEAD_MAX = 16 * 1024

# How long a connection may take if its socket has no bound of its own, in seconds.
_PATIENCE = 30.0

# Placeholders: 198.18.1.0 to 198.19.255.255, which RFC 2544 reserves for tests.
_FIRST = int.from_bytes(_socket.inet_aton("198.18.1.0"), "big")
_COUNT = 0x20000 - 0x100

_Base = _socket.socket
_getaddrinfo = socket.getaddrinfo
_gethostbyname_ex = socket.gethostbyname_ex


class _Route:
    """How connections are led."""

    def __init__(self, settings):
        self._is_proxied = settings.get("network") == "proxy"
        self._loopback = frozenset(settings.get("loopback") or ())
        self._addresses = {}
        self._names = {}
        self._lock = threading.Lock()
        host, _, port = (settings.get("proxy") or "127.0.0.1:3128").rpartition(":")
        self.proxy = (host, int(port))

    def is_empty(self):
        return not self._is_proxied and not self._loopback

    def target(self, sock, address):
        """What the proxy shall connect to; None if the connection does not go through it."""
        if sock.family not in (_socket.AF_INET, _socket.AF_INET6) or not sock.type & _socket.SOCK_STREAM:
            return None
        host, port = address[0], address[1]
        host = _text(host)
        if _is_loopback(host):
            is_named = host in self._loopback or f"{_in_url(host)}:{port}" in self._loopback
            if not is_named or (host, port) == self.proxy:
                return None
        elif not self._is_proxied:
            return None
        name = self._names.get(host, host)
        return f"{_in_url(name)}:{port}"

    def resolves(self, name):
        """True if the proxy resolves the name."""
        return self._is_proxied and name not in ("", "<broadcast>") and not _is_loopback(name) and _literal(name) is None

    def placeholder(self, name):
        with self._lock:
            address = self._addresses.get(name)
            if address is None:
                if len(self._addresses) >= _COUNT:
                    raise socket.gaierror(socket.EAI_AGAIN, "Too many names")
                address = _socket.inet_ntoa((_FIRST + len(self._addresses)).to_bytes(4, "big"))
                self._addresses[name] = address
                self._names[address] = name
            return address


def _text(host):
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("ascii")
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _in_url(host):
    return f"[{host}]" if ":" in host else host


def _literal(host):
    """The bytes of an address; None of a name."""
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            return _socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            pass
    return None


def _is_loopback(host):
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    address = _literal(host)
    if address is None:
        return False
    return address[0] == 127 if len(address) == 4 and any(address) else not any(address[:-1]) and address[-1] < 2


def install(settings):
    """Leads connections from now on."""
    route = _Route(settings)
    if route.is_empty():
        return
    _hide_proxy(route)
    _lead_sockets(route)
    _lead_lookups(route)


def _hide_proxy(route):
    """Libraries would take the proxy for one that the function chose, and its refusals for answers.

    Python's own sockets go through it anyway. Native code and other programs still see it.
    """
    url = "http://%s:%d" % route.proxy
    ours = [name for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy") if os.environ.get(name) == url]
    for name in ours and [*ours, "NO_PROXY", "no_proxy"]:
        os.environ._data.pop(os.environ.encodekey(name), None)


def _lead_sockets(route):
    def connect(self, address):
        target = route.target(self, address)
        if target is None:
            return _Base.connect(self, address)
        if _Base.gettimeout(self) == 0:
            # This time the loop stands still.
            _lead_loops(route)
        return _ask(self, route.proxy, target)

    def connect_ex(self, address):
        if route.target(self, address) is None:
            return _Base.connect_ex(self, address)
        try:
            connect(self, address)
        except socket.gaierror:
            raise
        except OSError as error:
            return error.errno or errno.ECONNREFUSED
        return 0

    socket.socket.connect = connect
    socket.socket.connect_ex = connect_ex


def _ask(sock, proxy, target):
    """Connects to the proxy, and lets it connect to the target."""
    bound = _Base.gettimeout(sock)
    until = time.monotonic() + (bound or _PATIENCE)
    answer = _Answer()
    try:
        _wait_until(sock, until)
        _Base.connect(sock, _at(proxy, sock))
        _Base.sendall(sock, _request(target))
        while not answer.is_whole():
            _wait_until(sock, until)
            answer.add(_Base.recv(sock, 4096))
        _Base.sendall(sock, answer.go())
    finally:
        _Base.settimeout(sock, bound)


def _lead_loops(route):
    """Lets the loops of asyncio, if there are any, wait for their connections."""
    events = sys.modules.get("asyncio.selector_events")
    connect = getattr(getattr(events, "BaseSelectorEventLoop", None), "sock_connect", None)
    if connect is None or hasattr(connect, "_brink"):
        return

    async def sock_connect(self, sock, address):
        target = route.target(sock, address)
        if target is None:
            return await connect(self, sock, address)
        answer = _Answer()
        await connect(self, sock, _at(route.proxy, sock))
        await self.sock_sendall(sock, _request(target))
        while not answer.is_whole():
            answer.add(await self.sock_recv(sock, 4096))
        await self.sock_sendall(sock, answer.go())

    sock_connect._brink = True
    events.BaseSelectorEventLoop.sock_connect = sock_connect


def _at(proxy, sock):
    return ("::ffff:" + proxy[0], proxy[1]) if sock.family == _socket.AF_INET6 else proxy


def _request(target):
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nBrink-Waits: ?1\r\n\r\n".encode()


class _Answer:
    """The proxy's answer. It sends nothing of the server before it is told to, so nothing follows."""

    def __init__(self):
        self._head = b""

    def is_whole(self):
        return b"\r\n\r\n" in self._head

    def add(self, data):
        self._head += data
        if not data or len(self._head) > _HEAD_MAX:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    def go(self):
        """The byte with which the tunnel begins. Raises the error of a rejection."""
        if self._head.split(b" ", 2)[1] != b"200":
            raise _rejection(self._head)
        return b"\n"


def _wait_until(sock, until):
    left = until - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    _Base.settimeout(sock, left)


def _rejection(head):
    """The error that the proxy names in its answer."""
    lines = head.split(b"\r\n")
    why = {"code": "ECONNREFUSED", "message": lines[0].decode("latin-1")}
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"brink-error":
            try:
                why = json.loads(value)
            except ValueError:
                # The status line says enough.
                pass
    code, message = why["code"], why["message"]
    if code == "ENOTFOUND":
        return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if code == "EAI_AGAIN":
        return socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    number = getattr(errno, code, errno.ECONNREFUSED)
    return OSError(number, message)


def _lead_lookups(route):
    def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
        name = _text(host) if host else ""
        if not route.resolves(name):
            return _getaddrinfo(host, port, family, type, proto, flags)
        if family not in (0, _socket.AF_INET) or flags & _socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        # The placeholder has no name, so this asks no server.
        return _getaddrinfo(route.placeholder(name), port, family, type, proto, flags & ~_socket.AI_CANONNAME)

    def gethostbyname(host):
        return gethostbyname_ex(host)[2][0]

    def gethostbyname_ex(host):
        name = _text(host)
        if not route.resolves(name):
            return _gethostbyname_ex(host)
        return name, [], [route.placeholder(name)]

    socket.getaddrinfo = getaddrinfo
    socket.gethostbyname = gethostbyname
    socket.gethostbyname_ex = gethostbyname_ex
