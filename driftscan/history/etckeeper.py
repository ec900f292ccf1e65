"""Who made a commit of /etc, read from the words that etckeeper has used since 2007."""

import re
from dataclasses import dataclass
from enum import Enum

from driftscan.history.commit import Commit, Identity
from driftscan.history.redact import redact


class MadeBy(Enum):
    """What made a commit. Only a person and a package manager commit when they change something."""

    PACKAGE_MANAGER = "package-manager"
    DAILY = "daily"
    """The timer: what it found was changed some time since the commit before."""
    BEFORE_PACKAGE_RUN = "before-package-run"
    """What a package run found lying about, and put away before it began."""
    INITIAL = "initial"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a commit comes from."""

    made_by: MadeBy
    command: str | None = None
    """What the package manager was called with, secrets redacted; only its name in old messages."""
    person: str | None = None
    """`Name <address>` of who committed, or called sudo; `None` when that was nobody but root."""


# etckeeper writes no other forms: 0.1-0.12 leave out "in /etc", FreeBSD's names its own directory, and 1.18.9 quotes
# the command instead of the manager. The manager is a setting, and may be empty.
SUBJECTS: tuple[tuple[MadeBy, re.Pattern[str]], ...] = (
    (MadeBy.DAILY, re.compile(r"daily autocommit")),
    # Roles for Ansible put away what they find in the same words.
    (
        MadeBy.BEFORE_PACKAGE_RUN,
        re.compile(r"saving uncommitted changes (?:in /\S* )?prior to (?:\S* run|ansible (?:task run|play))"),
    ),
    (MadeBy.PACKAGE_MANAGER, re.compile(r"committing changes (?:in /\S* )?after (?P<command>\S*) run")),
    # Quotes inside the command are not escaped, and a blank line in it ends the subject before the last quote.
    (MadeBy.PACKAGE_MANAGER, re.compile(r'committing changes in /\S* made by "(?P<command>.*?)"?')),
    (MadeBy.INITIAL, re.compile(r"(?i)(?:initial|first) (?:commit|import|check-?in)(?: of /etc)?\.?")),
)


def origin(commit: Commit) -> Origin:
    """What made the commit, by its first paragraph and its two identities."""
    made_by, command = MadeBy.PERSON, None
    for candidate, form in SUBJECTS:
        found = form.fullmatch(commit.subject)
        if found is not None:
            made_by, command = candidate, found.groupdict().get("command")
            break
    return Origin(made_by, redact(command) if command else None, _person(commit, made_by))


def subject(commit: Commit) -> str:
    """The subject to show: as it is, but with the secrets of a package manager's command line redacted."""
    return redact(commit.subject) if origin(commit).made_by is MadeBy.PACKAGE_MANAGER else commit.subject


def _person(commit: Commit, made_by: MadeBy) -> str | None:
    # sudo shows as author, in etckeeper 0.27-0.46 as committer. When both are the same it is root's own
    # identity, which may have any name; it then means a person only where a person wrote the message.
    if commit.author == commit.committer and made_by is not MadeBy.PERSON:
        return None
    for identity in (commit.author, commit.committer):
        if not _is_root(identity):
            return f"{identity.name} <{identity.email}>".strip()
    return None


def _is_root(identity: Identity) -> bool:
    return identity.name == "root" or identity.email.startswith("root@")
