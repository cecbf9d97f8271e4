"""Names that something else has already: the service takes them, and then a name tells nothing."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from contextlib import suppress

from cbr_notebook.api.messages.records import Policy, Vault
from cbr_notebook.errors import AnswerWarning, CBRError
from cbr_notebook.session.context import Context


def tell_vault_of_same_name(session: Context, vault: Vault) -> None:
    """Warn if another vault is called like one that was just named."""
    with suppress(CBRError):  # it is done, and this is only a warning
        _tell("vault", vault, session.client.vaults.list_all(name=vault.name))


def tell_policy_of_same_name(session: Context, policy: Policy) -> None:
    """Warn if another policy is called like one that was just named."""
    with suppress(CBRError):  # it is done, and this is only a warning
        _tell("policy", policy, session.client.policies.list().policies)


def _tell(what: str, new: Vault | Policy, known: Iterable[Vault | Policy]) -> None:
    others = [each.id for each in known if each.name == new.name and each.id != new.id]
    if others:
        warnings.warn(
            f"There is another {what} called {new.name!r} ({', '.join(others)}): by this name "
            f"neither is found any more, only by its ID. This one is {new.id}.",
            AnswerWarning,
            stacklevel=6,
        )
