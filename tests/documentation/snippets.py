"""How the code blocks of a page are run or read, by language."""

from __future__ import annotations

import argparse
import configparser
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from sybil import Document, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from cbr_notebook.cli.command_line import _parser

if TYPE_CHECKING:
    from sybil import Example

LEFT_OUT = "…"
"""Stands in a command for what the reader puts there."""
PROGRAM = "cbr-notebook"


def page(path: Path) -> Document:
    """Return a page with its snippets: Python, and what is read by its grammar only."""
    languages = {
        "(?:bash|sh)": check_shell,
        "yaml": check_yaml,
        "ini": check_ini,
    }
    parsers: list[Any] = [
        CodeBlockParser(language, evaluator) for language, evaluator in languages.items()
    ]
    return Sybil([PythonCodeBlockParser(), SkipParser(), *parsers]).parse(path)


def check_yaml(example: Example) -> None:
    """Read a block as YAML; one that begins with its file's name is written there."""
    assert yaml.safe_load(example.parsed)
    if named := re.match(r"# ([\w-]+\.yaml)\n", example.parsed):
        Path(named[1]).write_text(example.parsed, "utf-8")


def check_ini(example: Example) -> None:
    """Read a block as an ini file; a unit of systemd may say the same member twice."""
    configparser.ConfigParser(strict=False, interpolation=None).read_string(example.parsed)


def check_shell(example: Example) -> None:
    """Hold each command of ours in a block against the command line's parser."""
    for line in example.parsed.replace("\\\n", " ").splitlines():
        check_line(line)


def check_line(line: str) -> None:
    """Check our commands in a line.

    A command in which something is left out (``…``) is checked for its words and options only.
    """
    words = shlex.split(line, comments=True)
    words = ["&&" if word in (";", "|", "||") else word for word in words]
    for command in " ".join(map(shlex.quote, words)).split("'&&'"):
        parts = shlex.split(command)
        at = next((n for n, part in enumerate(parts) if Path(part).name == PROGRAM), None)
        if at is None or (at and "install" in parts):
            continue
        arguments = parts[at + 1 :]
        if any(LEFT_OUT in part for part in arguments) or not arguments:
            check_words(arguments)
        else:
            _parser().parse_args(arguments)


def check_words(arguments: list[str]) -> None:
    """Check that the words of a command are commands, and its options those of the last one."""
    parser = _parser()
    for word in arguments:
        if word.startswith("--"):
            name = word.partition("=")[0]
            assert name in parser._option_string_actions, f"{parser.prog} has no {name}"
            continue
        commands = [
            each for each in parser._actions if isinstance(each, argparse._SubParsersAction)
        ]
        if commands and re.fullmatch(r"[a-z][a-z-]+", word):
            assert word in commands[0].choices, f"{parser.prog} has no command {word}"
            parser = commands[0].choices[word]
