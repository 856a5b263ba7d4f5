"""A viewer that speaks HTTP/3, by aioquic. Each line of its input is a command in JSON, and it
writes one line in JSON for each of them."""

import asyncio
import functools
import json
import socket
import ssl
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.buffer import Buffer, BufferReadError
from aioquic.h3.connection import H3_ALPN, H3Connection, encode_frame
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamDataReceived, StreamReset

WITHIN = 30


class Answer:
    """The answer to one request, as far as it has come."""

    def __init__(self):
        self.headers, self.body, self.trailers, self.reset = None, b"", None, None
        self.over = asyncio.Event()

    def told(self):
        """The answer for the test."""
        lines = [[name.decode(), value.decode()] for name, value in self.headers or []]
        headers = dict(lines)
        return {
            "status": int(headers.pop(":status", 0)),
            "headers": headers,
            "length": len(self.body),
            "body": self.body[:4096].decode("latin-1"),
            "trailers": self.trailers,
            "reset": self.reset,
            "is_over": self.over.is_set(),
        }


class Viewer(QuicConnectionProtocol):
    """One connection."""

    def __init__(self, *args, answer_window=None, **kwargs):
        super().__init__(*args, **kwargs)
        if answer_window is not None:
            self._quic._local_max_stream_data_bidi_local = answer_window
        self.http, self.answers, self.ended = H3Connection(self._quic), {}, None
        self.gone, self.goaway, self.told_goaway = asyncio.Event(), None, asyncio.Event()
        self.control = {}
        # aioquic takes the announced length of an answer to HEAD for that of its body.
        self.http._check_content_length = lambda stream: None

    def hear_goaway(self, event):
        """Reads the gateway's control stream, of which aioquic shows no GOAWAY."""
        heard = self.control.get(event.stream_id, b"") + event.data
        self.control[event.stream_id] = heard
        if heard[:1] != b"\x00":
            return
        frames = Buffer(data=heard[1:])
        try:
            while True:
                kind, content = frames.pull_uint_var(), frames.pull_bytes(frames.pull_uint_var())
                if kind == 7:
                    self.goaway = Buffer(data=content).pull_uint_var()
                    self.told_goaway.set()
        except BufferReadError:
            pass

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            self.ended = {"code": event.error_code, "reason": event.reason_phrase}
            self.gone.set()
            for answer in self.answers.values():
                answer.over.set()
        if isinstance(event, StreamReset) and event.stream_id in self.answers:
            self.answers[event.stream_id].reset = event.error_code
            self.answers[event.stream_id].over.set()
        if isinstance(event, StreamDataReceived) and event.stream_id % 4 == 3:
            self.hear_goaway(event)
        for told in self.http.handle_event(event):
            answer = self.answers.get(getattr(told, "stream_id", None))
            if answer is None:
                continue
            if isinstance(told, HeadersReceived):
                if answer.headers is None:
                    answer.headers = told.headers
                else:
                    answer.trailers = [[n.decode(), v.decode()] for n, v in told.headers]
            if isinstance(told, DataReceived):
                answer.body += told.data
            if getattr(told, "stream_ended", False):
                answer.over.set()

    def ask(self, command):
        """Sends a request and returns its stream."""
        stream = self._quic.get_next_available_stream_id()
        self.answers[stream] = Answer()
        lines = [
            (b":method", command.get("method", "GET").encode()),
            (b":scheme", b"https"),
            (b":authority", command.get("host", "shop.test").encode()),
            (b":path", command["path"].encode("latin-1")),
        ]
        lines += [(n.encode(), v.encode("latin-1")) for n, v in command.get("headers", [])]
        pieces = command.get("pieces")
        trailers = command.get("trailers")
        is_open = command.get("is_open", False)
        self.http.send_headers(stream, lines, end_stream=pieces is None and not is_open)
        for at, piece in enumerate(pieces or []):
            last = at + 1 == len(pieces) and trailers is None and not is_open
            self.http.send_data(stream, piece.encode() * command.get("times", 1), last)
        if trailers is not None:
            self.http.send_headers(stream, [(n.encode(), v.encode()) for n, v in trailers], True)
        self.transmit()
        return stream


