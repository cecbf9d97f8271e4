"""Speaks to a cloud as the vendor's client does, and checks answers against its models."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from huaweicloudsdkcbr import v1
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

from cbr_notebook.simulator.cloud import Cloud

NOBODY = "00000000-0000-4000-8000-000000000000"
"""An ID that nothing has."""
_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "date": (str,),
    "datetime": (str,),
}


class SdkClient:
    """The vendor's client for one project of a simulated cloud."""

    def __init__(self, cloud: Cloud, base_url: str, project: str | None = None) -> None:
        self.cloud = cloud
        self._base_url = base_url
        who = cloud.credentials_for(project=project)
        self.project_id = who.project_id
        credentials = BasicCredentials(who.access_key, who.secret_key, who.project_id)
        self.client = (
            v1.CbrClient.new_builder()
            .with_credentials(credentials)
            .with_endpoints([base_url])
            .build()
        )

    def elsewhere(self, project: str) -> SdkClient:
        """Return the same user's client in another project."""
        return SdkClient(self.cloud, self._base_url, project)

    def __call__(self, operation: str, **members: Any) -> Any:
        """Call an operation; check its answer against the SDK's model; return the answer.

        Args:
            operation: as the SDK names it, such as ``create_vault``.
            members: of the SDK's request object; ``body`` may be a plain document.
        """
        name = "".join(part.capitalize() for part in operation.split("_"))
        request = getattr(v1, f"{name}Request")(**members)
        answer = getattr(self.client, operation)(request)
        content = answer.raw_content
        if content:
            check(getattr(v1, f"{name}Response"), json.loads(content), operation)
        return answer

    @contextmanager
    def refuses(self, code: str, status: int = 400) -> Iterator[None]:
        """Expect that what happens inside is refused with a code and an HTTP status."""
        with pytest.raises(ServiceResponseException) as caught:
            yield
        problem = caught.value
        assert problem.error_code == (code if "." in code else f"BackupService.{code}")
        assert problem.status_code == status
        assert problem.error_msg
        assert problem.request_id

    def wait(self, seconds: float = 3600) -> None:
        """Advance the cloud by an hour, so that everything that runs has ended."""
        self.cloud.advance(seconds=seconds)

    def create_vault(self, name: str = "vault", *, size: int = 200, **billing: Any) -> str:
        """Make an empty vault; return its ID."""
        wanted = {
            "consistent_level": "crash_consistent",
            "object_type": "server",
            "protect_type": "backup",
            "size": size,
            **billing,
        }
        body = {"vault": {"name": name, "billing": wanted, "resources": []}}
        return str(self("create_vault", body=body).vault.id)


def _mandatory(model: type) -> set[str]:
    """Return the members that a model's constructor sets without asking whether they are there."""
    source = inspect.getsource(model.__init__)  # type: ignore[misc]
    return set(re.findall(r"^        self\.(\w+) = \w+$", source, re.MULTILINE))


def check(model: type, document: Any, where: str) -> None:
    """Hold a document of the wire against a model of the SDK.

    Every declared member that is there must have the declared type; a mandatory one must be
    there. The SDK itself would turn a number into a text without a word.
    """
    assert isinstance(document, dict), f"{where}: {document!r} is no object"
    types: dict[str, str] = model.openapi_types  # type: ignore[attr-defined]
    names: dict[str, str] = model.attribute_map  # type: ignore[attr-defined]
    mandatory = _mandatory(model)
    for attribute, kind in types.items():
        value = document.get(names[attribute])
        place = f"{where}.{names[attribute]}"
        if value is None:
            # The reference's own samples have null in members that the SDK calls mandatory.
            there = names[attribute] in document
            assert there or attribute not in mandatory, f"{place} is mandatory, and missing"
            continue
        _check_value(kind, value, place)


def _check_value(kind: str, value: Any, place: str) -> None:
    if found := re.fullmatch(r"list\[(.+)\]", kind):
        assert isinstance(value, list), f"{place}: {value!r} is no list"
        for number, each in enumerate(value):
            _check_value(found[1], each, f"{place}[{number}]")
    elif found := re.fullmatch(r"dict\(str, (.+)\)", kind):
        assert isinstance(value, dict), f"{place}: {value!r} is no object"
        for key, each in value.items():
            _check_value(found[1], each, f"{place}.{key}")
    elif kind in _PLAIN:
        right = isinstance(value, _PLAIN[kind]) and (kind == "bool" or not isinstance(value, bool))
        assert right, f"{place}: {value!r} is no {kind}"
    elif kind != "object":
        check(getattr(v1, kind), value, place)
