"""Tables of the simulated cloud: written by one room only, read as rows of a class."""

from __future__ import annotations

import ast
import importlib
import re
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from cbr_notebook.simulator.core import database_schema
from tests.repository.places import PACKAGE, REPOSITORY

SIMULATOR = PACKAGE / "simulator"
_WRITE = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?!\s+SET\b)|DELETE\s+FROM)\s+([\w{}]+)(?![\w{}-])",
    re.IGNORECASE,
)
_SQL_TYPES = {str: "TEXT", int: "INTEGER", bytes: "BLOB"}
_ANY = "{}"
"""A table's name that is not written out."""


def _text(node: ast.expr) -> str:
    """Return a string as its source has it, with ``{}`` for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return _ANY


def written_tables(source: str) -> set[str]:
    """Return the names of the tables that a file writes; ``{}`` for one that is filled in."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr | ast.Constant):
            found.update(_WRITE.findall(_text(node)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of_state = ast.unparse(node.func.value).rpartition(".")[2] in ("state", "_state")
            if of_state and node.func.attr in ("insert", "update"):
                found.add(_text(node.args[0]))
    return found


def _rooms() -> dict[str, set[str]]:
    """Return for each table the rooms that write it."""
    rooms: dict[str, set[str]] = defaultdict(set)
    for path in SIMULATOR.rglob("*.py"):
        if path == SIMULATOR / "core" / "database_schema.py":
            continue  # it makes the tables, and brings older ones forward
        room = path.relative_to(SIMULATOR).parts[0].removesuffix(".py")
        written = written_tables(path.read_text(encoding="utf-8"))
        if path == SIMULATOR / "core" / "state.py":
            written.discard(_ANY)  # its own insert and update, whose callers are looked at
        for table in written:
            rooms[table].add(room)
    return rooms


def _tables() -> set[str]:
    with sqlite3.connect(":memory:") as db:
        db.executescript(database_schema.TABLES)
        return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}


def _documented(path: Path) -> dict[str, set[str]]:
    """Return the table of the architecture document: each room with its tables."""
    section = path.read_text(encoding="utf-8").partition("## Which room writes which table")[2]
    rows = re.findall(r"^\| `(\w+)/` \| (.*) \|$", section.partition("\n## ")[0], re.MULTILINE)
    return {room: set(re.findall(r"`(\w+)`", tables)) for room, tables in rows}


def test_every_table_is_written_by_exactly_one_room() -> None:
    """Move a write to an operation of the room that owns the table, and call that."""
    rooms = _rooms()
    assert {table: found for table, found in rooms.items() if len(found) > 1} == {}
    assert set(rooms) == _tables()


def test_the_architecture_document_names_the_room_of_every_table() -> None:
    written: dict[str, set[str]] = defaultdict(set)
    for table, (room,) in _rooms().items():
        written[room].add(table)
    assert _documented(REPOSITORY / "docs" / "architecture.md") == written


@pytest.mark.parametrize(
    ("source", "tables"),
    [
        ('run("UPDATE vault SET size_gb = ?")', {"vault"}),
        ('run("update vault set size_gb = ?")', {"vault"}),
        ('run("WITH a AS (SELECT 1) " "INSERT OR REPLACE INTO task (id) VALUES (?)")', {"task"}),
        ('run(f"DELETE FROM member WHERE id IN ({marks})")', {"member"}),
        ('run(f"UPDATE {table} SET size_gb = ?")', {_ANY}),
        ('engine.state.update("disk", key, status=status)', {"disk"}),
        ('self._engine.state.insert(table, id=key)', {_ANY}),
        ('run("INSERT INTO a VALUES (?) ON CONFLICT DO UPDATE SET b = 1")', {"a"}),
        ('Route("DELETE", path); known.update("backup")', set()),
    ],
)  # fmt: skip
def test_a_write_is_seen_however_it_is_spelled(source: str, tables: set[str]) -> None:
    assert written_tables(source) == tables


def _row_classes() -> dict[str, Any]:
    """Return the classes of rows by the table that their docstring names."""
    found = {}
    for path in SIMULATOR.glob("*/*_rows.py"):
        module = importlib.import_module(f"cbr_notebook.simulator.{path.parent.name}.{path.stem}")
        for value in vars(module).values():
            words = re.match(r"A row of ``(\w+)``", getattr(value, "__doc__", None) or "")
            if words and value.__module__ == module.__name__:
                found[words[1]] = value
    return found


def test_rows_of_sqlite_do_not_cross_files() -> None:
    """A row leaves a file as a class: ``state.one_of`` and ``state.all_of`` read it."""
    found = [
        str(path.relative_to(SIMULATOR))
        for path in SIMULATOR.rglob("*.py")
        if "sqlite3.Row" in path.read_text(encoding="utf-8")
    ]
    assert found == ["core/state.py"]
    handed_on = [
        f"{path.relative_to(SIMULATOR)}:{node.lineno}"
        for path in SIMULATOR.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, ast.Call)
        if re.search(r"state\.all$", ast.unparse(node.value.func))
    ]
    assert handed_on == []


def read_by_name(source: str) -> list[str]:
    """Return where the columns of a row of ``state.all`` are asked for by texts."""
    found = []
    for node in ast.walk(ast.parse(source)):
        loops = [node] if isinstance(node, ast.For) else getattr(node, "generators", [])
        rows = {
            each.target.id
            for each in loops
            if isinstance(each.target, ast.Name)
            if re.search(r"state\.all\(", ast.unparse(each.iter))
        }
        found += [
            ast.unparse(each)
            for each in ast.walk(node)
            if isinstance(each, ast.Subscript) and isinstance(each.slice, ast.Constant)
            if isinstance(each.value, ast.Name) and each.value.id in rows
            if isinstance(each.slice.value, str)
        ]
    return found


def test_rows_are_taken_apart_or_have_a_class() -> None:
    """``for key, value in state.all(…)``, or ``state.all_of``: mypy knows no column by a text."""
    assert {
        str(path.relative_to(SIMULATOR)): named
        for path in SIMULATOR.rglob("*.py")
        if (named := read_by_name(path.read_text(encoding="utf-8")))
    } == {}
    assert read_by_name('[row["id"] for row in engine.state.all(sql)]') == ["row['id']"]
    assert read_by_name("for row in self._state.all(sql):\n    use(row['id'])") == ["row['id']"]
    assert read_by_name("[(row[0], row[2:]) for row in engine.state.all(sql)]") == []


def test_a_class_of_rows_has_the_columns_of_its_table() -> None:
    """Rows are read by ``SELECT *``: fields and columns have the same names and order."""
    classes = _row_classes()
    assert classes.keys() >= {"server", "disk", "vault", "policy", "task", "backup", "project"}
    with sqlite3.connect(":memory:") as db:
        db.executescript(database_schema.TABLES)
        for table, row_class in classes.items():
            columns = db.execute(
                'SELECT name, type, "notnull" OR pk FROM pragma_table_info(?)', (table,)
            )
            types = get_type_hints(row_class)
            described = {name: (kind, bool(given)) for name, kind, given in columns}
            fields = {
                name: (_SQL_TYPES[(get_args(hint) or (hint,))[0]], type(None) not in get_args(hint))
                for name, hint in types.items()
            }
            assert list(fields.items()) == list(described.items()), table
