"""Where credentials come from, and which addresses are talked to."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import cbr_notebook
from cbr_notebook.auth import endpoints
from cbr_notebook.auth.credentials import Credentials
from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.sources import identity_lookup
from cbr_notebook.auth.sources import keyring as keyrings
from cbr_notebook.errors import AuthenticationError, InvalidRequest

PROFILES = """
[basic]
ak = AKBASIC
sk = skbasic
project_id = p1

[prod]
ak = AKPROD
sk = skprod
region = eu-west-0
"""


@pytest.fixture(autouse=True)
def profile_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "credentials"
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    return path


def test_without_anything_the_error_says_where_it_was_sought() -> None:
    with pytest.raises(AuthenticationError) as caught:
        identity_lookup.find(Credentials())
    assert "HUAWEICLOUD_SDK_AK" in str(caught.value)
    assert "cbr.simulate()" in str(caught.value)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "AK")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "sk")
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", "p")
    found = identity_lookup.find(Credentials())
    assert (found.access_key, found.project_id, found.source) == ("AK", "p", "environment")
    assert found.secret_key == Secret("sk")


def test_openstacks_names_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("OS_USERNAME", "ada"),
        ("OS_PASSWORD", "pw"),
        ("OS_USER_DOMAIN_NAME", "northwind"),
        ("OS_REGION_NAME", "eu-west-0"),
    ):
        monkeypatch.setenv(name, value)
    found = identity_lookup.find(Credentials())
    assert (found.user_name, found.domain_name, found.region) == ("ada", "northwind", "eu-west-0")
    assert found.way == "user name and password"


def test_the_default_profile_is_the_last_resort(profile_file: Path) -> None:
    profile_file.write_text(PROFILES)
    assert identity_lookup.find(Credentials()).access_key == "AKBASIC"


def test_a_named_profile_is_taken(profile_file: Path) -> None:
    profile_file.write_text(PROFILES)
    found = identity_lookup.find(Credentials(), "prod")
    assert (found.access_key, found.region) == ("AKPROD", "eu-west-0")
    assert "prod" in found.source


def test_an_unknown_profile_is_an_error_that_lists_the_known(profile_file: Path) -> None:
    profile_file.write_text(PROFILES)
    with pytest.raises(AuthenticationError, match="basic, prod"):
        identity_lookup.find(Credentials(), "test")


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "AK")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "sk")
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION", "eu-west-1")
    given = Credentials(access_key="MINE", secret_key=Secret("mine"))
    found = identity_lookup.find(given)
    assert (found.access_key, found.region) == ("MINE", "eu-west-1")


def test_two_identities_are_never_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", "AK")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", "sk")
    monkeypatch.setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", "temporary")
    found = identity_lookup.find(Credentials(access_key="MINE", secret_key=Secret("mine")))
    assert found.security_token is None


def test_a_broken_profile_file_does_not_show_its_content(profile_file: Path) -> None:
    profile_file.write_text("sk = leaked-secret\n")
    with pytest.raises(InvalidRequest) as caught:
        identity_lookup.find(Credentials(), "basic")
    assert "leaked-secret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["text", "folder"])
def test_a_file_that_cannot_be_read_is_named_and_hinders_nobody_who_needs_none(
    profile_file: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "folder":
        profile_file.mkdir()
    else:
        profile_file.write_text("sk = leaked-secret\n")
    mine = {"access_key": "MINE", "secret_key": "mine", "project_id": "p"}
    with cbr_notebook.connect(**mine, region="eu-west-0") as session:  # type: ignore[arg-type]
        assert session.identity.who == "MINE"
    # But where something is missing that may be in it, and where it is asked for, it is told.
    for ask in (
        lambda: cbr_notebook.connect(**mine),  # type: ignore[arg-type]
        lambda: cbr_notebook.connect(region="eu-west-0"),
        lambda: cbr_notebook.connect("basic"),
        cbr_notebook.profiles,
    ):
        with pytest.raises(InvalidRequest) as caught:
            ask()
        assert str(profile_file) in caught.value.message
    # The cloud that the environment names is no reason to stumble over it either.
    monkeypatch.setenv("OS_CLOUD", "otc")
    with cbr_notebook.connect(**mine, region="eu-west-0") as session:  # type: ignore[arg-type]
        assert session.identity.who == "MINE"


def test_a_broken_clouds_yaml_does_not_hinder_a_profile_of_the_other_file(
    profile_file: Path, tmp_path: Path
) -> None:
    profile_file.write_text(PROFILES)
    (tmp_path / "clouds.yaml").write_text("clouds: [")
    assert identity_lookup.find(Credentials(), "prod").access_key == "AKPROD"
    with pytest.raises(InvalidRequest, match=r"clouds\.yaml"):
        identity_lookup.find(Credentials(), "otc")


def test_what_is_copied_along_by_accident_is_dropped() -> None:
    found = Credentials(
        access_key=" AK\n", secret_key=Secret("s k\r\n"), security_token=Secret("t\n"),
        user_name=" ada ", password=Secret(" pw\n"), domain_name="northwind\n",
        project_id="\tp ", project_name=" eu-west-0_films ", region="eu-west-0\n",
        endpoint=" https://cbr.example.com\n", iam_endpoint=" ",
    )  # fmt: skip
    assert (found.access_key, found.user_name, found.domain_name) == ("AK", "ada", "northwind")
    assert (found.project_id, found.project_name) == ("p", "eu-west-0_films")
    assert (found.region, found.endpoint) == ("eu-west-0", "https://cbr.example.com")
    assert found.iam_endpoint is None
    # Of a secret nothing inside is touched, and of a password nothing at all.
    assert (found.secret_key, found.security_token) == (Secret("s k"), Secret("t"))
    assert found.password == Secret(" pw\n")


GOOD = {"access_key": "AK", "secret_key": "sk", "project_id": "p", "region": "eu-west-0"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", "eu west"), ("region", "eu-west-0/x"), ("region", "eu\nwest"), ("region", "欧"),
        ("project_id", "ü"), ("project_id", "a/b"), ("access_key", "schlüssel"),
        ("access_key", "A\nK"), ("endpoint", "https://[bad"), ("endpoint", "https://h:99999"),
        ("endpoint", "https://h:port"), ("endpoint", "https://a b"), ("endpoint", "https://"),
        ("endpoint", "https://xn--.com"), ("endpoint", "https://h?x=1"),
        ("iam_endpoint", "https://[bad"), ("security_token", "tökenhidden"),
    ],
)  # fmt: skip
def test_what_no_request_could_carry_is_refused_with_its_field(field: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        cbr_notebook.connect(**{**GOOD, field: value})  # type: ignore[arg-type]
    assert caught.value.field == field
    assert caught.value.advice
    assert "hidden" not in str(caught.value)


def test_white_space_around_what_is_pasted_is_no_trouble() -> None:
    pasted = {name: f" {value}\n" for name, value in GOOD.items() if name != "secret_key"}
    with cbr_notebook.connect(**pasted, secret_key="sk\n") as session:  # type: ignore[arg-type]
        assert session.identity.endpoint == "https://cbr.eu-west-0.myhuaweicloud.com"
        assert session.identity.project_id == "p"


def test_an_endpoint_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidRequest) as caught:
        endpoints.checked("https://ada:hidden@cbr.example.com", "endpoint")
    assert "hidden" not in str(caught.value)


def test_credentials_show_no_secret() -> None:
    found = Credentials(access_key="AK", secret_key=Secret("hidden"), token=Secret("hidden"))
    assert "hidden" not in repr(found)
    with pytest.raises(TypeError):
        pickle.dumps(found)


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80", "https://cbr.example.com/"]
)  # fmt: skip
def test_endpoints_that_are_accepted(endpoint: str) -> None:
    assert endpoints.checked(endpoint, "endpoint") == endpoint.rstrip("/")


@pytest.mark.parametrize("endpoint", ["http://cbr.example.com", "cbr.example.com", "ftp://x", ""])
def test_endpoints_that_are_refused(endpoint: str) -> None:
    with pytest.raises(InvalidRequest):
        endpoints.checked(endpoint, "endpoint")


CLOUDS = """
clouds:
  otc:
    region_name: eu-de
    auth:
      auth_url: https://iam.eu-de.example.com/v3
      username: ada
      password: clandestine
      user_domain_name: acme
      project_name: eu-de_one
