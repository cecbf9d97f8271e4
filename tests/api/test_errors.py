"""Which exception an answer becomes: by its code, unless its status says otherwise."""

from __future__ import annotations

import pytest

from cbr_notebook import errors
from cbr_notebook.catalogue import entries


def test_every_code_with_its_own_status_becomes_the_kind_of_the_catalogue() -> None:
    for entry in entries():
        error = errors.error_for(entry.code, None, entry.http_status)
        assert type(error).__name__ == entry.kind, entry.code
        assert error.message == entry.message
        assert error.advice == entry.advice


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_known_code_wins_over_another_status_of_the_fours(status: int) -> None:
    assert type(errors.error_for("BackupService.2010", None, status)) is errors.Conflict


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, errors.RateLimited),
        (500, errors.ServiceError),
        (502, errors.ServiceError),
        (503, errors.ServiceError),
        (504, errors.ServiceError),
    ],
)
def test_a_status_of_a_gateway_wins_over_a_code_that_comes_with_another(
    status: int, kind: type[errors.CBRError]
) -> None:
    error = errors.error_for("BackupService.2010", "Being restored.", status, "req-1")
    assert type(error) is kind
    # Nothing that was said is lost.
    assert (error.code, error.message) == ("BackupService.2010", "Being restored.")
    assert (error.http_status, error.request_id) == (status, "req-1")
    # What to do about the code is not what to do now.
    assert error.advice
    assert error.advice == errors.error_for(None, None, status).advice


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (401, errors.AuthenticationError, "not accepted"),
        (403, errors.PermissionDenied, "permission"),
        (413, errors.InvalidRequest, "12 MB"),
        (429, errors.RateLimited, "Too many"),
        (500, errors.ServiceError, "nobody knows"),
        (502, errors.ServiceError, "nobody knows"),
        (503, errors.ServiceError, "look first whether"),
        (504, errors.ServiceError, "nobody knows"),
    ],
)
@pytest.mark.parametrize("code", [None, "APIGW.0201", "Elsewhere.1"])
def test_what_to_do_fits_the_status_of_a_gateway_whatever_code_it_gives(
    status: int, kind: type[errors.CBRError], word: str, code: str | None
) -> None:
    error = errors.error_for(code, None, status)
    assert type(error) is kind
    assert word in str(error.advice)
    assert error.message == f"The service answered HTTP {status}."


def test_a_bad_body_is_still_told_by_the_gateways_code() -> None:
    error = errors.error_for("APIGW.0201", None, 400)
    assert type(error) is errors.InvalidRequest
    assert "could not read the request" in str(error.advice)


def test_a_code_of_the_fives_stays_what_it_is_only_with_its_own_status() -> None:
    assert type(errors.error_for("BackupService.0002", None, 500)) is errors.Conflict
    assert type(errors.error_for("BackupService.0002", None, 503)) is errors.ServiceError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.InvalidRequest),
        (418, errors.InvalidRequest),
        (429, errors.RateLimited),
        (503, errors.ServiceError),
    ],
)
def test_an_unknown_code_is_judged_by_the_status(status: int, kind: type[errors.CBRError]) -> None:
    assert type(errors.error_for("Elsewhere.1", None, status)) is kind
    assert type(errors.error_for(None, None, status)) is kind
