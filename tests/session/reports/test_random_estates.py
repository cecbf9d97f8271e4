"""Random estates, turned forward: what was foretold is held against what the cloud then did.

A few short futures by default; ``CBR_ESTATES=100`` draws so many, of up to a year.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.messages.records import Backup
from cbr_notebook.entry.simulation import on_cloud
from cbr_notebook.errors import Conflict, InvalidRequest

ESTATES = int(os.environ.get("CBR_ESTATES", "0"))
AHEAD = [1, 3, 10, 31, *([100, 365] if ESTATES else [])]
DAY = timedelta(days=1)
RANDOM = settings(
    max_examples=ESTATES or 5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # shrinking a year takes longer than reading it
)

KEEPS = st.one_of(
    st.fixed_dictionaries({"retention_days": st.sampled_from([-1, 1, 3, 9])}),
    st.fixed_dictionaries({"max_backups": st.integers(1, 6)}),
    st.fixed_dictionaries(
        {"max_backups": st.integers(1, 3), "daily": st.integers(0, 3), "weekly": st.integers(1, 3),
         "monthly": st.integers(0, 2), "timezone": st.sampled_from(["UTC+05:00", "UTC-08:00"])}
    ),
    st.just({"retention_days": 2, "daily": 4, "yearly": 1, "timezone": "UTC+01:00"}),
    st.just({"retention_days": 4, "max_backups": 3}),
)  # fmt: skip
SCHEDULES = st.sampled_from(
    [
        {"days": "daily", "times": "01:10"},
        {"days": "mon wed sat", "times": ["05:20", "22:40"]},
        {"every_days": 2, "times": "12:00"},
        {"days": "weekend", "times": "00:00"},
    ]
)
ACTS = (
    "by hand",
    "keep",
    "schedule",
    "off",
    "on",
    "delete",
    "gone",
    "write",
    "broken",
    "mended",
    "move",
)


@dataclass
class Estate:
    """What is in a random cloud, and what is done in it before one looks ahead."""

    servers: int
    keeps: list[dict[str, Any]]
    schedules: list[dict[str, Any]]
    acts: list[tuple[str, int, int, dict[str, Any], dict[str, Any]]]
    locked: bool


ESTATE = st.builds(
    Estate,
    servers=st.integers(1, 3),
    keeps=st.lists(KEEPS, min_size=2, max_size=2),
    schedules=st.lists(SCHEDULES, min_size=2, max_size=2),
    acts=st.lists(
        st.tuples(
            st.sampled_from(ACTS), st.integers(0, 2), st.integers(1, 130), KEEPS, SCHEDULES
        ),
        max_size=8,
    ),
    locked=st.booleans(),
)  # fmt: skip


def build(estate: Estate) -> Session:
    """Return a session on the cloud of an estate, with its history behind it."""
    session = cbr.simulate("empty")
    names = [f"srv-{number}" for number in range(estate.servers)]
    for name in names:
        session.cloud.create_server(name, disks=(("vda", 2),))
    for number, (keep, when) in enumerate(zip(estate.keeps, estate.schedules, strict=True)):
        mine = names[number::2]
        session.create_vault(f"v{number}", size_gb=500, resources=mine)
        session.apply_policy(session.create_policy(f"p{number}", **when, **keep), f"v{number}")
    if estate.locked:
        session.update_vault("v1", locked=True, confirm="v1")
    session.cloud.advance(days=2, hours=5)
    gone: set[str] = set()
    for act, which, hours, keep, when in estate.acts:
        server, policy = names[which % len(names)], f"p{which % 2}"
        if server not in gone:
            _act(session, act, server, policy, hours, keep, when)
            gone |= {server} if act == "gone" else set()
        session.cloud.advance(hours=hours)
    for name in set(names) - gone:
        session.cloud.server(name).set_status("ACTIVE")
    session.cloud.advance(minutes=40)
    return session


def _act(
    session: Session, act: str, server: str, policy: str, hours: int,
    keep: dict[str, Any], when: dict[str, Any],
) -> None:  # fmt: skip
    cloud = session.cloud
    vault = session.vault_resources().set_index("name")["vault_name"][server]
    if act == "by hand" and cloud.server(server).status == "ACTIVE":
        kept = hours % 20 or None
        session.back_up(vault, resources=server, keep_days=kept).wait(progress=False)
    elif act == "keep":
        with suppress(InvalidRequest):  # nothing differs
            session.update_policy(policy, **keep, confirm=policy)
    elif act == "schedule":
        with suppress(InvalidRequest):
            session.update_policy(policy, **when, confirm=policy)
    elif act in ("off", "on"):
        session.update_policy(policy, enabled=act == "on", confirm=policy)
    elif act == "delete":
        for row in session.backups(resource=server, status="available").head(1).to_dict("records"):
            with suppress(Conflict):  # the vault is locked
                session.delete_backup(row["id"], confirm=row["name"]).wait(progress=False)
    elif act == "gone":
        cloud.delete_server(server)
    elif act == "write":
        cloud.server(server).disk("vda").fill(hours, seed=hours)
    elif act == "move":
        here, there = (
            session.find_vault(each).id for each in (vault, {"v0": "v1"}.get(vault, "v0"))
        )
        mine = session.find_resource(server).id
        with suppress(Conflict, InvalidRequest):  # a vault is locked
            session.client.vaults.migrate_resources(here, [mine], destination_vault_id=there)
    elif act in ("broken", "mended"):
        cloud.server(server).set_status("ERROR" if act == "broken" else "ACTIVE")


def ids(session: Session) -> set[str]:
    """Return the IDs of the backups there are, by the raw client."""
    return {
        each.id
        for each in session.client.backups.list_all(image_type="backup")
        if not each.parent_id and each.status != "deleting"
    }


@RANDOM
@given(estate=ESTATE, ahead=st.sampled_from(AHEAD), part=st.floats(0.1, 0.9))
def test_the_preview_names_exactly_the_backups_that_go_and_when(
    estate: Estate, ahead: int, part: float
) -> None:
    with build(estate) as session:
        before, now = ids(session), session.now
        preview = session.retention_preview(days=ahead)
        half = (ahead * DAY * part) // timedelta(hours=1) * timedelta(hours=1)
        session.cloud.advance(minutes=half / timedelta(minutes=1) + 5)
        early = preview[preview["deleted_at"] <= pd.Timestamp(session.now)]
        assert before - ids(session) == set(early["id"])
        session.cloud.advance(seconds=(now + ahead * DAY - session.now).total_seconds())
        assert before - ids(session) == set(preview["id"])


@RANDOM
@given(estate=ESTATE, ahead=st.sampled_from(AHEAD), keep=KEEPS, when=st.none() | SCHEDULES)
def test_what_a_change_would_keep_is_what_it_keeps(
    estate: Estate, ahead: int, keep: dict[str, Any], when: dict[str, Any] | None
) -> None:
    change = {**keep, **(when or {})}
    with build(estate) as session, on_cloud(session.cloud.copy()) as other:
        there = ids(session)
        table = session.what_if("p0", ahead_days=ahead, **change).set_index("resource_id")
        with suppress(InvalidRequest):
            other.update_policy("p0", **change, confirm="p0")
        for each, suffix in ((session, "before"), (other, "after")):
            each.cloud.advance(days=ahead)
            left = list(each.client.backups.list_all(image_type="backup"))
            for resource, row in table.iterrows():
                mine = {
                    backup.id for backup in left
                    if (backup.resource_id, backup.vault_id) == (resource, row["vault_id"])
                    and backup.status != "protecting"
                }  # fmt: skip
                assert row[f"kept_{suffix}"] == len(mine), (suffix, row.to_dict())
                assert row[f"deleted_{suffix}"] == row["backups"] - len(mine & there)


def runs_of(session: Session, vault_id: str, start: datetime, end: datetime) -> list[datetime]:
    """Return the runs of a vault's enabled policy, by the rules as the service tells them."""
    found = set()
    for policy in session.client.policies.list(operation_type="backup").policies:
        if not policy.enabled or vault_id not in {v.vault_id for v in policy.associated_vaults}:
            continue
        begun = datetime.fromisoformat(policy.trigger.properties.start_time)
        day = begun.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        for rule in policy.trigger.properties.pattern:
            found |= {
                at.replace(tzinfo=UTC)
                for at in rrulestr(rule, dtstart=day).between(
                    max(start, begun.replace(tzinfo=UTC)).replace(tzinfo=None),
                    end.replace(tzinfo=None),
                )
            }
    return sorted(found)


