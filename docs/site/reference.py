"""The reference pages, made from what the package says of itself."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cbr_notebook as cbr
from cbr_notebook import errors
from cbr_notebook.cli.command_line import _parser
from cbr_notebook.simulator.classroom import openapi as control_api
from cbr_notebook.simulator.http import openapi as service_api

GROUPS = {
    "Lists of the service": "session.queries",
    "Answers": "session.reports",
    "Operations": "session.operations",
    "Guided restores": "runbook",
    "Records by ID, name or row": "session.lookup",
}
"""The methods of a session by where they are defined; all others come last."""
TYPES = {
    "Tasks": ["cbr_notebook.tasks.task.Task"],
    "Restores": [
        "cbr_notebook.runbook.run.restore_plan.RestorePlan",
        "cbr_notebook.runbook.run.run.RestoreRun",
        "cbr_notebook.runbook.verify.verification.Verification",
        "cbr_notebook.runbook.group.group_plan.GroupPlan",
        "cbr_notebook.runbook.group.group_run.GroupRun",
        "cbr_notebook.sealing.seal.ReportVerdict",
    ],
    "Forms and pictures": [
        "cbr_notebook.forms.Forms",
        "cbr_notebook.plots.Plots",
        "cbr_notebook.plots.HistoryPlots",
    ],
    "Fleets and histories": [
        "cbr_notebook.fleets.questions.Fleet",
        "cbr_notebook.entry.memory.History",
        "cbr_notebook.histories.lake_day.Past",
    ],
    "The simulated cloud": ["cbr_notebook.simulator.cloud.Cloud"],
}
ROOT = "cbr_notebook."


def write_reference(folder: Path) -> None:
    """Write all pages.

    Args:
        folder: a new folder.
    """
    folder.mkdir()
    pages = {
        "package": _package(),
        "session": _session(),
        "types": _types(),
        "errors": _errors(),
        "error_codes": _error_codes(),
        "operations": _operations(),
        "command": _command(_parser()),
        "control_api": _api("The control API of simulated clouds", control_api.document()),
        "service_api": _api("The operations of a simulated cloud", service_api.document()),
    }
    for name, lines in pages.items():
        (folder / f"{name}.md").write_text("\n".join(lines) + "\n", "utf-8")


def _documented(directive: str, name: str, *options: str) -> list[str]:
    return ["```{eval-rst}", f".. {directive}:: {name}", *(f"   {each}" for each in options), "```"]


def _package() -> Iterator[str]:
    yield "# The package\n\n`import cbr_notebook as cbr`\n"
    for name in cbr.__all__:
        if inspect.isfunction(getattr(cbr, name)):
            yield from _documented("autofunction", f"cbr_notebook.{name}")
    yield "\n## Options\n"
    yield from _documented("autoclass", "cbr_notebook.options.Options")


def public(of: type) -> list[str]:
    """Return the public names of a class, its bases' included, in the order of their definition."""
    return [
        name
        for base in reversed(of.__mro__[:-1])
        for name in vars(base)
        if not name.startswith("_")
    ]


def _session() -> Iterator[str]:
    yield "# A session\n\nWhat `cbr.connect()` and `cbr.simulate()` return. In the examples, which"
    yield "are run by tests, `session` is `cbr.simulate()`.\n"
    left = dict.fromkeys(public(cbr.Session))
    sections: dict[str, list[str]] = {title: [] for title in [*GROUPS, "The session itself"]}
    for name in left:
        member = inspect.getattr_static(cbr.Session, name)
        module = getattr(member, "__module__", "") or ""
        title = next(
            (each for each, room in GROUPS.items() if module.startswith(ROOT + room)),
            "The session itself",
        )
        sections[title].append(name)
    for title, names in sections.items():
        yield f"\n## {title}\n"
        for name in names:
            member = inspect.getattr_static(cbr.Session, name)
            directive = "automethod" if inspect.isfunction(member) else "autoproperty"
            yield from _documented(directive, f"cbr_notebook.Session.{name}")


def _types() -> Iterator[str]:
    yield "# What is returned\n"
    for title, classes in TYPES.items():
        yield f"\n## {title}\n"
        for each in classes:
            yield from _documented("autoclass", each, ":members:", ":inherited-members: object")


def _errors() -> Iterator[str]:
    yield "# Exceptions\n\nAll of them are `cbr.errors.CBRError`.\n"
    for name, each in vars(errors).items():
        if inspect.isclass(each) and each.__module__ == errors.__name__:
            yield from _documented("autoexception", f"cbr_notebook.errors.{name}")


def _error_codes() -> Iterator[str]:
    yield "# Error codes\n\nWhat `cbr.error_codes()` returns: the codes of the service, the "
    yield "exception that each is raised as, and what to do.\n"
    # Sphinx finds no word of digits only; it does find the entries of its index.
    codes = sorted(set(cbr.error_codes()["code"]))
    yield "\n".join(
        ["```{eval-rst}", ".. index::", *(f"   single: {each}" for each in codes), "```\n"]
    )
    rows = cbr.error_codes()[["code", "http_status", "message", "kind", "advice"]]
    yield from _table(list(rows.columns), rows.itertuples(index=False))


def _operations() -> Iterator[str]:
    yield "# Operations of the service\n"
    yield "`session.client`: one attribute a group, one method an operation, typed.\n"
    for name, group in _client_groups():
        yield f"\n## session.client.{name}\n"
        yield from _documented("autoclass", group, ":members:")


def _client_groups() -> list[tuple[str, str]]:
    with cbr.simulate("empty") as session:
        return [
            (name, f"{type(group).__module__}.{type(group).__qualname__}")
            for name, group in vars(session.client).items()
            if name != "transport"
        ]


def _command(parser: argparse.ArgumentParser, depth: int = 1) -> Iterator[str]:
    title = "The command `cbr-notebook`" if depth == 1 else f"`{parser.prog}`"
    yield f"\n{'#' * depth} {title}\n"
    formatter = parser.formatter_class
    parser.formatter_class = lambda prog: formatter(prog, width=88)  # type: ignore[assignment]
    yield f"```text\n{parser.format_help().strip()}\n```\n"
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _command(each, depth + 1)


def _api(title: str, document: dict[str, Any]) -> Iterator[str]:
    yield f"# {title}\n"
    yield "Made from the OpenAPI document that a served cloud gives. A parameter in braces is part "
    yield "of the path; a star marks what is required.\n"
    rows = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            queries = [
                each["name"] for each in operation.get("parameters", []) if each["in"] == "query"
            ]
            rows.append(
                (
                    f"`{method.upper()} {path}`",
                    operation.get("summary") or operation.get("operationId", ""),
                    ", ".join(f"`{each}`" for each in queries),
                    _members(operation, document),
                )
            )
    yield from _table(["operation", "what it does", "query", "body"], rows)


def _members(operation: dict[str, Any], document: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    schema = next((each["schema"] for each in content.values()), {})
    if "$ref" in schema:
        shared = document["components"]["schemas"] | schema.get("$defs", {})
        schema = shared[schema["$ref"].rpartition("/")[2]]
    required = set(schema.get("required", []))
    return ", ".join(
        f"`{name}`" + ("*" if name in required else "") for name in schema.get("properties", {})
    )


def _table(head: list[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        cells = (
            str(each).replace("|", "\\|").replace("*", "\\*").replace("\n", " ") for each in row
        )
        yield f"| {' | '.join(cells)} |"
