"""The tasks of a contributor: ``nox -l`` lists them.

They run in the environment that nox itself runs in, activated or not, so that nothing is installed
twice.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "floors", "tests"]

BENCHMARKS = Path("tests/benchmarks")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
"""What uv calls the ends of what pyproject.toml allows."""


def pytest(session: nox.Session, *options: str, **environment: str) -> None:
    """Run pytest with these options, in this environment."""
    session.run("python", "-m", "pytest", *options, env={**os.environ, **environment})


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def format(session: nox.Session) -> None:  # noqa: A001 - the task's name
    """Mend style and format."""
    session.run("ruff", "check", "--fix", ".")
    session.run("ruff", "format", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, strictly."""
    session.run("mypy")


@nox.session
def floors(session: nox.Session) -> None:
    """Check which room imports which."""
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests that need no browser, or those named after ``--``."""
    pytest(session, "-n", "2", "-m", "not browser", *(session.posargs or ["tests"]))


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run the notebooks cell by cell and compare what they show."""
    pytest(session, "--nbval", *(session.posargs or ["-n", "2", "notebooks"]))


@nox.session
def browser(session: nox.Session) -> None:
    """Run the tests that look at a real page in Chromium."""
    pytest(session, *(session.posargs or ["tests/browser"]), CBR_BROWSER_REQUIRED="1")


@nox.session
def docs(session: nox.Session) -> None:
    """Write the documentation's tables and pictures of forms anew, or of the test after ``--``."""
    # Pictures first: the pages look for them.
    pages = ["tests/browser/test_every_form.py", "tests/repository/test_docs.py"]
    pytest(session, *(session.posargs or pages), CBR_WRITE_DOCS="1")


@nox.session
def site(session: nox.Session) -> None:
    """Build the documentation site into ``build/site``; any warning is an error."""
    session.run("python", "docs/site/build.py", "build/site")
    session.run("python", "-m", "tests.documentation.links", "build/site")


@nox.session
def package(session: nox.Session) -> None:
    """Build source and wheel, and try each in an empty environment; nothing is uploaded."""
    made = Path(session.create_tmp()).resolve()
    for name in ("dist", "again"):
        shutil.rmtree(made / name, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(made / "dist"))
    session.run("python", "-m", "build", "--wheel", "--outdir", str(made / "again"))
    files = sorted((made / "dist").iterdir())
    [wheel], [again] = (made / "dist").glob("*.whl"), (made / "again").glob("*.whl")
    if wheel.read_bytes() != again.read_bytes():
        session.error("The wheel of the source archive differs from that of the clone.")
    session.run("python", "-m", "twine", "check", "--strict", *map(str, files))
    if "CBR_REPOSITORY_URL" not in os.environ:
        session.log("CBR_REPOSITORY_URL is not set: the README's links lead nowhere on an index.")
    for file in files:
        session.run("python", "-m", "tests.documentation.clean_install", str(file))
    for file in files:
        session.log(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}")


@nox.session
def corners(session: nox.Session) -> None:
    """Run all tests but the browser's, and the notebooks, at the ends of what is supported.

    Those are the lowest and the newest direct requirements on each Python that can be had; after
    ``--`` some of them, such as ``lowest-3.11``.
    """
    told = {}
    for name in session.posargs or [f"{end}-{each}" for end in RESOLUTIONS for each in PYTHONS]:
        told[name] = corner(session, *name.split("-"))
        session.log(f"{name}: {told[name]}")
    session.log("\n".join(f"{name}: {outcome}" for name, outcome in told.items()))
    if not set(told.values()) <= {"passed", "no such Python here"}:
        session.error("Not every corner passed.")


def corner(session: nox.Session, end: str, version: str) -> str:
    """Return what came of one corner, in words."""
    folder = Path(session.create_tmp()).resolve() / f"{end}-{version}"
    python = str(folder / "bin" / "python")

    # With pip, which a stick of a workshop is packed by.
    if not tried(session, "uv", "venv", "--seed", "--clear", "--python", version, str(folder)):
        return "no such Python here"
    install = ("uv", "pip", "install", "--quiet", "--python", python)
    if not tried(session, *install, "--resolution", RESOLUTIONS[end], "--editable", ".[test]"):
        return "not installed"
    tests = (python, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider")
    failed = [
        what
        for what, options in {
            "tests": ("-m", "not browser", "tests"),
            "notebooks": ("--nbval", "notebooks"),
        }.items()
        if not tried(session, *tests, *options)
    ]
    return f"{' and '.join(failed)} failed" if failed else "passed"


def tried(session: nox.Session, *command: str) -> bool:
    """Run a command; return whether it succeeded."""
    try:
        session.run(*command, external=True)
    except nox.command.CommandFailed:
        return False
    return True


@nox.session
def licences(session: nox.Session) -> None:
    """Write the list of the dependencies' licences anew."""
    session.run("python", "-m", "tests.documentation.licences", "docs/licences.md")


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure which lines the tests without a browser run."""
    session.run("coverage", "erase")
    session.run(
        "coverage", "run", "-m", "pytest", "-m", "not browser", *(session.posargs or ["tests"])
    )
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session
def walks(session: nox.Session) -> None:
    """Count what a question, an act and a restore pass on their way."""
    session.run("python", "-m", "tests.benchmarks.walks", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks named after ``--``, or list them."""
    modules = {path.stem: path.with_suffix("") for path in BENCHMARKS.rglob("bench_*.py")}
    if not session.posargs:
        session.log("\n".join(sorted(modules)))
    for name in session.posargs:
        session.run("python", "-m", ".".join(modules[name].parts))
