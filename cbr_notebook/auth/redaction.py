"""Keeps secrets out of the logs of the HTTP libraries, which write headers at DEBUG."""

from __future__ import annotations

import logging
import re

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
_LOGGERS = (
    "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy",
    "httpcore.socks", "httpx", "hpack", "hpack.hpack", "hpack.table",
)  # fmt: skip


def redacted(text: str) -> str:
    """Return a text without the values of secret headers, and without passwords in addresses."""
    text = _HEADER.sub(r"\1'***'", text)
    text = _LINE.sub(r"\1***", text)
    return _USER_IN_URL.sub(r"\1***@", text)


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