"""


def test_a_cloud_of_clouds_yaml_is_taken_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    found = identity_lookup.find(Credentials(), profile="otc")
    assert (found.user_name, found.domain_name, found.region) == ("ada", "acme", "eu-de")
    assert found.iam_endpoint == "https://iam.eu-de.example.com/v3"
    assert endpoints.checked_iam(found.iam_endpoint) == "https://iam.eu-de.example.com"
    assert found.password is not None
    assert found.password.reveal() == "clandestine"


def test_the_environment_can_name_the_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    monkeypatch.setenv("OS_CLOUD", "otc")
    assert identity_lookup.find(Credentials()).user_name == "ada"


def test_the_first_profile_of_a_file_is_not_the_default_one(profile_file: Path) -> None:
    profile_file.write_text("[other]\nak = A\nsk = S\n")
    with pytest.raises(AuthenticationError):
        identity_lookup.find(Credentials())


def test_profiles_are_listed_with_their_place_and_without_secrets(
    tmp_path: Path, profile_file: Path
) -> None:
    profile_file.write_text(PROFILES)
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    table = cbr_notebook.profiles()
    assert list(table["name"]) == ["basic", "prod", "otc"]
    assert table["complete"].all()
    text = table.to_csv()
    assert str(profile_file) in text
    for secret in ("skbasic", "skprod", "clandestine", "AKPROD"):
        assert secret not in text


@pytest.mark.parametrize("text", ["clouds: [", "[]", "clouds: 7"])
def test_a_broken_clouds_yaml_does_not_show_its_content(tmp_path: Path, text: str) -> None:
    (tmp_path / "clouds.yaml").write_text("# clandestine\n" + text)
    with pytest.raises(InvalidRequest) as caught:
        identity_lookup.find(Credentials(), profile="otc")
    assert "clandestine" not in str(caught.value)


class Ring:
    """A keyring that knows one secret, in place of the system's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **secrets: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self.secrets = secrets
        monkeypatch.setattr("cbr_notebook.auth.sources.keyring.secret_of", self._secret_of)

    def _secret_of(self, account: str) -> Secret | None:
        self.asked.append(("cbr-notebook", account))
        found = self.secrets.get(account)
        return Secret(found) if found else None


