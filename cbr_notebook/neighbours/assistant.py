"""A door for assistants (Model Context Protocol): they ask and plan, and cannot change anything.

Three things keep it so: only questions have a tool; the session's transport refuses to send what
changes something; and no tool takes a path or returns who signs in with what.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from cbr_notebook._version import __version__
from cbr_notebook.errors import CBRError, InvalidRequest
from cbr_notebook.extras import needed_for
from cbr_notebook.runbook.guided_session import GuidedSession
from cbr_notebook.session.filters import reject_unknown

if TYPE_CHECKING:
    from mcp.server import MCPServer

QUESTIONS = (
    "vaults", "backups", "restore_points", "tasks", "policies", "policy_rules", "resources",
    "vault_resources", "tags", "usage", "agents", "replication_targets", "unprotected", "capacity",
    "recovery_points", "gaps", "failures", "schedule", "changed_data", "vault_policies",
    "replication", "retention_preview", "what_if", "orphans", "cost", "suspicion", "audit",
)  # fmt: skip
"""The methods of a session that may be asked; each returns a table and changes nothing."""
_MOST_ROWS = 200
_INSTRUCTIONS = (
    "Questions about backups in Huawei Cloud CBR, and plans of restores. Call questions, then "
    "describe, then ask. Nothing can be changed from here: a plan is carried out by a person. "
    "A table may be cut: rows_in_all says how many rows there are. The outcome unknown means "
    "that something could not be looked at; it is not pass."
)


class Assistant:
    """The tools, on a session that from now on only asks."""

    def __init__(self, session: GuidedSession) -> None:
        """Make a session refuse every change from now on."""
        session.client.transport.only_asks = True
        self._session = session

    def questions(self) -> dict[str, str]:
        """Return every question that can be asked, with what it answers."""
        return {name: _summary(self._method(name)) for name in QUESTIONS}

    def describe(self, question: str) -> dict[str, str]:
        """Return the filters of a question with their meaning, and what its answer holds."""
        method = self._method(question)
        return {
            "question": question,
            "filters": ", ".join(map(str, _filters(method).values())),
            "meaning": inspect.getdoc(method) or "",
        }

    def ask(
        self, question: str, filters: dict[str, Any] | None = None, rows: int = 50
    ) -> dict[str, Any]:
        """Ask a question; return the first rows of its table, and how many rows there are.

        Args:
            question: a name that the tool questions lists.
            filters: by name, as the tool describe tells them, such as {"since": "7d"}.
            rows: how many to return, 1 to 200.
        """
        method = self._method(question)
        given = filters or {}
        if not _takes_any_name(method):
            reject_unknown(given, tuple(_filters(method)), question)
        if isinstance(given.get("rules"), str):
            raise InvalidRequest(
                "Rules are given as a list here, not as a text or a file.", field="rules"
            )
        if not 1 <= rows <= _MOST_ROWS:
            raise InvalidRequest(f"rows must be 1 to {_MOST_ROWS}.", field="rows")
        try:
            return _table(method(**given), rows)
        except (AttributeError, TypeError, ValueError) as problem:
            raise InvalidRequest(
                f"{question} cannot take these filters: {problem}.",
                advice=f"describe({question!r}) tells what they mean.",
            ) from None

    def plan_restore(self, backup: str, target: str | None = None) -> dict[str, Any]:
        """Plan a restore and check it; nothing is carried out, and there is no tool that could.

        Args:
            backup: the ID or the name of a backup.
            target: what would be overwritten, by ID or name; what was backed up if left out.
        """
        plan = self._session.plan_restore(backup, target=target)
        return {
            "verdict": plan.verdict,
            "would_overwrite": plan.confirm_with,
            "made_at": plan.made_at.isoformat(),
            "checks": _table(plan.checks, _MOST_ROWS),
            "next": "A person carries it out: session.forms.restore(), or plan.execute(confirm=…).",
        }

    def _method(self, question: str) -> Callable[..., Any]:
        if question not in QUESTIONS:
            raise InvalidRequest(
                f"There is no question {question!r}.",
                advice=f"There are: {', '.join(QUESTIONS)}.",
                field="question",
            )
        method: Callable[..., Any] = getattr(self._session, question)
        return method


def server(session: GuidedSession) -> MCPServer:
    """Return a server of the tools on a session, which from now on only asks."""
    with needed_for("An assistant"):
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations

    made = MCPServer(name="cbr-notebook", version=__version__, instructions=_INSTRUCTIONS)
    assistant = Assistant(session)
    # A client may show it; nothing depends on its belief.
    only_reads = ToolAnnotations(read_only_hint=True, destructive_hint=False)
    for tool in (assistant.questions, assistant.describe, assistant.ask, assistant.plan_restore):
        made.add_tool(_telling(tool, ToolError), annotations=only_reads)
    return made


def _telling(tool: Callable[..., Any], error: type[Exception]) -> Callable[..., Any]:
    """Return a tool whose errors reach the assistant in words."""
    from functools import wraps

    @wraps(tool)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return tool(*args, **options)
        except CBRError as problem:
            raise error(str(problem)) from None

    return call


def _filters(method: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    parameters = inspect.signature(method).parameters
    return {name: each for name, each in parameters.items() if name not in ("folder", "path")}


def _takes_any_name(method: Callable[..., Any]) -> bool:
    """Return whether a method takes words by any name, and refuses the unknown ones itself."""
    parameters = inspect.signature(method).parameters.values()
    return any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)


def _summary(method: Callable[..., Any]) -> str:
    return (inspect.getdoc(method) or "").split("\n")[0]


def _table(frame: pd.DataFrame, rows: int) -> dict[str, Any]:
    """Return a table as JSON can hold it, cut, and how long it is."""
    shown = frame.head(rows)
    text = shown.to_json(orient="records", date_format="iso", date_unit="s")
    return {
        "rows": json.loads(text),
        "rows_in_all": len(frame),
        "about": json.loads(json.dumps(frame.attrs, default=str)),
    }
