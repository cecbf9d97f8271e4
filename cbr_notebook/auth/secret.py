"""A secret that does not show itself."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A password, secret key or token: readable only by :meth:`reveal`.

    It shows nothing of itself when it is printed, formatted, logged, or part of a traceback,
    and cannot be pickled.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself; keep it away from anything that is written down."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


def as_secret(value: str | Secret | None) -> Secret | None:
    """Wrap a value that may be wrapped already, or missing."""
    return Secret(value) if isinstance(value, str) else value
