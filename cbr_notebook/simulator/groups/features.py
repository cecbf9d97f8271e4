"""What the service can do in a region, as switches that clients read."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.groups.projects import regions
from cbr_notebook.simulator.protocol.routing import Call, Refusal, Route


def _features(call: Call) -> dict[str, Any]:
    elsewhere = [region for region in regions(call.engine) if region != call.caller.region]
    return {
        "features.backup_double_az": False,
        "features.bccrack_enable": True,
        "replication.destination_regions": elsewhere,
        "replication.enable": bool(elsewhere),
        "replication.source_region": call.caller.region,
    }


def _list(call: Call) -> dict[str, Any]:
    limit = call.query.integer("limit", low=1, high=1000, default=1000) or 0
    offset = call.query.integer("offset", low=0, high=1000, default=0) or 0
    return dict(list(_features(call).items())[offset : offset + limit])


def _show(call: Call) -> dict[str, Any]:
    features = _features(call)
    key = call.path["feature_key"]
    if key not in features:
        raise Refusal("9900")
    return {key: features[key]}


_PATH = "/v3/{project_id}/cbr-features"

ROUTES = (
    Route("list_features", "GET", _PATH, _list, group="Feature", query=("limit", "offset")),
    Route("show_feature", "GET", _PATH + "/{feature_key}", _show, group="Feature"),
)
