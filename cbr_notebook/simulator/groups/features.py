"""What the service can do in a region, as switches that clients read."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Route


def _features(context: RequestContext) -> dict[str, Any]:
    elsewhere = [
        region
        for region in accounts.regions(context.engine.state)
        if region != context.caller.region
    ]
    return {
        "features.backup_double_az": False,
        "features.bccrack_enable": True,
        "replication.destination_regions": elsewhere,
        "replication.enable": bool(elsewhere),
        "replication.source_region": context.caller.region,
    }


def _list(context: RequestContext) -> dict[str, Any]:
    page = context.query.page(furthest=1000)
    return dict(page.of(list(_features(context).items())))


def _show(context: RequestContext) -> dict[str, Any]:
    features = _features(context)
    key = context.path["feature_key"]
    if key not in features:
        raise ApiError("9900")
    return {key: features[key]}


_PATH = "/v3/{project_id}/cbr-features"

ROUTES = (
    Route("list_features", "GET", _PATH, _list, group="Feature", query=("limit", "offset")),
    Route("show_feature", "GET", _PATH + "/{feature_key}", _show, group="Feature"),
)
