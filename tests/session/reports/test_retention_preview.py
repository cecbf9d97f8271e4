"""What retention will delete, held against what the simulated cloud then deletes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import ConfirmationNeeded, InvalidRequest


@pytest.fixture
def session() -> Iterator[Session]:
    with cbr.simulate() as opened:
        yield opened


KEEPS: list[dict[str, Any]] = [
    {"retention_days": 3},
    {"retention_days": -1},
    {"max_backups": 4},
    {"max_backups": 2, "weekly": 2, "monthly": 1, "timezone": "UTC+05:00"},
    {"retention_days": 2, "daily": 5, "yearly": 1, "timezone": "UTC-03:00"},
    {"max_backups": 5, "retention_days": 3},
]
SCHEDULES: list[dict[str, Any]] = [
    {"days": "daily", "times": "01:10"},
    {"days": "mon wed sat", "times": ["05:20", "22:40"]},
    {"every_days": 2, "times": "12:00"},
]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    keeps=st.sampled_from(KEEPS),
    then=st.one_of(st.none(), st.sampled_from(KEEPS)),
    when=st.sampled_from(SCHEDULES),
    history=st.integers(1, 15),
    hours=st.integers(0, 23),
    ahead=st.integers(1, 40),
)
def test_the_preview_names_exactly_the_backups_that_go(
    keeps: dict[str, Any], then: dict[str, Any] | None, when: dict[str, Any],
    history: int, hours: int, ahead: int,
) -> None:  # fmt: skip
    with cbr.simulate("empty") as session:
        session.cloud.create_server("srv", disks=(("vda", 1),))
        session.create_vault("v", size_gb=100, resources="srv")
        session.apply_policy(session.create_policy("p", **when, **keeps), "v")
        session.cloud.advance(days=history, hours=hours)
        session.back_up("v", name="by-hand", keep_days=5).wait(progress=False)
        if then is not None and not then.items() <= keeps.items():
            session.update_policy("p", **then, confirm="p")
        preview = session.retention_preview(days=ahead)
        expected = session.what_if("p", ahead_days=ahead, enabled=True)
        before = set(session.backups(image_type="backup")["id"])
        session.cloud.advance(days=ahead, minutes=1)
        left = session.backups(image_type="backup")
        assert before - set(left["id"]) == set(preview["id"])
        assert preview["deleted_at"].is_monotonic_increasing
        row = expected.iloc[0]
        assert row["deleted_before"] == row["deleted_after"] == len(preview)
        assert row["kept_before"] == len(left)


def test_the_preview_says_when_and_by_which_rule(session: Session) -> None:
    preview = session.retention_preview(days=7)
    rules = preview.groupby("vault_name")["rule"].unique()
    assert list(rules["vault-db"]) == ["max_backups: 14"]
    assert list(rules["vault-web"]) == ["its expiry date"]
    assert (preview["deleted_at"] > session.now).all()


def test_what_if_shows_a_change_and_sends_nothing(session: Session) -> None:
    before = session.client.policies.list()
    table = session.what_if("daily-long-term", max_backups=3, ahead_days=7).set_index(
        "resource_name"
    )
    assert session.client.policies.list() == before
    assert (table["deleted_after"] > table["deleted_before"]).all()
    assert (table["kept_after"] < table["kept_before"]).all()
    assert (table["kept_mb_after"] < table["kept_mb_before"]).all()
    with pytest.raises(InvalidRequest, match="setting"):
        session.what_if("daily-long-term", max_backup=3)


def test_retention_is_one_column_in_days(session: Session) -> None:
    session.create_policy("for-ever", days="daily", times="02:00", retention_days=-1)
    session.create_policy("two-daily", days="daily", times="02:00", max_backups=2)
    kept = session.policies().set_index("name")["retention_days"]
    assert kept["two-daily"] == 2
    assert kept["for-ever"] == float("inf")
    assert kept["weekly-sunday"] == 56
    assert kept["daily-0300"] == 30
    assert kept["daily-long-term"] == 331, "eleven months back, and the present one"


def test_vaults_and_their_policies_also_where_there_is_none(session: Session) -> None:
    session.create_vault("bare", size_gb=10)
    table = session.vault_policies().set_index("vault_name")
    assert pd.isna(table.loc["bare", "policy_id"])
    assert table.loc["vault-web", "policy_name"] == "daily-0300"
    vaults = session.vaults().set_index("name")
    assert pd.isna(vaults.loc["bare", "backup_policy"])
    assert vaults.loc["vault-db", "backup_policy"] == "daily-long-term"
    assert list(vaults[vaults["backup_policy"].isna()].index) == ["bare"]


def test_backups_of_what_is_gone_and_what_they_cost(session: Session) -> None:
    assert session.orphans().empty
    server = session.find_resource("web-02")
    session.cloud.delete_server("web-02")
    orphans = session.orphans(price_per_gb_month=0.5)
    wanted = session.backups(resource=server.id, image_type="backup")
    assert set(orphans["id"]) == set(wanted["id"])
    assert (orphans["cost_month"].dropna() >= 0).all()


def test_cost_adds_up_by_vault_and_by_tag(session: Session) -> None:
    by_vault = session.cost(0.05, currency="EUR")
    by_team = session.cost(0.05, currency="EUR", by="team")
    assert by_team["cost_month"].sum() == pytest.approx(by_vault["cost_month"].sum())
    assert by_vault["cost_month"].is_monotonic_decreasing
    assert set(by_vault["currency"]) == {"EUR"}
    used = session.cost(1, by="resource")["used_gb"].sum()
    assert used == pytest.approx(by_vault["used_gb"].sum(), abs=0.1)
    for wrong in (-1, "cheap", None, True, float("nan")):
        with pytest.raises(InvalidRequest, match="price"):
            session.cost(wrong)  # type: ignore[arg-type]


def test_replication_tells_the_lag_of_each_destination(session: Session) -> None:
    assert session.replication().empty
    session.replicate(
        vault="vault-web",
        destination_region="eu-west-1",
        destination_vault="vault-replica",
    ).wait(progress=False)
    row = session.replication().iloc[0]
    assert (row["vault_name"], row["destination_region"]) == ("vault-web", "eu-west-1")
    assert row["replicated"] == row["backups"] > 0
    assert row["lag_hours"] == 0
    session.back_up("vault-web").wait(progress=False)
    assert session.replication().iloc[0]["lag_hours"] > 0


KEPT: list[dict[str, Any]] = [
    {"max_backups": 2, "monthly": 1}, {"max_backups": 2, "monthly": 3},
    {"max_backups": 1, "yearly": 1}, {"max_backups": 1, "weekly": 4},
    {"max_backups": 2, "daily": 5}, {"retention_days": 3, "weekly": 3}, {"max_backups": 4},
]  # fmt: skip
WHEN: list[tuple[dict[str, Any], float]] = [
    ({"days": "daily"}, 1), ({"every_days": 3}, 3), ({"days": "mon"}, 7),
]  # fmt: skip


def test_how_long_a_policy_keeps_is_how_long_its_oldest_backup_lived() -> None:
    with cbr.simulate("empty") as session:
        said = {}
        for number, (keep, (when, between)) in enumerate(product(KEPT, WHEN)):
            name = f"s{number}"
            session.cloud.create_server(name, disks=(("vda", 1),))
            policy = session.create_policy(name, times="02:00", timezone="UTC", **when, **keep)
            session.create_vault(name, size_gb=100, resources=name, policy=policy)
            said[name] = between
        told = session.policies().set_index("name")["retention_days"]
        longest = dict.fromkeys(said, timedelta())
        for _ in range(110):
            session.cloud.advance(days=1)
            for backup in session.client.backups.list_all(image_type="backup"):
                made = datetime.fromisoformat(str(backup.created_at)).replace(tzinfo=UTC)
                name = str(backup.resource_name)
                longest[name] = max(longest[name], session.now - made)
        for name, between in said.items():
            # Looked at once a day; months have 30 days here, and may end days after their last run.
            lived = longest[name] / timedelta(days=1)
            assert lived - between - 1 <= told[name] <= lived + 1.5, (name, told[name], lived)


def test_what_if_counts_every_second_day_from_the_day_the_policy_began() -> None:
    with cbr.simulate("empty", start="2020-08-17T03:00:00Z") as session:
        session.cloud.create_server("s", disks=(("vda", 1),))
        session.create_policy("p", every_days=2, times="12:00", retention_days=3)
        session.create_vault("v", size_gb=100, resources="s", policy="p")
        session.cloud.advance(days=5)
        row = session.what_if("p", retention_days=1, ahead_days=3).iloc[0]
        session.update_policy("p", retention_days=1, confirm="p")
        session.cloud.advance(days=3)
        assert row["kept_after"] == len(list(session.client.backups.list_all())) == 0


@pytest.mark.parametrize("runs_on", [True, False])
def test_a_number_that_changes_in_the_hour_of_a_run_counts_from_the_next_run_on(
    runs_on: bool,
) -> None:
    with cbr.simulate("empty") as session:
        session.cloud.create_server("srv", disks=(("vda", 1),))
        session.create_vault("v", size_gb=100, resources="srv")
        policy = session.create_policy("p", days="daily", times="01:10", max_backups=9)
        session.apply_policy(policy, "v")
        session.cloud.advance(days=6)
        session.cloud.advance(hours=24 - session.now.hour + 1, minutes=30 - session.now.minute)
        made = len(session.backups())
        change: dict[str, Any] = {"max_backups": 2} | ({} if runs_on else {"enabled": False})
        (planned,) = session.what_if("p", ahead_days=1, **change).to_dict("records")
        if runs_on:
            with pytest.raises(ConfirmationNeeded, match=f"deletes {made - 1} backups"):
                session.update_policy("p", **change)
            session.update_policy("p", **change, confirm="p")
        else:
            session.update_policy("p", **change)  # nothing goes, so that nothing is asked
        session.cloud.advance(hours=2)
        assert len(session.backups()) == made, "the run of this hour was by the number before"
        session.cloud.advance(hours=22)
        assert planned["kept_after"] == len(session.backups()) == made + runs_on
        session.cloud.advance(hours=1)
        assert len(session.backups()) == (2 if runs_on else made)


@pytest.mark.parametrize("keeps", [{"retention_days": 20}, {"max_backups": 5}])
def test_replicas_go_when_they_expire_and_others_are_named_as_unknown(
    keeps: dict[str, Any],
) -> None:
    with cbr.simulate("empty") as session:
        session.cloud.create_server("srv", disks=(("vda", 1),))
        daily = session.create_policy("here", days="daily", times="01:00", max_backups=8)
        session.create_vault("v", size_gb=100, resources="srv", policy=daily)
        there = session.in_project("eu-west-1")
        there.create_vault("copies", size_gb=500, protect_type="replication")
        policy = session.create_policy(
            "away", days="daily", times="05:00", operation_type="replication",
            destination_region="eu-west-1",
            destination_project_id=there.identity.project_id, **keeps,
        )  # fmt: skip
        session.apply_policy(policy, "v", destination_vault="copies")
        session.cloud.advance(days=3)
        before = {each.id for each in there.client.backups.list_all() if not each.parent_id}
        preview = there.retention_preview(days=60)
        session.cloud.advance(days=60)
        left = {each.id for each in there.client.backups.list_all()}
        if "retention_days" in keeps:
            assert set(preview["id"]) == before - left != set()
            assert "notes" not in preview.attrs
        else:
            assert preview.empty
            assert f"{len(before)} replicas without an expiry date" in preview.attrs["notes"][0]
