"""No secret goes to a host that neither its own source nor the caller named."""

from __future__ import annotations

import itertools
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

import cbr_notebook as cbr
from cbr_notebook.auth.secret import Secret

PROJECT = "0" * 32
MARK = "canary"
OPERATOR = ".myhuaweicloud.com"


@dataclass
class Internet:
    """Every host there is; remembers which canary was seen where."""

    seen: set[tuple[str, str]] = field(default_factory=set)
    catalogs: dict[str, str] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        host, path = request.url.host, request.url.path
        self.asked.append(request)
        content = request.read().decode() + " ".join(request.headers.values())
        for word in content.replace('"', " ").replace("=", " ").replace(",", " ").split():
            if word.startswith(MARK):
                self.seen.add((word, host))
        if path.endswith("/auth/tokens"):
            return self._token(request, host)
        if path.endswith("/auth/catalog"):
            return httpx.Response(200, json={"catalog": self._catalog(host)})
        if path.endswith("/projects"):
            return httpx.Response(200, json={"projects": [{"name": "team", "id": PROJECT}]})
        return httpx.Response(200, json={"vaults": [], "count": 0})

    def _catalog(self, host: str) -> list[dict[str, Any]]:
        region = "eu-west-0" if host.endswith(OPERATOR) else "eu-de"
        url = f"https://{host.replace('iam.', 'cbr.', 1)}/v3/{PROJECT}"
        rows = [{"interface": "public", "region": region, "region_id": region, "url": url}]
        return [{"type": "ecs", "endpoints": []}, {"type": "cbr", "endpoints": rows}]

    def _token(self, request: httpx.Request, host: str) -> httpx.Response:
        given = request.headers.get("X-Subject-Token") if request.method == "GET" else None
        agency = "assume_role" in request.read().decode()
        token = {
            "issued_at": "2030-01-01T00:00:00Z",
            "expires_at": "2030-01-02T00:00:00Z",
            "project": {"id": PROJECT, "name": "team"},
            "catalog": [] if "nocatalog" in str(request.url) else self._catalog(host),
        }
        # The token of a user carries on whose it is, so that it is seen where it goes.
        owner = next((m for m, h in self.seen if h == host and m.startswith(f"{MARK}-")), "x")
        value = given or f"{owner}{'-agency' if agency else ''}-token"
        return httpx.Response(
            200 if given else 201, headers={"X-Subject-Token": value}, json={"token": token}
        )


@pytest.fixture
def internet(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Internet:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    world = Internet()
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda self, r: world.answer(r))
    return world


