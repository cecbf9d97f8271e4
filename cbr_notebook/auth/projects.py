"""Finding the project by the name of its region."""

from __future__ import annotations

import httpx

from cbr_notebook.errors import AuthenticationError, ConnectionFailed, error_for


def find_project_id(client: httpx.Client, auth: httpx.Auth, iam_endpoint: str, name: str) -> str:
    """Ask IAM for the ID of a project.

    Args:
        client: sends the request.
        auth: signs it.
        iam_endpoint: IAM's address.
        name: the project's name; the default project of a region bears the region's.

    Raises:
        AuthenticationError: IAM does not accept the credentials, or knows no such project;
            the message lists the projects that there are.
        ConnectionFailed: IAM cannot be reached.
    """
    url = f"{iam_endpoint}/v3/projects"
    try:
        response = client.get(url, auth=auth)
    except httpx.TransportError as problem:
        raise ConnectionFailed(
            f"IAM at {iam_endpoint} cannot be reached: {problem}.",
            advice="Check the network, the region's name and iam_endpoint.",
        ) from None
    if response.status_code != 200:
        try:
            message = response.json().get("error_msg")
        except ValueError:
            message = None
        raise error_for(
            "APIGW.0301" if response.status_code == 401 else None,
            message,
            response.status_code,
            response.headers.get("X-Request-Id"),
        )
    projects = {each["name"]: each["id"] for each in response.json()["projects"]}
    if name not in projects:
        raise AuthenticationError(
            f"There is no project {name!r} in this account.",
            advice=f"There are: {', '.join(sorted(projects)) or 'none'}. "
            "Name one by project_name or project_id.",
        )
    return str(projects[name])
