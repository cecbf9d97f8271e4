"""Sources of identities, each with a canary for its secret, and an internet that watches them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

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


@dataclass
class Computer:
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
Source = Callable[[Computer], dict[str, Any]]


def arguments(computer: Computer) -> dict[str, Any]:
    return {
        "user_name": "pat", "password": "canary-arguments", "domain_name": "ACME",
        "region": "eu-west-0",
    }  # fmt: skip


def arguments_elsewhere(computer: Computer) -> dict[str, Any]:
    return arguments(computer) | {"region": "eu-de", "iam_endpoint": "https://iam.own.example/v3"}


def keys_in_arguments(computer: Computer) -> dict[str, Any]:
    return {"access_key": "canary-key", "secret_key": "canary-hidden", "region": "eu-west-0",
            "security_token": "canary-security", "project_id": PROJECT}  # fmt: skip


def keys_elsewhere(computer: Computer) -> dict[str, Any]:
    more = {"region": "eu-de", "iam_endpoint": "https://iam.own.example", "project_name": "team"}
    return {**keys_in_arguments(computer), "project_id": None, **more}


def token_elsewhere(computer: Computer) -> dict[str, Any]:
    return {"token": "canary-token", "iam_endpoint": "https://iam.own.example", "region": "eu-de"}


def openrc(computer: Computer) -> dict[str, Any]:
    computer.env(
        OS_AUTH_URL="https://iam.own.example:443/v3", OS_USERNAME="pat",
        OS_PASSWORD="canary-openrc", OS_USER_DOMAIN_NAME="ACME", OS_PROJECT_NAME="team",
        OS_REGION_NAME="eu-de",
    )  # fmt: skip
    return {}


def openrc_token(computer: Computer) -> dict[str, Any]:
    computer.env(OS_AUTH_URL="https://iam.own.example/v3/", OS_TOKEN="canary-token",
                 OS_REGION_NAME="eu-de", OS_AUTH_TYPE="token")  # fmt: skip
    return {}


def openrc_by_id(computer: Computer) -> dict[str, Any]:
    computer.env(OS_AUTH_URL="https://iam.own.example", OS_USERID="u1", OS_PASSWORD="canary-id",
                 OS_PROJECT_ID=PROJECT)  # fmt: skip
    return {}


def openrc_without_address(computer: Computer) -> dict[str, Any]:
    computer.env(OS_USERNAME="pat", OS_PASSWORD="canary-nowhere", OS_USER_DOMAIN_NAME="ACME",
                 OS_REGION_NAME="eu-de")  # fmt: skip
    return {}


def vendor(computer: Computer) -> dict[str, Any]:
    computer.env(
        HUAWEICLOUD_SDK_AK="canary-vendor",
        HUAWEICLOUD_SDK_SK="canary-hidden",
        HUAWEICLOUD_SDK_REGION="eu-west-0",
        HUAWEICLOUD_SDK_PROJECT_ID=PROJECT,
    )
    return {}


def clouds_yaml(computer: Computer) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-cloud"}
    computer.cloud(HOME, "mine", auth=auth, region_name="eu-de", interface="public",
                   identity_api_version="3")  # fmt: skip
    return {"profile": "mine"}


def secure_yaml(computer: Computer) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example"}
    computer.cloud(HOME, "mine", auth=auth, region_name="eu-de")
    computer.cloud(HOME, "mine", auth={"password": "canary-secure"}, file="secure.yaml")
    return {"profile": "mine"}


def cloud_with_keys(computer: Computer) -> dict[str, Any]:
    auth = {"auth_url": "https://iam.own.example/v3", "ak": "canary-ak", "sk": "canary-hidden",
            "project_name": "team"}  # fmt: skip
    computer.cloud(HOME, "mine", auth=auth, region_name="eu-de")
    return {"profile": "mine"}


def cloud_with_agency(computer: Computer) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-agency",
            "agency_name": "ops", "agency_domain_name": "CUSTOMER"}  # fmt: skip
    computer.cloud(HOME, "mine", auth=auth, region_name="eu-de", auth_type="agency")
    return {"profile": "mine"}


def cloud_here(computer: Computer) -> dict[str, Any]:
    auth = {**USER, "auth_url": "https://iam.own.example/v3", "password": "canary-here"}
    computer.cloud("work", "mine", auth=auth, region_name="eu-de")
    return {"profile": "mine"}


def profile_file(computer: Computer) -> dict[str, Any]:
    computer.profile("mine", user_name="pat", password="canary-profile", domain_name="ACME",
                     region="eu-west-0")  # fmt: skip
    return {"profile": "mine"}


def profile_elsewhere(computer: Computer) -> dict[str, Any]:
    computer.profile("mine", user_name="pat", password="canary-profile", domain_name="ACME",
                     region="eu-de", iam_endpoint="https://iam.own.example")  # fmt: skip
    return {"profile": "mine"}


def keyring(computer: Computer) -> dict[str, Any]:
    kept = {"pat@ACME@iam.own.example": "canary-kept", "pat@ACME": "canary-of-the-operator"}
    computer.monkeypatch.setattr(
        "cbr_notebook.auth.sources.keyring.secret_of",
        lambda account: Secret(kept[account]) if account in kept else None,
    )
    computer.cloud(HOME, "mine", auth={**USER, "auth_url": "https://iam.own.example/v3"},
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
