"""What a test replaces for a while is not kept by a module that is loaded meanwhile."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.repository.places import PACKAGE, REPOSITORY


def imports(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """Yield the module, the name in it, and what it is called, of each import of names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                yield node.module, each.name, each.asname or each.name


def replaced(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the module and the name of what ``monkeypatch.setattr(module, "name", …)`` replaces."""
    called = {alias: f"{module}.{name}" for module, name, alias in imports(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setattr"),
                args=[ast.Name(id=module), ast.Constant(value=str(name)), *_],
            ):
                yield called.get(module, module), name


def kept(tests: str, takers: dict[tuple[str, str], set[str]]) -> list[str]:
    """Return which modules might keep what these tests replace: they may not be loaded yet.

    Args:
        tests: their source.
        takers: the modules that import a name from a module, by both.
    """
    tree = ast.parse(tests)
    loaded = {part for module, name, _ in imports(tree) for part in (module, f"{module}.{name}")}
    return [
        f"{taker} takes {name} of {module}"
        for module, name in replaced(tree)
        for taker in sorted(takers.get((module, name), set()) - loaded)
    ]


def test_no_module_can_keep_what_a_test_replaces() -> None:
    """Most modules are loaded late: in another order of tests that would be during one."""
    takers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        taker = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        for module, name, _ in imports(ast.parse(path.read_text("utf-8"))):
            takers[module, name].add(taker.removesuffix(".__init__"))
    found: dict[Path, list[str]] = {
        path: kept(path.read_text("utf-8"), takers) for path in (REPOSITORY / "tests").rglob("*.py")
    }
    assert {path: told for path, told in found.items() if told} == {}


def test_a_module_that_would_keep_it_is_found() -> None:
    takers = {("a.b", "look"): {"a.late", "a.early"}}
    tests = 'from a import b, early\nmonkeypatch.setattr(b, "look", None)'
    assert kept(tests, takers) == ["a.late takes look of a.b"]
    assert kept(f"from a.late import x\n{tests}", takers) == []
