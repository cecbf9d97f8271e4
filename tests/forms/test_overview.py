"""The overview."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pandas as pd
import pytest

import cbr_notebook as cbr
from cbr_notebook import Session
from cbr_notebook.api.paging import pager
from cbr_notebook.forms import overview
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.testing import FormPage
from cbr_notebook.session import tables
from tests.forms import sync_points
from tests.forms.pages import ready


def seen(form: Form) -> str:
    return ready(form).panel("overview")


def test_what_needs_attention_comes_with_reason_and_remedy(session: Session) -> None:
    html = seen(session.forms.overview())
    assert "3 resources not protected" in html
    assert "legacy-01" in html
    assert "in no vault" in html
    assert "2 tasks failed in the last seven days" in html
    assert html.count("Insufficient snapshot quota.") == 1, "what failed again is told once"
    assert "2 times, last 2020-08-16 01:30" in html
    assert "1 vault filling up" in html
    assert "vault-files" in html


def test_its_result_is_a_table_of_what_needs_attention(session: Session) -> None:
    table = session.forms.overview().submit()
    assert table.columns.tolist() == ["name", "what"]
    assert table.groupby("what").size().to_dict() == {
        "unprotected": 3,
        "failed": 2,
        "filling up": 1,
    }


def test_what_is_mended_is_gone_when_one_looks_again(session: Session) -> None:
    form = session.forms.overview()
    session.create_vault("new", size_gb=100, resources="legacy-01", policy="daily-0300")
    session.back_up("new").wait(progress=False)
    form.submit()
    assert "legacy-01" not in seen(form)


def test_an_item_leads_to_its_form(session: Session) -> None:
    page = ready(session.forms.overview())
    page.click("Show failed tasks")
    (opened,) = page.opened()
    assert opened.form.title == "Tasks"
    assert opened.form.value["status"] == "failed"


@pytest.mark.parametrize(
    ("name", "label", "title", "filled_in"),
    [
        ("legacy-01", "Create a vault", "Create a vault", "resources"),
        ("scratch", "Create a vault", "Create a vault", "resources"),
        ("vault-files", "Show it", "Vaults", "row"),
    ],
)
def test_an_item_leads_to_its_form_with_itself_filled_in(
    session: Session, name: str, label: str, title: str, filled_in: str
) -> None:
    form = session.forms.overview()
    page = FormPage(form)
    (item,) = [each for each in seen(form).split("<li>") if each.startswith(f"<b>{name}</b>")]
    page.click(label, within="overview", html=item.partition("</li>")[0])
    (opened,) = page.opened()
    assert opened.form.title == title
    opened.wait()
    chosen = opened.chosen(filled_in)
    names = chosen if isinstance(chosen, list) else [chosen]
    known = {name, session.vault_resources().set_index("name")["vault_name"].get(name)}
    assert set(names) <= known
    assert len(names) == 1


def test_where_a_policy_is_off_it_is_switched_on(session: Session) -> None:
    page = ready(session.forms.overview())
    assert "build-01" in page.panel("overview")
    page.click("Switch it on")
    (opened,) = page.opened()
    opened.press()
    assert opened.form.result.enabled
    page.press()
    assert "policy is off" not in page.panel("overview")


def test_what_is_known_is_shown_before_all_is_known(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = sync_points.before(monkeypatch, session, "backups")
    page = FormPage(session.forms.overview())
    gate.wait()
    html = page.panel("overview")
    assert "2 tasks failed in the last seven days" in html
    assert "Looking at backups" in html
    assert "Nothing needs attention" not in html
    gate.open()
    page.wait()
    assert "3 resources not protected" in page.panel("overview")
    assert "Looking at" not in page.panel("overview")


def test_first_words_come_before_any_request_and_first_facts_after_five(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    session.client.transport.on_request = lambda seen: asked.append(seen.path)
    tasks = sync_points.before(monkeypatch, session, "restores")
    backups = sync_points.before(monkeypatch, session, "backups")
    page = FormPage(session.forms.overview())
    tasks.wait()
    assert "Looking at restores and tasks" in page.panel("overview")
    assert not asked
    tasks.open()
    backups.wait()
    html = page.panel("overview")
    assert "2 tasks failed in the last seven days" in html
    assert "GB used in 7 vaults" in html
    assert len(asked) <= 5
    backups.open()
    page.wait()


def test_vaults_are_named_as_what_is_looked_at_while_they_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = sync_points.before(monkeypatch, type(session.records), "vaults")
    page = FormPage(session.forms.overview())
    gate.wait()
    assert "Looking at vaults" in page.panel("overview")
    gate.open()
    page.wait()


def test_a_long_list_of_backups_says_how_far_it_is(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_small_pages(*given: Any, **more: Any) -> None:
        pager.read_all(*given, **{**more, "page_size": 3})

    monkeypatch.setattr(tables, "read_all", in_small_pages)
    form = session.forms.overview()
    FormPage(form).wait()
    shown: list[str] = []
    (panel,) = (each for each in form.children if getattr(each, "name", "") == "overview")
    panel.observe(lambda change: shown.append(change["new"]), "html")
    form.submit()
    told = [each for each in shown if "pages read" in each]
    assert told, shown
    assert re.search(r"Looking at backups: 3 of about \d+ pages read", told[0])
    assert "pages read" not in shown[-1]


def test_what_the_service_leaves_out_breaks_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = session.tasks(since="7d")
    tasks["started_at"] = pd.NaT
    tasks["resource_name"] = None
    capacity = session.capacity()
    for column in ("size_gb", "used_percent"):
        capacity[column] = pd.Series(pd.NA, capacity.index, dtype=capacity[column].dtype)
    monkeypatch.setattr(session, "tasks", lambda **_: tasks)
    monkeypatch.setattr(session, "capacity", lambda **_: capacity)
    assert "nobody knows when" in seen(session.forms.overview())


def test_a_restore_that_has_not_ended_is_there_first(session: Session) -> None:
    backup = session.backups(resource="web-01").iloc[0]
    session.plan_restore(backup).execute(confirm="web-01")
    html = seen(session.forms.overview())
    assert html.index("1 restore not ended") < html.index("not protected")


def item(html: str, name: str, within: str = "") -> str:
    """Return what an overview says of something, its button with it."""
    (found,) = [
        each.partition("</li>")[0] for each in html.partition(within)[2].split("<li>")
        if each.startswith(f"<b>{name}</b>")
    ]  # fmt: skip
    return found


def test_what_is_suspended_is_resumed_from_its_item(session: Session) -> None:
    vault = session.find_vault("vault-web")
    web = session.find_resource("web-01").id
    session.client.vaults.set_resources(vault.id, [web], action="suspend")
    page = ready(session.forms.overview())
    said = item(page.panel("overview"), "web-01", "not protected")
    assert "suspended in its vault" in said
    assert "Back up now" not in said
    page.click("Resume it")
    (opened,) = page.opened()
    opened.wait()
    assert opened.chosen("suspended") == ["web-01"]
    assert "session.resume_resources('vault-web', ['web-01'])" in opened.form.code.replace('"', "'")
    opened.press()
    member = {each.id: each for each in session.find_vault("vault-web").resources or ()}[web]
    assert member.auto_protect
    page.press()
    assert "suspended" not in page.panel("overview")


@pytest.mark.parametrize(
    ("status", "said"),
    [("frozen", "Only its console can settle that"), ("error", "Only its console can settle that"),
     ("lock", "is locked while an order for it is worked on")],
)  # fmt: skip
def test_what_the_service_would_refuse_is_not_offered(
    session: Session, status: str, said: str
) -> None:
    failed = session.failures(since="7d").iloc[0]
    session.cloud.freeze(failed["vault_id"], status=status)
    filling = session.find_vault("vault-files")
    session.cloud.freeze(filling.id, status=status)
    html = seen(session.forms.overview())
    for name, within in ((failed["resource_name"], "tasks failed"), ("vault-files", "filling up")):
        text = item(html, name, within)
        assert said in text
        assert "Back up again" not in text
        assert "Expand it" not in text
    assert "Switch it on" in item(html, "build-01", "not protected")


def test_a_broken_server_is_not_backed_up_again_before_it_is_mended(session: Session) -> None:
    failed = session.failures(since="7d").iloc[0]
    session.cloud.server(failed["resource_name"]).set_status("ERROR")
    said = item(seen(session.forms.overview()), failed["resource_name"], "tasks failed")
    assert "Its status is ERROR; it has to be ACTIVE or SHUTOFF." in said
    assert "Back up again" not in said


def test_a_full_vault_is_expanded_before_it_is_backed_up_to() -> None:
    with cbr.simulate("empty") as session:
        session.cloud.create_server("srv", disks=(("vda", 20),)).disk("vda").fill(12_000, seed=1)
        session.create_vault("v", size_gb=10, resources="srv")
        session.apply_policy(
            session.create_policy("p", days="daily", times="01:00", retention_days=9), "v"
        )
        session.back_up("v").wait(progress=False)
        newest = session.backups().iloc[0]
        assert (session.find_vault("v").billing.used or 0) >= 10 * 1024
        session.cloud.fail("create_checkpoint", "BackupService.6114", times=9)
        session.cloud.advance(days=3)
        assert session.backups(status="available").iloc[0]["id"] == newest["id"]
        said = item(seen(session.forms.overview()), "srv", "of its schedule")
        assert "The vault is full" in said
        assert "Expand it" in said
        assert "Back up now" not in said


@pytest.mark.parametrize("page", [1000, 3], ids=["in one reading", "of many tasks"])
def test_tasks_of_today_and_failures_are_told_alike_however_many_there_are(
    session: Session, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(overview, "TASKS_AT_ONCE", page)
    day = session.now.replace(hour=0, minute=0, second=0, microsecond=0)
    counts = session.tasks(since=day)["status"].astype(str).value_counts()
    html = seen(session.forms.overview())
    said = html.partition("Tasks since midnight: ")[2].partition("<")[0]
    assert said == ", ".join(f"{count} {status}" for status, count in counts.items())
    assert f"{len(session.failures(since='7d'))} tasks failed" in html


def test_an_overview_asks_for_no_list_twice(session: Session) -> None:
    asked: list[str] = []
    session.client.transport.on_request = lambda seen: asked.append(seen.path)
    FormPage(session.forms.overview()).wait()
    lists = [path.rpartition("/")[2] for path in asked if "checkpoints/" not in path]
    assert sorted(lists) == sorted(
        ["operation-logs", "vaults", "backups", "policies", *3 * ["instances"]]
    )


def test_an_empty_account_begins_with_a_vault() -> None:
    with cbr.simulate("empty") as session:
        html = seen(session.forms.overview())
        assert "Nothing needs attention" in html
        assert "Create a vault" in html


def test_age_is_judged_by_the_schedule_of_each_resource() -> None:
    with cbr.simulate("empty") as session:
        for name, days in (("daily", "daily"), ("weekly", "sun")):
            session.cloud.create_server(name)
            session.create_vault(name, size_gb=100, resources=name)
            policy = session.create_policy(name, days=days, times="01:00", retention_days=60)
            session.apply_policy(policy, name)
        session.cloud.advance(days=14)
        page = FormPage(session.forms.overview())
        for _ in range(7):
            session.cloud.advance(days=1)
            page.press()
            assert "of its schedule" not in page.panel("overview")
        newest = session.backups(resource="weekly").iloc[0]
        session.delete_backup(newest, confirm=newest["name"]).wait(progress=False)
        page.press()
        assert "1 resource without the last backup of its schedule" in page.panel("overview")
        page.click("Back up now")
        (opened,) = page.opened()
        opened.wait()
        assert opened.chosen("resources") == ["weekly"]


def test_a_failed_backup_is_made_again_from_its_item(session: Session) -> None:
    page = ready(session.forms.overview())
    page.click("Back up again")
    (opened,) = page.opened()
    opened.wait()
    failed = session.failures(since="7d").iloc[0]
    assert opened.form.value["resources"] == [failed["resource_id"]]


def test_overview_picture_and_table_agree_on_what_is_filling_up(session: Session) -> None:
    table = session.capacity()
    filling = list(table[table["filling_up"]]["name"])
    assert filling == list(
        table[~table["auto_expand"] & (
            (table["used_percent"] >= table["threshold"])
            | (table["full_at"] <= session.now + pd.Timedelta(days=90)).fillna(False)
        )]["name"]
    )  # fmt: skip
    seen = session.forms.overview().submit()
    assert list(seen[seen["what"] == "filling up"]["name"]) == filling
    bold = [
        text.get_text() for text in session.plots.capacity().texts
        if text.get_fontweight() == "bold"
    ]  # fmt: skip
    assert len(bold) == len(filling)


@pytest.mark.filterwarnings("ignore::cbr_notebook.errors.AnswerWarning")
@pytest.mark.parametrize(
    ("denied", "action", "left"),
    [
        ("policies", "cbr:policies:list", "its policies could not be seen"),
        ("backups", "cbr:backups:list", "its backups could not be seen"),
        ("vaults", "cbr:vaults:list", "2 tasks failed"),
        ("instances", "ecs:cloudServers:list", "1 vault filling up"),
        ("operation-logs", "cbr:tasks:list", "3 resources not protected"),
    ],
)
def test_one_denied_read_leaves_the_rest_and_is_said_first(
    session: Session, monkeypatch: pytest.MonkeyPatch, denied: str, action: str, left: str
) -> None:
    plain = httpx.Client.send

    def send(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if request.method == "GET" and request.url.path.endswith(f"/{denied}"):
            return httpx.Response(403, json={"error_msg": "forbidden"}, request=request)
        return plain(self, request, **options)

    monkeypatch.setattr(httpx.Client, "send", send)
    html = seen(session.forms.overview())
    assert "Not all could be seen" in html.partition("<ul>")[0]
    assert action in html
    assert left in html
    assert "Nothing needs attention" not in html
