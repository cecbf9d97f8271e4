"""The form that signs in."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors, openers
from cbr_notebook.forms.kit.form import Form
from cbr_notebook.forms.testing import FormPage
from cbr_notebook.simulator import Cloud
from cbr_notebook.simulator.classroom.serving import serve_seats
from cbr_notebook.simulator.server import CloudServer
from tests.simulator.classroom.conftest import running


@pytest.fixture
def served() -> Iterator[tuple[Cloud, str]]:
    cloud = Cloud.open("demo")
    server = CloudServer(cloud)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield cloud, server.base_url
    server.stop()
    thread.join(10)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home without profiles."""
    monkeypatch.setenv("HOME", str(tmp_path))
    # A sign-in form lives as long as its process, beyond any session; each test begins without.
    monkeypatch.setattr(cbr.forms, "_signing_in", {})


def everything(form: Form) -> str:
    """Return what a notebook could save of a form."""
    states = FormPage(form).saved()
    return json.dumps(states, default=repr) + repr(form) + str(form.value) + form.code


def test_the_simulated_cloud_needs_nothing() -> None:
    form = cbr.forms.sign_in(how="Simulated cloud")
    page = FormPage(form)
    assert form.problems == {}
    session = form.submit()
    assert session.simulated
    assert len(session.vaults()) > 0
    assert "You are signed in" in page.result
    for name, seen in session.identity.facts():  # as on the session's own card
        assert name in page.result
        assert html.escape(seen) in page.result
    session.close()


def test_an_access_key_signs_in_and_its_secret_is_nowhere(served: tuple[Cloud, str]) -> None:
    cloud, url = served
    who = cloud.credentials
    form = cbr.forms.sign_in()
    page = FormPage(form)
    page.wait_until_loaded()
    page.fill("access_key", who.access_key)
    page.fill("secret_key", who.secret_key)
    page.fill("region", who.region)
    page.fill("project", who.project_id)
    page.fill("endpoint", url)
    assert who.secret_key not in everything(form)
    page.press()
    assert form.error is None
    assert len(form.result.vaults()) > 0
    assert who.secret_key not in everything(form)
    assert "getpass" in form.code
    form.result.close()


def test_a_join_line_takes_a_seat_and_is_nowhere() -> None:
    with running(serve_seats(Cloud.open("empty"), 1)) as classroom:
        line = classroom.ready["seats"][0]["join"]
        form = cbr.forms.sign_in(how="Join line of a class")
        page = FormPage(form)
        page.wait_until_loaded()
        assert set(form.problems) == {"join"}
        page.fill("join", line)
        assert line not in everything(form)
        page.press()
        assert form.error is None
        assert "join line" in page.result
        assert form.code.endswith("session = cbr.connect(join=getpass())")
        assert line not in everything(form)
        form.result.cloud.advance(minutes=1)
        form.result.close()


def test_what_is_no_join_line_is_told_without_it() -> None:
    form = cbr.forms.sign_in(how="join")
    page = FormPage(form)
    page.fill("join", "canary-4711")
    page.press()
    assert "join line" in page.error
    assert "canary" not in everything(form) + page.error


def test_a_user_and_password_sign_in(served: tuple[Cloud, str]) -> None:
    cloud, url = served
    who = cloud.credentials
    form = cbr.forms.sign_in(how="User name and password")
    form.value = {
        "domain_name": who.domain_name, "user_name": who.user_name, "password": who.password,
        "project": who.project_id, "endpoint": url,
    }  # fmt: skip
    session = form.submit()
    assert session.identity.who == who.user_name
    assert who.password not in everything(form)
    session.close()


def test_a_password_goes_to_the_iam_endpoint_that_is_named(served: tuple[Cloud, str]) -> None:
    cloud, url = served
    who = cloud.credentials
    form = cbr.forms.sign_in(how="User name and password")
    page = FormPage(form)
    assert page.field("iam_endpoint").hidden
    form.value = {
        "domain_name": who.domain_name, "user_name": who.user_name, "password": who.password,
        "region": who.region, "endpoint": url,
    }  # fmt: skip
    assert not page.field("iam_endpoint").hidden
    form.value = {"iam_endpoint": url}
    assert f'iam_endpoint="{url}"' in form.code
    session = form.submit()
    assert session.identity.project_id == who.project_id  # found by its name, there
    session.close()