def kept_for(session: Session, vault_id: str) -> timedelta:
    """Return how old a backup can be that the vault's policy keeps: older runs are no gaps."""
    ages = [
        policy.operation_definition.retention_duration_days or -1
        for policy in session.client.policies.list(operation_type="backup").policies
        if vault_id in {each.vault_id for each in policy.associated_vaults}
    ]
    return min((timedelta(days=age) for age in ages if age > 0), default=timedelta(days=36_500))


def made_at(backup: Backup) -> datetime:
    return datetime.fromisoformat(str(backup.created_at)).replace(tzinfo=UTC)


@RANDOM
@given(estate=ESTATE, ahead=st.sampled_from(AHEAD[:4]), broken=st.booleans())
def test_points_and_gaps_are_what_the_runs_left(estate: Estate, ahead: int, broken: bool) -> None:
    with build(estate) as session:
        if broken and session.cloud.now and "srv-0" in set(session.resources("server")["name"]):
            session.cloud.server("srv-0").set_status("ERROR")
        begun = session.now
        seen: dict[str, list[datetime]] = {}
        ever: set[str] = set()
        for _ in range(ahead):
            session.cloud.advance(days=1)
            for backup in session.client.backups.list_all(image_type="backup", status="available"):
                if backup.id not in ever and made_at(backup) >= begun:
                    ever.add(backup.id)
                    seen.setdefault(str(backup.resource_id), []).append(made_at(backup))
        now = session.now
        good: dict[str, list[Backup]] = {}
        for backup in session.client.backups.list_all(image_type="backup", status="available"):
            good.setdefault(str(backup.resource_id), []).append(backup)
        points = session.recovery_points(days=ahead).set_index("id")
        alive = {row.id for row in session.client.protectables.list_all("server")}
        gaps = session.gaps(days=ahead)
        for vault in session.client.vaults.list_all():
            runs = runs_of(session, vault.id, begun, now)
            for member in vault.resources or ():
                mine = sorted(map(made_at, good.get(member.id, ())))
                row = points.loc[member.id]
                assert row["backups"] == len(mine)
                assert row["exists"] == (member.id in alive)
                assert row["gaps"] == (gaps["resource_id"] == member.id).sum()
                if mine:
                    assert (row["oldest"], row["newest"]) == (mine[0], mine[-1])
                fresh = bool(mine) and now - mine[-1] <= DAY and member.id in alive
                assert row["within_target"] == fresh
                missed = set(gaps[gaps["resource_id"] == member.id]["missed_at"])
                failed = {
                    run for run, until in zip(runs, [*runs[1:], now], strict=False)
                    if run <= now - timedelta(hours=1)
                    and not any(run <= at < until for at in seen.get(member.id, ()))
                }  # fmt: skip
                assert {each for each in missed if each > begun} <= failed, "no run failed then"
                kept = [run for run in failed if run > now - kept_for(session, vault.id)]
                if mine and kept:
                    assert max(kept) in missed or max(kept) < mine[0]


