"""What `nginx -t` is predicted to say."""

from dataclasses import dataclass, field

from driftscan.nginx.config import Location


@dataclass(frozen=True, slots=True)
class Message:
    """One line of `nginx -t`: `nginx: [LEVEL] TEXT in FILE:LINE`."""

    level: str
    """`emerg`, `crit` or `warn`."""
    text: str
    """nginx's own words, without what its TLS library adds in parentheses."""
    at: Location | None = None
    """The place that nginx names, or where there is none in its message the line that is the cause."""
    placed: bool = True
    """Whether nginx prints the place."""
    by_release: bool = False
    """It depends on the release of nginx: another one says nothing of the kind."""

    def __str__(self) -> str:
        return f"[{self.level}] {self.text}" + (f" in {self.at}" if self.at is not None and self.placed else "")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that nginx may refuse and that a tree cannot settle."""

    reason: str
    at: Location | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Whether nginx would load a configuration."""

    refusal: Message | None = None
    """What it stops at; `None` where nothing is known that it would refuse."""
    warnings: tuple[Message, ...] = ()
    """What it only warns of, up to there."""
    doubts: tuple[Doubt, ...] = ()
    """Why it may refuse all the same; what is simply not in the history is taken for granted and not listed."""
    granted: tuple[str, ...] = ()
    """Files that lie outside the history, or may be left out of it, and are taken to be there and in order."""

    @property
    def ok(self) -> bool | None:
        """`True`: it loads. `False`: it is refused. `None`: that cannot be told."""
        if self.refusal is not None:
            return False
        return None if self.doubts else True


class Stop(Exception):  # noqa: N818 - not an error of ours
    """nginx reads no further."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(slots=True)
class Notes:
    """What has been met on the way through a configuration."""

    warnings: list[Message] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    granted: dict[str, None] = field(default_factory=dict)
    assumed: bool = False
    """The release is only assumed: what another release would load is then a doubt and no refusal."""

    @property
    def count(self) -> int:
        """How much has been noted."""
        return len(self.warnings) + len(self.doubts) + len(self.granted)

    def refuse(
        self,
        text: str,
        at: Location | None = None,
        *,
        level: str = "emerg",
        placed: bool = True,
        by_release: bool = False,
    ) -> None:
        """nginx stops here, unless that depends on a release that nobody knows."""
        message = Message(level, text, at, placed, by_release)
        if by_release and self.assumed:
            self.doubt(f"{text}, if nginx is the release that is assumed", at)
            return
        raise Stop(message)

    def warn(self, text: str, at: Location | None = None, *, placed: bool = True) -> None:
        """nginx says so and goes on."""
        self.warnings.append(Message("warn", text, at, placed))

    def doubt(self, reason: str, at: Location | None = None) -> None:
        """This cannot be settled."""
        self.doubts.append(Doubt(reason, at))

    def grant(self, path: str) -> None:
        """This file is taken to be there and in order."""
        self.granted[path] = None
