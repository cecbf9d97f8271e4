"""Our signatures against the documented ones, and against the vendor's own signer."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given, settings
from hypothesis import strategies as st

from cbr_notebook.auth.secret import Secret
from cbr_notebook.auth.signature import (
    SignatureAuth,
    canonical_query,
    canonical_request,
    signature_of,
)
from cbr_notebook.simulator.iam import signatures

HOST = "service.endpoint.myhuaweicloud.com"
DATE = "20200608T023900Z"


def sign(method: str, body: bytes) -> str:
    headers = {"Host": HOST, "X-Sdk-Date": DATE}
    canonical, _ = canonical_request(method, "/resources", [("size", "1")], headers, body)
    return signature_of(canonical, DATE, "SecretKey")


def test_the_documented_get() -> None:
    wanted = "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842"
    assert sign("GET", b"") == wanted


def test_the_documented_post() -> None:
    wanted = "436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f"
    assert sign("POST", b'{"name":"test","id":1}') == wanted


def test_the_documented_canonical_request() -> None:
    canonical, _ = canonical_request(
        "GET",
        "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
        [("limit", "2"), ("marker", "13551d6b-755d-4757-b956-536f674975c0")],
        {
            "Host": "service.region.example.com",
            "Content-Type": "application/json",
            "X-Sdk-Date": "20191115T033655Z",
        },
        b"",
    )
    wanted = "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
    assert hashlib.sha256(canonical.encode()).hexdigest() == wanted


def test_the_documented_query() -> None:
    pairs = [
        ("limit", "1"),
        ("enable", "true"),
        ("test", "一 (&=?!#%.*)"),
        ("path", "/tmp/123"),
        ("multi", "1"),
        ("multi", "3"),
        ("multi", "2"),
    ]
    assert canonical_query(pairs) == (
        "enable=true&limit=1&multi=1&multi=2&multi=3&path=%2Ftmp%2F123"
        "&test=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29"
    )


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
KEY = st.text("abcdefghijklmnopqrstuvwxyz_-", min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.lists(TEXT.filter(bool), max_size=4),
    query=st.dictionaries(KEY, st.one_of(TEXT, st.lists(TEXT, min_size=1, max_size=3)), max_size=4),
    body=st.binary(max_size=64),
)
def test_we_sign_as_the_vendors_signer(
    method: str, path: list[str], query: dict[str, Any], body: bytes
) -> None:
    auth = SignatureAuth(
        "AccessKey",
        Secret("SecretKey"),
        project_id="0" * 32,
        clock=lambda: datetime(2020, 6, 8, 2, 39, tzinfo=UTC),
    )
    pairs = [
        (key, each)
        for key, value in query.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    request = httpx.Request(
        method,
        f"https://{HOST}/" + "/".join(quote(each, safe="") for each in path),
        params=pairs or None,
        content=body,
        headers={"Content-Type": "application/json"},
    )
    auth.sign(request)
    ours = request.headers["Authorization"]
    theirs = SdkRequest(
        method=method,
        schema="https",
        host=HOST,
        resource_path=request.url.path,
        query_params=[(k, list(v) if isinstance(v, list) else v) for k, v in query.items()],
        header_params={
            "Host": HOST,
            "Content-Type": "application/json",
            "X-Sdk-Date": DATE,
            "X-Project-Id": "0" * 32,
        },
        body=body,
    )
    signed = Signer(BasicCredentials("AccessKey", "SecretKey", "0" * 32)).sign(theirs)
    assert ours == signed.header_params["Authorization"]


@settings(max_examples=150, deadline=None)
@given(path=st.lists(KEY, max_size=3), query=st.lists(st.tuples(KEY, TEXT), max_size=4),
       body=st.binary(max_size=64))  # fmt: skip
def test_the_simulated_gateway_reads_signatures_as_we_make_them(
    path: list[str], query: list[tuple[str, str]], body: bytes
) -> None:
    auth = SignatureAuth("AccessKey", Secret("SecretKey"))
    request = httpx.Request(
        "POST", f"https://{HOST}/{'/'.join(path)}", params=query or None, content=body
    )
    auth.sign(request)
    claim = signatures.read_claim(request.headers["Authorization"])
    assert claim is not None
    computed = signatures.sign(
        claim,
        "SecretKey",
        method="POST",
        path=request.url.path,
        query=request.url.query.decode(),
        headers={key.upper(): value for key, value in request.headers.items()},
        body=body,
    )
    assert computed == claim.signature


@pytest.mark.parametrize("write", [repr, str, lambda x: f"{x}", lambda x: f"{x:>20}"])
def test_secrets_do_not_show_themselves(write: Any) -> None:
    auth = SignatureAuth("AccessKey", Secret("very-secret"))
    assert "very-secret" not in write(Secret("very-secret"))
    assert "very-secret" not in repr(auth)
    assert "very-secret" not in json.dumps({"auth": repr(auth)})
