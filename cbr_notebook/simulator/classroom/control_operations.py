"""What can be done to a simulated cloud by its control API: the methods of its handles, as data.

The operations are read from the public methods of :class:`Cloud`, :class:`Server` and
:class:`Disk`, so that a handle over TCP can do whatever the handle in the kernel can.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.resource_handles import Disk, Server
from cbr_notebook.simulator.core.cloud_options import Options

PREFIX = "/control/v1"

_NOT_REMOTE = {
    # Of the process that runs the cloud, not of the cloud.
    "open", "close", "transport", "wsgi", "quiet", "run_due_events", "state_file",
    # Moved as bytes, with a path of the caller's own computer.
    "copy", "snapshot",
    # A mapping that stays live; a table, which JSON does not know.
    "options", "scenarios",
}  # fmt: skip
_ROOTS = {Cloud: "/cloud", Server: "/servers/{id}", Disk: "/disks/{id}"}

Handle = Cloud | Server | Disk


@dataclass(frozen=True, slots=True)
class Operation:
    """One method or property of a handle."""

    kind: type[Any]
    """The class of the handle."""
    name: str
    reads: bool
    """Whether it is a property: asked for by GET, without arguments."""
    function: Callable[..., Any]
    hints: Mapping[str, Any]
    """The types of its arguments and, as ``return``, of its result."""
    extra: str | None
    """The name of the argument that collects further ones by keyword."""

    @property
    def path(self) -> str:
        """The path of its resource in the control API."""
        return f"{PREFIX}{_ROOTS[self.kind]}/{self.name}"

    @property
    def method(self) -> str:
        """The HTTP method by which it is asked for."""
        return "GET" if self.reads else "POST"

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the arguments that cannot be left out."""
        parameters = inspect.signature(self.function).parameters.values()
        return tuple(
            each.name
            for each in parameters
            if each.name in self.hints
            and each.name != self.extra
            and each.default is inspect.Parameter.empty
        )

    def carry_out(self, cloud: Cloud, handle: Handle, arguments: Mapping[str, Any]) -> Any:
        """Carry the operation out, and return its result as it is in Python.

        Args:
            cloud: the cloud, where disks and servers among the arguments are found.
            handle: what it is carried out on.
            arguments: by name, as they came in JSON.

        Raises:
            TypeError: an argument is missing, unknown, or of another type.
        """
        if self.reads:
            return getattr(handle, self.name)
        values = {}
        for name, value in arguments.items():
            known = name in self.hints and name not in ("return", self.extra)
            if not known and self.extra is None:
                raise TypeError(f"{self.name} takes no argument {name!r}.")
            hint = self.hints[name if known else str(self.extra)]
            values[name] = _from_json(cloud, hint, name, value)
        missing = [name for name in self.required if name not in values]
        if missing:
            raise TypeError(f"{self.name} needs {', '.join(missing)}.")
        return self.function(handle, **values)


def _from_json(cloud: Cloud, hint: Any, name: str, value: Any) -> Any:
    def handle(kind: type[Any], given: Any) -> Any:
        return _find(cloud, kind, str(given["id"] if isinstance(given, dict) else given))

    try:
        return msgspec.convert(value, hint, dec_hook=handle)
    except (msgspec.ValidationError, KeyError) as problem:
        raise TypeError(f"{name}: {problem}") from None


def _find(cloud: Cloud, kind: type[Any], key: str) -> Handle:
    return cloud.disk(key) if kind is Disk else cloud.server(key)


def handle_of(cloud: Cloud, kind: type[Any], key: str | None) -> Handle:
    """Return the handle that an operation is carried out on.

    Raises:
        NotFound: the cloud has no such server or disk.
    """
    return cloud if key is None else _find(cloud, kind, key)


def to_json(value: Any) -> Any:
    """Return what JSON says for a value that it has no word for."""
    if isinstance(value, Server | Disk):
        return {"id": value.id, "name": value.name}
    if isinstance(value, Options):
        return value.all()
    raise TypeError(f"{type(value).__name__} cannot be sent.")


@cache
def operations() -> tuple[Operation, ...]:
    """Return all operations of the control API."""
    return tuple(
        operation
        for kind in (Cloud, Server, Disk)
        for name in sorted(vars(kind))
        if not name.startswith("_") and name not in _NOT_REMOTE
        if (operation := _operation(kind, name)) is not None
    )


def _operation(kind: type[Any], name: str) -> Operation | None:
    member = vars(kind)[name]
    reads = isinstance(member, property)
    function = member.fget if isinstance(member, property) else member
    if not inspect.isfunction(function):
        return None
    extra = next(
        (
            each.name
            for each in inspect.signature(function).parameters.values()
            if each.kind is inspect.Parameter.VAR_KEYWORD
        ),
        None,
    )
    return Operation(kind, name, reads, function, typing.get_type_hints(function), extra)