def test_a_wrong_secret_is_told_at_once_and_not_shown(served: tuple[Cloud, str]) -> None:
    cloud, url = served
    who = cloud.credentials
    form = cbr.forms.sign_in(access_key=who.access_key, project=who.project_id, endpoint=url)
    page = FormPage(form)
    form.value = {"secret_key": "open-sesame-typed"}
    with pytest.raises(errors.AuthenticationError):
        form.submit()
    assert form.result is None
    assert "Sign in: not done" in page.error
    assert "open-sesame-typed" not in everything(form)


def test_what_is_missing_depends_on_the_way() -> None:
    form = cbr.forms.sign_in()
    assert set(form.problems) == {"access_key", "secret_key", "region"}
    form.value = {"how": "User name and password"}
    assert set(form.problems) == {"domain_name", "user_name", "password", "region"}
    form.value = {"endpoint": "https://cbr.example.com"}
    assert set(form.problems) == {"domain_name", "user_name", "password"}
    form.value = {"how": "Profile"}
    assert set(form.problems) == {"profile"}


def test_a_profile_is_chosen_by_name(served: tuple[Cloud, str], tmp_path: Path) -> None:
    cloud, url = served
    who = cloud.credentials
    place = tmp_path / ".huaweicloud" / "credentials"
    place.parent.mkdir()
    lines = {
        "ak": who.access_key, "sk": who.secret_key, "project_id": who.project_id,
        "region": who.region, "endpoint": url, "iam_endpoint": url,
    }  # fmt: skip
    place.write_text("\n".join(["[mine]", *(f"{key} = {value}" for key, value in lines.items())]))
    place.chmod(0o600)
    form = cbr.forms.sign_in(how="Profile", profile="mine")
    session = form.submit()
    assert len(session.vaults()) > 0
    assert form.code == 'session = cbr.connect(profile="mine")'
    assert who.secret_key not in everything(form)
    session.close()


def test_running_again_keeps_the_names_and_forgets_the_secrets() -> None:
    form = cbr.forms.sign_in(access_key="AK", secret_key="typed", region="eu-west-0")
    assert form.problems == {}
    again = cbr.forms.sign_in()
    assert again.value["access_key"] == "AK"
    assert again.value["secret_key"] is None


def test_a_secret_that_was_given_is_kept_by_nobody() -> None:
    form = cbr.forms.sign_in(access_key="AK", secret_key="typed-secret")
    assert "secret_key" not in form.kept()  # also before it was filled in
    assert "typed-secret" not in str(vars(form))


def test_a_broken_profile_file_leaves_the_other_ways_open(tmp_path: Path) -> None:
    place = tmp_path / ".huaweicloud" / "credentials"
    place.parent.mkdir()
    place.write_text("garbage")
    form = cbr.forms.sign_in(how="Simulated cloud")
    page = FormPage(form)
    assert form.problems == {}
    assert "cannot be read" in page.field("profile").help
    form.submit().close()


def test_the_session_can_be_had_in_another_cell() -> None:
    form = cbr.forms.sign_in(how="Simulated cloud", estate="empty")
    session = form.submit()
    assert cbr.forms.signed_in() is session
    session.close()


@pytest.mark.parametrize(
    ("advice", "shown"),
    [
        (
            "Name its ID: cbr.connect(project_id=…); the console",
            "Name its ID: 'Project'; the console",
        ),
        ("Name one by region=: eu-west-0.", "Name one by 'Region': eu-west-0."),
        ("Name the address by endpoint= if you", "Name the address by 'Endpoint' if you"),
        ("Name one by project_name or project_id.", "Name one by 'Project'."),
        (
            "Open another one: session = cbr.connect(…).",
            "Open another one: session = cbr.connect(…).",
        ),
    ],
)
def test_advice_names_the_field_instead_of_the_argument(
    advice: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise errors.InvalidRequest("It is not known where.", advice=advice)

    monkeypatch.setattr(openers.entry(), "connect", refuse)
    form = cbr.forms.sign_in(how="access_key")
    page = FormPage(form)
    form.value = {"access_key": "a", "secret_key": "b", "region": "eu-west-0"}
    page.press()
    assert f'<dd class="">{html.escape(shown)}</dd>' in page.error
