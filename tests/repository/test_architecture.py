"""What the architecture promises: short rows of classes, no cycles, completion that works."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import grimp
import jedi
import pytest

import cbr_notebook as cbr
from cbr_notebook.forms import Forms
from cbr_notebook.forms.fleet import FleetForms
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.form import Form, PageForm
from cbr_notebook.plots import Plots
from cbr_notebook.runbook.group.group_plan import GroupPlan
from cbr_notebook.runbook.run.restore_options import FurtherOptions
from cbr_notebook.runbook.run.restore_plan import RestorePlan
from tests.benchmarks import walks
from tests.repository.places import DOCS, PACKAGE, REPOSITORY, client_modules


def forms() -> Iterator[type]:
    """Yield the widgets of a form, and what makes each form another one."""
    yield from (Form, PageForm)
    for module in pkgutil.walk_packages(cbr.forms.__path__, "cbr_notebook.forms."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, FormDefinition):
                yield found


@pytest.mark.parametrize("kind", [cbr.Session, *dict.fromkeys(forms())])
def test_at_most_three_classes_of_ours_are_in_a_row_under_a_session_or_a_form(kind: type) -> None:
    ours = [each for each in kind.__mro__ if each.__module__.startswith("cbr_notebook")]
    assert len(ours) <= 3


PRIVATE_PARTS_OF_FORMS = {
    "_ipython_display_": "IPython's own protocol: what a notebook calls to show a form",
    "_SHOWN": "how many runs are shown, so that a test has one more",
    "_engine": "the cloud's lock, held while a click comes",
    "_signing_in": "the form of the process, forgotten before each test",
    "_cell": "the form that a cell has opened, as when it is run again",
    "_SEQUENCER": "the order of messages, which every page of the process shares",
    "_instances": "ipywidgets' own register of what is open",
    "_esm": "anywidget's own name for a script",
    "_css": "anywidget's own name for a style sheet",
    "_model_module": "ipywidgets' own name for who draws a model",
}


def test_tests_of_forms_touch_private_parts_seldom_and_for_a_reason() -> None:
    """What a test needs of a form is in its public page driver, ``forms/testing``."""
    named = {ast.Attribute: "attr", ast.alias: "name", ast.Constant: "value"}
    names = [
        getattr(node, named[type(node)])
        for path in (REPOSITORY / "tests" / "forms").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if type(node) in named and not ast.unparse(node).startswith("self.")
    ]
    touched = [each for each in map(str, names) if re.fullmatch(r"_[a-zA-Z]\w*", each)]
    assert set(touched) == PRIVATE_PARTS_OF_FORMS.keys()
    assert len(touched) <= 60


def test_the_walks_are_as_long_as_documented() -> None:
    """A question, an act and a restore; ``nox -s walks`` says how long each is now."""
    section = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("| walk |")[2]
    rows = re.findall(r"^\| `?\w.*\| (\d+) \| (\d+) \| (\d+) \|.*\|$", section, re.M)[:3]
    documented = [tuple(map(int, row)) for row in rows]
    measured = [
        (len(each.files), len(each.functions), each.requests) for each in walks.measured().values()
    ]
    assert [requests for _, _, requests in measured] == [requests for _, _, requests in documented]
    for now, then in zip(measured, documented, strict=True):
        assert now[0] <= 1.1 * then[0], f"{now} files, functions and requests"
        assert now[1] <= 1.1 * then[1], f"{now} files, functions and requests"


def in_circles(imports: dict[str, set[str]]) -> list[str]:
    """Return what is in a circle, or leads into one."""
    left = dict(imports)
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def test_no_modules_nor_rooms_import_each_other_in_a_circle_type_checking_counted() -> None:
    graph = grimp.build_graph("cbr_notebook", exclude_type_checking_imports=False)
    imports = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    assert in_circles(imports) == []
    for room in {name.rpartition(".")[0] for name in graph.modules} - {""}:
        beside: dict[str, set[str]] = {name: set() for name in graph.find_children(room)}
        for name in beside:
            inside = {name, *graph.find_descendants(name)}
            for other in set().union(*map(imports.__getitem__, inside)) - inside:
                beside[name] |= {each for each in beside if f"{other}.".startswith(f"{each}.")}
        assert in_circles(beside) == [], f"The rooms and files of {room}."


IMPORTED_BY_NAME = {
    "__init__.py": "what costs time is loaded when it is first asked for",
    "diagnosis/vocabulary.py": "every module of the api, which is below",
    "extras.py": "libraries of others",
    "frames/building/builder.py": "one of two ways beside it: with pyarrow or without",
    "workshops/proofs.py": "the exercises of others",
}


def test_no_module_is_imported_by_its_name_around_the_floors() -> None:
    """``import-linter`` cannot see such an import."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and re.search(r"\b(import_module|__import__)$", ast.unparse(node.func))
    }
    assert found == IMPORTED_BY_NAME.keys(), "Import it, or move what is needed to a lower floor."


