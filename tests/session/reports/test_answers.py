"""Each answer's definition, on a cloud made for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, errors
from cbr_notebook.api.messages.records import Definition, Policy, Trigger, TriggerProperties
from cbr_notebook.schedule.gaps import missed_runs
from cbr_notebook.schedule.runs import runs

ANSWERS = ("unprotected", "capacity", "recovery_points", "failures", "schedule")


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate("empty") as opened:
        for name in ("web-01", "web-02", "web-03"):
            opened.cloud.create_server(name)
        yield opened


def protect(session: Session, vault: str, *servers: str, times: str = "01:00") -> None:
    """Put servers into a vault of their own that is backed up every day."""
    session.create_vault(vault, size_gb=10, resources=servers)
    session.create_policy(f"{vault}-daily", days="daily", times=times, retention_days=3)
    session.apply_policy(f"{vault}-daily", vault)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_has_the_same_columns_when_there_is_nothing_to_say(answer: str) -> None:
    with cbr.simulate("demo") as full, cbr.simulate("empty") as bare:
        filled, empty = getattr(full, answer)(), getattr(bare, answer)()
    assert len(filled)
    assert filled.dtypes.astype(str).to_dict() == empty.dtypes.astype(str).to_dict()
    assert list(cbr.schema(answer)["column"]) == list(filled.columns)
    assert list(cbr.schema(answer)["dtype"]) == list(filled.dtypes.astype(str))


@pytest.mark.parametrize("answer", ["unprotected", "capacity", "recovery_points", "gaps"])
def test_several_answers_can_be_had_from_one_reading(answer: str) -> None:
    with cbr.simulate("demo") as session:
        ask = getattr(session, answer)
        good = session.backups(status="available")
        asked, read = ask(), ask(backups=good)
        assert read.equals(asked)
        assert read.attrs["requests"] == asked.attrs["requests"] - 1
        other = session.in_project("eu-west-0_staging").backups(status="available")
        some = session.backups(status="available", limit=5)
        for wrong in (session.backups(), session.vaults(), other, some):
            with pytest.raises(errors.InvalidRequest, match="not all good backups"):
                ask(backups=wrong)


def test_a_resource_is_unprotected_for_the_first_reason_that_holds(session: Session) -> None:
    reasons = session.unprotected("server").set_index("name")["reason"]
    assert reasons.to_dict() == dict.fromkeys(("web-01", "web-02", "web-03"), "in no vault")

    session.create_vault("films", size_gb=10, resources="web-01")
    reasons = session.unprotected().set_index("name")["reason"]
    assert reasons["web-01"] == "no backup policy"

    session.create_policy("daily", days="daily", times="01:00", retention_days=30, enabled=False)
    session.apply_policy("daily", "films")
    assert session.unprotected().set_index("name")["reason"]["web-01"] == "policy is off"

    session.update_policy("daily", enabled=True)
    assert session.unprotected().set_index("name")["reason"]["web-01"] == "no good backup"

    session.back_up("films").wait(progress=False)
    assert "web-01" not in set(session.unprotected()["name"])

    session.update_policy("daily", enabled=False)
    session.cloud.advance(days=3)
    session.update_policy("daily", enabled=True)
    late = session.unprotected(target="2d").set_index("name").loc["web-01"]
    assert late["reason"] == "last good backup is too old"
    assert 71 <= late["age_hours"] <= 72


def test_disks_of_a_server_are_looked_at_with_it_and_others_on_their_own(
    session: Session,
) -> None:
    session.cloud.create_disk("spare", 20)
    assert list(session.unprotected("disk")["name"]) == ["spare"]


def test_a_failed_backup_does_not_protect(session: Session) -> None:
    protect(session, "films", "web-01")
    session.cloud.server("web-01").set_trait("backup_fails", "BackupService.7203")
    session.cloud.advance(days=1)
    assert session.unprotected().set_index("name")["reason"]["web-01"] == "no good backup"


def test_failures_come_with_cause_and_remedy(session: Session) -> None:
    protect(session, "films", "web-01", "web-02")
    session.cloud.server("web-01").set_trait("backup_fails", "BackupService.7203")
    session.cloud.advance(days=1)
    failures = session.failures(since="2d")
    assert list(failures["resource_name"]) == ["web-01"]
    assert failures["error_code"].item() == "BackupService.7203"
    assert len(failures["error_message"].item()) > 5
    assert len(failures["advice"].item()) > 20
    assert len(session.failures(since="1m")) == 0


def test_capacity_forecasts_when_a_growing_vault_is_full(session: Session) -> None:
    session.create_vault("films", size_gb=10, resources="web-01")
    session.create_policy("daily", days="daily", times="01:00", max_backups=1000)
    session.apply_policy("daily", "films")
    disk = session.cloud.server("web-01").disk("vda")
    for day in range(4):
        disk.write_file(f"/srv/{day}", bytes([day + 1]) * 500_000)
        session.cloud.advance(days=1)
    row = session.capacity().iloc[0]
    assert row["backups"] == 4
    assert row["made_a_day"] == pytest.approx(1, abs=0.35)
    assert row["leaving_a_day"] == 0
    # Each day writes half a megabyte; the first backup was of everything, and says nothing.
    assert row["growth_mb_a_day"] == pytest.approx(0.5, abs=0.5)
    assert row["growth_mb_a_day"] > 0
    left = row["size_gb"] * 1024 - row["used_mb"]
    expected = session.now + timedelta(days=left / row["growth_mb_a_day"])
    assert abs(row["full_at"] - expected) < 0.08 * (expected - session.now)
    assert row["full_at_earliest"] <= row["full_at"] <= row["full_at_latest"]
    assert row["used_percent"] == pytest.approx(100 * row["used_mb"] / 10240, abs=0.06)


@pytest.mark.parametrize("keeps", [{"retention_days": 3}, {"max_backups": 3}])
def test_a_vault_that_keeps_as_many_as_it_makes_is_never_full(
    session: Session, keeps: dict[str, int]
) -> None:
    session.create_vault("films", size_gb=10, resources="web-01")
    session.create_policy("daily", days="daily", times="01:00", **keeps)  # type: ignore[arg-type]
    session.apply_policy("daily", "films")
    session.cloud.advance(days=10)
    row = session.capacity().iloc[0]
    assert row["backups"] == 3
    assert row["leaving_a_day"] >= row["made_a_day"] > 0
    assert row["growth_mb_a_day"] == 0
    assert str(row["full_at"]) == "NaT"


def test_recovery_points_count_the_runs_that_left_nothing(session: Session) -> None:
    protect(session, "films", "web-01", "web-02")
    session.cloud.advance(days=2)
    session.cloud.server("web-02").set_trait("backup_fails", "BackupService.7203")
    session.cloud.advance(days=2)
    points = session.recovery_points().set_index("name")
    assert points["gaps"].to_dict() == {"web-01": 0, "web-02": 2}
    assert points["within_target"].to_dict() == {"web-01": True, "web-02": False}
    assert list(points.index) == ["web-02", "web-01"]  # what is worst comes first
    assert "web-03" not in points.index
    newest = points.loc["web-01", "newest"]
    assert points.loc["web-01", "age_hours"] == int((session.now - newest).total_seconds() // 3600)


def test_the_schedule_names_every_run_in_both_times(session: Session) -> None:
    protect(session, "films", "web-01", "web-02", times="23:30")
    session.create_policy("off", days="daily", times="01:00", retention_days=1, enabled=False)
    schedule = session.schedule(days=3, timezone="Europe/Paris")
    assert list(schedule["policy_name"].unique()) == ["films-daily"]
    assert list(schedule["resources"]) == [2, 2, 2]
    first = schedule.iloc[0]
    assert first["runs_at"].isoformat() == "2020-08-17T23:30:00+00:00"
    assert first["runs_at_local"] == "2020-08-18 01:30+02:00"


def test_what_is_scheduled_is_what_happens(session: Session) -> None:
    session.create_vault("films", size_gb=10, resources="web-01")
    session.create_policy(
        "odd", pattern=["FREQ=DAILY;INTERVAL=2;BYHOUR=6;BYMINUTE=15"], max_backups=100
    )
    session.apply_policy("odd", "films")
    session.cloud.advance(days=1, hours=5)
    expected = list(session.schedule(days=9, timezone="UTC")["runs_at"])
    before = len(session.backups())
    session.cloud.advance(days=9)
    made = sorted(session.backups()["created_at"])[before:]
    assert len(made) == len(expected) >= 4
    for run, moment in zip(expected, made, strict=True):
        assert timedelta(0) <= moment - run < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("unprotected", {"target": "soon"}),
        ("capacity", {"days": 0}),
        ("recovery_points", {"target": "soon"}),
        ("failures", {"since": "soon"}),
        ("schedule", {"days": 400}),
        ("schedule", {"timezone": "Mars/Olympus"}),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    session: Session, answer: str, wrong: dict[str, object]
) -> None:
    with pytest.raises(errors.InvalidRequest):
        getattr(session, answer)(**wrong)


def policy(*rules: str, **definition: int) -> Policy:
    return Policy(
        id="p",
        operation_definition=Definition(**definition),  # type: ignore[arg-type]
        trigger=Trigger(
            properties=TriggerProperties(pattern=list(rules), start_time="2020-08-01 12:00:00")
        ),
    )


NOW = datetime(2020, 8, 10, 12, tzinfo=UTC)
DAILY = "FREQ=DAILY;INTERVAL=1;BYHOUR=6;BYMINUTE=0"


def at(*days: int) -> list[datetime]:
    return [datetime(2020, 8, day, 6, 1, tzinfo=UTC) for day in days]


def test_what_the_policy_deleted_itself_is_no_gap() -> None:
    assert missed_runs(policy(DAILY), at(4, 5, 7, 9, 10), NOW, 7) == [
        datetime(2020, 8, day, 6, tzinfo=UTC) for day in (6, 8)
    ]
    assert missed_runs(policy(DAILY, max_backups=2), at(4, 9, 10), NOW, 7) == []
    assert missed_runs(policy(DAILY, retention_duration_days=2), at(1, 9, 10), NOW, 7) == []


def test_a_run_that_may_be_at_work_is_no_gap() -> None:
    soon = NOW.replace(hour=6, minute=30)
    assert missed_runs(policy(DAILY), at(8, 9), soon, 7) == []


def test_every_second_day_counts_from_the_policys_start() -> None:
    rule = "FREQ=DAILY;INTERVAL=2;BYHOUR=6;BYMINUTE=0"
    found = runs(policy(rule), NOW, NOW + timedelta(days=5))
    assert [run.day for run in found] == [11, 13, 15]


@pytest.mark.parametrize("rule", ["", "BYHOUR=1", "FREQ=DAILY;INTERVAL=0", "FREQ=SOMETIMES"])
def test_a_damaged_rule_is_an_error_and_not_an_endless_wait(rule: str) -> None:
    with pytest.raises(errors.ServiceError, match="cannot be read"):
        runs(policy(rule), NOW, NOW + timedelta(days=5))
