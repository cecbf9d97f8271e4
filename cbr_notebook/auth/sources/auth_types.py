"""OpenStack's ways to sign in (``auth_type``), as far as this service has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cbr_notebook.auth.credentials import Credentials

_PASSWORD = ("password", "v3password")
_TOKEN = ("token", "v3token")
_AGENCY = ("agency", "v3agency", "assume_role", "v3assumerole")
_ACCESS_KEY = ("aksk", "ak_sk", "v3aksk", "access_key")
_TRUE = ("1", "true", "yes", "on", "y", "t")
_FALSE = ("0", "false", "no", "off", "n", "f")


def with_auth_type(found: Credentials, auth_type: str | None, setting: str) -> Credentials:
    """Return the credentials that a way to sign in selects among those that are given.

    Args:
        found: everything that the source names.
        auth_type: OpenStack's name of the way; ``None`` where none is named.
        setting: the name of the setting that names the way, for the refusal.
    """
    kind = (auth_type or "").strip().lower()
    chosen = _chosen(found, kind)
    if chosen is None:
        missing = " without agency_name" if kind in _AGENCY else ""
        strange = f"{setting}: {auth_type}{missing}"
    elif found.names_somebody and not chosen.names_somebody:
        strange = f"{setting}: {auth_type} (what is named is {_articled(found.way)})"
    else:
        return chosen
    return replace(found, unsupported=(*found.unsupported, strange))


def _articled(way: str) -> str:
    return f"an {way}" if way.startswith("a") else f"a {way}"


def _chosen(found: Credentials, kind: str) -> Credentials | None:
    """Return the part of credentials that a way to sign in uses; ``None`` where it is unknown."""
    without_keys = replace(found, access_key=None, secret_key=None, security_token=None)
    if not kind:
        return found
    if kind in _PASSWORD:
        return replace(without_keys, token=None)
    if kind in _TOKEN:
        return replace(without_keys, user_name=None, user_id=None, password=None)
    if kind in _ACCESS_KEY:
        return replace(found, token=None, user_name=None, user_id=None, password=None)
    if kind in _AGENCY and found.agency_name:
        return found
    return None


def trust(
    cacert: str | None, switches: Mapping[str, str | None]
) -> tuple[bool | str | None, tuple[str, ...]]:
    """Return whom a source trusts, and the switches that are neither on nor off.

    Args:
        cacert: a file of certificates, if one is named.
        switches: the values of settings by name; one that ends with ``insecure`` means the
            opposite of the others.

    Returns:
        ``False`` for nobody's certificate being checked, a file, or ``None`` by default; and
        names with values that are not understood.
    """
    verify: bool | str | None = cacert or None
    strange = []
    for name, value in switches.items():
        text = (value or "").strip().lower()
        off = _TRUE if name.lower().endswith("insecure") else _FALSE
        if text in off:
            verify = False
        elif text and text not in (*_TRUE, *_FALSE):
            strange.append(f"{name}: {value}")
    return verify, tuple(strange)