def test_the_architecture_document_names_every_room_on_its_floor() -> None:
    """A room's number in the table is that of its layer in the contract, from the bottom."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    table = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| `(\w+)(?:/|\.py)` \|", table, re.M)
    floors = {room: int(floor) for floor, room in rows}
    contract = {
        room: floor
        for floor, layer in enumerate(reversed(layers))
        for room in re.findall(r"\w+", layer)
        if room != "_version"
    }
    assert floors == contract, "A new room has its row in the table of floors."
    assert [int(floor) for floor, _ in rows] == sorted(floors.values(), reverse=True)


SLEEPS = {
    "api/http/transport.py": "before a request is sent again",
    "auth/network/bounds.py": "passes on what httpcore asks for",
    "auth/iam.py": "before a token is asked for again",
    "auth/network/name_lookup.py": "until an address is known, or the time for it is over",
    "forms/kit/threads/message_order.py": "for a message of a page that is missing",
    "forms/kit/threads/worker.py": "the pause that the poller said",
    "runbook/group/group_run.py": "until the first of several runs is due, as the poller said",
    "runbook/verify/probes.py": "the pause that the poller said",
    "runbook/run/watch.py": "the pause that the poller said",
    "fleets/fan_out.py": "for answers of other projects; it looks at no task",
    "fleets/budget.py": "until an account may ask again; it looks at no task",
    "tasks/task.py": "the pause that the poller said",
    "workshops/commands.py": "for an interrupt; it looks at no task",
}


def pauses(call: ast.Call) -> bool:
    """Return whether a call lets time pass: a sleep, or a wait that ends by itself."""
    named = ast.unparse(call.func).rpartition(".")[2]
    ends = bool(call.args) or "timeout" in [each.arg for each in call.keywords]
    return named.endswith("sleep") or named == "Timer" or (named == "wait" and ends)


def test_nothing_but_the_poller_decides_when_to_look_again() -> None:
    sleeping, pacing = set(), []
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("simulator/") or name == "tasks/poller.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and pauses(node):
                sleeping.add(name)
            # A pause that comes from elsewhere is a name; a number or a sum is a pace of its own.
            match node:
                case ast.Yield(ast.Constant(int() | float()) | ast.BinOp()):
                    pacing.append(f"{name}:{node.lineno}")
    assert sleeping == SLEEPS.keys(), "Wait by session.poller.poll(look), and name the place here."
    assert pacing == []


def test_forms_ask_the_session_and_never_its_client() -> None:
    asking = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, module in client_modules()
        if name.startswith("forms/")
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr == "client"
    ]
    assert asking == [], "Ask session.records, or add a method to session/queries/typed_lists.py."


def test_nothing_but_the_pager_reads_a_list_page_by_page() -> None:
    """A loop over offsets of one's own believes what the service says of its list."""
    loops = [
        f"{name}:{node.lineno}"
        for name, module in client_modules()
        if not name.startswith("api/paging/")
        for node in ast.walk(module)
        if isinstance(node, ast.While | ast.For)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".list")
        for given in call.keywords
        if given.arg in ("offset", "marker") and not isinstance(given.value, ast.Constant)
    ]
    assert loops == [], "Read it by api.paging.pager, or by list_all."


