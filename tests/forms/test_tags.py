"""The form that edits tags."""

from __future__ import annotations

from typing import Any

import pytest

from cbr_notebook.errors import ConnectionFailed, InvalidRequest
from cbr_notebook.session import Session
from tests.forms.pressing import press, settle, type_into


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
    form: Any = tagged.forms.tags(vault="vault-web")
    settle(form)
    type_into(form, "tags", [["env", "test"], ["team", "web"], ["", ""]])
    press(form)
    assert "change env from prod to test" in form._said.html
    assert "remove old=yes" in form._said.html
    assert tags_of(tagged)["env"] == "prod", "nothing is saved yet"
    form._act_on("save", "")
    settle(form)
    assert tags_of(tagged) == {"env": "test", "team": "web"}
    assert "Tags are saved" in form._said.html


def test_a_bad_row_is_told_and_nothing_is_sent(tagged: Session) -> None:
    form: Any = tagged.forms.tags(vault="vault-web")
    settle(form)
    type_into(form, "tags", [["env", "prod"], ["a b", "c"]])
    assert form._fields["tags"].problem.startswith("Row 2: The tag key 'a b' is not allowed.")
    press(form)
    assert "Save these changes" not in form._said.html
    type_into(form, "tags", [["env", "prod"], ["env", "c"]])
    assert "appears twice" in form._fields["tags"].problem


def test_a_program_saves_at_once_and_the_python_does_the_same(tagged: Session) -> None:
    form = tagged.forms.tags(vault="vault-web", tags={"env": "prod"})
    assert form.code == 'session.set_tags("vault-web", {"env": "prod"})'
    changes = form.submit()
    assert changes.removed == {"team": "web", "old": "yes"}
    assert tags_of(tagged) == {"env": "prod"}


def test_what_somebody_else_changed_meanwhile_is_shown_before_it_is_lost(tagged: Session) -> None:
    form: Any = tagged.forms.tags(vault="vault-web")
    settle(form)
    rows = [[key, value] for key, value in tags_of(tagged).items()]
    type_into(form, "tags", [*rows, ["stage", "two"]])
    press(form)
    tagged.tag("vault-web", owner="ops")
    form._act_on("save", "")
    settle(form)
    assert "owner=ops was added" in form._wrong.html
    assert tags_of(tagged)["owner"] == "ops"
    press(form)
    assert "remove owner=ops" in form._said.html, "asked, not done"
    assert form._wrong.html == ""
    assert tags_of(tagged)["owner"] == "ops"
    form._act_on("save", "")
    settle(form)
    assert "owner" not in tags_of(tagged)


def test_nothing_is_saved_that_was_not_shown(tagged: Session) -> None:
    form: Any = tagged.forms.tags(vault="vault-web")
    settle(form)
    type_into(form, "tags", [*tags_of(tagged).items(), ["new", "1"]])
    press(form)
    assert "add new=1" in form._said.html
    type_into(form, "tags", [["new", "2"]])
    form._act_on("save", "")
    settle(form)
    assert "add new=2" in form._said.html
    assert "remove team=web" in form._said.html
    assert tags_of(tagged) == {"env": "prod", "team": "web", "old": "yes"}
    for _ in range(2):  # of which the second comes when it is done
        form._act_on("save", "")
        settle(form)
        assert "Tags are saved" in form._said.html
    assert tags_of(tagged) == {"new": "2"}


def test_an_answer_that_was_lost_takes_no_edited_tag_away(
    tagged: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    form: Any = tagged.forms.tags(vault="vault-web", tags={"mine": "typed"})
    settle(form)
    press(form)
    with monkeypatch.context() as patch:
        patch.setattr(tagged, "set_tags", lost)
        form._act_on("save", "")
        settle(form)
    assert "nobody knows" in form._wrong.html
    assert form._rows.tags == {"mine": "typed"}
    type_into(form, "vault", tagged.find_vault("vault-nas").id)
    settle(form)
    type_into(form, "vault", tagged.find_vault("vault-web").id)
    settle(form)
    assert form._rows.tags == tags_of(tagged), "what was typed belongs to what was chosen"


def lost(*_: Any, **__: Any) -> Any:
    problem = ConnectionFailed("No answer came.")
    problem.may_have_happened = True
    raise problem
