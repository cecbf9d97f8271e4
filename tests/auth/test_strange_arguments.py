"""Whatever stands in an argument of ``connect``: a session, or an error that names the argument."""

from __future__ import annotations

import contextlib
import datetime
import decimal
from typing import Any

import pytest

import cbr_notebook as cbr
from cbr_notebook import errors

KEYS = {
    "access_key": "ak", "secret_key": "sk", "project_id": "p" * 32, "region": "eu-west-0",
    "endpoint": "http://127.0.0.1:9",
}  # fmt: skip
STRANGE: tuple[Any, ...] = (
    5, 0, -1, 1.5, True, False, "", "x", "\0", "a\nb", "é" * 10, b"bytes", [], ["a"], {}, {"a": 1},
    object(), float("nan"), float("inf"), 1e300, datetime.timedelta(seconds=3), decimal.Decimal(3),
)  # fmt: skip
ARGUMENTS = (
    "profile", "region", "project_id", "project_name", "access_key", "secret_key", "security_token",
    "user_name", "password", "domain_name", "token", "endpoint", "iam_endpoint", "verify",
    "timeout", "patience", "join",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_is_understood_or_refused_by_a_typed_error(name: str) -> None:
    for value in STRANGE:
        given: dict[str, Any] = {**KEYS, name: value}
        with contextlib.suppress(errors.CBRError):
            cbr.connect(**given).close()


@pytest.mark.parametrize("value", ["x", "30", None, -1, float("nan"), float("inf"), True, 1e300])
@pytest.mark.parametrize("name", ["timeout", "patience"])
def test_a_number_of_seconds_is_one(name: str, value: Any) -> None:
    with pytest.raises(errors.InvalidRequest, match=f"{name} must be a number of seconds") as told:
        cbr.connect(**KEYS, **{name: value})
    assert told.value.field == name


@pytest.mark.parametrize("value", [5, [], {}, object()])
def test_verify_names_certificates_or_is_refused(value: Any) -> None:
    with pytest.raises(errors.InvalidRequest, match="verify is a"):
        cbr.connect(**KEYS, verify=value)


@pytest.mark.parametrize(
    ("half", "left_out"),
    [({"access_key": "x"}, "secret_key"), ({"secret_key": "x"}, "access_key")],
)
def test_half_of_a_key_beside_a_user_is_refused(half: dict[str, Any], left_out: str) -> None:
    who = {"user_name": "u", "password": "p", "domain_name": "d", "project_id": "p" * 32}
    with pytest.raises(errors.InvalidRequest, match="is given without the") as told:
        cbr.connect(**who, **half, endpoint=KEYS["endpoint"], region="eu-west-0")
    assert told.value.field == left_out
