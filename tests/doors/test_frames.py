"""Tables: columns that fit their schema, whatever the records are like."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import msgspec
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session, frames
from cbr_notebook.api.messages.records import Backup
from cbr_notebook.frames import SCHEMAS, Column, Schema
from cbr_notebook.text.dtypes import TEXT


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_an_empty_table_has_the_dtypes_that_its_schema_promises(name: str) -> None:
    empty = SCHEMAS[name].frame([])
    described = cbr.schema(name).set_index("column")
    assert empty.dtypes.astype(str).to_dict() == described["dtype"].to_dict()
    assert (described["description"].str.len() > 3).all()
    assert len(empty) == 0


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_columns_in_a_unit_say_so(name: str) -> None:
    units = {"GB": "_gb", "MB": "_mb"}
    for column in SCHEMAS[name].columns:
        if column.unit in units:
            assert units[column.unit] in column.name


GIVEN: dict[str, Callable[[Session], pd.DataFrame]] = {
    "changed_data": lambda session: session.changed_data("web-01"),
    "cost": lambda session: session.cost(0.1),
    "members": lambda session: session.members(session.backups(resource="web-01", limit=1)),
    "suspicion": lambda session: session.suspicion("web-01"),
    "what_if": lambda session: session.what_if("daily-0300", max_backups=3),
}
"""Questions that need something said."""
OTHERS: dict[str, Callable[[Session], pd.DataFrame]] = {
    "error_codes": lambda session: cbr.error_codes(),
    "profiles": lambda session: cbr.profiles(),
    "schema": lambda session: cbr.schema("vaults"),
    "plan": lambda session: session.plan_restore(session.last_quiet_backup("web-01")).checks,
    "progress": lambda session: cbr.workshop("basics").progress(),
    "overwritten": lambda session: (
        session.plan_restore(session.last_quiet_backup("web-01")).overwritten
    ),
    "unknown": lambda session: session.unknown,
}
"""Tables that are no question of a session."""
QUESTIONS = {
    name: GIVEN.get(name, getattr(Session, name))
    for name, each in inspect.getmembers(Session, inspect.isfunction)
    if inspect.signature(each).return_annotation == "pd.DataFrame" and name != "sync"
}


@pytest.mark.parametrize("name", [*QUESTIONS, *OTHERS])
def test_every_column_has_the_very_dtype_of_its_kind(name: str, session: Session) -> None:
    """The storage of texts too, which ``str(dtype)`` does not tell; with pandas 2.3 as with 3."""
    table = (QUESTIONS | OTHERS)[name](session)
    plain = ("int64", "bool", "Int64", "Float64", "boolean", "datetime64[us, UTC]")
    for column, kind in table.dtypes.items():
        if isinstance(kind, pd.CategoricalDtype):
            kind = kind.categories.dtype
        if column == "tags":
            assert kind == "object"
        else:
            assert kind == TEXT or str(kind) in plain, (column, repr(kind))


def test_the_resources_of_vaults_and_what_their_backups_take(session: Session) -> None:
    table = session.vault_resources()
    vaults = session.vaults().set_index("name")
    assert table.groupby("vault_name").size().to_dict() == {
        name: count for name, count in vaults["resources"].items() if count
    }
    only = session.vault_resources("vault-web")
    assert set(only["vault_name"]) == {"vault-web"}
    assert only["backup_count"].sum() == len(session.backups(vault="vault-web", status="available"))


def test_the_rules_of_policies_in_their_parts(session: Session) -> None:
    rules = session.policy_rules()
    assert list(rules.columns) == [column.name for column in frames.POLICY_RULES.columns]
    daily = session.policy_rules("daily-0300").iloc[0]
    assert (daily["freq"], daily["times_utc"]) == ("WEEKLY", "03:00")
    assert daily["byday"] == "MO,TU,WE,TH,FR,SA,SU"


def test_the_backups_of_a_servers_disks_come_on_request(session: Session) -> None:
    of_server = session.backups(resource="web-01", limit=1)
    disks = session.backups(parent=of_server)
    assert len(disks) >= 1
    assert set(disks["parent_id"]) == set(of_server["id"])
    assert set(disks["resource_type"]) == {"OS::Cinder::Volume"}


def test_a_row_type_reads_only_what_the_table_shows() -> None:
    rows = frames.BACKUPS.row_type(Backup)
    names = {field.name for field in msgspec.structs.fields(rows)}
    assert "children" not in names
    read = msgspec.json.decode(b'{"id": "1", "extend_info": {"encrypted": true}}', type=rows)
    assert frames.BACKUPS.frame([read])["encrypted"].tolist() == [True]


class _Thing(msgspec.Struct):
    id: str
    size: int | str | None = None
    state: str | None = None
    share: float | None = None


THINGS = Schema(
    "things",
    "a thing",
    (
        Column("id", "text", "id", "ID"),
        Column("size_gb", "integer", "size", "size", unit="GB"),
        Column("state", "category", "state", "state", values=("good", "bad")),
        Column("share", "number", "share", "share"),
    ),
)


def test_numbers_that_the_service_writes_as_texts_are_numbers() -> None:
    table = THINGS.frame([_Thing("a", "40"), _Thing("b", 7), _Thing("c")])
    assert table["size_gb"].tolist() == [40, 7, pd.NA]


def test_pages_with_different_unknown_values_become_one_category() -> None:
    builder = THINGS.builder()
    builder.add([_Thing("a", state="odd"), _Thing("b", state="good")])
    builder.add([_Thing("c", state=None), _Thing("d", state="even"), _Thing("e", state="bad")])
    state = builder.frame()["state"]
    assert state.tolist()[:2] == ["odd", "good"]
    assert state.tolist()[3:] == ["even", "bad"]
    assert state.isna().tolist() == [False, False, True, False, False]
    assert list(state.cat.categories) == ["good", "bad", "even", "odd"]


def test_a_table_can_be_changed_joined_and_grouped(session: Session) -> None:
    backups, vaults = session.backups(), session.vaults()
    joined = backups.merge(vaults, left_on="vault_id", right_on="id", suffixes=("", "_vault"))
    assert len(joined) == len(backups)
    assert joined.groupby("name_vault").size().sum() == len(backups)
    backups.loc[0, ["name", "encrypted", "resource_size_gb"]] = ["other", True, 1]  # type: ignore[assignment, index]
    backups["day"] = backups["created_at"].dt.date
    assert backups["name"].iloc[0] == "other"
    assert backups.iloc[::-1].reset_index(drop=True)["name"].iloc[-1] == "other"


def test_what_the_account_uses_and_has(session: Session) -> None:
    usage = session.usage().set_index("resource_name")
    assert usage["backup_count"].sum() == len(session.backups(status="available"))
    assert usage.loc["web-01", "backup_size_mb"] > 0
    metal = "OS::Ironic::BareMetalServer"
    assert set(session.usage(resource_type=metal)["resource_type"]) == {metal}
    features = session.features().set_index("key")["value"]
    assert features["replication.enable"] == "True"
    assert len(session.agents()) == 0
    session.client.agents.register(
        "0" * 8 + "-0000-4000-a000-" + "0" * 12,
        host_name="host-1",
        host_ip="10.0.0.9",
        host_os="linux",
    )
    assert session.agents()["host_name"].tolist() == ["host-1"]
    assert session.organization_policies().attrs["filters"] == {"operation_type": "backup"}


def test_restore_points_are_the_backups_made_together(session: Session) -> None:
    points = session.restore_points(vault="vault-web")
    backups = session.backups(vault="vault-web")
    assert points["backups"].sum() == len(backups)
    assert points["available"].sum() == (backups["status"] == "available").sum()
    assert points["id"].is_unique
    assert points["created_at"].is_monotonic_decreasing
    assert points.attrs["filters"]["vault_id"] == backups["vault_id"].iloc[0]
    first = session.client.restore_points.show(points["id"].iloc[0])
    assert first.id == points["id"].iloc[0]


def test_the_regions_that_replicate(session: Session) -> None:
    assert session.replication_targets().values.tolist() == [["eu-west-0", "eu-west-1"]]
