"""Digits that are none of ASCII: understood where a keyboard writes them, else refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import InvalidRequest

FULL_WIDTH = {ord(each): chr(ord(each) + 0xFEE0) for each in "0123456789:-+,"} | {
    ord(" "): "\u3000"
}
ARABIC = {ord(each): chr(0x660 + int(each)) for each in "0123456789"}
PLAN: dict[str, Any] = {"days": "daily", "retention_days": 3}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with cbr.simulate() as opened:
        yield opened


def rules(session: Session, name: str, **words: Any) -> tuple[list[str], str | None]:
    made = session.create_policy(name, **{"times": "02:00", **PLAN, **words})
    session.delete_policy(made, confirm=name)
    assert made.trigger and made.operation_definition
    assert made.trigger.properties and made.trigger.properties.pattern
    return list(made.trigger.properties.pattern), made.operation_definition.timezone


@pytest.mark.parametrize(
    "words",
    [{"times": "9:05"}, {"times": "09:05, 23:10"}, {"times": ["9:05", "22:00:00"]},
     {"days": "mon-fri"}, {"days": "MO,WE"}, {"timezone": "UTC+01:00"}],
)  # fmt: skip
def test_what_a_full_width_keyboard_writes_is_understood(
    session: Session, words: dict[str, Any]
) -> None:
    def wide(value: Any) -> Any:
        table = FULL_WIDTH | {each: each + 0xFEE0 for each in range(ord("A"), ord("Z") + 1)}
        return value.translate(table) if isinstance(value, str) else [*map(wide, value)]

    written = {name: wide(value) for name, value in words.items()}
    assert written != words
    found = rules(session, "p", **written)
    assert found == rules(session, "p", **words)
    assert all(each.isascii() for each in [*found[0], found[1] or ""])


def test_times_in_the_past_are_understood_too(session: Session) -> None:
    for text in ("7d", "7 days", "12h", "2020-08-16", "2020-08-16T06:00"):
        plain = session.backups(since=text)
        assert list(session.backups(since=text.translate(FULL_WIDTH))["id"]) == list(plain["id"])
    assert len(session.unprotected(target="24h".translate(FULL_WIDTH))) == len(
        session.unprotected(target="24h")
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda s, to: rules(s, "p", times="9:05".translate(to)),
        lambda s, to: rules(s, "p", timezone="UTC+01:00".translate(to)),
        lambda s, to: s.backups(since="7d".translate(to)),
        lambda s, to: s.unprotected(target="7d".translate(to)),
    ],
)
def test_other_digits_are_refused(session: Session, ask: Callable[..., Any]) -> None:
    with pytest.raises(InvalidRequest):
        ask(session, ARABIC)


@pytest.mark.parametrize("to", [FULL_WIDTH, ARABIC], ids=["full width", "arabic"])
@pytest.mark.parametrize(
    ("field", "ask"),
    [
        ("limit", lambda s, ten: s.backups(limit=ten)),
        ("days", lambda s, ten: s.gaps(days=ten)),
        ("newest", lambda s, ten: s.changed_data("web-01", newest=ten)),
        ("newest", lambda s, ten: s.suspicion("web-01", newest=ten)),
        ("retention_days", lambda s, ten: rules(s, "p", retention_days=ten)),
        ("size_gb", lambda s, ten: s.create_vault("v", size_gb=ten)),
        ("keep_days", lambda s, ten: s.back_up("vault-web", resources="web-01", keep_days=ten)),
        ("price_per_gb_month", lambda s, ten: s.cost(ten)),
        ("timezone", lambda s, ten: s.update_policy(
            "daily-0300", definition={"timezone": f"UTC+{ten}:00"})),
    ],
)  # fmt: skip
def test_a_text_is_no_number_and_the_error_names_the_argument(
    session: Session, field: str, ask: Callable[..., Any], to: dict[int, str]
) -> None:
    before = session.client.transport.requests
    with pytest.raises(InvalidRequest) as caught:
        ask(session, "10".translate(to))
    assert caught.value.field == field
    assert session.client.transport.requests <= before + 3  # looked up, and nothing sent


@pytest.mark.parametrize("wrong", [0, -1, True, "ten", 2.5])
def test_a_number_of_backups_to_look_at_is_one_or_more(session: Session, wrong: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        session.changed_data("web-01", newest=wrong)
    assert caught.value.field == "newest"
