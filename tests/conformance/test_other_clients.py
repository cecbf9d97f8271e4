"""Clients that nobody here wrote, which know an address and a password or keys, nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keystoneauth1.session
import openstack
import pytest
from huaweicloudsdkcbr import v1
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkiam import v3 as iam
from keystoneauth1.identity import v3

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.credentials import CloudCredentials
from cbr_notebook.simulator.server import CloudServer


@dataclass
class Served:
    """A cloud behind a port, and who may enter."""

    cloud: Cloud
    url: str

    @property
    def who(self) -> CloudCredentials:
        return self.cloud.credentials


@pytest.fixture(params=["", "/v3"], ids=["bare address", "with the version"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    cloud = Cloud.open("documented")
    server = CloudServer(cloud)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield Served(cloud, server.base_url + request.param)
    server.stop()
    thread.join()


def password(served: Served, **scope: Any) -> v3.Password:
    who = served.who
    return v3.Password(
        auth_url=served.url,
        username=who.user_name,
        password=who.password,
        user_domain_name=who.domain_name,
        **scope,
    )


def test_keystoneauth_is_led_to_the_service_by_the_catalogue(served: Served) -> None:
    auth = password(served, project_id=served.who.project_id)
    session = keystoneauth1.session.Session(auth=auth)
    where = {"service_type": "cbr", "region_name": served.who.region}
    assert session.get("/vaults", endpoint_filter=where).json()["count"] == 1
    token = session.get_token()
    served.cloud.advance(days=3)
    assert session.get("/vaults", endpoint_filter=where).json()["count"] == 1
    assert session.get_token() == token  # it did not sign in again


def test_keystoneauth_finds_its_projects_without_naming_one(served: Served) -> None:
    session = keystoneauth1.session.Session(auth=password(served, unscoped=True))
    base = served.url.removesuffix("/v3")
    names = {each["name"] for each in session.get(f"{base}/v3/auth/projects").json()["projects"]}
    assert served.who.region in names
    assert session.get(f"{base}/v3/auth/domains").json()["domains"][0]["id"]


def test_openstacksdk_needs_an_openrc_environment_only(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = served.who
    for name, value in {
        "OS_AUTH_URL": served.url, "OS_USERNAME": who.user_name, "OS_PASSWORD": who.password,
        "OS_USER_DOMAIN_NAME": who.domain_name, "OS_PROJECT_NAME": who.region,
        "OS_PROJECT_DOMAIN_NAME": who.domain_name, "OS_REGION_NAME": who.region,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    connection = openstack.connect(load_yaml_config=False)
    assert connection.current_project_id == who.project_id
    endpoint = connection.session.get_endpoint(service_type="cbr", region_name=who.region)
    assert endpoint.startswith(served.url.removesuffix("/v3"))
    assert len(connection.session.get(f"{endpoint}/vaults").json()["vaults"]) == 1
    assert connection.identity.get_project(who.project_id).name == who.region
    assert {each.name for each in connection.identity.projects()} >= {who.region}


def client(served: Served, credentials: Any) -> Any:
    base = served.url.removesuffix("/v3")
    credentials.with_iam_endpoint(base)
    return (
        iam.IamClient.new_builder()
        .with_credentials(credentials)
        .with_region(Region("global", base))
        .build()
    )


def test_the_vendors_global_credentials_find_their_account(served: Served) -> None:
    who = served.who
    credentials = GlobalCredentials(who.access_key, who.secret_key)
    GlobalCredentials._CACHE.clear()
    made = client(served, credentials)
    found = made.keystone_list_auth_domains(iam.KeystoneListAuthDomainsRequest())
    assert [each.name for each in found.domains] == [who.domain_name]
    assert made._credentials.domain_id == who.domain_id


def test_the_vendors_global_credentials_list_projects(served: Served) -> None:
    who = served.who
    credentials = GlobalCredentials(who.access_key, who.secret_key, who.domain_id)
    found = client(served, credentials).keystone_list_projects(iam.KeystoneListProjectsRequest())
    assert who.project_id in {each.id for each in found.projects}


def test_the_vendors_basic_credentials_find_their_project(served: Served) -> None:
    who = served.who
    BasicCredentials._CACHE.clear()
    credentials = BasicCredentials(who.access_key, who.secret_key).with_iam_endpoint(
        served.url.removesuffix("/v3")
    )
    made = (
        v1.CbrClient.new_builder()
        .with_credentials(credentials)
        .with_region(Region(who.region, served.url.removesuffix("/v3")))
        .build()
    )
    assert made.list_vault(v1.ListVaultRequest()).count == 1
    assert credentials.project_id == who.project_id
