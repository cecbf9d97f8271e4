"""YAML whose every value knows its line and column, and a reader that says where it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

import yaml

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.text.timeparse import parse_duration

_LONGEST_FILE = 1024 * 1024
_MOST_TOLD = 10
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Located:
    """A value of a YAML file: a scalar, a list of values, or a mapping of names to values."""

    value: Any
    line: int
    column: int
    keys: Mapping[str, Located] | None = None
    """Of a mapping: where each key stands."""


class YamlReader:
    """Reads one YAML file, and notes everything that is wrong with it, each with its place."""

    def __init__(self, name: str, *, field: str) -> None:
        """Begin with a file.

        Args:
            name: of the file, for messages.
            field: the argument that named it, for the error.
        """
        self.name = name
        self._field = field
        self._problems: list[str] = []

    def parse(self, text: str) -> Located:
        """Return the file's document.

        Raises:
            InvalidRequest: it is longer than 1 MiB, is not YAML, or is nested too deeply.
        """
        if len(text) > _LONGEST_FILE:
            raise self._error(f"{self.name} is longer than 1 MiB.")
        try:
            loader = yaml.SafeLoader(text)
            try:
                node = loader.get_single_node()
                return self._located(loader, node, 0) if node else Located(None, 1, 1)
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            at = f"{mark.line + 1}:{mark.column + 1}: " if mark else ""
            raise self._error(f"{self.name}:{at}{problem.problem or problem.context}") from None
        except yaml.reader.ReaderError as problem:
            before = text[: problem.position]
            at = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
            raise self._error(f"{self.name}:{at}: {problem.reason}.") from None
        except (yaml.YAMLError, RecursionError, ValueError) as problem:
            raise self._error(f"{self.name} is not YAML: {str(problem)[:200]}") from None

    def problem(self, at: Located, what: str) -> None:
        """Note what is wrong, with the place of the value that it is about."""
        self._problems.append(f"{self.name}:{at.line}:{at.column}: {what}")

    def finish(self) -> None:
        """Refuse the file if anything was wrong.

        Raises:
            InvalidRequest: the message has a line for each problem, the first ten.
        """
        if not self._problems:
            return
        told = self._problems[:_MOST_TOLD]
        if more := len(self._problems) - len(told):
            told.append(f"and {more} more")
        raise self._error("\n".join(told))

    def mapping(
        self, at: Located, what: str, known: Collection[str], required: Collection[str] = ()
    ) -> Mapping[str, Located]:
        """Return the entries of a mapping; keys that are not known are noted, with a near one."""
        if not isinstance(at.value, dict):
            self.problem(at, f"{what} must be a mapping of names to values.")
            return {}
        for key in at.value.keys() - set(known):
            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}."
            assert at.keys is not None
            self.problem(at.keys[key], f"{key!r} is not known in {what}; {hint}")
        for key in required:
            if key not in at.value:
                self.problem(at, f"{what} lacks {key!r}.")
        return {key: each for key, each in at.value.items() if key in known}

    def items(self, at: Located, what: str, most: int) -> list[Located]:
        """Return the values of a list of 1 to ``most``; one value stands for a list of it."""
        found = at.value if isinstance(at.value, list) else [at]
        if not 1 <= len(found) <= most:
            self.problem(at, f"{what} must be 1 to {most}, not {len(found)}.")
        return found[:most]

    def text(self, at: Located, what: str, longest: int = 1000) -> str:
        """Return a text of 1 to ``longest`` characters."""
        value = at.value
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            self.problem(at, f"{what} must be a text of 1 to {longest} characters.")
            return ""
        return value

    def whole(self, at: Located, what: str, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = at.value
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.problem(at, f"{what} must be a whole number from {least} to {most}.")
            return least
        return value

    def seconds(self, at: Located, what: str, most: timedelta) -> float:
        """Return the seconds of a duration such as ``4h``, longer than nothing."""
        try:
            found = parse_duration(at.value, what)
        except InvalidRequest as problem:
            self.problem(at, problem.message)
            return most.total_seconds()
        if not timedelta() < found <= most:
            self.problem(at, f"{what} must be longer than nothing and at most {most}.")
            return most.total_seconds()
        return found.total_seconds()

    def _error(self, message: str) -> InvalidRequest:
        return InvalidRequest(message, field=self._field)

    def _located(self, loader: yaml.SafeLoader, node: yaml.Node, depth: int) -> Located:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=node.start_mark)
        if isinstance(node, yaml.SequenceNode):
            found = [self._located(loader, each, depth + 1) for each in node.value]
            return Located(found, line, column)
        if not isinstance(node, yaml.MappingNode):
            return Located(loader.construct_object(node), line, column)
        values: dict[str, Located] = {}
        keys: dict[str, Located] = {}
        for key, value in node.value:
            at = self._located(loader, key, depth + 1)
            name = str(at.value)
            if name in values:
                self.problem(at, f"{name!r} stands here twice.")
            keys[name], values[name] = at, self._located(loader, value, depth + 1)
        return Located(values, line, column, keys)
