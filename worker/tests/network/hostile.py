"""A program that misuses its network. It ends well if its network still works afterwards.

python3 hostile.py PORTS
"""

import json
import os
import random
import select
import socket
import struct
import sys

PORTS = json.loads(sys.argv[1])
RANDOM = random.Random(7)


def works():
    with socket.create_connection(("a.example", PORTS["raw"]), timeout=60) as sock:
        sock.sendall(b"BYE")
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b"")) == b"hello BYE"


def other_datagrams_are_refused():
    for _ in range(3):
        sock = socket.socket(type=socket.SOCK_DGRAM)
        sock.settimeout(60)
        sock.connect(("192.0.2.1", 443))
        sock.send(b"QUIC")
        try:
            sock.recv(100)
            return False
        except ConnectionRefusedError:
            pass
    return True


def question(name, kind=1):
    labels = b"".join(bytes([len(label)]) + label for label in name.encode().split(b"."))
    return struct.pack(">HHHHHH", RANDOM.randrange(65536), 0x100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


def flood_of_queries():
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.setblocking(False)
    for number in range(5000):
        try:
            sock.sendto(question(f"n{number}.flood.example"), ("198.18.0.1", 53))
        except BlockingIOError:
            pass
    for _ in range(500):
        sock.sendto(RANDOM.randbytes(RANDOM.randrange(600)), ("198.18.0.1", 53))
    return True


def many_connects():
    socks = []
    for number in range(800):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(("192.0.2.1", 1 + number))
        socks.append(sock)
    poll = select.poll()
    for sock in socks:
        poll.register(sock, select.POLLOUT)
    refused, open_ones = 0, {sock.fileno(): sock for sock in socks}
    while open_ones:
        events = poll.poll(60_000)
        if not events:
            return False
        for number, _ in events:
            sock = open_ones.pop(number)
            refused += sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 111
            poll.unregister(number)
    return refused == 800


def downloads_that_nobody_reads():
    global kept
    kept = []
    for _ in range(100):
        sock = socket.create_connection(("a.example", PORTS["http"]), timeout=60)
        sock.sendall(b"GET /bytes/50000000 HTTP/1.0\r\n\r\n")
        kept.append(sock)
    return works()


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(source, target, port, flags):
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    head = struct.pack(">HHIIBBHHH", port, PORTS["raw"], RANDOM.randrange(1 << 32), 0, 0x50, flags, 65535, 0, 0)
    sum_of_all = checksum(ends + struct.pack(">BBH", 0, 6, len(head)) + head)
    head = head[:16] + struct.pack(">H", sum_of_all) + head[18:]
    return struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + ends + head


def packets_that_nobody_made():
    """Random ones, and connections of machines that are not there."""
    place = socket.gethostbyname("a.example")
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for number in range(100):
        raw.sendto(segment(f"203.0.113.{number}", place, 1000 + number, 0x02), (place, 0))
    for _ in range(1000):
        whole = bytearray(segment("203.0.113.9", place, RANDOM.randrange(65536), RANDOM.randrange(256)))
        for _ in range(RANDOM.randrange(4)):
            # Not in the address where the kernel sends it.
            whole[RANDOM.choice([0, 1, *range(4, 12), *range(20, 40)])] = RANDOM.randrange(256)
        try:
            raw.sendto(bytes(whole[: RANDOM.choice([20, 24, 33, 40])]), (place, 0))
        except OSError:
            pass
    return works()


ALL = [
    works,
    other_datagrams_are_refused,
    flood_of_queries,
    works,
    many_connects,
    works,
    packets_that_nobody_made,
    downloads_that_nobody_reads,
]

for run in ALL:
    print(run.__name__, run(), flush=True)
print("done", flush=True)
sys.stdin.close()
os._exit(0)
