"""Read an estate from YAML: each mistake with its line, and the name that was probably meant."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from cbr_notebook import catalogue
from cbr_notebook.errors import InvalidRequest

LARGEST = 1024 * 1024
"""Bytes of a file."""
_MOST_NODES = 20_000
_MOST_SHOWN = 10
_TYPES: Mapping[str, type] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
}  # fmt: skip
_WORDS = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number",
          "boolean": "true or false"}  # fmt: skip
Problem = tuple[int, str]
"""The line, from 1, and what is wrong there."""


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of an estate."""
    text = resources.files(__package__).joinpath("estate.schema.json").read_text("utf-8")
    return dict(json.loads(text))


def read(text: str) -> dict[str, Any]:
    """Return what an estate file says.

    Args:
        text: YAML.

    Raises:
        InvalidRequest: it is no estate; the message has a line for each mistake.
    """
    if len(text) > LARGEST:
        raise InvalidRequest(f"An estate has at most {LARGEST // 1024} KB.")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = "" if mark is None else f"line {mark.line + 1}: "
        raise InvalidRequest(
            f"The estate is no YAML: {line}{getattr(problem, 'problem', None) or problem}."
        ) from None
    if node is None:
        raise InvalidRequest("The estate is empty.", advice="Name servers, vaults, policies, …")
    check = _Check()
    found = check.value(node, schema(), "the estate")
    problems = check.problems or list(_references(found, check.lines))
    if problems:
        raise _refusal(problems)
    return dict(found)


def _refusal(problems: list[Problem]) -> InvalidRequest:
    shown = [f"line {line}: {what}" for line, what in sorted(problems)[:_MOST_SHOWN]]
    more = len(problems) - len(shown)
    return InvalidRequest(
        "The estate cannot be built:\n" + "\n".join(shown + [f"and {more} more"] * bool(more)),
        advice="docs/simulator.md describes the file.",
    )


