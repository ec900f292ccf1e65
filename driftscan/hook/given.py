"""What one run of the hook depends on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from driftscan.configuration.settings import HookSettings
from driftscan.drift.findings import Severity
from driftscan.hook.keep import Store
from driftscan.hook.news import Subject
from driftscan.report.printable import printable


@dataclass(frozen=True, slots=True)
class Given:
    """Everything, and what went wrong so far."""

    subject: Subject
    store: Store
    settings: HookSettings
    moment: datetime
    """Now, aware."""
    say: Callable[[str], None]
    """Prints a line."""
    troubles: list[str] = field(default_factory=list)
    """What went wrong, and what to do."""

    def note(self, trouble: str) -> None:
        """Something went wrong that does not end the run."""
        self.troubles.append(printable(trouble))

    def is_loud(self, severity: Severity) -> bool:
        """Whether people want to hear of findings that are so bad."""
        notify = self.settings.notify
        return notify != "none" and severity >= Severity[notify.upper()]
