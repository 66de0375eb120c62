"""What can be wrong with the journal itself: never a refusal, and never a reason to start with an empty one."""

from __future__ import annotations

from schemas.refusals import FaultCode


class JournalFault(Exception):
    """The journal is missing, broken, somebody else's, or cannot be written. Its words say what a person can do."""


class JournalGone(JournalFault):
    """There is an identity and no journal: the kiosk has served and does not begin with an empty one."""


class JournalFull(JournalFault):
    """An entry could not be written; nothing of its transaction is in the journal."""

    code = FaultCode.DISK_NEARLY_FULL


class JournalBehind(JournalFault):
    """The ledger holds more of this journal than is here: it was cut short, restored from a copy, or runs twice."""

    code = FaultCode.JOURNAL_FORK


class SecondCopy(JournalFault):
    """Another process has this kiosk's data directory."""

    code = FaultCode.SECOND_COPY_RUNNING
