"""The filter language: which vaults a question about tags finds."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbr_notebook.simulator.cloud import Cloud
from tests.simulator.http_client import Client, Refused

TAGS: dict[str, dict[str, str]] = {
    "plain": {},
    "web-live": {"stage": "live", "team": "web"},
    "web-test": {"stage": "test", "team": "web"},
    "db-live": {"stage": "live", "team": "db"},
    "db-old": {"team": "db", "note": "old"},
}


@pytest.fixture(scope="module")
def ask() -> Client:
    """Five vaults with the tags above; no test changes them."""
    asker = Client(Cloud.open(estate="empty"))
    for name, tags in TAGS.items():
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        more: dict[str, Any] = {"tags": listed} if listed else {}
        if name == "db-old":
            more["object_type"] = "disk"
        asker.create_vault(name, **more)
    return asker


def find(ask: Client, **wanted: Any) -> list[str]:
    body = {"action": "filter", **wanted}
    answer = ask("POST", "vault/resource_instances/action", body)
    names = [each["resource_name"] for each in answer["resources"]]
    if not wanted.keys() & {"limit", "offset"}:
        counted = ask("POST", "vault/resource_instances/action", {**body, "action": "count"})
        assert counted == {"total_count": len(names)}
    return sorted(names)


def tag(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "values": list(values)}


EVERYTHING = sorted(TAGS)


def test_without_conditions_every_vault_is_found_with_its_details(ask: Client) -> None:
    answer = ask("POST", "vault/resource_instances/action", {"action": "filter"})
    assert answer["total_count"] == 5
    first = answer["resources"][0]
    assert first["resource_name"] == "db-old"
    assert first["tags"] == [{"key": "team", "value": "db"}, {"key": "note", "value": "old"}]
    assert first["sys_tags"] == []
    assert first["resource_detail"]["vault"] == ask.vault(first["resource_id"])


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"tags": [tag("team", "web")]}, ["web-live", "web-test"]),
        ({"tags": [tag("team", "web", "db"), tag("stage", "live")]}, ["db-live", "web-live"]),
        ({"tags": [tag("stage")]}, ["db-live", "web-live", "web-test"]),
        ({"tags": [tag("team", "w")]}, []),
        ({"tags": [tag("team", "*w")]}, ["web-live", "web-test"]),
        ({"tags": [tag("stage", "*es", "live")]}, ["db-live", "web-live", "web-test"]),
        (
            {"tags_any": [tag("stage", "test"), tag("note")]},
            ["db-old", "web-test"],
        ),
        (
            {"not_tags": [tag("team", "web"), tag("stage", "live")]},
            ["db-live", "db-old", "plain", "web-test"],
        ),
        ({"not_tags_any": [tag("team", "web"), tag("stage", "live")]}, ["db-old", "plain"]),
        ({"without_any_tag": True}, ["plain"]),
        ({"without_any_tag": True, "tags": [tag("team", "web")]}, ["plain"]),
        ({"tags": [tag("team")], "not_tags": [tag("stage", "live")]}, ["db-old", "web-test"]),
        ({"matches": [{"key": "resource_name", "value": "live"}]}, ["db-live", "web-live"]),
        ({"matches": [{"key": "resource_name", "value": ""}]}, []),
        ({"matches": []}, EVERYTHING),
        ({"object_type": "disk"}, ["db-old"]),
        ({"cloud_type": "hybrid"}, []),
        ({"cloud_type": "public", "tags": [tag("note")]}, ["db-old"]),
    ],
)
def test_a_filter_finds_the_vaults_that_it_describes(
    ask: Client, wanted: dict[str, Any], expected: list[str]
) -> None:
    assert find(ask, **wanted) == expected


def test_pages_cover_everything_once(ask: Client) -> None:
    pages = [find(ask, limit="2", offset=str(offset)) for offset in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(itertools.chain.from_iterable(pages)) == EVERYTHING


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "search"},
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "-1"},
        {"limit": 10},
        {"offset": "-1"},
        {"offset": "x"},
        {"action": "count", "limit": "10"},
        {"action": "count", "offset": "0"},
        {"tags": [tag("team", "*")]},
        {"tags": [tag("team", "web", "web")]},
        {"tags": [tag("team"), tag("team")]},
        {"tags": [tag("")]},
        {"tags": [tag("team", *(str(n) for n in range(11)))]},
        {"not_tags": [tag(str(n)) for n in range(11)]},
        {"without_any_tag": True, "tags": [tag("team", "*")]},
        {"matches": [{"key": "name", "value": "x"}]},
        {"matches": [{"key": "resource_name", "value": "x"}] * 2},
        {"object_type": "car"},
        {"cloud_type": "private"},
    ],
)
def test_a_question_outside_the_language_is_refused(ask: Client, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="9900"):
        ask("POST", "vault/resource_instances/action", {"action": "filter", **wrong})


keys = st.sampled_from(["stage", "team", "note", "none"])
values = st.lists(st.sampled_from(["live", "test", "web", "db", "old", "*e", "*w"]), unique=True)
filters = st.lists(
    st.builds(lambda key, some: tag(key, *some), keys, values),
    max_size=3,
    unique_by=lambda each: each["key"],
)


def has(tags: dict[str, str], wanted: dict[str, Any]) -> bool:
    """Say, in a second way, whether tags fulfil one filter."""
    if wanted["key"] not in tags:
        return False
    value = tags[wanted["key"]]
    return not wanted["values"] or any(
        each[1:] in value if each.startswith("*") else each == value for each in wanted["values"]
    )


@given(tags=filters, tags_any=filters, not_tags=filters, not_tags_any=filters)
def test_every_combination_means_what_it_says(
    ask: Client, tags: Any, tags_any: Any, not_tags: Any, not_tags_any: Any
) -> None:
    expected = [
        name
        for name, mine in TAGS.items()
        if all(has(mine, each) for each in tags)
        and (not tags_any or any(has(mine, each) for each in tags_any))
        and not (not_tags and all(has(mine, each) for each in not_tags))
        and not any(has(mine, each) for each in not_tags_any)
    ]
    found = find(ask, tags=tags, tags_any=tags_any, not_tags=not_tags, not_tags_any=not_tags_any)
    assert found == sorted(expected)
