"""Trouble on the way: storms, cuts, tokens and lost answers."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cbr_notebook import Session, errors
from tests.runbook.situations import execute, is_back, kinds, only_run, restores, resumed


def test_after_an_answer_that_was_lost_nothing_is_sent_again(session: Session) -> None:
    session.cloud.fail("restore_backup", "cut after")
    run = execute(session)
    run.wait()
    posts = [e for e in run.journal.entries if e.facts.get("method") == "POST"]
    assert [post.facts["status"] for post in posts] == [0]
    assert restores(session) == 1
    assert is_back(session)


@pytest.mark.parametrize("what", ["cut before", 500, 502, 504, "html"])
def test_what_may_have_been_heard_is_never_sent_again_by_itself(
    session: Session, what: str | int
) -> None:
    session.cloud.fail("restore_backup", what)
    with pytest.raises(errors.ConnectionFailed, match="not sent again") as caught:
        execute(session)
    assert caught.value.may_have_happened
    assert restores(session) == 0
    assert session.restores()["state"].tolist() == ["asked"]
    # Whoever takes it up and does not confirm is told once more that nobody knows.
    with pytest.raises(errors.ConnectionFailed, match="not sent again"):
        resumed(session, only_run(session))
    assert restores(session) == 0
    # Confirmed, when nothing has come of it for an hour and no disk was written, it is asked
    # for anew.
    run = resumed(session, only_run(session), confirm="web-01").wait()
    assert "restore_not_done" in kinds(run)
    assert restores(session) == 1
    assert is_back(session)


def test_an_answer_that_cannot_be_read_is_no_reason_to_ask_again(session: Session) -> None:
    session.cloud.fail("restore_backup", "truncated")
    execute(session).wait()
    assert restores(session) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_storm_while_it_is_watched_is_waited_out(session: Session, status: int) -> None:
    run = execute(session)
    session.cloud.fail("show_op_log", status, times=12)
    run.wait()
    assert restores(session) == 1
    assert is_back(session)


@pytest.mark.parametrize("status", [429, 503])
def test_too_busy_may_mean_begun_and_is_not_asked_again_unseen(
    session: Session, status: int
) -> None:
    session.cloud.fail("restore_backup", status, times=1, retry_after=7)
    with pytest.raises(errors.ConnectionFailed, match="not sent again") as caught:
        execute(session)
    assert caught.value.may_have_happened
    assert session.restores()["state"].tolist() == ["asked"]
    assert restores(session) == 0
    run = resumed(session, only_run(session), confirm="web-01").wait()
    posts = [e for e in run.journal.entries if e.facts.get("method") == "POST"]
    assert [post.facts["status"] for post in posts] == [status, 202]
    assert restores(session) == 1


def test_what_was_written_meanwhile_leaves_the_question_to_a_person(session: Session) -> None:
    session.cloud.fail("restore_backup", 503)
    with pytest.raises(errors.ConnectionFailed):
        execute(session)
    session.cloud.server("web-01").disk("vda").write_file("/since", b"by whom?")
    for _ in range(3):
        session.cloud.advance(hours=5)
        with pytest.raises(errors.ConnectionFailed, match="A disk was written since"):
            resumed(session, only_run(session), confirm="web-01")
    assert restores(session) == 0
    session.cancel_restore(only_run(session))
    execute(session).wait()
    assert restores(session) == 1


def test_a_watch_survives_cuts_and_long_trouble(session: Session) -> None:
    run = execute(session)
    session.cloud.fail("show_op_log", "cut before", times=20)
    session.cloud.fail("show_op_log", "html", times=10)
    run.wait()
    assert is_back(session)
    assert "trouble" in kinds(run)


def test_a_token_that_expires_in_mid_run_is_renewed(session: Session, tmp_path: Path) -> None:
    import httpx

    from cbr_notebook.auth.credentials import Credentials
    from cbr_notebook.auth.secret import Secret
    from cbr_notebook.auth.sign_in import Place
    from cbr_notebook.entry.open_session import open_session

    cloud = session.cloud
    account = cloud.credentials
    who = Credentials(
        user_name=account.user_name,
        password=Secret(account.password),
        domain_name=account.domain_name,
        project_id=account.project_id,
        source="test",
    )
    http = httpx.Client(transport=cloud.transport())
    by_token = open_session(
        http, who, Place(account.base_url, account.base_url, None), tls="", tls_verified=True,
        sleep=cloud.sleep, clock=lambda: cloud.now, cloud=cloud,
    )  # fmt: skip
    run = execute(by_token)
    with cloud._engine.work():
        cloud._engine.state.run("UPDATE token SET expires_at = 0")
    run.wait()
    assert is_back(by_token)
    assert restores(by_token) == 1
    assert account.password not in run.journal.path.read_text("utf-8")


def test_no_secret_is_ever_in_the_journal(session: Session) -> None:
    run = execute(session, safety_backup=True).wait()
    run.verify()
    text = run.journal.path.read_text("utf-8")
    account = session.cloud.credentials
    for secret in (account.password, account.secret_key):
        assert secret not in text


def test_an_operator_that_cannot_show_the_target_does_not_say_that_it_is_gone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = httpx.Client.send

    def send(self: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
        if request.url.path.rpartition("/")[0].endswith("/protectables/server/instances"):
            lacking = {"error_code": "APIGW.0101", "error_msg": "The API does not exist"}
            return httpx.Response(404, json=lacking, request=request)
        return plain(self, request, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.Client, "send", send)
    newest = session.backups(resource="web-01", limit=1)
    with pytest.raises(errors.NotOffered, match="does not offer this operation"):
        session.plan_restore(newest)
