"""The service's types, kinds and statuses, and the states of a run, stand in one place each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import ModuleType

import pytest

from cbr_notebook.api.messages import constants, statuses
from cbr_notebook.runbook.journal import run_state
from tests.repository.places import client_modules

HOMES: dict[str, ModuleType] = {
    "api/messages/constants.py": constants,
    "api/messages/statuses.py": statuses,
    "runbook/journal/run_state.py": run_state,
}
WHERE = (
    "Compare with a constant: what the service tells has its own in "
    "cbr_notebook/api/messages/statuses.py, a run of a restore in "
    "cbr_notebook/runbook/journal/run_state.py."
)
OTHER_WORDS = ("outcome", "verification", "step")
"""What has the same words and is no status: a ``Literal`` of ours, in which mypy knows all."""


def collections() -> dict[str, tuple[str, ...]]:
    """Return the tuples of texts that the constants stand in, by name."""
    return {
        name: value
        for home in HOMES.values()
        for name, value in vars(home).items()
        if isinstance(value, tuple) and len(value) > 1
    }


def status_words() -> set[str]:
    """Return all statuses and states."""
    found = [value for home in (statuses, run_state) for value in vars(home).items()]
    single = {value for name, value in found if name.isupper() and isinstance(value, str)}
    return single.union(*(value for name, value in found if isinstance(value, tuple)))


def words(node: ast.AST) -> list[str]:
    """Return the texts that a node is, or that stand in its tuple, list or set."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    values = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []
    return [word for each in values for word in words(each)]


def name_of(node: ast.AST) -> str:
    """Return what is compared: ``status`` for ``task.status.lower()`` and ``row["status"]``."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name.lstrip("_")
        case ast.Subscript(slice=ast.Constant(str(name))):
            return name
        case ast.Call(func=ast.Attribute(value=inner)) | ast.BoolOp(values=[inner, *_]):
            return name_of(inner)
    return ""


def comparisons(module: ast.Module) -> Iterator[tuple[int, list[ast.expr], bool]]:
    """Yield each comparison: its line, its sides, and whether a text is looked for in another."""
    for node in ast.walk(module):
        match node:
            case ast.Compare():
                within = isinstance(node.ops[0], ast.In | ast.NotIn)
                sides = [node.left, *node.comparators]
                yield node.lineno, sides, within and isinstance(node.left, ast.Constant)
            case ast.Match():
                patterns = [each for case in node.cases for each in ast.walk(case.pattern)]
                values = [each.value for each in patterns if isinstance(each, ast.MatchValue)]
                yield node.lineno, [node.subject, *values], False
            case ast.Call(func=ast.Attribute(value=table, attr="isin")):
                yield node.lineno, [table, *node.args], False
            case ast.keyword(arg="status" | "member_status"):
                yield node.value.lineno, [ast.Name("status"), node.value], False


def bare_statuses(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each comparison with a status that is no constant."""
    known = status_words()
    for line, sides, within in comparisons(module):
        names = [name_of(side) for side in sides if not words(side)]
        status = any(name.endswith("status") for name in names)
        for word in (word for side in sides for word in words(side)):
            alike = word in known and not within and not set(names) & set(OTHER_WORDS)
            if status or alike or (word in known and "state" in names):
                yield line, word


def test_types_kinds_and_statuses_of_the_service_stand_in_one_place() -> None:
    again = []
    for name, module in client_modules():
        if name in HOMES:
            continue
        nodes = list(ast.walk(module))
        types = {id(each.slice) for each in nodes if isinstance(each, ast.Subscript)}
        for node in nodes:
            where = f"{name}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant) and str(node.value) in constants.RESOURCE_TYPES:
                again.append(f"{where}: {node.value!r}")
            if isinstance(node, ast.Tuple | ast.List | ast.Set) and id(node) not in types:
                texts = words(node) if len(words(node)) == len(node.elts) else []
                again += [
                    f"{where}: {word}"
                    for word, all_ in collections().items()
                    if set(texts) == set(all_)
                ]
    assert again == [], f"Import it from one of {', '.join(HOMES)}."


def test_no_status_is_compared_as_a_bare_text() -> None:
    bare = [
        f"cbr_notebook/{name}:{line}: {word!r}"
        for name, module in client_modules()
        if name not in HOMES
        for line, word in bare_statuses(module)
    ]
    assert bare == [], WHERE


@pytest.mark.parametrize(
    "line",
    [
        'backup.status == "available"',
        'task["status"] in ("failed", "timeout")',
        '"restoring" in disk.status.lower()',
        '(goal.status or "").upper() != "SHUTOFF"',
        'tasks["status"].isin(["failed"])',
        'last[key] == "success"',
        'run.state != "not asked"',
        'client.tasks.list_all(status="success")',
        'found.protect_status == "something new"',
        'match run.state:\n    case "given up" | "stopped":\n        pass',
    ],
)
def test_a_bare_status_is_found(line: str) -> None:
    assert list(bare_statuses(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "backup.status == BACKUP_AVAILABLE",
        '"timeout" in extensions',
        'run.verification == "failed"',
        'said = "available" if usable else "error"',
        'row["state"] != "good"',
        'f"{name} is {backup.status}; wait until it is available"',
    ],
)
def test_a_text_that_is_no_status_is_left_alone(line: str) -> None:
    assert not list(bare_statuses(ast.parse(line)))