@dataclass
class World:
    """Where a test writes its sources."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    clouds: dict[str, Any] = field(default_factory=dict)

    def env(self, **values: str) -> None:
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)

    def cloud(self, folder: str, name: str, **values: Any) -> None:
        place = self.home / folder
        place.mkdir(parents=True, exist_ok=True)
        file = values.pop("file", "clouds.yaml")
        (place / file).write_text(json.dumps({"clouds": {name: values}}))

    def profile(self, name: str, **values: str) -> None:
        place = self.home / ".huaweicloud"
        place.mkdir(exist_ok=True)
        lines = [f"[{name}]", *(f"{key} = {value}" for key, value in values.items())]
        with (place / "credentials").open("a") as file:
            file.write("\n".join(lines) + "\n")


HOME = ".config/openstack"
USER = {"username": "pat", "user_domain_name": "ACME", "project_name": "team"}
Source = Callable[[World], dict[str, Any]]


def arguments(world: World) -> dict[str, Any]:
    return {
        "user_name": "pat", "password": "canary-arguments", "domain_name": "ACME",
        "region": "eu-west-0",
    }  # fmt: skip


def arguments_elsewhere(world: World) -> dict[str, Any]:
    return arguments(world) | {"region": "eu-de", "iam_endpoint": "https://iam.own.example/v3"}


def keys_in_arguments(world: World) -> dict[str, Any]:
    return {"access_key": "canary-key", "secret_key": "canary-hidden", "region": "eu-west-0",
            "security_token": "canary-security", "project_id": PROJECT}  # fmt: skip


def keys_elsewhere(world: World) -> dict[str, Any]:
    more = {"region": "eu-de", "iam_endpoint": "https://iam.own.example", "project_name": "team"}
    return {**keys_in_arguments(world), "project_id": None, **more}


def token_elsewhere(world: World) -> dict[str, Any]:
    return {"token": "canary-token", "iam_endpoint": "https://iam.own.example", "region": "eu-de"}


def openrc(world: World) -> dict[str, Any]:
    world.env(
        OS_AUTH_URL="https://iam.own.example:443/v3", OS_USERNAME="pat",
        OS_PASSWORD="canary-openrc", OS_USER_DOMAIN_NAME="ACME", OS_PROJECT_NAME="team",
        OS_REGION_NAME="eu-de",
    )  # fmt: skip
    return {}


def openrc_token(world: World) -> dict[str, Any]:
    world.env(OS_AUTH_URL="https://iam.own.example/v3/", OS_TOKEN="canary-token",
              OS_REGION_NAME="eu-de", OS_AUTH_TYPE="token")  # fmt: skip
    return {}


def openrc_by_id(world: World) -> dict[str, Any]:
    world.env(OS_AUTH_URL="https://iam.own.example", OS_USERID="u1", OS_PASSWORD="canary-id",
              OS_PROJECT_ID=PROJECT)  # fmt: skip
    return {}


def openrc_without_address(world: World) -> dict[str, Any]:
    world.env(OS_USERNAME="pat", OS_PASSWORD="canary-nowhere", OS_USER_DOMAIN_NAME="ACME",
              OS_REGION_NAME="eu-de")  # fmt: skip
    return {}


def vendor(world: World) -> dict[str, Any]:
    world.env(HUAWEICLOUD_SDK_AK="canary-vendor", HUAWEICLOUD_SDK_SK="canary-hidden",
              HUAWEICLOUD_SDK_REGION="eu-west-0", HUAWEICLOUD_SDK_PROJECT_ID=PROJECT)  # fmt: skip
    return {}


def clouds_yaml(world: World) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-cloud"}
    world.cloud(HOME, "mine", auth=auth, region_name="eu-de", interface="public",
                identity_api_version="3")  # fmt: skip
    return {"profile": "mine"}


def secure_yaml(world: World) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example"}
    world.cloud(HOME, "mine", auth=auth, region_name="eu-de")
    world.cloud(HOME, "mine", auth={"password": "canary-secure"}, file="secure.yaml")
    return {"profile": "mine"}


def cloud_with_keys(world: World) -> dict[str, Any]:
    auth = {"auth_url": "https://iam.own.example/v3", "ak": "canary-ak", "sk": "canary-hidden",
            "project_name": "team"}  # fmt: skip
    world.cloud(HOME, "mine", auth=auth, region_name="eu-de")
    return {"profile": "mine"}


def cloud_with_agency(world: World) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-agency",
            "agency_name": "ops", "agency_domain_name": "CUSTOMER"}  # fmt: skip
    world.cloud(HOME, "mine", auth=auth, region_name="eu-de", auth_type="agency")
    return {"profile": "mine"}


def cloud_here(world: World) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-here"}
    world.cloud("work", "mine", auth=auth, region_name="eu-de")
    return {"profile": "mine"}


def profile_file(world: World) -> dict[str, Any]:
    world.profile("mine", user_name="pat", password="canary-profile", domain_name="ACME",
                  region="eu-west-0")  # fmt: skip
    return {"profile": "mine"}


def profile_elsewhere(world: World) -> dict[str, Any]:
    world.profile("mine", user_name="pat", password="canary-profile", domain_name="ACME",
                  region="eu-de", iam_endpoint="https://iam.own.example")  # fmt: skip
    return {"profile": "mine"}


def keyring(world: World) -> dict[str, Any]:
    kept = {"pat@ACME@iam.own.example": "canary-kept", "pat@ACME": "canary-of-the-operator"}
    world.monkeypatch.setattr(
        "cbr_notebook.auth.sources.keyring.secret_of",
        lambda account: Secret(kept[account]) if account in kept else None,
    )
    world.cloud(HOME, "mine", auth={**USER, "auth_url": "https://iam.own.example/v3"},
                region_name="eu-de")  # fmt: skip
    return {"profile": "mine"}


OF_OPERATOR = (arguments, keys_in_arguments, vendor, profile_file)
ELSEWHERE = (
    arguments_elsewhere, keys_elsewhere, token_elsewhere, openrc, openrc_token, openrc_by_id,
    clouds_yaml, secure_yaml, cloud_with_keys, cloud_with_agency, cloud_here, profile_elsewhere,
    keyring,
)  # fmt: skip
REFUSED = (openrc_without_address,)
OF_ENVIRONMENT = (vendor, openrc, openrc_token, openrc_by_id, openrc_without_address)
OVERRIDES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "region": {"region": "eu-nl"},
    "project": {"project_id": "1" * 32},
    "endpoint": {"endpoint": "https://cbr.named.example"},
    "iam_endpoint": {"iam_endpoint": "https://iam.named.example/v3"},
    "both": {
        "endpoint": "https://cbr.named.example", "iam_endpoint": "https://iam.named.example",
    },
    "loopback": {"endpoint": "http://127.0.0.1:9"},
    "password": {"password": "canary-given"},
}  # fmt: skip


def evil(world: World, source: Source) -> None:
    """Places that somebody else put where a source could be looked for."""
    place = {"auth_url": "https://iam.evil.example/v3"}
    world.cloud("work", "evil", auth={**USER, **place}, region_name="eu-de",
                cbr_endpoint_override="https://cbr.evil.example")  # fmt: skip
    world.profile("basic", iam_endpoint="https://iam.evil.example",
                  endpoint="https://cbr.evil.example")  # fmt: skip
    world.env(OS_CLOUD="evil")
    if source not in OF_ENVIRONMENT:
        world.env(CBR_ENDPOINT="https://cbr.evil.example",
                  CBR_IAM_ENDPOINT="https://iam.evil.example")  # fmt: skip


def may_go(canary: str, host: str, source: Source, override: str) -> bool:
    if host.endswith(".evil.example"):
        return False
    if canary.startswith("canary-of-the-operator"):
        return host.endswith(OPERATOR)
    named_by_call = host.endswith(".named.example") or host == "127.0.0.1"
    if named_by_call and OVERRIDES[override]:
        return True
    return host.endswith(OPERATOR if source in OF_OPERATOR else ".own.example")


@pytest.mark.parametrize("decoys", [False, True], ids=["alone", "beside_others"])
@pytest.mark.parametrize("override", OVERRIDES)
@pytest.mark.parametrize(
    "source", [*OF_OPERATOR, *ELSEWHERE, *REFUSED], ids=lambda each: each.__name__
)
def test_no_secret_goes_where_neither_source_nor_caller_said(
    source: Source,
    override: str,
    decoys: bool,
    internet: Internet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(tmp_path, monkeypatch)
    if decoys and source is not cloud_here:
        evil(world, source)
    given = source(world)
    try:
        with cbr.connect(**given | OVERRIDES[override]) as session:
            session.vaults()
        outcome = "signed in"
    except cbr.CBRError as problem:
        outcome = type(problem).__name__ if problem.advice else "an error without advice"
    strangers = [(c, h) for c, h in internet.seen if not may_go(c, h, source, override)]
    assert strangers == []
    assert not any("hidden" in canary for canary, _ in internet.seen)
    assert outcome in ("signed in", "AuthenticationError", "InvalidRequest", "ConnectionFailed")
    if override == "nothing":
        assert outcome == ("AuthenticationError" if source in REFUSED else "signed in")
    if override == "both" and source is not keyring:  # everything is named by the caller
        assert outcome == "signed in"


def test_an_identity_of_the_environment_never_signs_in_at_the_place_of_a_profile(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, monkeypatch)
    openrc_without_address(world)
    world.profile("basic", ak="B", sk="S", region="eu-de", iam_endpoint="https://iam.b.example",
                  endpoint="https://cbr.b.example")  # fmt: skip
    with pytest.raises(cbr.errors.AuthenticationError, match="address of IAM is missing"):
        cbr.connect()
    assert internet.asked == []


def test_two_identities_in_call_and_profile_are_refused(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds_yaml(World(tmp_path, monkeypatch))
    with pytest.raises(cbr.errors.InvalidRequest, match="Two identities") as caught:
        cbr.connect("mine", user_name="eve", password="canary-eve", domain_name="EVIL")
    assert caught.value.field == "profile"
    # The same identity with its secret is one.
    cbr.connect("mine", user_name="pat", password="canary-given", domain_name="ACME")
    assert ("canary-given", "iam.own.example") in internet.seen


@pytest.mark.parametrize("how", ["profile", "OS_CLOUD"])
@pytest.mark.parametrize("missing", ["password", "auth_url"])
def test_a_file_of_the_working_folder_counts_only_whole_or_named(
    how: str,
    missing: str,
    internet: Internet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(tmp_path, monkeypatch)
    auth = {**USER, "auth_url": "https://iam.own.example", "password": "canary-here"}
    del auth[missing]
    world.cloud("work", "mine", auth=auth, region_name="eu-de")
    named = {"profile": "mine"} if how == "profile" else {}
    if how == "OS_CLOUD":
        world.env(OS_CLOUD="mine")
    given = {"password": "canary-given"} if missing == "password" else {}
    with pytest.raises(cbr.errors.InvalidRequest, match="working folder"):
        cbr.connect(**named, **given)
    assert internet.asked == []
    if missing == "password":
        world.env(OS_CLIENT_CONFIG_FILE=str(tmp_path / "work" / "clouds.yaml"))
        cbr.connect(**named, **given)
        assert {host for _, host in internet.seen} == {"iam.own.example"}


def test_an_agency_is_taken_up_and_never_replaced_by_ones_own_account(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, monkeypatch)
    session = cbr.connect(**cloud_with_agency(world))
    bodies = [json.loads(each.read())["auth"] for each in internet.asked]
    assert [each["identity"]["methods"] for each in bodies] == [["password"], ["assume_role"]]
    assert bodies[0]["scope"] == {"domain": {"name": "ACME"}}
    assert bodies[1]["identity"]["assume_role"] == {
        "agency_name": "ops",
        "domain_name": "CUSTOMER",
    }
    session.vaults()
    assert internet.asked[-1].headers["X-Auth-Token"].endswith("-agency-token")
    assert "agency ops of CUSTOMER" in repr(session)


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
    more: dict[str, Any],
    word: str,
    internet: Internet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-cloud"}
    auth |= more.get("auth", {})
    rest = {key: value for key, value in more.items() if key != "auth"}
    World(tmp_path, monkeypatch).cloud(HOME, "mine", auth=auth, region_name="eu-de", **rest)
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
    name: str,
    value: str,
    internet: Internet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(tmp_path, monkeypatch)
    openrc(world)
    world.env(**{name: value})
    with pytest.raises(cbr.errors.InvalidRequest, match=name):
        cbr.connect()
    assert internet.asked == []
    # Somebody who is named in the call is not hindered by it.
    with cbr.connect(**keys_in_arguments(world)) as session:
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


def test_a_region_that_is_left_out_is_the_only_one_of_the_catalogue(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = cbr.connect(**openrc_by_id(World(tmp_path, monkeypatch)))
    assert (session.identity.region, session.identity.endpoint) == (
        "eu-de",
        "https://cbr.own.example",
    )


def test_several_regions_ask_for_one(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"interface": "public", "region": each, "url": f"https://cbr.{each}.own.example/v3/$(id)s"}
        for each in ("eu-de", "eu-nl")
    ]
    catalog = [{"type": "cbr", "endpoints": rows}]
    monkeypatch.setattr(internet, "_catalog", lambda host: catalog)
    given = openrc_by_id(World(tmp_path, monkeypatch))
    with pytest.raises(cbr.errors.AuthenticationError, match="eu-de, eu-nl"):
        cbr.connect(**given)
    assert cbr.connect(region="eu-nl").identity.endpoint == "https://cbr.eu-nl.own.example"
    with pytest.raises(cbr.errors.AuthenticationError, match="no backup service in region 'mars'"):
        cbr.connect(region="mars")


@pytest.mark.parametrize(
    "url", ["http://cbr.own.example/v3", "http://127.0.0.1:8080/v3", "nonsense", "ftp://x"]
)
def test_an_address_of_the_catalogue_that_cannot_be_used_is_an_error(
    url: str, internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"interface": "public", "region": "eu-de", "url": url}]
    catalog = [{"type": "cbr", "endpoints": rows}]
    monkeypatch.setattr(internet, "_catalog", lambda host: catalog)
    with pytest.raises(cbr.errors.InvalidRequest, match="catalogue") as caught:
        cbr.connect(**openrc(World(tmp_path, monkeypatch)))
    assert caught.value.field == "endpoint"


def test_a_catalogue_without_the_service_asks_for_the_address(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(internet, "_catalog", lambda host: [None, {"type": "cbr"}, {}])
    world = World(tmp_path, monkeypatch)
    with pytest.raises(cbr.errors.AuthenticationError, match="address of the backup service"):
        cbr.connect(**openrc(world))
    with cbr.connect(**arguments(world)) as session:  # this operator's may be derived
        assert session.identity.endpoint == "https://cbr.eu-west-0.myhuaweicloud.com"


def use_carelessly(given: dict[str, Any]) -> cbr.Session:
    session = cbr.connect(**given, verify=False)
    session.vaults()
    session.vaults()
    return session


def test_the_card_and_the_identity_say_who_where_and_whether_anybody_is_checked(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = clouds_yaml(World(tmp_path, monkeypatch))
    session = cbr.connect(**given)
    for text in (repr(session), session._repr_html_()):
        for word in (
            "pat",
            "iam.own.example",
            "cbr.own.example",
            "eu-de",
            "certificates are verified",
        ):
            assert word in text
        assert MARK not in text
    with pytest.warns(UserWarning, match="not verified") as warned:
        careless = use_carelessly(given)
    assert len(warned) == 1
    assert "NOT verified" in repr(careless)
    assert careless.identity.iam_endpoint == "https://iam.own.example"
    assert (session.identity.tls_verified, careless.identity.tls_verified) == (True, False)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(UserWarning, match="not verified"):
        assert not cbr.connect(**given, verify=context).identity.tls_verified


def test_certificates_are_those_of_the_source(
    internet: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, monkeypatch)
    openrc(world)
    world.env(OS_CACERT=str(tmp_path / "missing.pem"))
    with pytest.raises(cbr.errors.InvalidRequest, match=r"missing\.pem"):
        cbr.connect()
    with cbr.connect(**keys_in_arguments(world)):  # another identity has nothing of it
        pass
    world.env(OS_INSECURE="true")
    with pytest.warns(UserWarning, match="environment"):
        cbr.connect()


def test_every_source_is_different_from_every_other() -> None:
    """The table above means nothing if two rows are one."""
    sources = [*OF_OPERATOR, *ELSEWHERE, *REFUSED]
    assert all(one is not two for one, two in itertools.combinations(sources, 2))
