"""What holds for every form."""

from __future__ import annotations

import heapq
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cbr_notebook import Session, errors, forms
from cbr_notebook.forms.kit import field, markup
from cbr_notebook.forms.kit.definition import FormDefinition
from cbr_notebook.forms.kit.field import Field, SecretField
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.testing import FormPage
from tests.forms import sync_points


class Errand(FormDefinition):
    """Does what a test tells it."""

    name = "errand"
    title = "Errand"
    action = "Run"

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []
        self.problem: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()

    def build(self) -> Sequence[Field]:
        return (
            field.text("goal", "Goal", required=True),
            field.number("steps", "Steps"),
            field.choice("way", "Way", [field.Option("n", "North"), field.Option("s", "South")]),
            field.choices(
                "friends", "Friends", [field.Option("1", "Ada"), field.Option("2", "Bo")]
            ),
            SecretField("word", "Password"),
        )

    def check(self, value: Mapping[str, Any]) -> dict[str, str]:
        return {"steps": "Too far."} if (value["steps"] or 0) > 10 else {}

    def summary(self, value: Mapping[str, Any]) -> str:
        return f"Go to {value['goal']}."

    def code(self, value: Mapping[str, Any]) -> str:
        return markup.call("session.go", value["goal"], steps=value["steps"])

    def act(self, value: Mapping[str, Any]) -> Any:
        assert self.gate.wait(20)
        self.sent.append(dict(value))
        if self.problem is not None:
            raise self.problem
        return value["goal"]

    def card(self, result: Any) -> str:
        return markup.card(f"Arrived at {result}", tone="good")


def opened(session: Session, **values: Any) -> tuple[Form, Errand]:
    """Return a form that does what a test tells it, and what it is told by."""
    errand = Errand()
    return Form(errand, session, values), errand


FORMS = sorted(name for name in vars(forms.Forms) if not name.startswith("_"))


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_composed_and_inherits_from_no_other_form(session: Session, name: str) -> None:
    form = getattr(session.forms, name)()
    widget = {"Form", "Page", "WidgetModel", "Container"}  # a form that a page draws by itself
    for part, known in ((form, widget), (form.definition, {"FormDefinition"})):
        ours = [each for each in type(part).__mro__ if each.__module__.startswith("cbr_notebook")]
        assert {each.__name__ for each in ours} - {type(part).__name__} <= known
    form.close()


def test_values_are_set_and_read_by_field_and_options_also_by_label(session: Session) -> None:
    form, _ = opened(session)
    form.value = {"goal": "sea", "way": "South", "friends": ["Bo", "1"]}
    assert form.value == {
        "goal": "sea", "steps": None, "way": "s", "friends": ["2", "1"], "word": None,
    }  # fmt: skip


