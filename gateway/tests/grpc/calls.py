"""A gRPC client. Arguments: the gateway's address, its authority's certificate, and a scenario.

A scenario fails by an exception. Requests and answers are bytes.
"""

import json
import sys
import threading
import time

import grpc

SITE = "shop.test"


def channel():
    address, authority = sys.argv[1:3]
    credentials = grpc.ssl_channel_credentials(open(authority, "rb").read())
    return grpc.secure_channel(
        address,
        credentials,
        options=[
            ("grpc.ssl_target_name_override", SITE),
            ("grpc.default_authority", SITE),
            ("grpc.max_receive_message_length", -1),
            ("grpc.enable_retries", 0),
        ],
    )


CHANNEL = channel()


def unary(name):
    return CHANNEL.unary_unary(f"/test.Echo/{name}")


def server_stream(name):
    return CHANNEL.unary_stream(f"/test.Echo/{name}")


def same(got, expected):
    assert got == expected, f"{got!r} is not {expected!r}"


def error_of(call):
    try:
        result = call()
    except grpc.RpcError as error:
        return error
    raise AssertionError(f"no error: {result!r}")


def kinds():
    """The four kinds of calls."""
    same(unary("Unary")(b"hello"), b"hello")
    same(unary("Unary")(b""), b"")
    same(CHANNEL.stream_unary("/test.Echo/Join")(iter([b"a", b"", b"bc"])), b"abc")
    same(CHANNEL.stream_unary("/test.Echo/Join")(iter([])), b"")
    same(list(server_stream("Count")(b"[5, 0]")), [b"0", b"1", b"2", b"3", b"4"])
    same(list(server_stream("Count")(b"[0, 0]")), [])
    sent = []
    for answer in CHANNEL.stream_stream("/test.Echo/Chat")(turns(sent)):
        sent.append(answer)
    same(sent, [b"<1>", b"<2>", b"<3>"])


def turns(heard):
    """Says the next only once it heard the answer to the last: nothing may wait in between."""
    for number in range(1, 4):
        until = time.monotonic() + 10
        while len(heard) < number - 1:
            assert time.monotonic() < until, f"no answer to {number - 1}"
            time.sleep(0.005)
        yield str(number).encode()


def metadata():
    """Headers and trailers in both directions."""
    sent = [("x-ask", "what"), ("x-ask-bin", b"\x00\x01\xff"), ("x-own", "1")]
    answer, call = unary("Unary").with_call(b"m", metadata=sent, timeout=20)
    same(answer, b"m")
    same(call.code(), grpc.StatusCode.OK)
    initial = dict(call.initial_metadata())
    same(initial["x-initial"], "first")
    same(initial["x-cache"], "Miss from brink")
    trailing = dict(call.trailing_metadata())
    same(trailing["x-asked"], "what")
    same(trailing["x-bytes-bin"], b"\x00\x01\xff")
    same(trailing["x-deadline"], "True")
    assert "x-own" in json.loads(trailing["x-peer-metadata"])
    _, call = unary("Unary").with_call(b"m", compression=grpc.Compression.Gzip)
    same(dict(call.trailing_metadata())["x-deadline"], "False")


def statuses():
    """A server's errors are the client's."""
    for code, details in [
        ("NOT_FOUND", "no such thing"),
        ("UNAVAILABLE", "50% \u00e9\n"),
        ("INTERNAL", ""),
        ("UNAUTHENTICATED", "who?"),
    ]:
        error = error_of(lambda: unary("Fail")(json.dumps([code, details]).encode()))
        same(error.code().name, code)
        same(error.details(), details)
        same(dict(error.trailing_metadata())["x-why-bin"], b"\x00\xff")
    error = error_of(lambda: unary("Missing")(b""))
    same(error.code(), grpc.StatusCode.UNIMPLEMENTED)


def cancel():
    """The server sees that the client cancels."""
    call = server_stream("Wait")(b"canceled")
    same(next(call), b"begun")
    call.cancel()
    same(error_of(lambda: next(call)).code(), grpc.StatusCode.CANCELLED)
    assert "canceled" in json.loads(unary("Seen")(b"canceled"))


def deadline():
    """The deadline is the server's too."""
    call = server_stream("Wait")(b"late", timeout=0.7)
    same(next(call), b"begun")
    same(error_of(lambda: next(call)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    assert "late" in json.loads(unary("Seen")(b"late"))


def early():
    """A server may end a call before the client has said all."""
    hold = threading.Event()

    def endless():
        yield b"first"
        hold.wait(20)

    call = CHANNEL.stream_stream("/test.Echo/Early")(endless())
    same(list(call), [b"enough"])
    same(call.code(), grpc.StatusCode.OK)
    hold.set()


def large():
    """Messages of 4 MB, and many small ones."""
    message = bytes(range(256)) * 16 * 1024
    same(len(message), 4 * 1024 * 1024)
    same(unary("Unary")(message), message)
    same(len(CHANNEL.stream_unary("/test.Echo/Join")(iter([message] * 4))), 4 * len(message))
    same(sum(1 for _ in server_stream("Count")(b"[5000, 0]")), 5000)
    same(CHANNEL.stream_unary("/test.Echo/Join")(iter([b"x"] * 5000)), b"x" * 5000)


def many():
    """A hundred calls at a time."""
    pending = [(n, unary("Unary").future(str(n).encode())) for n in range(100)]
    for number, call in pending:
        same(call.result(timeout=30), str(number).encode())
    streams = [server_stream("Count")(b"[3, 0.05]") for _ in range(100)]
    for call in streams:
        same(list(call), [b"0", b"1", b"2"])


def slow():
    """A server may be silent for longer than the origin's `read_timeout`, a second."""
    same(list(server_stream("Count")(b"[2, 2.5]")), [b"0", b"1"])


def unavailable():
    error = error_of(lambda: unary("Unary")(b"", timeout=20))
    same(error.code(), grpc.StatusCode.UNAVAILABLE)
    same(error.details(), "The origin could not be reached or gave no valid answer.")


def refused():
    error = error_of(lambda: unary("Unary")(b"", timeout=20))
    same(error.code(), grpc.StatusCode.PERMISSION_DENIED)


def drain():
    """Streams while the gateway stops: one that ends by itself, and one that does not."""
    endless = server_stream("Wait")(b"drained")
    same(next(endless), b"begun")
    short = server_stream("Count")(b"[20, 0.1]")
    same(next(short), b"0")
    print("begun", flush=True)
    same(len(list(short)), 19)
    same(short.code(), grpc.StatusCode.OK)
    error = error_of(lambda: next(endless))
    same(error.code(), grpc.StatusCode.UNAVAILABLE)
    same(error.details(), "The server stops.")


globals()[sys.argv[3]]()
print("done", flush=True)
