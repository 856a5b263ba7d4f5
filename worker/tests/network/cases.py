"""Everything by which a function in Python may open connections. Writes the results as JSON.

python3 cases.py SETTINGS PORTS AUTHORITY, with the settings of `load` and the ports of servers.cjs.
"""

import asyncio
import errno
import http.client
import http.server
import json
import os
import socket
import ssl
import sys
import threading
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../interpreters/python"))

from _brink import connections  # noqa: E402

SETTINGS, PORTS = map(json.loads, sys.argv[1:3])
AUTHORITY = sys.argv[3]

connections.install(SETTINGS)


def context():
    return ssl.create_default_context(cafile=AUTHORITY)


def get(url):
    with urllib.request.urlopen(url, timeout=20, context=context() if url.startswith("https") else None) as response:
        return response.read().decode()


def read_all(sock):
    return b"".join(iter(lambda: sock.recv(65536), b""))


def echoed(host, port=None):
    with socket.create_connection((host, port or PORTS["raw"]), timeout=20) as sock:
        sock.sendall(b"BYE")
        sock.shutdown(socket.SHUT_WR)
        return read_all(sock).decode()


def tls(connects_first):
    sock = socket.create_connection(("a.example", PORTS["https"])) if connects_first else socket.socket()
    with context().wrap_socket(sock, server_hostname="a.example") as secure:
        if not connects_first:
            secure.connect(("a.example", PORTS["https"]))
        secure.sendall(b"GET /t HTTP/1.0\r\nHost: a.example\r\n\r\n")
        return read_all(secure).decode().split("\r\n")[-1]


def client():
    connection = http.client.HTTPSConnection("a.example", PORTS["https"], context=context())
    answers = []
    for path in ("/1", "/2"):
        connection.request("GET", path)
        answers.append(connection.getresponse().read().decode())
    return ", ".join(answers)


async def streams():
    reader, writer = await asyncio.open_connection("a.example", PORTS["https"], ssl=context())
    writer.write(b"GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.decode().split("\r\n")[-1]


async def many_streams():
    async def denied():
        try:
            await asyncio.open_connection("denied.example", 80)
        except OSError as error:
            return errno.errorcode[error.errno]

    answers = await asyncio.gather(*(streams() for _ in range(8)), denied())
    return f"{len(set(answers[:-1]))}, ! {answers[-1]}"


def own_server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"own")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return get(f"http://127.0.0.1:{server.server_port}/")


def large():
    request = urllib.request.Request(f"https://a.example:{PORTS['https']}/large", data=bytes(3_000_000))
    with urllib.request.urlopen(request, timeout=60, context=context()) as response:
        sent = response.read().decode()
    return f"{sent}, {len(get('https://a.example:%d/bytes/3000000' % PORTS['https']))}"


CASES = {
    "urllib": lambda: get(f"http://a.example:{PORTS['http']}/u"),
    "urllibTls": lambda: get(f"https://a.example:{PORTS['https']}/u"),
    "otherName": lambda: get(f"https://b.example:{PORTS['https']}/"),
    "denied": lambda: get("https://denied.example/"),
    "noName": lambda: get("http://nothing.invalid/"),
    "refused": lambda: echoed("a.example", 1),
    "raw": lambda: echoed("a.example"),
    "rawDenied": lambda: echoed("denied.example", 80),
    "rawPrivate": lambda: echoed("10.0.0.1", 80),
    "rawTls": lambda: tls(True),
    "rawTlsConnect": lambda: tls(False),
    "client": client,
    "streams": lambda: asyncio.run(streams()),
    "manyStreams": lambda: asyncio.run(many_streams()),
    "lookup": lambda: echoed(socket.gethostbyname("a.example")),
    "connectEx": lambda: socket.socket().connect_ex(("a.example", 1)),
    "ownServer": own_server,
    "loopback": lambda: get(f"http://127.0.0.1:{PORTS['http']}/loop"),
    "large": large,
}


def run(case):
    try:
        return case()
    except Exception as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return f"! {type(reason).__name__}"
        if isinstance(reason, socket.gaierror):
            return f"! gaierror {reason.errno}"
        return f"! {errno.errorcode.get(getattr(reason, 'errno', None), repr(reason))}"


sys.stdout.write(json.dumps({name: run(case) for name, case in CASES.items()}))
sys.stdout.flush()
os._exit(0)