def test_a_secret_that_is_left_out_comes_from_the_keyring(
    monkeypatch: pytest.MonkeyPatch, profile_file: Path
) -> None:
    profile_file.write_text("[prod]\nak = AKPROD\nregion = eu-west-0\n")
    ring = Ring(monkeypatch, AKPROD="kept")
    found = identity_lookup.find(Credentials(), "prod")
    assert (found.access_key, found.secret_key, found.region) == (
        "AKPROD",
        Secret("kept"),
        "eu-west-0",
    )
    assert "keyring" in found.source
    assert ring.asked == [("cbr-notebook", "AKPROD")]
    (listed,) = (each for each in identity_lookup.profiles() if each.name == "prod")
    assert listed.complete
    assert "kept" not in repr(listed) + repr(found)


def test_the_keyring_is_not_asked_when_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, profile_file: Path
) -> None:
    profile_file.write_text(PROFILES)
    ring = Ring(monkeypatch)
    identity_lookup.find(Credentials(), "prod")
    assert ring.asked == []


def test_a_users_password_is_kept_under_user_and_account(monkeypatch: pytest.MonkeyPatch) -> None:
    Ring(monkeypatch, **{"ada@northwind": "pw"})
    found = identity_lookup.find(Credentials(user_name="ada", domain_name="northwind"))
    assert found.password == Secret("pw")


def test_at_a_terminal_the_missing_secret_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []

    def typed(prompt: str) -> str:
        prompts.append(prompt)
        return "typed"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("cbr_notebook.auth.sources.prompt.can_ask", lambda: True)
    monkeypatch.setattr("getpass.getpass", typed)
    found = identity_lookup.find(Credentials(access_key="AK"))
    assert (found.secret_key, prompts) == (Secret("typed"), ["Secret key of AK: "])
    assert "typed in" in found.source


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(prompt: str) -> str:
        raise AssertionError(prompt)

    monkeypatch.setattr("getpass.getpass", never)
    with pytest.raises(AuthenticationError, match="no secret for AK") as caught:
        identity_lookup.find(Credentials(access_key="AK"))
    assert "keyring set cbr-notebook AK" in caught.value.advice