def test_a_field_that_does_not_exist_is_refused(session: Session) -> None:
    form, _ = opened(session)
    with pytest.raises(errors.InvalidRequest, match="no field speed"):
        form.value = {"speed": 3}
    with pytest.raises(errors.InvalidRequest, match="no field speed"):
        opened(session, speed=3)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"goal": ""}, "goal"),
        ({"steps": 1.5}, "steps"),
        ({"steps": "not a number"}, "steps"),
        ({"steps": 11}, "steps"),
        ({"way": "Up"}, "way"),
        ({"friends": ["Cy"]}, "friends"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_sent(
    session: Session, values: dict[str, Any], wrong: str
) -> None:
    form, errand = opened(session, goal="sea")
    page = FormPage(form)
    form.value = values
    assert list(form.problems) == [wrong]
    assert page.field(wrong).problem == form.problems[wrong]
    assert form.code == ""
    with pytest.raises(errors.InvalidRequest) as refused:
        form.submit()
    assert refused.value.field == wrong
    assert errand.sent == []


def test_nobody_is_blamed_for_a_field_that_was_not_reached_yet(session: Session) -> None:
    form, errand = opened(session)
    page = FormPage(form)
    assert form.problems == {"goal": "Fill this in."}
    assert page.field("goal").problem == ""
    page.press()
    assert page.field("goal").problem == "Fill this in."
    assert "Not sent yet" in page.told
    assert errand.sent == []


def test_the_summary_and_the_code_follow_what_is_typed(session: Session) -> None:
    form, _ = opened(session)
    page = FormPage(form)
    page.wait_until_loaded()
    page.fill("goal", 'the "sea"')
    assert "Go to the &quot;sea&quot;." in page.summary
    assert form.code == 'session.go("the \\"sea\\"")'
    assert "session.go" in page.panel("code")


def test_two_clicks_send_once(session: Session) -> None:
    form, errand = opened(session, goal="sea")
    page = FormPage(form)
    errand.gate.clear()
    page.wait_until_loaded()
    for _ in range(2):
        page.press(wait=False)
    assert page.button().disabled
    assert page.button().busy
    errand.gate.set()
    page.wait()
    page.press()  # a late second click: it is done already
    assert len(errand.sent) == 1
    assert form.result == "sea"


def test_while_it_is_at_it_a_program_is_refused(session: Session) -> None:
    form, errand = opened(session, goal="sea")
    page = FormPage(form)
    errand.gate.clear()
    page.wait_until_loaded()
    page.press(wait=False)
    with pytest.raises(errors.Conflict, match="at it already"):
        form.submit()
    errand.gate.set()
    page.wait()
    assert len(errand.sent) == 1


def test_submitting_again_sends_nothing_until_something_changes(session: Session) -> None:
    form, errand = opened(session, goal="sea")
    assert form.submit() == form.submit() == "sea"
    assert len(errand.sent) == 1
    form.value = {"goal": "hill"}
    assert form.submit() == "hill"
    form.again()
    assert form.submit() == "hill"
    assert [each["goal"] for each in errand.sent] == ["sea", "hill", "hill"]


def test_an_error_of_the_service_is_shown_with_code_remedy_and_request(session: Session) -> None:
    form, errand = opened(session, goal="sea")
    page = FormPage(form)
    errand.problem = errors.QuotaExceeded(
        "Too <many>.", code="BackupService.6133", advice="Ask for more.", request_id="r-1"
    )
    page.press()
    for part in ("Too &lt;many&gt;.", "BackupService.6133", "Ask for more.", "r-1"):
        assert part in page.error
    assert form.error is errand.problem
    assert form.result is None
    errand.problem = None
    page.press()
    assert page.error == ""
    assert form.result == "sea"


def test_an_error_about_a_field_is_shown_beside_it_until_it_changes(session: Session) -> None:
    form, errand = opened(session, goal="sea")
    page = FormPage(form)
    errand.problem = errors.InvalidRequest("The sea is closed.", field="goal")
    with pytest.raises(errors.InvalidRequest):
        form.submit()
    assert page.field("goal").problem == "The sea is closed."
    page.fill("goal", "hill")
    assert page.field("goal").problem == ""
    assert form.problems == {}


def test_an_exception_that_nobody_expected_appears_in_the_form(session: Session) -> None:
    form, errand = opened(session, goal="sea")
    page = FormPage(form)
    errand.problem = ZeroDivisionError("by nothing")
    page.press()
    assert "ZeroDivisionError: by nothing" in page.error
    assert not page.button().disabled


def test_an_exception_while_a_page_is_heard_appears_in_the_form(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, errand = opened(session, goal="sea")
    page = FormPage(form)
    assert form.problems == {}
    monkeypatch.setattr(errand, "check", lambda _: 1 / 0)
    page.fill("goal", "hill")
    assert "ZeroDivisionError" in page.error


def test_what_cannot_be_asked_for_is_told_and_asked_again(session: Session) -> None:
    session.cloud.fail("list_policies", "BackupService.0001", times=50)
    form = session.forms.create_vault(name="v", size_gb=20)
    page = FormPage(form)
    assert "" in form.problems
    assert "could not be asked for" in page.panel("load_error")
    with pytest.raises(errors.CBRError):
        form.submit()
    session.cloud.heal()
    page.click("Try again")
    assert form.problems == {}
    assert form.value["name"] == "v"
    assert page.error == ""


def test_a_secret_is_in_no_state_and_in_no_text(session: Session) -> None:
    form, _ = opened(session, goal="sea")
    page = FormPage(form)
    page.fill("word", "open sesame")
    assert form.value["word"].reveal() == "open sesame"
    assert "open sesame" not in json.dumps(page.saved(), default=repr)
    texts = (repr(form), str(form.value), str(form.kept()), form.code)
    assert not any("open sesame" in text for text in texts)


def test_running_again_keeps_what_was_typed_and_stops_the_threads(session: Session) -> None:
    before = session.forms.create_vault()
    before.value = {"name": "typed", "resources": ["legacy-01"]}
    # No public act keeps a form of this kind at work until it is told to stop.
    waiting = before.workers.start("waits", lambda work: work.rest(600) and None)
    after = session.forms.create_vault()
    assert after is not before
    assert after.value["name"] == "typed"
    assert FormPage(after).chosen("resources") == ["legacy-01"]
    waiting.join(20)
    assert not waiting.running


def test_what_was_sent_is_not_offered_again(session: Session) -> None:
    session.forms.create_vault(name="sent", size_gb=20).submit()
    assert session.forms.create_vault().value["name"] == ""


def test_forms_of_two_cells_live_side_by_side(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = {"now": "a"}
    # Only a kernel that runs a cell tells its ID; there is none here.
    monkeypatch.setattr(forms, "_cell", lambda: cell["now"])
    first = session.forms.create_vault(name="first", size_gb=20)
    cell["now"] = "b"
    second = session.forms.create_vault(size_gb=20)
    assert second.value["name"] == ""
    assert first.submit().name == "first"
    cell["now"] = "a"
    first.again()
    first.value = {"name": "changed"}
    assert session.forms.create_vault().value["name"] == "changed"
    assert first.comm is None  # the cell's own form was taken off the page
    assert second.comm is not None


def test_closing_a_form_frees_whoever_waits_for_it(session: Session) -> None:
    form = session.forms.create_vault()
    waiting = sync_points.beside(lambda: form.value)
    form.close()
    waiting.join(20)
    assert not waiting.is_alive()


def test_forms_are_named_by_title(session: Session) -> None:
    assert repr(session.forms.create_vault()) == "<Form Create a vault>"
    assert "create_vault" in repr(session.forms)


def test_however_many_watch_a_backup_a_minute_costs_thirty_requests(session: Session) -> None:
    task = session.back_up("vault-db", incremental=False).refresh()
    others = [session.task(each) for each in task.ids for _ in range(3)]
    before = session.client.transport.requests
    begun = session.now
    due = [(0.0, number, each.poll()) for number, each in enumerate([task, *others])]
    while due[0][0] <= 60:
        at, number, looks = heapq.heappop(due)
        ahead = at - (session.now - begun).total_seconds()
        if ahead > 0:
            session.cloud.advance(seconds=ahead)
        heapq.heappush(due, (at + next(looks) + number * 0.1, number, looks))
    assert session.client.transport.requests - before <= 30
    assert not task.ended


def test_whoever_waits_alone_sees_what_is_new(session: Session) -> None:
    task = session.back_up("vault-web")
    looks = task.poll()
    next(looks)
    session.cloud.advance(hours=1)
    assert next(looks, None) is None
    assert task.status == "success"
