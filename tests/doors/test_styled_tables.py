"""Tables of ours in a notebook: what is shown, what stays a DataFrame, and what is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import cbr_notebook as cbr
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.showing import hooks
from cbr_notebook.showing.html_cells import age


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    opened = InteractiveShell.instance()
    opened.display_formatter.active_types = ["text/plain", "text/html"]
    hooks.install(opened)
    yield opened
    InteractiveShell.clear_instance()


@pytest.fixture(autouse=True)
def as_delivered() -> Iterator[None]:
    yield
    cbr.options.tables, cbr.options.rows, cbr.options.errors = "styled", 100, "short"


def shown(shell: InteractiveShell, value: object) -> dict[str, str]:
    data: dict[str, str] = shell.display_formatter.format(value)[0]
    return data


def heads(html: str) -> list[str]:
    return re.findall(r"<th[^>]*>([^<]+?) ?(?:<small>[^<]*</small>)?</th>", html)


def test_names_stand_first_and_ids_last(shell: InteractiveShell, session: cbr.Session) -> None:
    vaults = session.vaults()
    html = shown(shell, vaults)["text/html"]
    assert heads(html)[0] == "name"
    assert heads(html)[-4:] == ["id", "provider_id", "project_id", "enterprise_project_id"]
    for vault in vaults["id"]:
        assert f'<td class="i">{vault}</td>' in html
    assert "used_mb <small>MB</small>" in html
    assert "Without values, and not shown: replication_policy, description." in html
    unprotected = shown(shell, session.tags())["text/html"]
    assert heads(unprotected) == ["vault_name", "key", "value", "vault_id"]


def test_it_stays_the_dataframe_that_pandas_knows(
    shell: InteractiveShell, session: cbr.Session
) -> None:
    vaults = session.vaults()
    before = vaults.copy(deep=True)
    data = shown(shell, vaults)
    assert type(vaults) is pd.DataFrame
    assert data["text/plain"] == repr(vaults)
    pd.testing.assert_frame_equal(vaults, before)
    for chosen in (
        vaults[vaults.used_mb > 300],
        vaults.sort_values("used_mb").head(2),
        vaults[["name", "used_mb"]],
        vaults.query("status == 'available'"),
        vaults.assign(free=vaults.size_gb * 1024 - vaults.used_mb),
    ):
        assert 'class="cbr-data"' in shown(shell, chosen)["text/html"]
    grouped = vaults.groupby("object_type", observed=True)[["used_mb"]].sum()
    assert heads(shown(shell, grouped)["text/html"]) == ["object_type", "used_mb"]


def test_other_dataframes_are_left_alone(shell: InteractiveShell, session: cbr.Session) -> None:
    other = pd.DataFrame({"name": ["a"], "used_mb": [1]})
    marked = other.copy()
    marked.attrs = {"resource": "vaults"}
    turned = session.vaults().T
    wide = session.vaults().pivot(index="name", columns="status")
    for frame in (other, marked, turned, wide):
        assert shown(shell, frame)["text/html"] == frame._repr_html_()


def test_what_somebody_else_registered_for_other_tables_goes_on() -> None:
    InteractiveShell.clear_instance()
    opened = InteractiveShell.instance()
    opened.display_formatter.active_types = ["text/plain", "text/html"]
    opened.display_formatter.formatters["text/html"].for_type(pd.DataFrame, lambda _: "theirs")
    hooks.install(opened)
    hooks.install(opened)
    assert shown(opened, pd.DataFrame({"a": [1]}))["text/html"] == "theirs"
    InteractiveShell.clear_instance()


def test_the_plain_form_is_one_setting_away(shell: InteractiveShell, session: cbr.Session) -> None:
    vaults = session.vaults()
    cbr.options.tables = "plain"
    assert shown(shell, vaults)["text/html"] == vaults._repr_html_()
    for wrong in (
        lambda: setattr(cbr.options, "tables", "pretty"),
        lambda: setattr(cbr.options, "rows", 0),
        lambda: setattr(cbr.options, "rows", "many"),
        lambda: setattr(cbr.options, "table", "plain"),
    ):
        with pytest.raises(InvalidRequest):
            wrong()
    assert repr(cbr.options) == "<Options tables='plain' rows=100 errors='short'>"


def test_ages_are_counted_on_the_clouds_clock_and_the_moment_is_at_hand(
    shell: InteractiveShell, session: cbr.Session
) -> None:
    backups = session.backups(limit=3)
    html = shown(shell, backups)["text/html"]
    moment = backups["created_at"][0]
    words = age(moment.to_pydatetime(), session.now)
    assert f'<td title="{moment:%Y-%m-%d %H:%M:%S} UTC">{words}</td>' in html
    assert f"Ages as of {session.now:%Y-%m-%d %H:%M} UTC." in html


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"), (-59, "now"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
        (47 * 3600, "47 h ago"), (48 * 3600, "2 d ago"), (-90, "in 1 min"), (-7200, "in 2 h"),
        (-5 * 86400, "in 5 d"),
    ],
)  # fmt: skip
def test_an_age_is_said_in_its_largest_unit(seconds: int, words: str) -> None:
    now = datetime(2020, 8, 17, 3, 51, 24, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == words


@pytest.mark.parametrize("rows", [10, 1000, 100_000])
def test_a_page_holds_so_many_rows_and_says_how_many_there_are(
    shell: InteractiveShell, session: cbr.Session, rows: int
) -> None:
    backups = session.backups()
    attrs = backups.attrs
    many = pd.concat([backups] * (rows // len(backups) + 1), ignore_index=True).head(rows)
    many.attrs = attrs
    html = shown(shell, many)["text/html"]
    print(rows, len(html))
    assert html.count("<tr>") == 1 + min(rows, 100)
    assert len(html) < 110_000
    if rows > 100:
        assert f"{rows:,} rows; the first 100 are on this page" in html
        cbr.options.rows = 7
        assert shown(shell, many)["text/html"].count("<tr>") == 8


def test_the_same_table_is_the_same_bytes(shell: InteractiveShell) -> None:
    def of_a_new_cloud() -> str:
        with cbr.simulate() as session:
            return shown(shell, session.backups())["text/html"]

    assert of_a_new_cloud() == of_a_new_cloud()


def test_names_are_escaped(shell: InteractiveShell) -> None:
    hostile = "<script>alert(1)</script>\"&'"
    with cbr.simulate() as session:
        vaults = session.vaults()
    vaults["name"] = hostile
    vaults["tags"] = hostile * 9
    vaults[hostile] = hostile
    vaults.attrs["filters"] = {"name": hostile}
    for frame in (vaults, vaults.iloc[:0], vaults.set_index(hostile)):
        html = shown(shell, frame)["text/html"]
        assert "cbr-data" in html
        assert "alert(1)</script>" not in html
        assert "\"&'" not in html


def test_an_empty_table_says_what_was_asked(shell: InteractiveShell, session: cbr.Session) -> None:
    none = session.backups(status="deleting", since="7d")
    html = shown(shell, none)["text/html"]
    assert "No backup was found. Asked for: status = deleting" in html
    assert "; without that there are 217." in html
    everything = session.vaults()
    chosen = everything[everything.used_mb > 10**9]
    assert (
        f"None of the {len(everything)} rows that were answered is left here."
        in shown(shell, chosen)["text/html"]
    )
    with cbr.simulate("empty") as nothing:
        assert "<p class=\"none\">No vault was found.</p>" in shown(shell, nothing.vaults())[
            "text/html"
        ]  # fmt: skip


def test_every_list_and_answer_can_be_shown(shell: InteractiveShell, session: cbr.Session) -> None:
    for name in (
        "vaults", "backups", "tasks", "policies", "resources", "tags", "members", "usage",
        "unprotected", "capacity", "recovery_points", "failures", "schedule", "vault_policies",
        "replication", "orphans", "retention_preview",
    ):  # fmt: skip
        arguments = [session.backups(limit=1)] if name == "members" else []
        frame = getattr(session, name)(*arguments)
        assert 'class="cbr-data"' in shown(shell, frame)["text/html"], name
        assert "nan" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "",
                                   shown(shell, frame)["text/html"], flags=re.S), name  # fmt: skip
