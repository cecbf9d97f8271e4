"""Docstrings say what is returned or done; names are the field's standard terms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.repository.places import PACKAGE, REPOSITORY

VERBS_THAT_SAY_NOTHING = (
    "Be", "Bring", "Give", "Go", "Hand", "Know", "Lay", "Lead", "Let", "See",
    "Stand", "Take", "Tell",
)  # fmt: skip
"""What a docstring does not begin with: the field's word (Return, Create, Delete, …) says more."""
NO_VERB = (
    "A", "All", "An", "As", "Each", "Every", "How", "In", "Its", "No", "Nothing", "Of", "Some",
    "The", "To", "What", "When", "Where", "Whether", "Which", "Who", "Why",
)  # fmt: skip
"""What the docstring of a function does not begin with, but for those below."""
THINGS = r"property|computed_once|fixture|rule|invariant|initialize|precondition"
"""Decorators of functions whose docstrings say what they are, or what holds."""
OLD_WORDS = {
    "Watcher": "TaskPoller", "ResourceNamed": "ResourceRef", "called": "display_name",
    "own_task": "task_lookup", "own_tasks": "task_lookup", "not_both": "reject_conflicts",
    "Filling": "FormState", "Questions": "OptionLoader", "InTurn": "MessageSequencer",
    "Region": "HtmlPanel", "Front": "App", "Call": "RequestContext", "Refusal": "ApiError",
    "surely_not_done": "not_executed", "perhaps_done": "maybe_executed", "settle":
    "run_due_events", "World": "what it is, such as Computer", "_said": "what is said",
    "_wrong": "error", "_course": "progress", "_begin": "acquire, or start", "upstairs":
    "a lazy accessor", "moments": "timeparse", "house": "repository",
    "Part": "WidgetModel", "Parts": "Container", "Gate": "RateLimiter, or SyncPoint",
}  # fmt: skip
"""Words of our own that nobody else knew, each with the term that took its place."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield the package and its tests, file by file."""
    for folder in (PACKAGE, REPOSITORY / "tests"):
        for path in sorted(folder.rglob("*.py")):
            yield str(path.relative_to(REPOSITORY)), ast.parse(path.read_text(encoding="utf-8"))


def says_a_verb(node: ast.AST, docstring: str) -> bool:
    """Return whether a docstring begins, and goes on, with what is returned or done."""
    first = docstring.partition("\n")[0]
    if first.split()[0] in VERBS_THAT_SAY_NOTHING or re.search(r"; gives? ", first):
        return False
    if not isinstance(node, ast.FunctionDef) or node.name.startswith("test_"):
        return True
    is_thing = re.search(THINGS, " ".join(map(ast.unparse, node.decorator_list)))
    return bool(is_thing) or first.split()[0] not in NO_VERB


def test_a_docstring_begins_with_what_is_returned_or_done() -> None:
    vague = [
        f"{name}: {getattr(node, 'name', 'the module')}: {says.splitlines()[0]}"
        for name, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        for says in [ast.get_docstring(node)]
        if says and not says_a_verb(node, says)
    ]
    assert vague == []


def test_only_what_puts_something_down_says_write() -> None:
    """Files, disks and journals are written; a text or a document is returned."""
    vague = [
        f"{name}: {node.name}"
        for name, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef)
        and node.returns is not None
        and re.match(r"(str|dict|list\[dict)\b", ast.unparse(node.returns))
        and (ast.get_docstring(node) or "").split(" ")[0] == "Write"
    ]
    assert vague == []


def test_no_old_word_comes_back_as_a_name() -> None:
    named = [
        (name, each)
        for name, module in modules()
        for each in (
            Path(name).stem,
            *(
                node.name
                for node in ast.walk(module)
                if isinstance(node, ast.FunctionDef | ast.ClassDef)
            ),
        )
    ]
    assert [
        f"{name}: {OLD_WORDS[each]}, not {each}" for name, each in named if each in OLD_WORDS
    ] == []
