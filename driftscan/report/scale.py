"""Where moments are in a picture."""

from datetime import datetime, timedelta

from driftscan.report.chart import Span
from driftscan.report.pieces import Moment


class Scale:
    """Moments as minutes since the start of the picture, and minutes as shares of its width."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start, self.end = start, max(start, end)
        self.minutes = max(int((self.end - self.start) / timedelta(minutes=1)), 1)

    def minute(self, time: datetime) -> int:
        """Within the picture, whatever the clock of a commit said."""
        return min(max(int((time - self.start) / timedelta(minutes=1)), 0), self.minutes)

    def of(self, said: Moment) -> int:
        """The minute of a moment."""
        return self.minute(datetime.fromisoformat(said.iso))

    def x(self, minute: int) -> str:
        """A place across."""
        return f"{100 * minute / self.minutes:.2f}%"

    def span(self, begin: int, end: int) -> Span:
        """A stretch that never runs backwards."""
        end = max(begin, end)
        return Span(begin, end, self.x(begin), self.x(end - begin))
