"""Our bootstrap beside Lambda's own client for Python, awslambdaric.

BRINK_AWSLAMBDARIC names a Python interpreter that can import awslambdaric. Without it there is
nothing to compare with, and these tests are skipped:

    python3 -m venv /tmp/ric && /tmp/ric/bin/pip install awslambdaric orjson
    BRINK_AWSLAMBDARIC=/tmp/ric/bin/python python3 -m unittest test_awslambdaric
"""

import decimal
import http.server
import json
import os
import re
import subprocess
import threading
import time
import unittest

import supervisor
from python_cases import CASES

OFFICIAL = os.environ.get("BRINK_AWSLAMBDARIC")
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Lambda's Runtime API for one process and a few events."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        state = self.server.state
        if not state["events"]:
            state["over"].set()
            time.sleep(60)
            return
        state["number"] += 1
        body = json.dumps(state["events"].pop(0)).encode()
        self.reply(200, body, {
            "Lambda-Runtime-Aws-Request-Id": f"request-{state['number']}",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:greeter:3",
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
        })

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.path.rsplit("/", 1)[1]
        init = "/init/" in self.path
        self.server.state["outcomes"].append(("rejected" if init else kind, body.decode(errors="surrogateescape")))
        self.reply(202, b'{"status":"OK"}', {})

    def reply(self, status, body, headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def official(child, handler, events, more):
    """Outcomes and log of awslambdaric in the folder of `child`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    server.daemon_threads = True
    server.state = {"events": list(events), "number": 0, "outcomes": [], "over": threading.Event()}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "greeter",
        "AWS_LAMBDA_FUNCTION_VERSION": "3",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/greeter",
        "AWS_LAMBDA_LOG_STREAM_NAME": "greeter/[3]",
        **more.get("env", {}),
    }
    if "log_level" in more:
        env["AWS_LAMBDA_LOG_LEVEL"] = more["log_level"]
    if "log_format" in more:
        env["AWS_LAMBDA_LOG_FORMAT"] = more["log_format"].upper()
    process = subprocess.Popen(
        [OFFICIAL, "-m", "awslambdaric", handler],
        cwd=child.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    output = []
    reading = threading.Thread(target=lambda: output.append(process.stdout.read()))
    reading.start()
    end = time.monotonic() + supervisor.PATIENCE
    while process.poll() is None and not server.state["over"].wait(0.02) and time.monotonic() < end:
        pass
    process.kill()
    process.wait()
    reading.join()
    process.stdout.close()
    server.shutdown()
    server.server_close()
    return server.state["outcomes"], output[0].decode()


def told(kind, body):
    """An outcome of awslambdaric in the form of ours."""
    if kind == "response":
        return ("value", parsed(body))
    error = json.loads(body)
    error["stackTrace"] = [entry for entry in error["stackTrace"] if "/awslambdaric/" not in entry]
    return (kind, {"errorType": error["errorType"], "errorMessage": error["errorMessage"], "trace": error["stackTrace"]})


def number(text):
    """A number with all its digits, however its exponent is written."""
    return str(decimal.Decimal(text))


def parsed(text):
    """The value of a text that is JSON, or the text."""
    try:
        return json.loads(text, parse_constant=lambda _: 1 / 0, parse_float=number)
    except (ValueError, ZeroDivisionError):
        return text


def ours(message):
    kind, value = message[0], message[-1]
    if kind == "text":
        return ("value", parsed(value))
    if kind == "done":
        return ("value", value)
    return ("rejected" if kind == "rejected" else "error", value)


def without_reports(text):
    """The log without reports of errors, which our supervisor writes itself."""
    lines = []
    for line in text.split("\n"):
        is_report = "\rTraceback (most recent call last):" in line or "LAMBDA_WARNING" in line
        if line.startswith("{") and '"stackTrace"' in line and '"logger"' not in line:
            is_report = True
        if not is_report:
            lines.append(line)
    return TIMES.sub("TIME", "\n".join(lines))


@unittest.skipUnless(OFFICIAL, "BRINK_AWSLAMBDARIC names no interpreter")
class Comparison(unittest.TestCase):
    maxDiff = None

    def compare(self, code, events, more):
        handler = more.get("handler", "app.handler")
        child = supervisor.Child("python", {"app.py": code, **more.get("files", {})})
        self.addCleanup(child.close)
        child.reading = {"parse_float": number}
        expected, expected_log = official(child, handler, events, more)
        settings = {name: more[name] for name in ("env", "log_level") if name in more}
        if "log_level" in settings:
            settings["log_level"] = settings["log_level"].lower()
        messages = child.load(handler, log_format=more.get("log_format", "text"), **settings)
        if messages[-1][0] == "loaded":
            for event in events:
                child.send(child.invoke_message(event, **({"exact": True} if more.get("exact") else {})))
                messages += child.until("done", "failed", "text")
        outcomes = [ours(message) for message in messages if message[0] in ("done", "failed", "text", "rejected")]
        log = "".join(message[3] + "\n" for message in messages if message[0] == "log")
        self.assertEqual(outcomes, [told(*outcome) for outcome in expected])
        if more.get("log", True):
            # The end of a traceback has no line end there.
            self.assertEqual(TIMES.sub("TIME", log).rstrip("\n"), without_reports(expected_log).rstrip("\n"))


for name, code, events, more in CASES:
    def method(self, code=code, events=events, more=more):
        self.compare(code, events, more)
    setattr(Comparison, f"test_{name}", method)


if __name__ == "__main__":
    unittest.main()
