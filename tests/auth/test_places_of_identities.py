"""No secret goes to a host that neither its own source nor the caller named."""

from __future__ import annotations

import itertools
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

import cbr_notebook as cbr
from tests.auth.identity_sources import (
    ELSEWHERE,
    MARK,
    OF_ENVIRONMENT,
    OF_OPERATOR,
    OPERATOR,
    REFUSED,
    USER,
    Computer,
    Internet,
    Source,
    cloud_here,
    cloud_with_agency,
    clouds_yaml,
    keyring,
    openrc_without_address,
)

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


def evil(computer: Computer, source: Source) -> None:
    """Places that somebody else put where a source could be looked for."""
    place = {"auth_url": "https://iam.evil.example/v3"}
    computer.cloud("work", "evil", auth={**USER, **place}, region_name="eu-de",
                   cbr_endpoint_override="https://cbr.evil.example")  # fmt: skip
    computer.profile("basic", iam_endpoint="https://iam.evil.example",
                     endpoint="https://cbr.evil.example")  # fmt: skip
    computer.env(OS_CLOUD="evil")
    if source not in OF_ENVIRONMENT:
        computer.env(CBR_ENDPOINT="https://cbr.evil.example",
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
    source: Source, override: str, decoys: bool, internet: Internet, computer: Computer
) -> None:
    if decoys and source is not cloud_here:
        evil(computer, source)
    given = source(computer)
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
    internet: Internet, computer: Computer
) -> None:
    openrc_without_address(computer)
    computer.profile("basic", ak="B", sk="S", region="eu-de", iam_endpoint="https://iam.b.example",
                     endpoint="https://cbr.b.example")  # fmt: skip
    with pytest.raises(cbr.errors.AuthenticationError, match="address of IAM is missing"):
        cbr.connect()
    assert internet.asked == []


def test_two_identities_in_call_and_profile_are_refused(
    internet: Internet, computer: Computer
) -> None:
    clouds_yaml(computer)
    with pytest.raises(cbr.errors.InvalidRequest, match="Two identities") as caught:
        cbr.connect("mine", user_name="eve", password="canary-eve", domain_name="EVIL")
    assert caught.value.field == "profile"
    # The same identity with its secret is one.
    cbr.connect("mine", user_name="pat", password="canary-given", domain_name="ACME")
    assert ("canary-given", "iam.own.example") in internet.seen


@pytest.mark.parametrize("how", ["profile", "OS_CLOUD"])
@pytest.mark.parametrize("missing", ["password", "auth_url"])
def test_a_file_of_the_working_folder_counts_only_whole_or_named(
    how: str, missing: str, internet: Internet, tmp_path: Path, computer: Computer
) -> None:
    auth = {**USER, "auth_url": "https://iam.own.example", "password": "canary-here"}
    del auth[missing]
    computer.cloud("work", "mine", auth=auth, region_name="eu-de")
    named = {"profile": "mine"} if how == "profile" else {}
    if how == "OS_CLOUD":
        computer.env(OS_CLOUD="mine")
    given = {"password": "canary-given"} if missing == "password" else {}
    with pytest.raises(cbr.errors.InvalidRequest, match="working folder"):
        cbr.connect(**named, **given)
    assert internet.asked == []
    if missing == "password":
        computer.env(OS_CLIENT_CONFIG_FILE=str(tmp_path / "work" / "clouds.yaml"))
        cbr.connect(**named, **given)
        assert {host for _, host in internet.seen} == {"iam.own.example"}


def test_an_agency_is_taken_up_and_never_replaced_by_ones_own_account(
    internet: Internet, computer: Computer
) -> None:
    session = cbr.connect(**cloud_with_agency(computer))
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


def use_carelessly(given: dict[str, Any]) -> cbr.Session:
    session = cbr.connect(**given, verify=False)
    session.vaults()
    session.vaults()
    return session


def test_the_card_and_the_identity_say_who_where_and_whether_anybody_is_checked(
    computer: Computer,
) -> None:
    given = clouds_yaml(computer)
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


def test_every_source_is_different_from_every_other() -> None:
    """The table above means nothing if two rows are one."""
    sources = [*OF_OPERATOR, *ELSEWHERE, *REFUSED]
    assert all(one is not two for one, two in itertools.combinations(sources, 2))
