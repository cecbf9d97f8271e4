"""How long backups stay: by days, by count, by period; and what happens when rules change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.core import clock
from cbr_notebook.simulator.policies import retention_rules
from tests.simulator.http_client import Client, Refused
from tests.simulator.policies.policy_builders import apply, backups, create_policy, made_on, protect


def change(ask: Client, policy: str, **definition: Any) -> None:
    ask("PUT", f"policies/{policy}", {"policy": {"operation_definition": definition}})


# -- days --------------------------------------------------------------------------------------


def test_a_backup_lives_until_the_full_hour_after_it_expires(ask: Client) -> None:
    vault = protect(ask, "web", policy=create_policy(ask, {"retention_duration_days": 2}))
    ask.cloud.advance(days=1)
    (backup,) = backups(ask)
    assert backup["expired_at"] == "2020-08-20T02:00:00.000000"
    _advance_to(ask, "2020-08-20T02:59:59")
    assert backup["id"] in {each["id"] for each in backups(ask)}
    _advance_to(ask, "2020-08-20T03:00:01")
    assert backup["id"] not in {each["id"] for each in backups(ask)}
    with pytest.raises(Refused, match="404 6200"):
        ask("GET", f"backups/{backup['id']}")
    with pytest.raises(Refused, match="404 6217"):
        ask("GET", f"checkpoints/{backup['checkpoint_id']}")
    assert ask.vault(vault)["resources"][0]["backup_count"] == 2


def _advance_to(ask: Client, moment: str) -> None:
    wanted = datetime.fromisoformat(f"{moment}+00:00")
    ask.cloud.advance(seconds=(wanted - ask.cloud.now).total_seconds())


def test_manual_backups_stay_unless_they_were_given_days(ask: Client) -> None:
    vault = protect(ask, "web", policy=create_policy(ask, {"retention_duration_days": 1}))
    ask.back_up(vault, name="for-ever")
    ask.back_up(vault, name="for-three-days", retention_duration_days=3)
    ask.cloud.advance(days=2)
    assert {"for-ever", "for-three-days"} < {each["name"] for each in backups(ask)}
    ask.cloud.advance(days=2)
    names = {each["name"] for each in backups(ask)}
    assert "for-ever" in names
    assert "for-three-days" not in names


def test_a_policy_without_a_limit_keeps_for_ever(ask: Client) -> None:
    definition = {"max_backups": -1, "retention_duration_days": -1}
    protect(ask, "web", policy=create_policy(ask, definition))
    ask.cloud.advance(days=100)
    assert len(backups(ask)) == 100


def test_days_go_on_counting_when_the_policy_is_gone(ask: Client) -> None:
    policy = create_policy(ask, {"retention_duration_days": 2})
    protect(ask, "web", policy=policy)
    ask.cloud.advance(days=2)
    assert len(backups(ask)) == 2
    ask("DELETE", f"policies/{policy}")
    ask.cloud.advance(days=3)
    assert backups(ask) == []


# -- counts ------------------------------------------------------------------------------------


def test_the_newest_backups_of_each_resource_are_kept(ask: Client) -> None:
    protect(ask, "web", "db", policy=create_policy(ask, {"max_backups": 3}))
    ask.cloud.advance(days=10)
    assert [each["resource_name"] for each in backups(ask)].count("web") == 3
    assert sorted(set(made_on(ask))) == ["2020-08-25", "2020-08-26", "2020-08-27"]


def test_manual_and_failed_backups_do_not_count(ask: Client) -> None:
    vault = protect(ask, "web", policy=create_policy(ask, {"max_backups": 2}))
    ask.cloud.advance(days=2)
    ask.back_up(vault, name="manual")
    web = ask.cloud.server("web").id
    _let_backups_fail(ask, web, "BackupService.7203")
    ask.cloud.advance(days=1)
    _let_backups_fail(ask, web, None)
    assert sorted(each["status"] for each in backups(ask)) == ["available"] * 3 + ["error"]
    ask.cloud.advance(days=3)
    names = [each["name"] for each in backups(ask, status="available")]
    assert len(names) == 3
    assert "manual" in names


def _let_backups_fail(ask: Client, server_id: str, code: str | None) -> None:
    with ask.cloud._engine.work():
        ask.cloud._engine.state.update(
            "server", server_id, properties=f'{{"backup_fails": "{code}"}}' if code else "{}"
        )


def test_a_count_stops_when_the_policy_is_removed(ask: Client) -> None:
    policy = create_policy(ask, {"max_backups": 2})
    vault = protect(ask, "web", policy=policy)
    ask.cloud.advance(days=4)
    ask("POST", f"vaults/{vault}/dissociatepolicy", {"policy_id": policy})
    apply(ask, vault, create_policy(ask, {}))
    ask.cloud.advance(days=3)
    assert len(backups(ask)) == 5


def test_an_image_keeps_its_backup_outside_the_count(ask: Client) -> None:
    protect(ask, "web", policy=create_policy(ask, {"max_backups": 2}))
    ask.cloud.advance(days=1)
    (first,) = backups(ask)
    ask.make_image(first["id"])
    ask.cloud.advance(days=5)
    assert len(backups(ask)) == 3
    assert backups(ask)[-1]["id"] == first["id"]


def test_an_expired_backup_stays_as_long_as_its_image(ask: Client) -> None:
    protect(ask, "web", policy=create_policy(ask, {"retention_duration_days": 1}))
    ask.cloud.advance(days=1)
    (first,) = backups(ask)
    ask.make_image(first["id"])
    ask.cloud.advance(days=5)
    assert first["id"] in {each["id"] for each in backups(ask)}
    with ask.cloud._engine.work():
        ask.cloud._engine.state.run("DELETE FROM image")
    ask.cloud.advance(hours=1)
    assert first["id"] not in {each["id"] for each in backups(ask)}


# -- changing a rule -----------------------------------------------------------------------------


def test_a_smaller_count_takes_effect_at_the_next_backup(ask: Client) -> None:
    policy = create_policy(ask, {"max_backups": 5})
    vault = protect(ask, "web", policy=policy)
    ask.cloud.advance(days=4)
    ask.back_up(vault, retention_duration_days=1)
    ask.cloud.advance(hours=22)
    assert len(backups(ask)) == 6
    change(ask, policy, max_backups=2)
    ask.cloud.advance(hours=18)
    assert len(backups(ask)) == 5  # the manual one is gone by a clean-up that did not count
    ask.cloud.advance(hours=7)
    assert made_on(ask) == ["2020-08-23", "2020-08-22"]


def test_from_a_count_to_days_the_old_backups_are_kept(ask: Client) -> None:
    policy = create_policy(ask, {"max_backups": 3})
    protect(ask, "web", policy=policy)
    ask.cloud.advance(days=5)
    change(ask, policy, retention_duration_days=2)
    ask.cloud.advance(days=10)
    assert len(backups(ask)) == 3 + 2
    assert [each["expired_at"] is None for each in backups(ask)] == [False] * 2 + [True] * 3


def test_from_days_to_days_the_old_backups_keep_their_expiry(ask: Client) -> None:
    policy = create_policy(ask, {"retention_duration_days": 6})
    protect(ask, "web", policy=policy)
    ask.cloud.advance(days=2)
    change(ask, policy, retention_duration_days=2)
    ask.cloud.advance(days=3)
    assert made_on(ask) == ["2020-08-22", "2020-08-21", "2020-08-19", "2020-08-18"]


def test_from_days_to_a_count_both_apply(ask: Client) -> None:
    policy = create_policy(ask, {"retention_duration_days": 4})
    protect(ask, "web", policy=policy)
    ask.cloud.advance(days=3)
    change(ask, policy, max_backups=3)
    ask.cloud.advance(days=1)
    assert made_on(ask) == ["2020-08-21", "2020-08-20", "2020-08-19"]
    change(ask, policy, max_backups=9)
    ask.cloud.advance(days=4)
    assert made_on(ask) == [f"2020-08-{day}" for day in (25, 24, 23, 22, 21)]


# -- failures, locks, restores ---------------------------------------------------------------------


def test_at_most_ten_failed_backups_are_kept_for_a_month(ask: Client) -> None:
    protect(ask, "web", policy=(policy := create_policy(ask)))
    _let_backups_fail(ask, ask.cloud.server("web").id, "BackupService.7203")
    ask.cloud.advance(days=14)
    assert len(backups(ask, status="error")) == 10
    assert made_on(ask)[-1] == "2020-08-22"
    ask("PUT", f"policies/{policy}", {"policy": {"enabled": False}})
    ask.cloud.advance(days=27)
    assert made_on(ask)[-1] == "2020-08-29"
    ask.cloud.advance(days=30)
    assert backups(ask) == []


def test_in_a_locked_vault_only_time_takes_a_policys_backups(ask: Client) -> None:
    counted = create_policy(ask, {"max_backups": 1}, name="counted")
    timed = create_policy(ask, {"retention_duration_days": 3}, name="timed")
    by_count = protect(ask, "web", policy=counted, locked=True)
    by_time = protect(ask, "db", policy=timed, locked=True)
    ask.cloud.advance(days=6)
    assert len(backups(ask, vault_id=by_count)) == 6
    assert len(backups(ask, vault_id=by_time)) == 3


def test_the_used_capacity_falls_when_backups_go(ask: Client) -> None:
    vault = protect(ask, "web", policy=create_policy(ask, {"retention_duration_days": 1}))
    disk = ask.cloud.server("web").disk("vda")
    disk.fill(100, seed=1)
    ask.cloud.advance(days=1)
    assert ask.vault(vault)["billing"]["used"] >= 100
    ask("PUT", f"policies/{_policy_of(ask, vault)}", {"policy": {"enabled": False}})
    ask.cloud.advance(days=2)
    assert ask.vault(vault)["billing"]["used"] == 0


def _policy_of(ask: Client, vault: str) -> str:
    return str(ask("GET", "policies", vault_id=vault)["policies"][0]["id"])


def test_replicas_are_kept_by_the_policy_that_replicates(ask: Client) -> None:
    elsewhere = Client(ask.cloud, project="eu-west-1")
    replicas = elsewhere.create_vault(protect_type="replication")
    target = {"destination_project_id": elsewhere.project_id, "destination_region": "eu-west-1"}
    vault = protect(ask, "web", policy=create_policy(ask))
    policy = create_policy(ask, target | {"max_backups": 2}, kind="replication", enabled=False)
    apply(ask, vault, policy, destination_vault_id=replicas)
    ask.cloud.advance(days=4)
    engine = ask.cloud._engine
    with engine.work():
        engine.state.run(
            "INSERT INTO backup (id, project_id, vault_id, restore_point_id, name, status, "
            "provider_id, resource_id, resource_name, resource_type, resource_size_gb, "
            "created_at, updated_at, automatic, extend_info) SELECT 'replica-' || id, ?, ?, id, "
            "name, status, provider_id, resource_id, resource_name, resource_type, "
            "resource_size_gb, created_at, updated_at, 1, '{}' FROM backup WHERE parent_id IS NULL",
            elsewhere.project_id,
            replicas,
        )
        engine.scheduler.at(engine.now() + 1, "clean_up", replicas)
    ask.cloud.advance(hours=1)
    assert made_on(elsewhere) == ["2020-08-21", "2020-08-20"]
    assert len(made_on(ask)) == 4


# -- long-term rules -------------------------------------------------------------------------------


def test_long_term_rules_keep_the_newest_of_each_period_beside_the_count(ask: Client) -> None:
    definition = {
        "max_backups": 2, "week_backups": 3, "month_backups": 2, "timezone": "UTC+00:00",
    }  # fmt: skip
    protect(ask, "web", policy=create_policy(ask, definition))
    ask.cloud.advance(days=45)
    # Thursday 2020-10-01: weeks end on Sundays, August and September on their last days.
    assert made_on(ask) == [
        "2020-10-01",  # this week, this month
        "2020-09-30",  # last month; and the two beside the rules:
        "2020-09-29",
        "2020-09-28",
        "2020-09-27",
        "2020-09-20",
    ]


def test_periods_end_in_the_policys_time_zone(ask: Client) -> None:
    late = "FREQ=DAILY;INTERVAL=1;BYHOUR=23;BYMINUTE=0"
    here = {"max_backups": 1, "month_backups": 2, "timezone": "UTC-05:00"}
    there = {"max_backups": 1, "month_backups": 2, "timezone": "UTC+08:00"}
    west = protect(ask, "west", policy=create_policy(ask, here, late))
    east = protect(ask, "east", policy=create_policy(ask, there, late))
    _advance_to(ask, "2020-09-10T12:00:00")
    assert made_on(ask, vault_id=west) == ["2020-09-09", "2020-09-08", "2020-08-31"]
    # In the east the backup of 31 August, 23:00 UTC, is of 1 September already.
    assert made_on(ask, vault_id=east) == ["2020-09-09", "2020-09-08", "2020-08-30"]


def test_advanced_rules_keep_chosen_days_for_longer(ask: Client) -> None:
    rules = {
        "weekly_retention_rules": {"days_of_week": ["SU"], "retention_duration_periods": 3},
        "monthly_retention_rules": {
            "retention_type": "Monthly", "days_of_month": [-1], "retention_duration_periods": 2,
        },
    }  # fmt: skip
    definition = {"retention_duration_days": 2, "advanced_retention_rules": rules}
    protect(ask, "web", policy=create_policy(ask, definition))
    _advance_to(ask, "2020-10-15T12:00:00")
    assert made_on(ask) == [
        "2020-10-15", "2020-10-14", "2020-10-11", "2020-10-04", "2020-09-30", "2020-09-27",
        "2020-08-31",
    ]  # fmt: skip
    sunday = next(each for each in backups(ask) if each["created_at"].startswith("2020-10-11"))
    assert sunday["expired_at"] == "2020-11-01T02:00:00.000000"


def test_advanced_rules_choose_by_week_and_month(ask: Client) -> None:
    rules = {
        "yearly_retention_rules": {
            "retention_type": "Weekly", "retention_months": ["September"],
            "retention_weeks": ["First", "Last"], "days_of_week": ["Friday"],
            "retention_duration_periods": 1,
        },
    }  # fmt: skip
    definition = {"max_backups": 1, "advanced_retention_rules": rules}
    protect(ask, "web", policy=create_policy(ask, definition))
    _advance_to(ask, "2020-10-15T12:00:00")
    assert made_on(ask) == ["2020-10-15", "2020-09-25", "2020-09-04"]


# -- against a model -------------------------------------------------------------------------------

definitions = st.one_of(
    st.fixed_dictionaries({"retention_duration_days": st.integers(1, 12)}),
    st.fixed_dictionaries({"max_backups": st.integers(1, 8)}),
).flatmap(
    lambda limit: st.fixed_dictionaries(
        {name: st.just(value) for name, value in limit.items()},
        optional={name: st.integers(0, 4) for name in retention_rules.LONG_TERM},
    )
)
_PERIOD: dict[str, Callable[[date], object]] = {
    "day_backups": lambda day: day,
    "week_backups": lambda day: day - timedelta(days=day.weekday()),
    "month_backups": lambda day: day.replace(day=1),
    "year_backups": lambda day: day.replace(month=1, day=1),
}


@dataclass(frozen=True)
class Made:
    """A backup as the model knows it."""

    at: datetime
    expires: datetime | None


def _make(definition: dict[str, Any], at: datetime) -> Made:
    days = definition.get("retention_duration_days")
    return Made(at, at + timedelta(days=days) if days else None)


def _clean(definition: dict[str, Any], alive: list[Made], now: datetime) -> list[Made]:
    """Return what is left of the backups (newest first) after a clean-up."""
    shift = timezone(timedelta(hours=int(definition["timezone"][3:6])))
    kept = set()
    for name, period in _PERIOD.items():
        newest: dict[object, datetime] = {}
        for made in reversed(alive):
            newest[period(made.at.astimezone(shift).date())] = made.at
        kept |= set(sorted(newest.values(), reverse=True)[: definition.get(name, 0)])
    others = [made for made in alive if made.at not in kept]
    if "max_backups" in definition:
        others = others[: definition["max_backups"]]
    return [
        made
        for made in alive
        if made.at in kept or (made in others and (made.expires is None or made.expires > now))
    ]


@given(
    st.lists(definitions, min_size=1, max_size=4),
    st.sampled_from(["UTC-11:00", "UTC+00:00", "UTC+13:00"]),
)
@settings(max_examples=25, deadline=None)
def test_no_backup_outlives_its_retention_or_dies_before_it(
    rules: list[dict[str, Any]], zone: str
) -> None:
    cloud = Cloud.open("empty", start="2020-12-10T12:00:00Z")
    ask = Client(cloud)
    policy = create_policy(ask)
    protect(ask, "web", policy=policy)
    alive: list[Made] = []
    for day in range(48):
        if day % 12 == 0:
            definition = rules[day // 12 % len(rules)] | {"timezone": zone}
            change(ask, policy, **definition)
        cloud.advance(days=1)  # the policy runs at two, and cleans up at three
        today = cloud.now.replace(hour=2, minute=0, second=0, microsecond=0)
        alive = [_make(definition, today), *alive]
        alive = _clean(definition, alive, today + timedelta(hours=1))
        shown = [datetime.fromisoformat(f"{b['created_at']}+00:00") for b in backups(ask)]
        assert shown == [made.at for made in alive]
    cloud.close()


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=40, unique=True), st.integers(0, 20))
@settings(deadline=None)
def test_rules_by_day_keep_one_backup_of_each_of_the_last_days(hours: list[int], most: int) -> None:
    start = clock.parse_time("2020-01-01T00:00:00")
    made = [(str(hour), start + hour * 3600 * clock.MICROSECONDS) for hour in hours]
    definition = {"day_backups": most, "timezone": "UTC+00:00"}
    kept = retention_rules.kept_longer(definition, made, start)
    days = sorted({hour // 24 for hour in hours}, reverse=True)[:most]
    assert kept == {str(max(h for h in hours if h // 24 == day)) for day in days}
