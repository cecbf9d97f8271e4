"""What a source says is understood and obeyed, or refused by name; nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from tests.auth.identity_sources import (
    HOME,
    MARK,
    USER,
    Computer,
    Internet,
    arguments,
    clouds_yaml,
    keys_in_arguments,
    openrc,
    openrc_by_id,
    vendor,
)

NOT_UNDERSTOOD: list[tuple[dict[str, Any], str]] = [
    ({"auth_type": "v3applicationcredential"}, "v3applicationcredential"),
    ({"auth_type": "v3oidcpassword"}, "v3oidcpassword"),
    ({"auth_type": "agency"}, "agency"),
    ({"auth": {"trust_id": "t"}}, "trust_id"),
    ({"auth": {"passcode": "canary-123456"}}, "passcode"),
    ({"auth": {"agency_name": "ops"}}, "agency"),
    ({"cert": "client.pem"}, "cert"),
    ({"identity_api_version": "2.0"}, "identity_api_version"),
    ({"verify": "perhaps"}, "verify"),
    ({"auth": {"auth_url": "https://iam.own.example/v2.0"}}, "version"),
    ({"auth": {"password": ["a"]}}, "password"),
]


@pytest.mark.parametrize(("more", "word"), NOT_UNDERSTOOD, ids=str)
def test_what_is_not_understood_is_refused_by_name(
    more: dict[str, Any], word: str, internet: Internet, computer: Computer
) -> None:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-cloud"}
    auth |= more.get("auth", {})
    rest = {key: value for key, value in more.items() if key != "auth"}
    computer.cloud(HOME, "mine", auth=auth, region_name="eu-de", **rest)
    with pytest.raises(cbr.CBRError, match=word) as caught:
        cbr.connect("mine")
    assert caught.value.advice
    assert MARK not in str(caught.value)
    assert internet.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OS_AUTH_TYPE", "v3totp"), ("OS_PASSCODE", "123456"), ("OS_TRUST_ID", "t"),
        ("OS_APPLICATION_CREDENTIAL_ID", "a"), ("OS_IDENTITY_API_VERSION", "2"),
        ("OS_INSECURE", "perhaps"), ("OS_INTERFACE", "secret"),
        ("CBR_IAM_ENDPOINT", "https://iam.other.example"),
    ],
)  # fmt: skip
def test_what_an_openrc_file_says_and_is_not_understood_is_refused_by_name(
    name: str, value: str, internet: Internet, computer: Computer
) -> None:
    openrc(computer)
    computer.env(**{name: value})
    with pytest.raises(cbr.errors.InvalidRequest, match=name):
        cbr.connect()
    assert internet.asked == []
    # Somebody who is named in the call is not hindered by it.
    with cbr.connect(**keys_in_arguments(computer)) as session:
        assert session.identity.who == "canary-key"


def test_numbers_and_switches_in_yaml_are_read_as_they_are_written(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / HOME
    place.mkdir(parents=True)
    (place / "clouds.yaml").write_text(
        "clouds:\n  mine:\n    region_name: eu-de\n    auth:\n"
        "      auth_url: https://iam.own.example\n      user_id: 0123\n"
        f"      password: 0755\n      project_id: {'0' * 32}\n      user_domain_id: yes\n"
    )
    cbr.connect("mine")
    body = json.loads(internet.asked[0].read())["auth"]
    assert body["identity"]["password"]["user"] == {"password": "0755", "id": "0123"}
    assert body["scope"] == {"project": {"id": "0" * 32}}


def test_a_region_that_is_left_out_is_the_only_one_of_the_catalogue(computer: Computer) -> None:
    session = cbr.connect(**openrc_by_id(computer))
    assert (session.identity.region, session.identity.endpoint) == (
        "eu-de",
        "https://cbr.own.example",
    )


def test_several_regions_ask_for_one(
    internet: Internet, monkeypatch: pytest.MonkeyPatch, computer: Computer
) -> None:
    rows = [
        {"interface": "public", "region": each, "url": f"https://cbr.{each}.own.example/v3/$(id)s"}
        for each in ("eu-de", "eu-nl")
    ]
    catalog = [{"type": "cbr", "endpoints": rows}]
    monkeypatch.setattr(internet, "_catalog", lambda host: catalog)
    given = openrc_by_id(computer)
    with pytest.raises(cbr.errors.AuthenticationError, match="eu-de, eu-nl"):
        cbr.connect(**given)
    assert cbr.connect(region="eu-nl").identity.endpoint == "https://cbr.eu-nl.own.example"
    with pytest.raises(cbr.errors.AuthenticationError, match="no backup service in region 'mars'"):
        cbr.connect(region="mars")


@pytest.mark.parametrize(
    "url", ["http://cbr.own.example/v3", "http://127.0.0.1:8080/v3", "nonsense", "ftp://x"]
)
def test_an_address_of_the_catalogue_that_cannot_be_used_is_an_error(
    url: str, internet: Internet, monkeypatch: pytest.MonkeyPatch, computer: Computer
) -> None:
    rows = [{"interface": "public", "region": "eu-de", "url": url}]
    catalog = [{"type": "cbr", "endpoints": rows}]
    monkeypatch.setattr(internet, "_catalog", lambda host: catalog)
    with pytest.raises(cbr.errors.InvalidRequest, match="catalogue") as caught:
        cbr.connect(**openrc(computer))
    assert caught.value.field == "endpoint"


def test_a_catalogue_without_the_service_asks_for_the_address(
    internet: Internet, monkeypatch: pytest.MonkeyPatch, computer: Computer
) -> None:
    monkeypatch.setattr(internet, "_catalog", lambda host: [None, {"type": "cbr"}, {}])
    with pytest.raises(cbr.errors.AuthenticationError, match="address of the backup service"):
        cbr.connect(**openrc(computer))
    with cbr.connect(**arguments(computer)) as session:  # this operator's may be derived
        assert session.identity.endpoint == "https://cbr.eu-west-0.myhuaweicloud.com"


def test_certificates_are_those_of_the_source(tmp_path: Path, computer: Computer) -> None:
    openrc(computer)
    computer.env(OS_CACERT=str(tmp_path / "missing.pem"))
    with pytest.raises(cbr.errors.InvalidRequest, match=r"missing\.pem"):
        cbr.connect()
    with cbr.connect(**keys_in_arguments(computer)):  # another identity has nothing of it
        pass
    computer.env(OS_INSECURE="true")
    with pytest.warns(UserWarning, match="environment"):
        cbr.connect()


def test_certificates_beside_a_cloud_come_before_those_of_the_working_folder(
    tmp_path: Path, computer: Computer
) -> None:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-cloud"}
    computer.cloud(HOME, "mine", auth=auth, region_name="eu-de", cacert="ca.pem")
    (tmp_path / HOME / "ca.pem").write_text("nobody's")
    with pytest.raises(cbr.errors.InvalidRequest, match=f"{HOME}/ca.pem"):
        cbr.connect("mine")
    (tmp_path / HOME / "ca.pem").unlink()
    with pytest.raises(cbr.errors.InvalidRequest, match=r"read from ca\.pem"):
        cbr.connect("mine")


@pytest.mark.parametrize(
    ("auth_type", "auth", "named"),
    [
        ("password", {"ak": "canary-ak", "sk": "canary-sk"}, "an access key"),
        ("token", {**USER, "password": "canary-cloud"}, "a user name and password"),
        ("aksk", {"token": "canary-token"}, "a token"),
    ],
)
def test_a_way_to_sign_in_that_does_not_fit_what_is_named_is_said(
    auth_type: str, auth: dict[str, str], named: str, internet: Internet, computer: Computer
) -> None:
    auth = {"auth_url": "https://iam.own.example/v3", **auth}
    computer.cloud(HOME, "mine", auth=auth, region_name="eu-de", auth_type=auth_type)
    with pytest.raises(cbr.errors.InvalidRequest, match=f"auth_type: {auth_type}.*{named}"):
        cbr.connect("mine")
    assert internet.asked == []


def test_a_cloud_that_the_environment_names_and_nobody_has_is_said(computer: Computer) -> None:
    clouds_yaml(computer)
    computer.env(OS_CLOUD="missing")
    with pytest.raises(cbr.errors.AuthenticationError, match=r"'missing'.*OS_CLOUD") as caught:
        cbr.connect()
    assert "mine" in str(caught.value.advice)
    computer.env(OS_CLOUD="")
    with pytest.raises(cbr.errors.AuthenticationError, match="No credentials"):
        cbr.connect()


def test_os_cloud_beside_another_identity_of_the_environment_is_refused(
    internet: Internet, monkeypatch: pytest.MonkeyPatch, computer: Computer
) -> None:
    clouds_yaml(computer)
    computer.env(OS_CLOUD="mine", OS_AUTH_URL="https://iam.own.example", OS_USERNAME="eve",
                 OS_PASSWORD="canary-eve", OS_USER_DOMAIN_NAME="ACME")  # fmt: skip
    with pytest.raises(cbr.errors.InvalidRequest, match="two identities") as caught:
        cbr.connect()
    assert "eve@ACME" in caught.value.message
    assert "'mine', which belongs to pat@ACME" in caught.value.message
    assert "Unset OS_CLOUD" in (caught.value.advice or "")
    # Of the same name, and elsewhere.
    computer.env(OS_USERNAME="pat", OS_AUTH_URL="https://iam.elsewhere.example")
    with pytest.raises(cbr.errors.InvalidRequest, match=r"at iam\.own\.example"):
        cbr.connect()
    # The vendor's names are an identity, too.
    for name in ("OS_USERNAME", "OS_PASSWORD", "OS_AUTH_URL"):
        monkeypatch.delenv(name)
    computer.env(HUAWEICLOUD_SDK_AK="AK", HUAWEICLOUD_SDK_SK="canary-sk")
    with pytest.raises(cbr.errors.InvalidRequest, match="two identities: AK"):
        cbr.connect()
    assert internet.asked == []
    # Whoever is named in the call is meant.
    cbr.connect("mine")
    assert {host for _, host in internet.seen} == {"iam.own.example"}


def test_os_cloud_beside_the_same_identity_is_one(internet: Internet, computer: Computer) -> None:
    clouds_yaml(computer)
    computer.env(OS_CLOUD="mine", OS_AUTH_URL="https://iam.own.example/v3", OS_USERNAME="pat",
                 OS_PASSWORD="canary-of-env", OS_USER_DOMAIN_NAME="ACME")  # fmt: skip
    cbr.connect()
    assert {host for _, host in internet.seen} == {"iam.own.example"}


def test_os_cloud_that_no_file_has_is_refused_also_beside_a_whole_environment(
    internet: Internet, computer: Computer
) -> None:
    computer.env(OS_CLOUD="missing", HUAWEICLOUD_SDK_AK="AK", HUAWEICLOUD_SDK_SK="canary-sk",
                 HUAWEICLOUD_SDK_REGION="eu-west-0")  # fmt: skip
    with pytest.raises(cbr.errors.InvalidRequest, match="'missing', which no file has"):
        cbr.connect()
    assert internet.asked == []


KEYS = {"access_key": "AK", "secret_key": "canary-sk"}
USER_ARGUMENTS = {"user_name": "pat", "password": "canary-pw", "domain_name": "ACME"}
TOKEN = {"token": "canary-token"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({**KEYS, **USER_ARGUMENTS}, "an access key and a user name and password"),
        ({**TOKEN, **KEYS}, "a token and an access key"),
        ({**TOKEN, **USER_ARGUMENTS}, "a token and a user name and password"),
    ],
)
def test_several_ways_to_sign_in_at_once_are_refused(
    internet: Internet, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(cbr.errors.InvalidRequest, match=named) as caught:
        cbr.connect(region="eu-west-0", **given)
    assert "canary" not in str(caught.value)
    assert internet.asked == []


def test_an_openrc_with_several_ways_is_refused_until_it_says_which_counts(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = Computer(tmp_path, monkeypatch)
    computer.env(OS_AUTH_URL="https://iam.own.example/v3", OS_USERNAME="pat",
                 OS_PASSWORD="canary-pw", OS_USER_DOMAIN_NAME="ACME", OS_PROJECT_NAME="team",
                 OS_REGION_NAME="eu-de", OS_TOKEN="canary-old")  # fmt: skip
    with pytest.raises(cbr.errors.InvalidRequest, match="a token and a user name and password"):
        cbr.connect()
    assert internet.asked == []
    computer.env(OS_AUTH_TYPE="password")
    cbr.connect()
    assert internet.seen == {("canary-pw", "iam.own.example")}


def test_the_vendors_variables_beside_an_openrc_of_somebody_are_refused(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = Computer(tmp_path, monkeypatch)
    openrc(computer)
    vendor(computer)
    with pytest.raises(cbr.errors.InvalidRequest, match="two identities: canary-vendor") as caught:
        cbr.connect()
    assert "pat@ACME" in caught.value.message
    assert internet.asked == []
    # Whoever is named in the call is meant.
    cbr.connect(iam_endpoint="https://iam.own.example", region="eu-de", **USER_ARGUMENTS)
    assert {host for _, host in internet.seen} == {"iam.own.example"}


@pytest.mark.parametrize("beside", [USER_ARGUMENTS, TOKEN])
def test_a_security_token_without_its_access_key_is_refused(
    internet: Internet, beside: dict[str, Any]
) -> None:
    with pytest.raises(cbr.errors.InvalidRequest, match="without the access key") as caught:
        cbr.connect(region="eu-west-0", security_token="canary-sts", **beside)
    assert "canary" not in str(caught.value)
    assert internet.asked == []
