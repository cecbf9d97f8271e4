"""Looking up a host's addresses within a time; the system's own look-up has no bound."""

from __future__ import annotations

import ipaddress
import socket
import threading


class NameLookupTooSlow(OSError):
    """The addresses of a host did not come in time."""


class _Lookup:
    """One look-up under way, for all that wait for the same host."""

    def __init__(self, host: str, port: int) -> None:
        self._where = (host, port)
        self._done = threading.Event()
        self._found: list[str] | Exception = []
        threading.Thread(target=self._run, name=f"name-{host}", daemon=True).start()

    def _run(self) -> None:
        host, port = self._where
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self._found = list(dict.fromkeys(str(each[4][0]) for each in found))
        except Exception as problem:  # raised in the threads that wait
            self._found = problem
        finally:
            with _lock:
                _under_way.pop(self._where, None)
            self._done.set()

    def wait(self, seconds: float | None) -> list[str]:
        if not self._done.wait(seconds):
            raise NameLookupTooSlow("names cannot be looked up now: no answer came in time")
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


_lock = threading.Lock()
_under_way: dict[tuple[str, int], _Lookup] = {}


def addresses_of(host: str, port: int, seconds: float | None) -> list[str]:
    """Return the addresses of a host, in the order in which they are to be tried.

    However many requests wait for a host, it is looked up by one thread at a time.

    Args:
        host: a name or an address.
        port: of the connection that is to be made.
        seconds: how long the look-up may take; without limit if ``None``.

    Raises:
        NameLookupTooSlow: no answer came in time.
        OSError: the name is not known.
        UnicodeError: it is no name.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    with _lock:
        lookup = _under_way.get((host, port))
        if lookup is None:
            lookup = _under_way[host, port] = _Lookup(host, port)
    return lookup.wait(seconds)
