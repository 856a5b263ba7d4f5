"""What functions do every day. Each line must be true."""
import concurrent.futures
import ctypes
import getpass
import hashlib
import http.server
import mmap
import os
import pathlib
import signal
import socket
import sqlite3
import ssl
import tempfile
import threading
import time
import urllib.request
import zoneinfo


def threads():
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return sum(pool.map(lambda number: number * 2, range(100))) == 9900


def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.handle_request)
        thread.start()
        answer = urllib.request.urlopen(f"http://127.0.0.1:{listening.server_port}/", timeout=10)
        text = answer.read()
        thread.join()
    return text == b"hello"


def temporary():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "file")
        path.write_text("text")
        path.chmod(0o600)
        os.replace(path, folder + "/other")
        with open(folder + "/other", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            return memory[:] == b"text"


def database():
    with sqlite3.connect("/tmp/database") as connection:
        connection.execute("create table t (n)")
        connection.execute("insert into t values (7)")
        return connection.execute("select n from t").fetchone() == (7,)


def alarm():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda *arguments: heard.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    begun = time.monotonic()
    while not heard and time.monotonic() - begun < 10:
        time.sleep(0.01)
    signal.signal(signal.SIGALRM, before)
    return heard == [1]


def no_such_host():
    try:
        socket.getaddrinfo("brink.invalid", 80)
    except socket.gaierror:
        return True


NEEDS = {
    "bundle": lambda: pathlib.Path(__file__).read_text() != "" and len(os.listdir(".")) > 0,
    "temporary_files": temporary,
    "database": database,
    "threads": threads,
    "server": server,
    "certificates": lambda: ssl.create_default_context() is not None,
    "hashes": lambda: len(hashlib.pbkdf2_hmac("sha256", b"a", b"b", 1000)) == 32,
    "processors": lambda: os.cpu_count() > 0 and len(os.sched_getaffinity(0)) > 0,
    "memory": lambda: "MemTotal" in pathlib.Path("/proc/meminfo").read_text(),
    "own_status": lambda: "Threads:" in pathlib.Path("/proc/self/status").read_text(),
    "user": lambda: getpass.getuser() == "function",
    "host_name": lambda: socket.gethostname() == "sandbox",
    "local_host": lambda: socket.gethostbyname("localhost") == "127.0.0.1",
    "no_such_host": no_such_host,
    "time_zone": lambda: time.tzname[0] == "UTC" and zoneinfo.ZoneInfo("Asia/Tokyo") is not None,
    "callbacks": lambda: ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 7)() == 7,
    "alarm": alarm,
    "null": lambda: open(os.devnull, "wb").write(b"x") == 1,
    "random": lambda: len(os.urandom(16)) == 16 and len(open("/dev/urandom", "rb").read(4)) == 4,
}


def attempt(need):
    try:
        return need()
    except BaseException as error:
        return repr(error)


def handler(event, context):
    return {name: attempt(need) for name, need in NEEDS.items()}