def test_one_who_is_named_is_not_replaced_by_another(profile_file: Path) -> None:
    profile_file.write_text(PROFILES)
    with pytest.raises(AuthenticationError, match="no secret for AK"):
        identity_lookup.find(Credentials(access_key="AK"))


def test_the_systems_keyring_is_read_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Backend(KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return "pw" if (service, username) == ("cbr-notebook", "AK") else None

        def set_password(self, service: str, username: str, password: str) -> None: ...

        def delete_password(self, service: str, username: str) -> None: ...

    before = keyring.get_keyring()
    keyring.set_keyring(Backend())
    try:
        assert keyrings.secret_of("AK") == Secret("pw")
        assert keyrings.secret_of("other") is None
    finally:
        keyring.set_keyring(before)


def test_a_session_that_is_signed_out_asks_nothing(tmp_path: Path) -> None:
    session = cbr_notebook.simulate("empty")
    assert session.vaults().empty
    session.sign_out()
    with pytest.raises(AuthenticationError, match="signed out"):
        session.vaults()


@pytest.mark.parametrize("broken", ["clouds: [", "no: clouds", ""])
@pytest.mark.parametrize("file", ["clouds.yaml", "secure.yaml"])
def test_a_broken_file_of_the_working_folder_hinders_no_profile_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, file: str
) -> None:
    home, work = tmp_path / "home" / ".config" / "openstack", tmp_path / "work"
    home.mkdir(parents=True)
    work.mkdir()
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(work)
    (work / "clouds.yaml").write_text("clouds: {here: {}}")
    (work / file).write_text(broken)
    (home / "clouds.yaml").write_text(
        "clouds: {mine: {auth: {username: pat, password: pw, user_domain_name: ACME, "
        "auth_url: https://iam.own.example/v3}, region_name: eu-de}}"
    )
    assert identity_lookup.find(Credentials(), profile="mine").user_name == "pat"
    assert "mine" in [each.name for each in identity_lookup.profiles()]
    monkeypatch.setenv("OS_CLOUD", "mine")
    assert identity_lookup.find(Credentials()).user_name == "pat"
    for unknown in ("here", "other"):  # it may be in there
        with pytest.raises(InvalidRequest, match=r"yaml cannot be read"):
            identity_lookup.find(Credentials(), profile=unknown)
    (home / "clouds.yaml").write_text("clouds: [")  # one's own is never passed over
    with pytest.raises(InvalidRequest, match=r"yaml cannot be read"):
        identity_lookup.find(Credentials(), profile="mine")


IDENTITIES = {
    "user": "username: pat, password: pw, user_domain_name: ACME",
    "token": "token: tok",
    "keys": "ak: AK, sk: sk",
}


@pytest.mark.parametrize(
    ("auth_type", "identity", "refusal"),
    [
        ("agency", "keys", "'ops' cannot be used with access key"),
        ("agency", "token", "'ops' cannot be used with token"),
        ("aksk", "keys", "'ops' cannot be used with access key"),
        ("v3token", "token", "'ops' cannot be used with token"),
        ("v3assumerole", "keys", "'ops' cannot be used with access key"),
        ("token", "user", "named is a user name and password"),
        ("password", "keys", "auth_type: password .what is named is an access key"),
        ("aksk", "user", "named is a user name and password"),
        ("v3applicationcredential", "user", "auth_type: v3applicationcredential"),
        ("v3oidcpassword", "keys", "auth_type: v3oidcpassword"),
        ("none", "token", "auth_type: none"),
    ],
)
def test_an_agency_or_a_way_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, auth_type: str, identity: str, refusal: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(
        f"clouds: {{mine: {{auth_type: {auth_type}, region_name: eu-de, auth: {{"
        f"{IDENTITIES[identity]}, auth_url: https://iam.own.example/v3, agency_name: ops, "
        "agency_domain_name: CUSTOMER}}}"
    )
    with pytest.raises((InvalidRequest, AuthenticationError), match=refusal):
        cbr_notebook.connect(profile="mine")
