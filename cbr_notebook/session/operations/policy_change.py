"""What a change of a policy means: the policy as it would be, and the backups that would go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cbr_notebook.api.groups.policies import checked_definition
from cbr_notebook.api.messages.records import Policy
from cbr_notebook.errors import InvalidRequest
from cbr_notebook.schedule import retention, runs, zones
from cbr_notebook.schedule.retention import Retention
from cbr_notebook.schedule.rules import days_and_times, recurrence_rules
from cbr_notebook.session.context import Context
from cbr_notebook.session.filters import reject_unknown
from cbr_notebook.session.lookup import find_policy
from cbr_notebook.session.operations.policy_words import (
    ALIASES,
    DEFINITION,
    PERIODS,
    checked_members,
    definition_of,
    distance,
)
from cbr_notebook.session.references import ResourceRef
from cbr_notebook.session.retention_backups import backups_by_resource

_SCHEDULE = ("pattern", "days", "every_days", "times")
WORDS = (*DEFINITION, *ALIASES, *_SCHEDULE, "timezone", "enabled", "definition")
"""All words in which a change of a policy can be said."""
_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class LostBackup:
    """A backup that a change deletes, and of what it is."""

    resource: str
    backup: retention.Backup


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A policy as it is, and as it would be."""

    policy: Policy
    before: dict[str, Any]
    """The definition as it is, in the service's members."""
    definition: dict[str, Any]
    """The definition as it would be."""
    rules: list[str]
    enabled: bool
    defines: bool
    moves_runs: bool

    @classmethod
    def of(
        cls,
        session: Context,
        policy: ResourceRef,
        words: Mapping[str, Any],
        *,
        also: Sequence[str] = (),
    ) -> PolicyChange:
        """Read a change from the words of ``create_policy``.

        Args:
            session: whose policy.
            policy: which one.
            words: what shall change; ``None`` counts as not named.
            also: further words that the caller takes, for the error.

        Raises:
            InvalidRequest: a word or member is not known, or a value is not valid.
            NotFound: there is no such policy.
        """
        reject_unknown(words, (*WORDS, *also), "Policies", "setting")
        if not isinstance(words.get("enabled"), bool | None):
            raise InvalidRequest(
                f"enabled is True or False, not {words['enabled']!r}.",
                advice="Write enabled=False to switch the policy off.",
                field="enabled",
            )
        named = {name: value for name, value in words.items() if value is not None}
        said = definition_of(named)
        members = checked_members(named["definition"]) if "definition" in named else {}
        if twice := sorted(said.keys() & members.keys()):
            raise InvalidRequest(
                f"{twice[0]} is said twice: by itself and in definition.",
                advice="Leave one of them out.",
                field="definition",
            )
        # A record of before may be old, and does not hold what we do not know.
        found = session.client.policies.show(find_policy(session, policy).id)
        before = _definition(session, found.id)
        after = {**before, **members, **said}
        if "timezone" in named:
            after["timezone"] = zones.written(distance(session, named["timezone"]))
        elif not after.get("timezone") and not any(after.get(each) for each in PERIODS):
            after["timezone"] = "UTC+00:00"
        # What is there already is the service's; what is new has to be in range.
        checked_definition({"timezone": after.get("timezone"), **members, **said})
        rules = _rules_of(found)
        moved = any(name in named for name in _SCHEDULE)
        return cls(
            found,
            before,
            after,
            _moved(session, found, rules, named, after) if moved else rules,
            bool(named.get("enabled", found.enabled)),
            defines=bool(said or members or "timezone" in named) and after != before,
            moves_runs=moved,
        )

    @property
    def touches_backups(self) -> bool:
        """Whether backups may be deleted that stay without the change."""
        return self.defines or (self.enabled and not self.policy.enabled)

    def runs(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the runs after a moment and until another, as they would be.

        The service counts every second or third day anew where the schedule changes.
        """
        stays = self.rules == _rules_of(self.policy)
        return runs.of_rules(self.rules, start, end, of=self.policy if stays else None)

    def lost_at_the_next_run(self, session: Context) -> list[LostBackup]:
        """Return the backups that go at the next run with the change, and stay without it."""
        now = session.now
        end = now + _AHEAD
        upcoming = self.runs(now, end)[:1] if self.enabled else []
        usual = runs.runs(self.policy, now, end)[:1] if self.policy.enabled else []
        until = retention.next_hour(max([now, *upcoming, *usual]))
        after, before = Retention.of(self.definition), Retention.of(self.before)
        lost = []
        for applied in self.policy.associated_vaults or ():
            vault = session.client.vaults.show(applied.vault_id)
            for name, made in backups_by_resource(session, vault.id).values():
                going = {
                    kept.id: removal.backup
                    for removal in retention.removals(
                        made,
                        after,
                        upcoming,
                        now,
                        until,
                        locked=bool(vault.locked),
                        changed=self.defines,
                    )[0]
                    if (kept := removal.backup)
                }
                anyway = {
                    removal.backup.id
                    for removal in retention.removals(
                        made, before, usual, now, until, locked=bool(vault.locked)
                    )[0]
                }
                lost += [LostBackup(name, going[each]) for each in sorted(going.keys() - anyway)]
        return lost


def _definition(session: Context, policy_id: str) -> dict[str, Any]:
    """Return the definition of a policy with all its members, also those not known here.

    Who made it is what the service notes by itself: it is not sent back.
    """
    answer = session.client.policies.definition(policy_id)
    return {
        name: value for name, value in answer.items() if value is not None and name != "created_by"
    }


def _rules_of(policy: Policy) -> list[str]:
    properties = policy.trigger.properties if policy.trigger else None
    return list((properties.pattern if properties else None) or ())


def _moved(
    session: Context,
    policy: Policy,
    rules: Sequence[str],
    named: Mapping[str, Any],
    definition: Mapping[str, Any],
) -> list[str]:
    """Return the recurrence rules after a change; of days and times, what is not named stays."""
    pattern, days = named.get("pattern"), named.get("days")
    every, times = named.get("every_days"), named.get("times")
    zone = distance(session, definition.get("timezone") or "UTC")
    if pattern is None and (times is None or (days is None and every is None)):
        now = days_and_times(rules, zone)
        if now is None:
            raise InvalidRequest(
                f"The rules of {policy.name} do not share their days and times.",
                advice="Name days and times together, or pattern=[…]. "
                f"Its rules are: {' | '.join(rules)}.",
                field="days" if times is None else "times",
            )
        times = now.times if times is None else times
        if days is None and every is None:
            days, every = now.days, now.every_days
    return recurrence_rules(pattern, days=days, every_days=every, times=times, zone=zone)
