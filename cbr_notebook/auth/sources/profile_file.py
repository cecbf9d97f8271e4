"""Identities from the profile file that the vendor's SDK shares."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cbr_notebook.auth.credentials import SECRETS, Credentials, build
from cbr_notebook.auth.secret import Secret
from cbr_notebook.errors import InvalidRequest

_KEYS = {
    "ak": "access_key",
    "sk": "secret_key",
    "security_token": "security_token",
    "project_id": "project_id",
    "project_name": "project_name",
    "region": "region",
    "endpoint": "endpoint",
    "iam_endpoint": "iam_endpoint",
    "user_name": "user_name",
    "password": "password",
    "domain_name": "domain_name",
    "domain_id": "domain_id",
    "verify": "verify",
}


def profile_file() -> Path:
    """Return the place of the profile file, which the SDK of the vendor shares."""
    named = os.environ.get("HUAWEICLOUD_SDK_CREDENTIALS_FILE")
    return Path(named) if named else Path.home() / ".huaweicloud" / "credentials"


def profiles_in(path: Path) -> dict[str, Credentials]:
    """Return all profiles of a file; none if there is no file.

    Raises:
        InvalidRequest: the file cannot be read as a profile file; its content is not shown.
    """
    sections, reason = _read(path)
    if reason:  # raised here, where no frame holds a line of the file
        raise InvalidRequest(
            f"The profile file {path} cannot be read: {reason}.",
            advice="It should hold sections such as [basic] with lines ak = … and sk = ….",
        )
    return {
        name: _profile(values, f"profile {name!r} of {path}") for name, values in sections.items()
    }


def _read(path: Path) -> tuple[dict[str, dict[str, str | Secret]], str | None]:
    """Return the sections with their secrets wrapped, and what kept the file from being read."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except (FileNotFoundError, NotADirectoryError):
        return {}, None
    except (OSError, configparser.Error, UnicodeDecodeError) as problem:
        return {}, type(problem).__name__
    return {
        name: {
            key: Secret(value) if _KEYS.get(key) in SECRETS else value
            for key, value in section.items()
        }
        for name, section in parser.items()
        if name != parser.default_section
    }, None


def _profile(values: Mapping[str, str | Secret], source: str) -> Credentials:
    known = {_KEYS[key]: value for key, value in values.items() if key in _KEYS}
    verify = known.pop("verify", None)
    found = build(known, source)
    strange = tuple(key for key in values if key not in _KEYS)
    return replace(found, verify=_verify(verify), unsupported=strange)


def _verify(value: str | Secret | None) -> bool | str | None:
    """Return whom a profile trusts: nobody at all, a file of certificates, or the default."""
    text = str(value or "").strip()
    if text.lower() in ("", "true", "yes", "1"):
        return None
    return False if text.lower() in ("false", "no", "0") else text
