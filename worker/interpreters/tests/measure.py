"""CPU time of a child per event, for the A/B example.

    python3 measure.py [EVENTS OF A ROUND]

Frames of 1, 16 and 64 events are sent, with enough frames under way that the child never waits, and
with one frame under way at a time.
"""

import json
import os
import select
import struct
import sys
import time

from supervisor import PATIENCE, Child

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
NODE = open(os.path.join(ROOT, "deploy/examples/ab-test/function/index.js")).read()
PYTHON = '''
import random

EXPERIMENT = "/experiment-pixel.jpg"
CONTROL = "/experiment-group/control-pixel.jpg"
TREATMENT = "/experiment-group/treatment-pixel.jpg"


def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    if request["uri"] == EXPERIMENT:
        request["uri"] = assigned(request["headers"]) or drawn()
    return request


def assigned(headers):
    for cookie in headers.get("cookie", ()):
        if "X-Experiment-A" in cookie["value"]:
            return CONTROL
        if "X-Experiment-B" in cookie["value"]:
            return TREATMENT
    return None


def drawn():
    variant = random.choice((CONTROL, TREATMENT))
    print(f"new visitor: {variant}")
    return variant
'''


def event(logs):
    """An event of about a thousand bytes, for which the function logs a line or does not."""
    with open(os.path.join(ROOT, "shared/testdata/events/viewer-request.json")) as file:
        value = json.load(file)
    request = value["Records"][0]["cf"]["request"]
    request["uri"] = "/experiment-pixel.jpg"
    request["headers"].pop("cookie", None)
    if not logs:
        request["headers"]["cookie"] = [{"key": "Cookie", "value": "theme=dark; session=" + "0123456789abcdef" * 22 + "; X-Experiment-B=1; lang=en"}]
    return value


def cpu_seconds(pid):
    """CPU time of all threads, to a nanosecond."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def run(child, count, batch, depth, logs):
    deadline = int((time.time() + 600) * 1000)
    text = json.dumps([["invoke", 1, "2b9a8f4e-request", deadline, event(logs)]] * batch, separators=(",", ":")).encode()
    frame = struct.pack(">I", len(text)) + text
    frames = max(count // batch, depth)
    sent = done = 0
    held = b""
    # Bytes that the child has not taken yet. The socket must be read from meanwhile, or both would wait.
    waiting = memoryview(b"")
    child.socket.setblocking(False)
    while done < frames * batch:
        if not waiting and sent < frames and sent * batch - done < depth * batch:
            waiting = memoryview(frame)
            sent += 1
        if waiting:
            try:
                waiting = waiting[child.socket.send(waiting) :]
            except BlockingIOError:
                select.select([child.socket], [child.socket], [], PATIENCE)
        elif sent == frames or sent * batch - done >= depth * batch:
            select.select([child.socket], [], [], PATIENCE)
        try:
            data = held + child.socket.recv(1 << 20)
        except BlockingIOError:
            continue
        done += data.count(b'["done",')
        held = data[-7:] if b'["done",' not in data[-7:] else b""
        if b'["failed"' in data:
            raise SystemExit(data)
    child.socket.settimeout(PATIENCE)


def measure(name, child, count, batch, depth, logs):
    """Prints the least and the median of seven rounds. On a busy machine the least is near the truth."""
    run(child, max(count // 5, 2000), batch, depth, logs)
    rounds = []
    for _ in range(7):
        cpu, wall = cpu_seconds(child.process.pid), time.monotonic()
        run(child, count, batch, depth, logs)
        cpu, wall = cpu_seconds(child.process.pid) - cpu, time.monotonic() - wall
        rounds.append((cpu / count * 1e6, count / wall))
    rounds.sort()
    print(f"{name:18} frames of {batch:2}, {depth:2} under way, log {'yes' if logs else 'no ':3}: "
          f"{rounds[0][0]:5.1f} us of CPU (median {rounds[3][0]:5.1f}), {max(rate for _, rate in rounds):6.0f} events/s", flush=True)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for name, language, files, handler in (
        ("node", "node", {"index.js": NODE}, "index.handler"),
        ("python", "python", {"app.py": PYTHON}, "app.handler"),
        ("python, no orjson", "python", {"app.py": "import sys; sys.modules['orjson'] = None\n" + PYTHON}, "app.handler"),
    ):
        child = Child(language, files)
        loaded = child.load(handler)[-1]
        print(f"{name}: loaded in {loaded[1]} us, event of {len(json.dumps(event(False), separators=(',', ':')))} bytes")
        for batch, depth, logs in ((1, 1, False), (1, 64, False), (16, 4, False), (64, 4, False), (1, 1, True), (16, 4, True)):
            measure(name, child, count, batch, depth, logs)
        child.close()


if __name__ == "__main__":
    main()
