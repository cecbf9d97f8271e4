"""Fields that only a restore has: warnings to accept, a contract, a second person's yes."""

from __future__ import annotations

from typing import Any

from cbr_notebook.forms.kit.field import Field
from cbr_notebook.runbook.run.approval import read_approval
from cbr_notebook.runbook.verify.contract import RecoveryContract
from cbr_notebook.runbook.verify.contract_file import recovery_contract
from cbr_notebook.session.operations.approval_required import TWO_PEOPLE


class Acknowledgements(Field):
    """A tick for each warning; there is none for all of them together."""

    def __init__(self, name: str, label: str, **traits: Any) -> None:
        super().__init__(name, label, "choices", value=[], required=True, bulk=False, **traits)

    def check(self) -> str | None:
        """Return what is wrong by itself; whether all are accepted is the form's to say."""
        return self._check_chosen(self.value) if self.value else None


class ContractFile(Field):
    """The file of a recovery contract; shown only where one is wanted.

    A program may give the contract itself; then its application's name stands in the field.
    """

    def __init__(self, name: str, label: str, **traits: Any) -> None:
        self._held: RecoveryContract | None = None
        super().__init__(name, label, "text", value="", hidden=True, rule=self.read, **traits)

    def accept(self, given: Any) -> None:
        """Accept a contract or the path of one, and show the field from now on."""
        self._held = given if isinstance(given, RecoveryContract) else None
        super().accept(given.application if isinstance(given, RecoveryContract) else given)
        self.touched = self._held is None  # a name that stands for a contract is no path
        self.hidden = not self.value

    def read(self, value: str) -> RecoveryContract:
        """Return the contract that a value of this field means.

        Raises:
            InvalidRequest: it cannot be read.
        """
        held = self._held
        return held if held is not None and held.application == value else recovery_contract(value)


class ApprovalFile(Field):
    """The file of a plan that a second person approved; shown only where one is needed."""

    def __init__(self, name: str, label: str, **traits: Any) -> None:
        super().__init__(name, label, "text", value="", hidden=True, rule=read_approval, **traits)

    def accept(self, given: Any) -> None:
        """Accept the path of a file, or that two people are needed, and show the field."""
        super().accept("" if given == TWO_PEOPLE else given)
        self.need(given == TWO_PEOPLE or self.required)
        self.hidden = not (self.required or self.value)

    def need(self, needed: bool) -> None:
        """Ask for the file, or leave it to whoever gave one."""
        self.required = needed
        if needed:
            self.hidden = False