class Program:
    """All connections of the process."""

    def __init__(self):
        self.viewers, self.tickets = {}, {}

    async def open(self, command):
        """Makes a handshake."""
        name = command.get("viewer", "")
        configuration = QuicConfiguration(
            is_client=True,
            alpn_protocols=H3_ALPN,
            server_name=command.get("name", "shop.test"),
            cafile=command["authority"],
            verify_mode=ssl.CERT_REQUIRED,
            session_ticket=self.tickets.get(name),
            idle_timeout=120,
        )
        if "window" in command:
            configuration.max_stream_data = command["window"]
        opening = connect(
            "127.0.0.1",
            command["port"],
            configuration=configuration,
            create_protocol=functools.partial(
                Viewer, answer_window=command.get("answer_window")
            ),
            session_ticket_handler=lambda ticket: self.tickets.update({name: ticket}),
        )
        try:
            viewer = await asyncio.wait_for(opening.__aenter__(), WITHIN)
        except Exception as error:
            return {"failed": f"{type(error).__name__}: {error}"}
        if command.get("stalls"):
            viewer._quic._write_connection_limits = lambda **_: None
            viewer._quic._write_stream_limits = lambda **_: None
        # Without it, the connection would be closed.
        viewer.opening = opening
        self.viewers[name] = viewer
        tls = viewer._quic.tls
        return {"resumed": tls.session_resumed, "serial": str(tls._peer_certificate.serial_number)
                if tls._peer_certificate else None, "early": tls.early_data_accepted,
                "max_early": getattr(self.tickets.get(name), "max_early_data_size", None)}

    async def ask(self, command):
        """Sends a request, and waits for its answer unless the command says otherwise."""
        viewer = self.viewers[command.get("viewer", "")]
        stream = viewer.ask(command)
        if command.get("is_open") or command.get("starts"):
            await asyncio.sleep(0.2)
            return {"stream": stream}
        return await self.answer({**command, "stream": stream})

    async def answer(self, command):
        """Waits for an answer."""
        answer = self.viewers[command.get("viewer", "")].answers[command["stream"]]
        try:
            await asyncio.wait_for(answer.over.wait(), command.get("within", WITHIN))
        except asyncio.TimeoutError:
            pass
        return answer.told()

    async def many(self, command):
        """Sends all requests at once and waits for all answers."""
        viewer = self.viewers[command.get("viewer", "")]
        streams = [viewer.ask({"path": path}) for path in command["paths"]]
        return [await self.answer({**command, "stream": stream}) for stream in streams]

    async def reset(self, command):
        """Gives a request up."""
        viewer = self.viewers[command.get("viewer", "")]
        viewer._quic.stop_stream(command["stream"], 0x10C)
        viewer.transmit()
        return {}

    async def give_up(self, command):
        """Gives many requests up soon after they have begun, until a GOAWAY."""
        viewer, given_up = self.viewers[command.get("viewer", "")], 0
        while viewer.goaway is None and not viewer.gone.is_set() and given_up < command["most"]:
            streams = [viewer.ask(command) for _ in range(50)]
            await asyncio.sleep(0.2)
            for stream in streams:
                if not viewer.answers[stream].over.is_set():
                    viewer._quic.stop_stream(stream, 0x10C)
            given_up += len(streams)
            viewer.transmit()
            await asyncio.sleep(0.1)
        return {"given_up": given_up, "goaway": viewer.goaway}

    async def frames(self, command):
        """Sends bytes on a stream of their own, as they are: frames, each many times."""
        viewer = self.viewers[command.get("viewer", "")]
        quic = viewer._quic
        stream = command.get("stream", None)
        if stream is None:
            stream = quic.get_next_available_stream_id(command.get("is_unidirectional", False))
            viewer.answers[stream] = Answer()
        for kind, size, times in command["frames"]:
            for at in range(times):
                if viewer.gone.is_set():
                    break
                quic.send_stream_data(stream, encode_frame(kind, b"x" * size), False)
                if at % 50 == 0:
                    viewer.transmit()
                    await asyncio.sleep(0)
        if command.get("ends"):
            quic.send_stream_data(stream, b"", True)
        viewer.transmit()
        return {"stream": stream}

    async def goaway(self, command):
        """Waits for a GOAWAY."""
        viewer = self.viewers[command.get("viewer", "")]
        await asyncio.wait_for(viewer.told_goaway.wait(), WITHIN)
        return {"goaway": viewer.goaway}

    async def ended(self, command):
        """Waits for the end of the connection."""
        viewer = self.viewers[command.get("viewer", "")]
        await asyncio.wait_for(viewer.gone.wait(), command.get("within", WITHIN))
        return viewer.ended

    async def move(self, command):
        """Goes on from another address."""
        viewer, loop = self.viewers[command.get("viewer", "")], asyncio.get_running_loop()
        other = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        other.bind((f"::ffff:{command['to']}", 0, 0, 0))
        viewer.before = viewer._transport
        await loop.create_datagram_endpoint(lambda: viewer, sock=other)
        return {}

    async def close(self, command):
        """Closes a connection."""
        viewer = self.viewers.pop(command.get("viewer", ""))
        viewer.close()
        await viewer.wait_closed()
        return {}


async def main():
    program, loop = Program(), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        try:
            told = await getattr(program, command.pop("do"))(command)
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), flush=True)


asyncio.run(main())
