"""What ends a run: exit codes, and errors that tell the user what to do.

Trouble in the *input* (a file that does not parse, an include that is missing) is never raised; it is a
:class:`~driftscan.nginx.config.Gap` that travels to the report. Only trouble with the *request* is raised.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a run ended, as documented in the README."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    REPOSITORY = 4
    BUG = 70


class DriftscanError(Exception):
    """The request cannot be carried out; the text is one line and names the cure."""

    exit_code = ExitCode.USAGE


class RepositoryError(DriftscanError):
    """The history cannot be read."""

    exit_code = ExitCode.REPOSITORY