@RANDOM
@given(estate=ESTATE, ahead=st.sampled_from(AHEAD))
def test_the_audit_says_what_the_raw_lists_say(estate: Estate, ahead: int) -> None:
    with build(estate) as session:
        session.cloud.advance(days=ahead)
        policies = session.client.policies.list(operation_type="backup").policies
        running = {v.vault_id for p in policies if p.enabled for v in p.associated_vaults or ()}
        home = {r.id: v for v in session.client.vaults.list_all() for r in v.resources or ()}
        newest: dict[str, datetime] = {}
        for backup in session.client.backups.list_all(image_type="backup", status="available"):
            key = str(backup.resource_id)
            newest[key] = max(made_at(backup), newest.get(key, made_at(backup)))
        right: dict[str, Callable[[str], bool]] = {
            "protected": lambda each: each in home and home[each].id in running,
            "recovery point within 2d": lambda each: (
                each in newest and session.now - newest[each] <= 2 * DAY
            ),
            "locked": lambda each: bool(home[each].locked),
        }
        rules = ["protected", {"control": "recovery point", "within": "2d"}, "locked"]
        table = session.audit(rules)
        assert set(table["control"]) == set(right) or table.empty
        for row in table.to_dict("records"):
            good = right[row["control"]](row["resource_id"])
            assert row["outcome"] == ("pass" if good else "fail"), row


@settings(RANDOM, max_examples=ESTATES or 2)
@given(
    daily=st.integers(5, 60), keep=KEEPS, when=SCHEDULES, history=st.integers(12, 25),
    ahead=st.sampled_from([d for d in AHEAD if 10 <= d <= 100]),
)  # fmt: skip
def test_capacity_foretells_what_a_vault_uses(
    daily: int, keep: dict[str, Any], when: dict[str, Any], history: int, ahead: int
) -> None:
    with cbr.simulate("empty") as session:
        disk = session.cloud.create_server("srv", disks=(("vda", 2),)).disk("vda")
        session.create_vault("v", size_gb=500, resources="srv")
        session.apply_policy(session.create_policy("p", **when, **keep), "v")
        for day in range(history):
            disk.fill(daily, seed=day)
            session.cloud.advance(days=1)
        before = session.find_vault("v").billing.used or 0
        growth = session.capacity(days=ahead).iloc[0]["growth_mb_a_day"]
        if pd.isna(growth):
            assert len(session.backups(status="available")) == 1, "nothing tells what one adds"
            return
        for day in range(history, history + ahead):
            disk.fill(daily, seed=day)
            session.cloud.advance(days=1)
        grown = (session.find_vault("v").billing.used or 0) - before
        made = len(session.backups(status="available"))
        if made:
            assert abs(growth * ahead - max(0, grown)) <= 0.25 * daily * ahead + 4 * daily
