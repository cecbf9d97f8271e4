"""The form that edits tags."""

from __future__ import annotations

from typing import Any

import pytest

from cbr_notebook import Session
from cbr_notebook.errors import ConnectionFailed, InvalidRequest
from tests.forms.pages import ready


@pytest.fixture
def tagged(session: Session) -> Session:
    """A session whose vault-web has three tags and no other."""
    session.set_tags("vault-web", {"env": "prod", "team": "web", "old": "yes"})
    return session


def tags_of(session: Session) -> dict[str, str]:
    found = session.tags("vault-web")
    return dict(zip(found["key"], found["value"], strict=True))


def test_only_what_differs_is_sent(tagged: Session) -> None:
    changes = tagged.set_tags("vault-web", {"env": "test", "team": "web", "new": ""})
    assert (changes.added, changes.changed, changes.removed) == (
        {"new": ""},
        {"env": ("prod", "test")},
        {"old": "yes"},
    )
    assert tags_of(tagged) == {"env": "test", "team": "web", "new": ""}
    same, before = tags_of(tagged), tagged.client.transport.requests
    assert not tagged.set_tags("vault-web", same)
    assert tagged.client.transport.requests - before <= 3, "only questions"


def test_too_many_or_bad_tags_are_refused_before_anything_is_sent(tagged: Session) -> None:
    for bad in ({f"k{n}": "" for n in range(11)}, {"a b": ""}, {"": "x"}):
        before = tagged.client.transport.requests
        with pytest.raises(InvalidRequest):
            tagged.set_tags("vault-web", bad)
        assert tagged.client.transport.requests == before


def test_saving_shows_the_difference_first(tagged: Session) -> None:
    page = ready(tagged.forms.tags(vault="vault-web"))
    page.fill("tags", [["env", "test"], ["team", "web"], ["", ""]])
    page.press()
    assert "change env from prod to test" in page.result
    assert "remove old=yes" in page.result
    assert tags_of(tagged)["env"] == "prod", "nothing is saved yet"
    page.act("result", "save")
    assert tags_of(tagged) == {"env": "test", "team": "web"}
    assert "Tags are saved" in page.result


def test_a_bad_row_is_told_and_nothing_is_sent(tagged: Session) -> None:
    page = ready(tagged.forms.tags(vault="vault-web"))
    page.fill("tags", [["env", "prod"], ["a b", "c"]])
    assert page.field("tags").problem.startswith("Row 2: The tag key 'a b' is not allowed.")
    page.press()
    assert "Save these changes" not in page.result
    page.fill("tags", [["env", "prod"], ["env", "c"]])
    assert "appears twice" in page.field("tags").problem


def test_a_program_saves_at_once_and_the_python_does_the_same(tagged: Session) -> None:
    form = tagged.forms.tags(vault="vault-web", tags={"env": "prod"})
    assert form.code == 'session.set_tags("vault-web", {"env": "prod"})'
    changes = form.submit()
    assert changes.removed == {"team": "web", "old": "yes"}
    assert tags_of(tagged) == {"env": "prod"}


def test_what_somebody_else_changed_meanwhile_is_shown_before_it_is_lost(tagged: Session) -> None:
    page = ready(tagged.forms.tags(vault="vault-web"))
    rows = [[key, value] for key, value in tags_of(tagged).items()]
    page.fill("tags", [*rows, ["stage", "two"]])
    page.press()
    tagged.tag("vault-web", owner="ops")
    page.act("result", "save")
    assert "owner=ops was added" in page.error
    assert tags_of(tagged)["owner"] == "ops"
    page.press()
    assert "remove owner=ops" in page.result, "asked, not done"
    assert page.error == ""
    assert tags_of(tagged)["owner"] == "ops"
    page.act("result", "save")
    assert "owner" not in tags_of(tagged)


def test_nothing_is_saved_that_was_not_shown(tagged: Session) -> None:
    page = ready(tagged.forms.tags(vault="vault-web"))
    page.fill("tags", [*tags_of(tagged).items(), ["new", "1"]])
    page.press()
    assert "add new=1" in page.result
    page.fill("tags", [["new", "2"]])
    page.act("result", "save")
    assert "add new=2" in page.result
    assert "remove team=web" in page.result
    assert tags_of(tagged) == {"env": "prod", "team": "web", "old": "yes"}
    for _ in range(2):  # of which the second comes when it is done
        page.act("result", "save")
        assert "Tags are saved" in page.result
    assert tags_of(tagged) == {"new": "2"}


def test_an_answer_that_was_lost_takes_no_edited_tag_away(
    tagged: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ready(tagged.forms.tags(vault="vault-web", tags={"mine": "typed"}))
    page.press()
    with monkeypatch.context() as patch:
        patch.setattr(tagged, "set_tags", lost)
        page.act("result", "save")
    assert "nobody knows" in page.error
    assert page.field("tags").value == [["mine", "typed"]]
    page.fill("vault", tagged.find_vault("vault-nas").id)
    page.wait()
    page.fill("vault", tagged.find_vault("vault-web").id)
    page.wait()
    assert dict(page.field("tags").value) == tags_of(tagged), (
        "what was typed belongs to what was chosen"
    )


def lost(*_: Any, **__: Any) -> Any:
    problem = ConnectionFailed("No answer came.")
    problem.may_have_happened = True
    raise problem
