"""Serves every twin on one port of this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Thread
from typing import TYPE_CHECKING

from twins.anthropic_messages import AnthropicMessages
from twins.gemini_generate import GeminiGenerate
from twins.openai_chat import OpenAiChat
from twins.openai_responses import OpenAiResponses
from twins.play import Asked, Json, Refused, answer
from twins.vendor import KEY, Vendor

if TYPE_CHECKING:
    from typing import Self

VENDORS: list[Vendor] = [OpenAiChat(), OpenAiResponses(), AnthropicMessages(), GeminiGenerate()]

CUT = "fault-cut"
"""A model whose streams break off."""

EVENTS_BEFORE_CUT = 6


class Twin:
    """The twins, for as long as the `with` block lasts."""

    key = KEY

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=partial(self._server.serve_forever, poll_interval=0.01))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.partition("?")[0]
        vendor = next((vendor for vendor in VENDORS if vendor.serves(path)), None)
        if vendor is None:
            return self._send(404, {"detail": f"no twin has the path {path}"})
        try:
            asked = self._read(vendor, path, body)
        except Refused as refused:
            return self._send(refused.status, vendor.refusal(refused.status, str(refused)))
        if asked.stream:
            return self._stream(asked, vendor.events(asked, answer(asked)))
        return self._send(200, vendor.whole(asked, answer(asked)))

    def _read(self, vendor: Vendor, path: str, body: bytes) -> Asked:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if vendor.key(headers) != KEY:
            raise Refused(401, "Incorrect API key provided.")
        asked = vendor.read(path, headers, json.loads(body))
        if fault := re.fullmatch(r"fault-(\d{3})", asked.model):
            raise Refused(int(fault[1]), f"The twin was asked to fail with {fault[1]}.")
        return asked

    def _send(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, asked: Asked, events: Iterator[str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if asked.model == CUT:
            self.close_connection = True
            return self._chunks(islice(events, EVENTS_BEFORE_CUT))
        self._chunks(events)
        self.wfile.write(b"0\r\n\r\n")

    def _chunks(self, events: Iterator[str]) -> None:
        for event in events:
            data = event.encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what went wrong stands in the answer."""
