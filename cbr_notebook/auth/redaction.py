"""Keeps secrets out of the logs of the HTTP libraries, which write headers at DEBUG."""

from __future__ import annotations

import json
import logging
import re

import httpx

_NAMES = (
    "x-subject-token|x-auth-token|x-security-token|authorization|proxy-authorization|"
    "cookie|set-cookie|x-sdk-signature"
)
_HEADER = re.compile(
    rf"""(b?['"](?:{_NAMES})['"]\s*[,:]\s*)b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""",
    re.IGNORECASE,
)
_LINE = re.compile(rf"((?:{_NAMES}):\s*)[^\s'\",)\]]+(?: [^\s'\",)\]]+)*", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(://)[^/\s@'\"]+@")
_SECRET_HEADERS = ("X-Auth-Token", "X-Subject-Token", "X-Security-Token", "Authorization")
_SHORTEST_SECRET = 6
"""What is shorter is in any text."""
_IN_SIGN_IN = re.compile(r'"(?:password|token":\s*\{\s*"id)":\s*"((?:[^"\\]|\\.)*)"')
"""A password, or a token, in the body of a sign-in."""
_LOGGERS = (
    "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy",
    "httpcore.socks", "httpx", "hpack", "hpack.hpack", "hpack.table",
)  # fmt: skip


def redacted(text: str) -> str:
    """Return a text without the values of secret headers, and without passwords in addresses."""
    text = _HEADER.sub(r"\1'***'", text)
    text = _LINE.sub(r"\1***", text)
    return _USER_IN_URL.sub(r"\1***@", text)


def without_what_was_sent(text: str, request: httpx.Request) -> str:
    """Return words of an answer without the secrets of its request, which some answers repeat.

    Args:
        text: the words.
        request: as it was sent: its headers, and the password or token in the body of a sign-in.
    """
    sent = [request.headers.get(name, "") for name in _SECRET_HEADERS]
    if request.url.path.endswith("/auth/tokens"):
        sent += [each[1] for each in _IN_SIGN_IN.finditer(request.content.decode())]
        sent = [*sent, *(json.loads(f'"{each}"') for each in sent if "\\" in each)]
    for secret in sent:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return redacted(text)


class _Redaction(logging.Filter):
    """Removes secrets from each record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cleaned = redacted(message)
        if cleaned != message:
            record.msg, record.args = cleaned, None
        return True


_REDACTION = _Redaction()


def protect_logs() -> None:
    """Filter secrets from the loggers of the HTTP libraries; may be repeated."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_REDACTION)
