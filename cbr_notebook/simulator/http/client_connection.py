"""A client's connection: how long it may take to ask and to read, and what it may offer."""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 30
"""How long the line and the headers of a request may take to come."""
LARGEST_HEAD = 64 * 1024
"""Bytes of these."""
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
_OFFER = (b"upgrade", b"http2-settings", b"connection")


class Connection(HttpToolsProtocol):
    """A connection that the application can break, and that ends if nothing is ever asked.

    What stands before a body is bounded in size and in time: it is read before anybody knows who
    sends it. An answer that nobody reads is thrown away after a while.
    """

    _head_began: asyncio.TimerHandle | None = None
    """Ends the connection; set while a request's line and headers are being read."""
    _head_bytes = 0
    _unread = 0
    """Bytes of the last answer that were not taken when that was last looked at."""
    _asks_no_more = False
    """Whether the client has closed its side, and waits for what it asked for."""

    def connection_made(self, transport: Any) -> None:
        """Keep the transport where the application finds it, and wait for a request."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        began = self._head_began
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if began is not None and began is self._head_began:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD and not self.transport.is_closing():
                self.transport.write(_HEAD_TOO_LARGE)
                self.transport.close()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offered:
            self._decline(data[offered.args[0] :])

    def _decline(self, rest: bytes) -> None:
        """Read a request anew, without the other protocol that it offers, such as HTTP/2.

        The parser takes what follows such a request for the other protocol, and drops its body.

        Args:
            rest: what came after the request's headers.
        """
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/1.1"]
        lines += [b"%b: %b" % each for each in self.headers if each[0] not in _OFFER]
        if not self.parser.should_keep_alive():
            lines.append(b"connection: close")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._parse(b"\r\n".join([*lines, b"", b""]) + rest)

    def on_message_begin(self) -> None:
        """Begin to count the time of the line and the headers."""
        super().on_message_begin()
        self._head_bytes = 0
        self._head_is_read()
        self._head_began = self.loop.call_later(HEAD_S, self.transport.close)

    def on_headers_complete(self) -> None:
        """Answer the request, unless it is read anew."""
        self._head_is_read()
        if self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # it would take the interim answer for the whole one
        if not self._is_offer():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the body is complete, unless the request is read anew."""
        if not self._is_offer():
            super().on_message_complete()

    def _is_offer(self) -> bool:
        """Say whether the request will be read anew; there is nothing to decline in a CONNECT."""
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Answer also who has closed one side of the connection after a whole request."""
        waits = self.cycle and not self.cycle.more_body and not self.cycle.response_complete
        self._asks_no_more = bool(waits) and self.scheme == "http"  # TLS knows no such state
        return self._asks_no_more

    def on_response_complete(self) -> None:
        """Wait for the next request, or close; the answer may still be on its way."""
        last = not self.pipeline
        super().on_response_complete()
        if last and self._asks_no_more:
            self.transport.close()
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._look_at_reader_later()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection on which nothing was asked: at once, if its client reads nothing."""
        left = self.transport.get_write_buffer_size()
        if left and left != self._unread:
            self._unread = left
            self._look_at_reader_later()
        elif left:
            self.transport.abort()
        else:
            self.transport.close()

    def _look_at_reader_later(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all waiting."""
        self._head_is_read()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def _head_is_read(self) -> None:
        if self._head_began is not None:
            self._head_began.cancel()
            self._head_began = None
