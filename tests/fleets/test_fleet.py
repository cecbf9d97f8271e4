"""Many projects asked at once: one table, and nobody takes a part for the whole."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook.entry import Session
from cbr_notebook.errors import (
    AnswerWarning,
    CBRError,
    FleetOnlyAsks,
    InvalidRequest,
    NoSuchProject,
    PermissionDenied,
    UnknownTag,
)
from cbr_notebook.fleets import Fleet, Progress
from cbr_notebook.showing.html_tables import as_html
from tests.fleets.clouds import served

OF_ONE = {
    "task": "one task",
    "members": "of one backup",
    "changed_data": "of one resource",
    "suspicion": "of one resource",
    "what_if": "of one policy",
    "restores": "of this computer, not of a project",
    "replication_targets": "of the service: the same for every project",
    "diagnose": "of one connection",
    "sync": "of its own making: fleet.sync()",
}
"""Questions that a fleet does not have, and why."""


@pytest.fixture
def sessions() -> dict[str, Session]:
    """Two clouds, each with three projects in two regions."""
    return {"paris": cbr.simulate("demo"), "lyon": cbr.simulate("demo")}


@pytest.fixture
def fleet(sessions: dict[str, Session]) -> Iterator[Fleet]:
    """All projects of both."""
    profiles = [{"name": name, "session": session} for name, session in sessions.items()]
    yield cbr.fleet(profiles, regions="all", projects="all", on_progress=lambda now: None)
    for session in sessions.values():
        session.close()


QUESTIONS = sorted(name for name, each in vars(Fleet).items() if hasattr(each, "__signature__"))


def test_a_fleet_has_every_question_of_a_session_that_gives_a_table() -> None:
    tables = {
        name
        for name in dir(Session)
        if not name.startswith("_")
        and "DataFrame" in str(getattr(getattr(Session, name), "__annotations__", {}).get("return"))
    }
    assert set(QUESTIONS) | set(OF_ONE) >= tables
    assert not set(QUESTIONS) & set(OF_ONE)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_the_parameters_and_the_description_of_a_session(name: str) -> None:
    of_session = inspect.signature(getattr(Session, name)).parameters
    of_fleet = inspect.signature(getattr(Fleet, name)).parameters
    assert [str(each) for each in list(of_fleet.values())[1:]] == [
        str(each) for each in list(of_session.values())[1:] if each.name != "proofs"
    ]
    assert inspect.getdoc(getattr(Fleet, name)).startswith("Return")


def test_rows_are_those_of_the_sessions_with_their_place_in_front(
    fleet: Fleet, sessions: dict[str, Session]
) -> None:
    for name, given in (("backups", {}), ("vaults", {}), ("unprotected", {"target": None})):
        table = getattr(fleet, name)(**given)
        parts = []
        for path in fleet:
            one = getattr(fleet[path], name)(**given)
            for place, column in enumerate(("profile", "region", "project")):
                one.insert(place, column, path.split("/")[place])
            parts.append(one)
        both = pd.concat(parts, ignore_index=True)
        pd.testing.assert_frame_equal(
            table.astype("object"), both.astype("object"), check_dtype=False
        )
        assert table.attrs["missing"] == []
        assert table.attrs["projects"] == len(fleet) == 6


@pytest.mark.parametrize("name", ["backups", "tasks", "policies", "gaps", "capacity"])
def test_columns_and_dtypes_are_a_sessions_also_where_some_or_all_are_empty(
    fleet: Fleet, name: str
) -> None:
    empty = cbr.simulate("empty")
    for asked in (fleet, cbr.fleet({"name": "nobody", "session": empty})):
        table = getattr(asked, name)()
        one = getattr(empty, name)()
        assert list(table.columns) == ["profile", "region", "project", *one.columns]
        assert list(map(str, table.dtypes))[3:] == list(map(str, one.dtypes))
        assert set(map(str, table.dtypes[:3])) == {"str"}
    empty.close()


def test_a_category_keeps_documented_values_and_those_that_nobody_told_of(fleet: Fleet) -> None:
    table = fleet.backups()
    one = fleet["paris/eu-west-0/eu-west-0"].backups()
    assert list(table["status"].cat.categories) == list(one["status"].cat.categories)


def test_a_project_is_its_session(fleet: Fleet, sessions: dict[str, Session]) -> None:
    assert fleet["paris/eu-west-0/eu-west-0"] is sessions["paris"]
    staging = fleet["paris/eu-west-0/staging"]
    assert staging is fleet["paris/eu-west-0/eu-west-0_staging"]
    assert staging is fleet[f"paris/eu-west-0/{staging.identity.project_id}"]
    assert "paris/eu-west-0/staging" in fleet
    with pytest.raises(NoSuchProject, match="paris/eu-west-0/staging") as caught:
        fleet["paris/eu-west-0/stagin"]
    assert isinstance(caught.value, KeyError)


def test_a_fleet_asks_and_does_not_change(fleet: Fleet) -> None:
    acts = [
        name
        for name in dir(Session)
        if not name.startswith("_") and name not in QUESTIONS and not hasattr(Fleet, name)
    ]
    assert {"back_up", "delete_vault", "restore", "plots", "plan_restore"} <= set(acts)
    for name in acts:
        if name not in ("close",):
            assert not hasattr(fleet, name)
    with pytest.raises(FleetOnlyAsks, match=r'fleet\["paris/.*"\]\.back_up'):
        fleet.back_up("vault")
    with pytest.raises(AttributeError, match="vaults"):
        fleet.vault  # noqa: B018


def test_a_project_that_fails_is_a_row_and_the_table_says_that_it_is_missing(
    fleet: Fleet, sessions: dict[str, Session]
) -> None:
    sessions["lyon"].cloud.fail("list_backups", "BackupService.0001", times=100)
    table = fleet.backups()
    assert set(table["profile"]) == {"paris"}
    problems = fleet.problems()
    assert list(problems["profile"]) == ["lyon"] * 3
    assert set(problems["question"]) == {"backups"}
    assert set(problems["code"]) == {"BackupService.0001"}
    assert problems["advice"].str.len().min() > 10 and problems["request_id"].str.len().min() > 5
    assert table.attrs["missing"] == [path for path in fleet if path.startswith("lyon")]
    assert "lyon/eu-west-1/eu-west-1" in as_html(table)
    assert "lyon/eu-west-1/eu-west-1" in as_html(table.iloc[:0])
    sessions["lyon"].cloud.heal()
    assert fleet.backups().attrs["missing"] == []
    assert fleet.problems().empty


def test_what_makes_no_sense_anywhere_is_an_error_not_a_row_for_each(fleet: Fleet) -> None:
    with pytest.raises(InvalidRequest, match="banana"):
        fleet.backups(since="banana")
    with pytest.raises(InvalidRequest, match="sinse"):
        fleet.backups(sinse="7d")
    with pytest.raises(TypeError):
        fleet.policies(sinse="7d")
    assert fleet.problems().empty


def test_a_tag_that_some_projects_do_not_have_is_no_problem_of_theirs(
    fleet: Fleet, sessions: dict[str, Session]
) -> None:
    sessions["lyon"].tag("vault-web", squad="blue")
    assert list(fleet.vaults(tags={"squad": "blue"})["profile"]) == ["lyon"]
    by_tag = fleet.cost(1, by="squad")
    assert by_tag["cost_month"].sum() == fleet.cost(1)["cost_month"].sum()
    assert set(by_tag["name"]) == {"blue", "(without the tag)"}
    assert fleet.problems().empty
    assert not by_tag.attrs["missing"]


def test_a_tag_that_no_project_has_is_an_error_with_near_ones(fleet: Fleet) -> None:
    for ask in (lambda: fleet.vaults(tags="teem"), lambda: fleet.cost(1, by="teem")):
        with pytest.raises(UnknownTag, match="teem") as caught:
            ask()
        assert "Did you mean 'team'?" in (caught.value.advice or "")
    assert fleet.problems().empty


def test_backups_of_the_fleet_can_be_handed_on(fleet: Fleet) -> None:
    good = fleet.backups(status="available")
    pd.testing.assert_frame_equal(fleet.gaps(backups=good), fleet.gaps())
    with pytest.raises(InvalidRequest, match="of which project"):
        fleet.gaps(backups=fleet["paris/eu-west-0/eu-west-0"].backups())


def test_a_project_that_did_not_tell_its_backups_is_asked_again(
    fleet: Fleet, sessions: dict[str, Session]
) -> None:
    whole = fleet.unprotected()
    sessions["lyon"].cloud.fail("list_backups", "BackupService.0001", times=100)
    good = fleet.backups(status="available")
    assert set(fleet.unprotected(backups=good)["profile"]) == {"paris"}, "no backup is not told"
    sessions["lyon"].cloud.heal()
    pd.testing.assert_frame_equal(fleet.unprotected(backups=good), whole)


def test_an_audit_of_simulated_clouds_says_so_and_counts_all_outcomes(fleet: Fleet) -> None:
    table = fleet.audit()
    assert table.attrs["simulated"] is True
    told = {name: count for name, count in table.attrs["outcomes"].items() if count}
    assert told == {k: n for k, n in table["outcome"].value_counts().items() if n}
    assert sum(told.values()) == len(table) > 0


def test_ctrl_c_keeps_what_came_and_says_so(sessions: dict[str, Session]) -> None:
    def stop(now: Progress) -> None:
        if now.done >= 1:
            raise KeyboardInterrupt

    profiles = [{"name": name, "session": each} for name, each in sessions.items()]
    fleet = cbr.fleet(profiles, regions="all", projects="all", on_progress=stop, parallel=1)
    with pytest.warns(AnswerWarning, match="interrupted"):
        table = fleet.backups()
    answered = set(fleet) - set(table.attrs["missing"])
    assert table.attrs["interrupted"] and 1 <= len(answered) < 6
    assert set(fleet.problems()["message"]) == {"It was interrupted before it answered."}


def test_progress_tells_projects_rows_and_requests(sessions: dict[str, Session]) -> None:
    told: list[Progress] = []
    fleet = cbr.fleet(
        {"name": "paris", "session": sessions["paris"]}, projects="all", on_progress=told.append
    )
    table = fleet.backups()
    last = told[-1]
    assert (last.question, last.done, last.projects) == ("backups", 2, 2)
    assert (last.rows, last.requests) == (len(table), table.attrs["requests"])


def test_regions_and_projects_are_chosen_by_name(sessions: dict[str, Session]) -> None:
    profile = {"name": "paris", "session": sessions["paris"]}
    assert list(cbr.fleet(profile)) == ["paris/eu-west-0/eu-west-0"]
    assert list(cbr.fleet(profile, regions="all")) == [
        "paris/eu-west-0/eu-west-0", "paris/eu-west-1/eu-west-1",
    ]  # fmt: skip
    assert list(cbr.fleet(profile, projects=["staging"])) == ["paris/eu-west-0/eu-west-0_staging"]
    assert list(cbr.fleet(profile, regions="eu-west-1")) == ["paris/eu-west-1/eu-west-1"]
    with pytest.raises(InvalidRequest, match="staging"):
        cbr.fleet(profile, projects=["stagin"])
    with pytest.raises(InvalidRequest, match="eu-west-1"):
        cbr.fleet(profile, regions=["eu-west-9"])


def test_the_card_says_who_signs_in_where(fleet: Fleet) -> None:
    card = fleet.card
    assert list(card["project"]) == [path.split("/")[2] for path in fleet]
    assert set(card["user"]) == {"ada"}
    for text in (repr(fleet), fleet._repr_html_()):
        assert "Fleet of 6 projects" in text and "eu-west-0_staging" in text


@pytest.mark.parametrize(
    "wrong",
    [[], 3, ["a/b"], [{"region": "x"}], [{"name": "a", "regoin": "x"}], ["a", "a"]],
    ids=str,
)
def test_what_is_no_profile_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidRequest):
        cbr.fleet(wrong)


def test_profiles_sign_in_themselves_and_who_cannot_is_a_problem() -> None:
    cloud = cbr.simulate("demo").cloud
    who = cloud.credentials
    with served(cloud) as url:
        place = {"endpoint": url, "iam_endpoint": url, "region": who.region}
        person = {"user_name": who.user_name, "domain_name": who.domain_name, **place}
        ada = {"name": "ada", "password": who.password, **person}
        eve = {"name": "eve", "password": "guessed", **person}
        keys = {"name": "keys", "access_key": who.access_key, "secret_key": who.secret_key,
                "project_id": who.project_id, **place}  # fmt: skip
        everywhere: dict[str, Any] = {"regions": "all", "projects": "all"}
        fleet = cbr.fleet([ada, eve, keys], **everywhere)
        names = ("eu-west-0/eu-west-0", "eu-west-0/eu-west-0_staging", "eu-west-1/eu-west-1")
        assert list(fleet) == [f"ada/{each}" for each in names], "each project once"
        assert "; asked through ada: eu-west-0/eu-west-0, " in repr(fleet)
        assert "keys/eu-west-0/eu-west-0" not in fleet.backups().attrs["missing"]
        assert len(fleet["keys/eu-west-0/staging"].vaults()) == len(
            fleet["ada/eu-west-0/staging"].vaults()
        )
        problems = fleet.problems()
        assert list(problems["profile"]) == ["eve"] and list(problems["question"]) == ["sign in"]
        assert "guessed" not in repr(fleet) + problems.to_string()
        backups = fleet.backups()
        assert set(backups["profile"]) == {"ada"} and backups["id"].is_unique
        assert backups.attrs["missing"] == ["eve"]
        with cbr.fleet([keys, ada], **everywhere) as by_keys:
            theirs = by_keys.backups()
        assert set(theirs["profile"]) == {"keys"}
        pd.testing.assert_frame_equal(
            backups.drop(columns="profile"), theirs.drop(columns="profile")
        )
        fleet.close()


def test_the_same_project_of_two_clouds_is_not_the_same(sessions: dict[str, Session]) -> None:
    one = sessions["paris"]
    assert one.identity.project_id == sessions["lyon"].identity.project_id
    profiles = [{"name": name, "session": each} for name, each in sessions.items()]
    twice = [{"name": "again", "session": one}, {"name": "staging", "session":
             one.in_project("eu-west-0_staging")}]  # fmt: skip
    fleet = cbr.fleet([*profiles, *twice], on_progress=lambda now: None)
    assert list(fleet) == [
        "paris/eu-west-0/eu-west-0", "lyon/eu-west-0/eu-west-0",
        "staging/eu-west-0/eu-west-0_staging",
    ]  # fmt: skip
    assert fleet["again/eu-west-0/eu-west-0"] is one


def test_who_may_not_list_projects_has_the_one_that_it_signs_in_to(
    sessions: dict[str, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(session: Session) -> Any:
        raise PermissionDenied("You may not.", code="IAM.0003", http_status=403)

    monkeypatch.setattr("cbr_notebook.fleets.fleet_places.places.projects", refuse)
    fleet = cbr.fleet({"name": "paris", "session": sessions["paris"]}, projects="all")
    assert len(fleet) == 1
    assert fleet.backups().attrs["projects"] == 1
    problem = fleet.problems().iloc[0]
    assert problem["question"] == "projects" and "listProjects" in problem["advice"]


def test_errors_of_a_fleet_are_of_this_package() -> None:
    assert issubclass(NoSuchProject, CBRError) and issubclass(FleetOnlyAsks, CBRError)
