"""Tags as a filter of every list and answer, and as a mapping in their tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.errors import InvalidRequest, UnknownTag
from cbr_notebook.plots import alt_text
from cbr_notebook.showing.html_tables import as_html


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with cbr.simulate() as opened:
        opened.cloud.fail("create_checkpoint", "BackupService.6113")
        yield opened


def servers_tagged(session: Session, key: str, *values: str) -> set[str]:
    """Return the IDs of resources with a tag, by a slow look at each."""
    return {
        row.id
        for kind in ("server", "disk", "turbo")
        for row in session.client.protectables.list_all(kind)  # type: ignore[arg-type]
        for text in (row.detail or {}).get("tags") or ()
        if text.partition("=")[0] == key and (not values or text.partition("=")[2] in values)
    }


def vaults_tagged(session: Session, key: str, *values: str) -> set[str]:
    return {
        vault.id
        for vault in session.client.vaults.list_all()
        for tag in vault.tags or ()
        if tag.key == key and (not values or tag.value in values)
    }


BY_RESOURCE: dict[str, tuple[str, Callable[..., pd.DataFrame]]] = {
    "resources": ("id", lambda s, **t: s.resources(**t)),
    "backups": ("resource_id", lambda s, **t: s.backups(**t)),
    "tasks": ("resource_id", lambda s, **t: s.tasks(**t)),
    "vault_resources": ("id", lambda s, **t: s.vault_resources(**t)),
    "recovery_points": ("id", lambda s, **t: s.recovery_points(**t)),
    "unprotected": ("id", lambda s, **t: s.unprotected(target="1h", **t)),
    "gaps": ("resource_id", lambda s, **t: s.gaps(days=60, **t)),
    "failures": ("resource_id", lambda s, **t: s.failures(since="400d", **t)),
    "retention_preview": ("resource_id", lambda s, **t: s.retention_preview(days=60, **t)),
    "audit": ("resource_id", lambda s, **t: s.audit(**t)),
    "what_if": ("resource_id", lambda s, **t: s.what_if("daily-0300", retention_days=3, **t)),
    "suspicion": ("resource_id", lambda s, **t: s.suspicion("web-01", newest=3, **t)),
    "changed_data": ("resource_id", lambda s, **t: s.changed_data("web-01", newest=3, **t)),
}
BY_VAULT: dict[str, tuple[str, Callable[..., pd.DataFrame]]] = {
    "vaults": ("id", lambda s, **t: s.vaults(**t)),
    "capacity": ("id", lambda s, **t: s.capacity(**t)),
    "schedule": ("vault_id", lambda s, **t: s.schedule(**t)),
    "vault_policies": ("vault_id", lambda s, **t: s.vault_policies(**t)),
    "cost": ("id", lambda s, **t: s.cost(1, **t)),
}
TAGS: list[tuple[Any, str, tuple[str, ...]]] = [
    ({"env": "prod"}, "env", ("prod",)),
    ({"env": ["prod", "dev"]}, "env", ("prod", "dev")),
    ({"env": None}, "env", ()),
    ("env=prod", "env", ("prod",)),
]


@pytest.mark.parametrize("answer", BY_RESOURCE)
def test_the_rows_of_tagged_resources_are_those_that_stay(session: Session, answer: str) -> None:
    column, ask = BY_RESOURCE[answer]
    everything = ask(session)
    for tags, key, values in TAGS if answer == "resources" else TAGS[1:2]:
        wanted = everything[everything[column].isin(servers_tagged(session, key, *values))]
        found = ask(session, tags=tags)
        assert list(found[column]) == list(wanted[column])
        assert found.attrs["filters"]["tags"] == {key: sorted(values)}
        assert (found.dtypes == everything.dtypes).all()
    assert ask(session, tags={"env": "nowhere"}).empty


@pytest.mark.parametrize("answer", BY_VAULT)
def test_the_rows_of_tagged_vaults_are_those_that_stay(session: Session, answer: str) -> None:
    column, ask = BY_VAULT[answer]
    everything = ask(session)
    for tags, key, values in (({"team": "web"}, "team", ("web",)), ("team", "team", ())):
        wanted = everything[everything[column].isin(vaults_tagged(session, key, *values))]
        assert len(wanted) > 0
        assert list(ask(session, tags=tags)[column]) == list(wanted[column])
    assert ask(session, tags={"team": "nowhere"}).empty


def test_policies_are_those_of_tagged_vaults(session: Session) -> None:
    tagged = vaults_tagged(session, "team", "web")
    wanted = {
        policy.id
        for policy in session.client.policies.list().policies
        if tagged & {applied.vault_id for applied in policy.associated_vaults or ()}
    }
    found = session.policies(tags={"team": "web"})
    assert set(found["id"]) == wanted
    assert 0 < len(found) < len(session.policies())
    assert session.policies(tags={"team": "nowhere"}).empty


def test_members_are_listed_where_the_resource_has_the_tags() -> None:
    with cbr.simulate() as session:
        backup = session.backups(resource="web-01", status="available", limit=1)
        other = session.cloud.create_project("other")
        session.share(backup, other)
        assert len(session.members(backup)) == len(session.members(backup, tags="env=prod")) == 1
        assert session.members(backup, tags="env=nowhere").empty


@pytest.mark.parametrize("picture", ["capacity", "calendar", "recovery_points", "durations"])
def test_pictures_are_drawn_of_what_has_the_tags(session: Session, picture: str) -> None:
    draw = getattr(session.plots, picture)
    tags = {"team": "web"} if picture == "capacity" else {"env": "prod"}
    assert alt_text(draw(tags=tags)) not in ("", alt_text(draw()))
    nowhere = {next(iter(tags)): "nowhere"}
    assert " = nowhere" in alt_text(draw(tags=nowhere))
    with pytest.raises(InvalidRequest):
        draw(tags={})


@pytest.mark.parametrize(
    "wrong",
    [{}, [], "", 3, True, {"env": 3}, {3: "prod"}, [("env", "prod")], {"env": [None]},
     {"": "prod"}, {"a=b": "c"}, {"env": [str(n) for n in range(11)]},
     {str(n): "x" for n in range(11)}],
)  # fmt: skip
def test_tags_of_a_wrong_shape_are_refused(session: Session, wrong: Any) -> None:
    before = session.client.transport.requests
    for _, ask in [*BY_RESOURCE.values(), *BY_VAULT.values()]:
        with pytest.raises(InvalidRequest) as caught:
            ask(session, tags=wrong)
        assert caught.value.field == "tags"
    assert session.client.transport.requests == before


@pytest.mark.parametrize("answer", [*BY_RESOURCE, *BY_VAULT, "orphans", "policies", "replication"])
def test_a_key_that_nothing_has_is_refused_with_near_ones(session: Session, answer: str) -> None:
    _, ask = {**BY_RESOURCE, **BY_VAULT}.get(answer, ("", None))
    ask = ask or (lambda s, **tags: getattr(s, answer)(**tags))
    near, wrong = ("env", "enw") if answer in BY_RESOURCE else ("team", "teem")
    for tags in ({wrong: "web"}, {near: None, wrong: None}):
        with pytest.raises(UnknownTag, match=wrong) as caught:
            ask(session, tags=tags)
        assert f"Did you mean {near!r}?" in (caught.value.advice or "")
        assert caught.value.field == "tags"


def test_a_key_that_only_others_have_says_who(session: Session) -> None:
    with pytest.raises(UnknownTag, match="No vault has a tag 'env'") as caught:
        session.vaults(tags={"env": "prod"})
    assert "session.resources(tags='env')" in (caught.value.advice or "")
    with pytest.raises(UnknownTag, match="No resource has a tag 'team'") as caught:
        session.backups(tags={"team": "web"})
    assert "session.vaults(tags='team')" in (caught.value.advice or "")


def test_a_cost_by_a_key_that_no_vault_has_is_refused_with_near_ones(session: Session) -> None:
    for wrong, near in (("teem", "'team'"), ("Vault", "'vault'"), ("resources", "'resource'")):
        with pytest.raises(UnknownTag) as caught:
            session.cost(1, by=wrong)
        assert f"Did you mean {near}" in (caught.value.advice or "")
        assert caught.value.field == "by"
    # Of vaults that have none of it, where others do, the answer says just that.
    assert list(session.cost(1, by="team", tags={"team": "nowhere"})["name"]) == []


def test_a_value_that_nothing_has_is_named_beside_the_answer(session: Session) -> None:
    nothing = session.resources(tags={"env": "prdo"})
    assert nothing.empty
    assert "No resource has the tag env=prdo. Did you mean 'prod'?" in nothing.attrs["notes"][0]
    assert "Did you mean &#x27;prod&#x27;?" in as_html(nothing)
    part = session.resources(tags={"env": ["prod", "dve"]})
    assert list(part["id"]) == list(session.resources(tags={"env": "prod"})["id"])
    assert "env=dve" in part.attrs["notes"][0]
    assert "Did you mean &#x27;dev&#x27;?" in as_html(part)
    assert "notes" not in session.resources(tags={"env": ["prod", "dev"]}).attrs


def test_tags_that_are_there_cost_no_request_more(session: Session) -> None:
    for ask in (session.vaults, session.resources, session.capacity, session.recovery_points):
        plain = ask()
        tags = (
            "team" if "vault" in str(plain.attrs["resource"]) or ask == session.capacity else "env"
        )
        assert ask(tags=tags).attrs["requests"] == plain.attrs["requests"]


def test_a_rule_of_an_audit_that_nothing_falls_under_is_unknown_not_passed(
    session: Session,
) -> None:
    for tags, said in (({"enw": "prod"}, "'env'"), ({"env": "prdo"}, "'prod'")):
        table = session.audit([{"control": "protected", "tags": tags}, "locked"])
        (row,) = table[table["control"] == "protected"].to_dict("records")
        assert row["outcome"] == "unknown"
        assert f"Did you mean {said}?" in row["evidence"]
        assert pd.isna(row["resource_id"])
        assert len(table) == 1 + len(session.audit(["locked"]))
    known = session.audit([{"control": "protected", "tags": {"env": ["prod", "nowhere"]}}])
    assert known["resource_id"].notna().all()


def test_a_limit_counts_what_has_the_tags(session: Session) -> None:
    wanted = session.backups(tags={"env": "prod"}, sort="created_at:asc")
    assert (
        list(session.backups(tags={"env": "prod"}, sort="created_at:asc", limit=3)["id"])
        == (list(wanted["id"])[:3])
    )
    points = session.restore_points(tags={"env": "prod"})
    assert set(points["id"]) == set(wanted["checkpoint_id"])
    with pytest.raises(InvalidRequest):
        session.backups(tags={"env": "prod"}, offset=3)


def test_tags_are_mappings_that_can_be_written_and_read(session: Session, tmp_path: Path) -> None:
    for table in (session.vaults(), session.resources("server"), session.capacity(),
                  session.recovery_points(), session.vault_policies()):  # fmt: skip
        assert all(isinstance(each, dict) for each in table["tags"])
    vaults = session.vaults()
    assert vaults.set_index("name")["tags"]["vault-web"]["team"] == "web"
    for suffix in ("csv", "xlsx", "parquet", "md", "html"):
        cbr.export(vaults, tmp_path / f"vaults.{suffix}")
    back = pd.read_parquet(tmp_path / "vaults.parquet")
    assert [dict(each) for each in back["tags"]] == list(vaults["tags"])
    with cbr.simulate("empty") as nothing:
        nothing.create_vault("bare", size_gb=10)
        cbr.export(nothing.vaults(), tmp_path / "bare.parquet")
