"""Shapes of files and answers that other tools write: read, or refused in time; never guessed."""

from __future__ import annotations

import time

import httpx
import pytest

import cbr_notebook as cbr
from tests.auth.identity_sources import HOME, PROJECT, USER, Computer, Internet, openrc

AUTH = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-other"}
NAMES = ["clouds.yml", "clouds.json"]


@pytest.mark.parametrize("file", NAMES)
@pytest.mark.parametrize("folder", [HOME, "settings/openstack"])
def test_openstacks_other_file_names_and_folders_are_read(
    file: str, folder: str, computer: Computer, internet: Internet
) -> None:
    computer.env(XDG_CONFIG_HOME=str(computer.home / "settings"))
    without = {key: value for key, value in AUTH.items() if key != "password"}
    computer.cloud(folder, "mine", auth=without, region_name="eu-de", file=file)
    secret = {"password": AUTH["password"]}
    computer.cloud(folder, "mine", auth=secret, file=file.replace("clouds", "secure"))
    with cbr.connect("mine") as session:
        session.vaults()
    assert {host for _, host in internet.seen} == {"iam.own.example", "cbr.own.example"}


@pytest.mark.parametrize("file", NAMES)
def test_no_file_of_the_working_folder_gets_a_secret_from_elsewhere(
    file: str, computer: Computer, internet: Internet
) -> None:
    auth = {**USER, "auth_url": "https://iam.trap.example/v3"}
    computer.cloud("work", "mine", auth=auth, region_name="eu-de", file=file)
    with pytest.raises(cbr.errors.InvalidRequest, match="working folder"):
        cbr.connect("mine", password="canary-call")
    assert internet.asked == []


LINES = "m0: &m0 {k: v}\n"
TWELVE = range(1, 13)
ENDLESS = {
    "mappings": LINES + "".join(
        f"m{n}: &m{n} {{{', '.join(f'k{m}: *m{n - 1}' for m in range(9))}}}\n" for n in TWELVE
    ) + "clouds: {mine: *m12}\n",
    "merged": LINES + "".join(
        f"m{n}: &m{n}\n  <<: [{', '.join([f'*m{n - 1}'] * 9)}]\n" for n in TWELVE
    ) + "clouds: {mine: *m12}\n",
    "many merged": LINES + f"m: {{<<: [{', '.join(['*m0'] * 200)}]}}\nclouds: {{mine: {{}}}}\n",
    "itself": "clouds: &c\n  mine: *c\n",
    "its member": "clouds:\n  mine:\n    auth: &a\n      username: pat\n      more: *a\n",
    "large": "clouds: {mine: {}}\n# " + "x" * 2**20,
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_file_that_would_never_end_is_refused_soon(kind: str, computer: Computer) -> None:
    (computer.home / HOME).mkdir(parents=True)
    (computer.home / HOME / "clouds.yaml").write_text(ENDLESS[kind])
    began = time.process_time()
    with pytest.raises(cbr.errors.InvalidRequest, match=r"cannot be read|Not understood"):
        cbr.connect("mine")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "address",
    [
        "https://cbr.own.example/v3", "https://cbr.own.example/v3/%(project_id)s",
        f"https://cbr.own.example/v3/{PROJECT}/", "https://cbr.own.example/",
    ],
)  # fmt: skip
def test_a_service_address_may_end_with_version_and_project(
    address: str, computer: Computer, internet: Internet
) -> None:
    openrc(computer)
    with cbr.connect(endpoint=address) as session:
        session.vaults()
    assert internet.asked[-1].url.path == f"/v3/{PROJECT}/vaults"


@pytest.mark.parametrize("written", ["v3.0", "v3.14/", "v3/auth/tokens"])
def test_a_small_version_of_the_interface_is_no_part_of_the_address(
    written: str, computer: Computer, internet: Internet
) -> None:
    openrc(computer)
    computer.env(OS_AUTH_URL=f"https://own.example/identity/{written}")
    cbr.connect(endpoint="https://cbr.own.example").close()
    assert internet.asked[0].url.path == "/identity/v3/auth/tokens"


@pytest.mark.parametrize(
    "wanted", [{"OS_PROJECT_NAME": "another"}, {"OS_PROJECT_NAME": "", "OS_PROJECT_ID": "1" * 32}]
)
def test_nobody_works_in_another_project_than_the_one_that_is_named(
    wanted: dict[str, str], computer: Computer, internet: Internet
) -> None:
    openrc(computer)
    computer.env(**wanted)
    with pytest.raises(cbr.errors.AuthenticationError, match="was asked for"):
        cbr.connect()
    assert {each.url.host for each in internet.asked} == {"iam.own.example"}


def test_a_name_that_two_projects_have_is_not_guessed(
    computer: Computer, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"name": "team", "id": digit * 32} for digit in "12"]
    plain = internet.answer

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/projects"):
            return httpx.Response(200, json={"projects": rows})
        return plain(request)

    monkeypatch.setattr(internet, "answer", answer)
    with pytest.raises(cbr.errors.AuthenticationError, match="several projects 'team'") as caught:
        cbr.connect(
            access_key="a", secret_key="s", project_name="team", region="eu-de",
            iam_endpoint="https://iam.own.example",
        )  # fmt: skip
    assert "1" * 32 in str(caught.value)
