"""The operations on features: what the service offers in this region."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from cbr_notebook.api.groups import Group
from cbr_notebook.api.messages import validate

_PATH = "/v3/{project_id}/cbr-features"


class Features(Group):
    """What the service offers in this region."""

    def list(self, *, limit: int | None = None, offset: int | None = None) -> dict[str, Any]:
        """Return all features of this region.

        Args:
            limit: entries in the answer, 1 to 1000.
            offset: entries to skip, at most 1000.

        Returns:
            From the feature's key to its value: a truth value, a text or a list.

        Raises:
            InvalidRequest: a value is out of range (BackupService.9900).

        API: Feature, "Querying Features" (GET /v3/{project_id}/cbr-features).
        """
        query = {
            "limit": validate.within(limit, 1, 1000, "limit"),
            "offset": validate.within(offset, 0, 1000, "offset"),
        }
        return self._transport.get(_PATH, dict[str, Any], query)

    def show(self, feature_key: str) -> dict[str, Any]:
        """Return one feature.

        Args:
            feature_key: such as ``replication.enable``.

        Raises:
            NotFound: the service knows no such feature.

        API: Feature, "Querying a Feature" (GET …/cbr-features/{feature_key}).
        """
        key = quote(validate.id_of(feature_key, "feature_key"), safe="")
        return self._transport.get(f"{_PATH}/{key}", dict[str, Any])
