"""A gRPC server over TLS. Arguments: certificate and key. Prints its port, and ends with its input.

Requests and answers are bytes, so no compiler of messages is needed.
"""

import json
import sys
import threading
import time
from concurrent import futures

import grpc

ended = []  # how each call of `Wait` ended


def told(context):
    """What the server knows of a call, as metadata for the client."""
    asked = {key: value for key, value in context.invocation_metadata()}
    return [
        ("x-asked", str(asked.get("x-ask", ""))),
        ("x-bytes-bin", asked.get("x-ask-bin", b"")),
        ("x-deadline", str((context.time_remaining() or 3600) < 3600)),
        ("x-peer-metadata", json.dumps(sorted(k for k in asked if not k.endswith("-bin")))),
    ]


def unary(request, context):
    context.send_initial_metadata((("x-initial", "first"),))
    context.set_trailing_metadata(told(context))
    return request


def join(requests, context):
    return b"".join(requests)


def count(request, context):
    number, pause = json.loads(request)
    for index in range(number):
        yield str(index).encode()
        time.sleep(pause)


def chat(requests, context):
    for request in requests:
        yield b"<" + request + b">"


def early(requests, context):
    """Answers before the client has said all."""
    next(requests)
    yield b"enough"


def fail(request, context):
    code, details = json.loads(request)
    context.set_trailing_metadata((("x-why-bin", b"\x00\xff"),))
    context.abort(grpc.StatusCode[code], details)


def wait(request, context):
    over = threading.Event()
    context.add_callback(over.set)
    yield b"begun"
    is_over = over.wait(30)
    ended.append(request.decode() if is_over else "never")


def seen(request, context):
    until = time.monotonic() + 10
    while time.monotonic() < until and request.decode() not in ended:
        time.sleep(0.02)
    return json.dumps(ended).encode()


METHODS = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Join": grpc.stream_unary_rpc_method_handler(join),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Chat": grpc.stream_stream_rpc_method_handler(chat),
    "Early": grpc.stream_stream_rpc_method_handler(early),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "Wait": grpc.unary_stream_rpc_method_handler(wait),
    "Seen": grpc.unary_unary_rpc_method_handler(seen),
}


def main():
    certificate, key = (open(name, "rb").read() for name in sys.argv[1:3])
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=128),
        options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)],
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", METHODS),))
    credentials = grpc.ssl_server_credentials([(key, certificate)])
    print(server.add_secure_port("127.0.0.1:0", credentials), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0)


main()
