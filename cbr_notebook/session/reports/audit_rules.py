"""The rules of an audit: which control is asked for, and with which settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cbr_notebook.errors import InvalidRequest
from cbr_notebook.session.filters import check_days, reject_unknown
from cbr_notebook.session.tag_filters import as_asked, tag_filter
from cbr_notebook.text.timeparse import parse_duration

SETTINGS: Mapping[str, tuple[str, ...]] = {
    "protected": (),
    "recovery point": ("within",),
    "retention": ("days",),
    "schedule met": ("days",),
    "encrypted": (),
    "replicated": ("within",),
    "locked": (),
    "no disk excluded": (),
    "restore proven": ("days",),
}
"""The controls, each with its settings besides ``tags``."""
DEFAULT_RULES: tuple[Mapping[str, Any], ...] = (
    {"control": "protected"},
    {"control": "recovery point", "within": "24h"},
    {"control": "retention", "days": 7},
    {"control": "schedule met", "days": 7},
    {"control": "encrypted"},
    {"control": "replicated", "within": "7d"},
    {"control": "locked"},
    {"control": "no disk excluded"},
    {"control": "restore proven", "days": 90},
)
"""What is asked for where no rules are given."""
Rule = Mapping[str, Any]
_Place = tuple[int, Mapping[str, int]]
"""The line of a rule in its file, and those of its settings."""


def read_rules(rules: Any) -> Sequence[Rule]:
    """Return rules as mappings, checked.

    Args:
        rules: a list of mappings or of names of controls; the same as YAML, in a text or a file;
            ``None`` for the default ones.

    Raises:
        InvalidRequest: they cannot be read; of YAML it says the line.
    """
    places: Sequence[_Place] = ()
    if isinstance(rules, str | Path):
        read, places = _loaded(rules)
    else:
        read = DEFAULT_RULES if rules is None else rules
    if isinstance(read, Mapping):
        listed = [read[key] for key in ("rules", "controls") if key in read]
        read = listed[0] if listed else [read] if read else []
    if not isinstance(read, list | tuple) or not read:
        raise _unreadable(read)
    found = []
    for number, each in enumerate(read):
        try:
            found.append(_checked(each))
        except InvalidRequest as problem:
            where = f"rule {number + 1}"
            if number < len(places):
                line, settings = places[number]
                where = f"line {settings.get(problem.field or '', line)}"
            raise InvalidRequest(
                f"{where} of the rules: {problem.message}", advice=problem.advice, field="rules"
            ) from None
    return found


def title(rule: Rule) -> str:
    """Return a control with its setting, as one would say it."""
    if "within" in rule:
        return f"{rule['control']} within {rule['within']}"
    words = {"retention": "at least", "schedule met": "in", "restore proven": "within"}
    if "days" in rule:
        return f"{rule['control']} {words[rule['control']]} {rule['days']} days"
    return str(rule["control"])


def in_words(rule: Rule) -> str:
    """Return a rule with the tags that it is asked of, for the caption of an audit."""
    if "tags" not in rule:
        return title(rule)
    wanted = as_asked(tag_filter(rule["tags"]))
    tags = ", ".join(f"{key}={'|'.join(values) or '*'}" for key, values in wanted.items())
    return f"{title(rule)} (of {tags})"


def _checked(each: Any) -> Rule:
    rule = {"control": each} if isinstance(each, str) else each
    if not isinstance(rule, Mapping) or not isinstance(rule.get("control"), str):
        raise _unreadable(each)
    control = rule["control"].replace("_", " ").strip().lower()
    try:
        reject_unknown({control: None}, tuple(SETTINGS), "An audit", "control")
    except InvalidRequest as problem:
        problem.field = "control"
        raise
    rule = {**rule, "control": control}
    allowed = ("control", "tags", *SETTINGS[control])
    reject_unknown(rule, allowed, f"A rule of {control}", "setting")
    if "within" in rule:
        parse_duration(rule["within"], "within")
    if "days" in rule:
        check_days(rule["days"])
    if "tags" in rule:
        tag_filter(rule["tags"])
    return rule


def _loaded(rules: str | Path) -> tuple[Any, list[_Place]]:
    """Return what YAML says, in a text or in a file, and on which lines."""
    text = str(rules)
    try:
        if isinstance(rules, Path) or ("\n" not in text and text.endswith((".yaml", ".yml"))):
            text = Path(rules).expanduser().read_text(encoding="utf-8")
        return yaml.safe_load(text), _places(yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        said = getattr(problem, "problem", None) or type(problem).__name__
        raise InvalidRequest(
            f"The rules cannot be read: {where}{said}.",
            advice='Write a list of rules in YAML, such as "- control: protected".',
            field="rules",
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidRequest(
            f"The rules cannot be read: {type(problem).__name__}.",
            advice="Give a list of controls, or the path of a YAML file of them.",
            field="rules",
        ) from None


def _places(node: Any) -> list[_Place]:
    """Return the lines of rules and their settings.

    Raises:
        InvalidRequest: a rule says something twice.
    """
    if isinstance(node, yaml.MappingNode):
        inner = [value for key, value in node.value if key.value in ("rules", "controls")]
        items = inner[0].value if inner and isinstance(inner[0], yaml.SequenceNode) else [node]
    else:
        items = node.value if isinstance(node, yaml.SequenceNode) else []
    found: list[_Place] = []
    for each in items:
        settings: dict[str, int] = {}
        for key, _ in each.value if isinstance(each, yaml.MappingNode) else ():
            line = key.start_mark.line + 1
            if str(key.value) in settings:
                raise InvalidRequest(
                    f"line {line} of the rules: {key.value} is said twice.",
                    advice="Begin each rule with a dash and its control.",
                    field="rules",
                )
            settings[str(key.value)] = line
        found.append((each.start_mark.line + 1, settings))
    return found


def _unreadable(rules: Any) -> InvalidRequest:
    return InvalidRequest(
        f"{rules!r:.80} is no rule of an audit." if rules else "There is no rule to audit by.",
        advice='Write rules like [{"control": "recovery point", "within": "24h"}]. '
        f"Controls: {', '.join(SETTINGS)}.",
        field="rules",
    )