class _Check:
    """Turns nodes of YAML into values, and notes what the schema does not allow."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lines: dict[int, int] = {}
        """The line of each mapping and list, by the identity of its value."""
        self._left = _MOST_NODES
        self._kept: list[Any] = []

    def value(self, node: yaml.Node, wanted: Mapping[str, Any], what: str) -> Any:
        self._left -= 1
        if self._left < 0:  # aliases can make much of little
            raise InvalidRequest(f"An estate has at most {_MOST_NODES} entries.")
        line = node.start_mark.line + 1
        if "$ref" in wanted:
            wanted = schema()["$defs"][wanted["$ref"].rpartition("/")[2]]
        kind = wanted["type"]
        if isinstance(node, yaml.MappingNode) and kind == "object":
            found: Any = self._mapping(node, wanted, what)
        elif isinstance(node, yaml.SequenceNode) and kind == "array":
            found = [
                self.value(each, wanted["items"], f"{what}[{place}]")
                for place, each in enumerate(node.value, 1)
            ]
        else:
            return self._scalar(node, wanted, what)
        self.lines[id(found)] = line
        self._kept.append(found)  # while it lives, nothing else has its identity
        return found

    def _mapping(
        self, node: yaml.MappingNode, wanted: Mapping[str, Any], what: str
    ) -> dict[str, Any]:
        known, others = wanted.get("properties", {}), wanted["additionalProperties"]
        found: dict[str, Any] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in found:
                self.problems.append((line, f"{name} is there twice in {what}"))
            elif name in known or others:
                found[name] = self.value(value, known.get(name, others), f"{what}.{name}")
            else:
                self.problems.append((line, f"{what} has no {name}{_near(name, known)}"))
        missing = [name for name in wanted.get("required", ()) if name not in found]
        if missing:
            line = node.start_mark.line + 1
            self.problems.append((line, f"{what} lacks {', '.join(missing)}"))
        return found

    def _scalar(self, node: yaml.Node, wanted: Mapping[str, Any], what: str) -> Any:
        line, kind = node.start_mark.line + 1, wanted["type"]
        value: Any = None
        if isinstance(node, yaml.ScalarNode):
            loader = yaml.SafeLoader("")
            try:
                value = loader.construct_object(node)
            except (ValueError, yaml.YAMLError):
                value = None
            finally:
                loader.dispose()
        if type(value) is not _TYPES[kind]:
            quote = (
                f', in quotes: "{node.value}"'
                if kind == "string" and isinstance(node, yaml.ScalarNode) and node.value
                else ""
            )
            self.problems.append((line, f"{what} must be {_WORDS[kind]}{quote}"))
        elif value not in wanted.get("enum", (value,)):
            near = _near(str(value), wanted["enum"])
            self.problems.append((line, f"{what} cannot be {value!r}{near}"))
        elif kind == "integer" and not wanted["minimum"] <= value <= wanted["maximum"]:
            limits = f"from {wanted['minimum']} to {wanted['maximum']}"
            self.problems.append((line, f"{what} must be {limits}, not {value}"))
        elif kind == "string" and not _fits(str(value), wanted):
            self.problems.append((line, f"{what} cannot be {value!r}"))
        return value


def _fits(value: str, wanted: Mapping[str, Any]) -> bool:
    return re.search(wanted.get("pattern", ""), value) is not None and wanted.get(
        "minLength", 0
    ) <= len(value) <= wanted.get("maxLength", LARGEST)


def _near(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(known) or 'none'}"


def _references(found: dict[str, Any], lines: Mapping[int, int]) -> Iterator[Problem]:
    """Yield what the schema cannot know: names that are used twice, or do not exist."""
    kinds = {"servers": "server", "disks": "disk", "file_systems": "turbo"}
    machines: dict[str, str] = {}
    for group, kind in kinds.items():
        for each in found.get(group, ()):
            if each["name"] in machines:
                yield lines[id(each)], f"two things are called {each['name']}"
            machines[each["name"]] = kind
            devices = [disk["device"] for disk in each.get("disks", ())]
            if len(set(devices)) < len(devices):
                yield lines[id(each)], f"{each['name']} has two disks at one device"
    policies = [each["name"] for each in found.get("policies", ())]
    for group in ("policies", "vaults"):
        names = [each["name"] for each in found.get(group, ())]
        for each in found.get(group, ()):
            if names.count(each["name"]) > 1:
                yield lines[id(each)], f"two {group} are called {each['name']}"
    for each in found.get("policies", ()):
        if "keep_days" in each and "keep_backups" in each:
            yield lines[id(each)], f"{each['name']} has keep_days and keep_backups; choose one"
    taken: set[str] = set()
    for vault in found.get("vaults", ()):
        line, takes = lines[id(vault)], vault.get("takes", "server")
        if vault.get("protects_by") == "replication" and {"resources", "policy"} & set(vault):
            yield line, f"{vault['name']} takes replicas: it has neither resources nor a policy"
        if "policy" in vault and vault["policy"] not in policies:
            yield line, f"there is no policy {vault['policy']}{_near(vault['policy'], policies)}"
        for name in vault.get("resources", ()):
            fitting = [each for each, kind in machines.items() if kind == takes]
            if name not in fitting:
                yield line, f"{vault['name']} takes a {takes}: {name}{_near(name, fitting)}"
            if name in taken:
                yield line, f"{name} is in two vaults"
            taken.add(name)
    history = found.get("history", {})
    for each in history.get("failures", ()):
        line = lines[id(each)]
        if each["resource"] not in taken:
            yield line, f"{each['resource']} is in no vault{_near(each['resource'], taken)}"
        if each["days_ago"] > history["days"]:
            yield line, f"the history has {history['days']} days only"
        if catalogue.lookup(each.get("code", "BackupService.7203")) is None:
            yield line, f"there is no error code {each['code']}"
