"""What the service can do in a region, as switches that clients read."""

from __future__ import annotations

from typing import Any

from cbr_notebook.simulator.iam import accounts
from cbr_notebook.simulator.protocol.api_error import ApiError
from cbr_notebook.simulator.protocol.request_context import RequestContext
from cbr_notebook.simulator.protocol.routes import Routes

_PATH = "/v3/{project_id}/cbr-features"
ROUTES = Routes("Feature")


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


@ROUTES.add("GET", _PATH, query=("limit", "offset"))
def _list_features(context: RequestContext) -> dict[str, Any]:
    page = context.query.page(furthest=1000)
    return dict(page.of(list(_features(context).items())))


@ROUTES.add("GET", _PATH + "/{feature_key}")
def _show_feature(context: RequestContext) -> dict[str, Any]:
    features = _features(context)
    key = context.path["feature_key"]
    if key not in features:
        raise ApiError("9900")
    return {key: features[key]}