def test_no_form_inherits_from_another() -> None:
    """Each has a definition of its own; what two have in common is a part of ``forms/kit``."""
    for kind in forms():
        heritage = [each for each in kind.__mro__ if issubclass(each, FormDefinition)]
        assert heritage in ([], [FormDefinition], [kind, FormDefinition])


# -- completion, as JupyterLab and editors do it ---------------------------------------------------

OPENED = "import cbr_notebook as cbr\nsession = cbr.{opened}()\n"


@pytest.mark.parametrize("opened", ["connect", "simulate"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("session.back", {"back_up", "backups"}),
        ("session.plan_", {"plan_restore", "plan_restores"}),
        ("session.unp", {"unprotected"}),
        ("session.forms.create_", {"create_policy", "create_vault"}),
        ("session.plots.cap", {"capacity"}),
        ("session.client.vaults.lis", {"list", "list_all", "list_external"}),
    ],
)
def test_an_editor_completes_a_session(opened: str, typed: str, offered: set[str]) -> None:
    code = OPENED.format(opened=opened) + typed
    assert {each.name for each in jedi.Script(code).complete()} >= offered


@pytest.mark.parametrize("room", [Forms, Plots, FleetForms])
def test_an_editor_offers_the_members_of_a_room_and_nothing_else(room: type[Any]) -> None:
    """Neither those of the property that it is read by, such as ``func`` and ``lock``."""
    holder = "cbr.fleet([])" if room is FleetForms else "session"
    typed = f"{holder}.{'plots' if room is Plots else 'forms'}."
    offered = jedi.Script(OPENED.format(opened="simulate") + typed).complete()
    public = {each for each in vars(room) if not each.startswith("_")}
    assert {each.name for each in offered if not each.name.startswith("_")} == public


def test_an_editor_offers_of_a_plans_verdicts_what_any_tuple_has() -> None:
    typed = "session.plan_restore('b').verdicts."
    offered = jedi.Script(OPENED.format(opened="simulate") + typed).complete()
    assert {each.name for each in offered if not each.name.startswith("_")} == {"count", "index"}


def test_an_editor_shows_parameters_and_documentation() -> None:
    code = OPENED.format(opened="simulate") + "session.back_up("
    (signature,) = jedi.Script(code).get_signatures()
    assert [each.name for each in signature.params][:3] == ["vault", "resources", "name"]
    (found,) = jedi.Script(code[:-1]).infer(3, len("session.back_up"))
    assert "Back up some or all resources" in found.docstring()


def test_a_notebook_completes_and_explains_a_session() -> None:
    with cbr.simulate("empty") as session:
        names: list[dict[str, Any]] = [{"session": session, "cbr": cbr}]
        assert [each.name for each in jedi.Interpreter("session.unp", names).complete()] == [
            "unprotected"
        ]
        (signature,) = jedi.Interpreter("session.update_policy(", names).get_signatures()
        assert "retention_days" in [each.name for each in signature.params]
        assert "forms" in [each.name for each in jedi.Interpreter("cbr.fo", names).complete()]
    assert "forms" in dir(cbr)


@pytest.mark.parametrize("kind", [RestorePlan, GroupPlan])
@pytest.mark.parametrize("method", ["execute", "ensure_ready"])
def test_a_notebook_and_an_editor_complete_the_options_of_a_restore(
    kind: type[Any], method: str
) -> None:
    """They are declared once, for plans of one restore and of several."""
    plan = object.__new__(kind)
    code = f"from {kind.__module__} import {kind.__name__}\n{kind.__name__}.{method}("
    editor = jedi.Script(code, path=f"{kind.__name__}_{method}.py")
    for asked in (jedi.Interpreter(f"plan.{method}(", [{"plan": plan}]), editor):
        (signature,) = asked.get_signatures()
        assert {each.name for each in signature.params} >= FurtherOptions.__annotations__.keys()
