"""Options that several verbs share, and what they mean together."""

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click

from driftscan.configuration.host import facts_of
from driftscan.configuration.read import DEFAULT, Configured, load
from driftscan.configuration.settings import Color, Settings
from driftscan.drift.findings import PatternId, Severity
from driftscan.drift.lifecycle import Matcher
from driftscan.drift.query import Query
from driftscan.drift.scan import Scan
from driftscan.drift.watcher import Watcher
from driftscan.errors import DriftscanError
from driftscan.history.dates import Window
from driftscan.history.observe import NO_OPTIONS, Observer, Options
from driftscan.history.repository import Repository
from driftscan.history.selection import Selection
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.includes import Layout
from driftscan.patterns.catalogue import catalogue
from driftscan.report.printable import printable
from driftscan.site.examine import Examined, examine

F = TypeVar("F", bound=Callable[..., Any])
CONFIGURED: Final = "driftscan.configured"


def configured(context: click.Context) -> Configured:
    """The settings in force, read when they are first asked for: help and the demo do without them.

    Raises:
        DriftscanError: what somebody set cannot be understood, or is not to be obeyed.
    """
    if CONFIGURED not in context.meta:
        context.meta[CONFIGURED] = load(context.find_root().params.get("config_file"), os.environ)
    found = context.meta[CONFIGURED]
    assert isinstance(found, Configured), "nothing else is kept under that name"  # noqa: S101
    return found


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several click options as one decorator, shown in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says of a host; it holds for whatever is looked at."""

    root: str | None = None
    main_files: tuple[str, ...] = ()
    versions: Options = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class Place:
    """Which history, and what is known about the host it comes from."""

    directory: Path
    layout: Layout
    versions: Options
    root_given: bool
    """Whether `--root` was given; a directory that is no /etc has another natural root."""
    given: Given = Given()
    configured: Configured = DEFAULT

    @classmethod
    def of(cls, directory: Path, given: Given, configured: Configured) -> "Place":
        """What the command line says, and for the rest what the settings say of that directory."""
        facts = facts_of(directory, configured)
        layout = Layout(given.root or facts.layout.root, given.main_files or facts.layout.main_files)
        root_given = given.root is not None or facts.root_given
        return cls(directory, layout, given.versions.over(facts.versions), root_given, given, configured)

    def at(self, directory: Path) -> "Place":
        """The same for another directory: what the settings say of this host may not hold there, or only there."""
        return Place.of(directory, self.given, self.configured)

    @property
    def elsewhere(self) -> "Place":
        """The same for what may come from any host: only what the command line says holds there."""
        return Place.of(self.directory, self.given, DEFAULT)

    def examine(
        self, repository: Repository, selection: Selection, today: date, witness: Watcher | None = None
    ) -> Examined:
        """A walk over part of the history, with what people of the site say of it."""
        return examine(repository, selection, today, self.layout, self.versions, witness=witness)

    def scan(self, repository: Repository, selection: Selection) -> Scan:
        """A walk over part of the history."""
        segment = repository.select(selection)
        return Scan(repository, segment, matchers(), Observer(repository.read, self.versions), self.layout)


def place(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say where to look; the verb gets them as `place`."""

    @_options(
        click.option(
            "-C",
            "directory",
            type=click.Path(path_type=Path, readable=False),
            metavar="DIR",
            help="The repository. [default: /etc, or what the settings say]",
        ),
        click.option("--root", metavar="PATH", help="Where the tree lives on its host. [default: /etc]"),
        click.option(
            "--conf",
            "main_files",
            multiple=True,
            metavar="PATH",
            help="nginx's main file in the tree; may be repeated. [default: nginx/nginx.conf]",
        ),
        click.option("--nginx-version", metavar="VERSION", help="What nginx runs, whatever the history says."),
        click.option("--openssl-version", metavar="VERSION", help="Its TLS library: 1.0.2k, 3.0.13, 'LibreSSL 3.8.2'."),
    )
    @functools.wraps(function)
    def wrapper(
        *,
        directory: Path | None,
        root: str | None,
        main_files: tuple[str, ...],
        nginx_version: str | None,
        openssl_version: str | None,
        **rest: Any,  # noqa: ANN401 - what other decorators and the verb itself declare
    ) -> int:
        for main in main_files:
            if ".." in main.split("/"):
                raise DriftscanError(f"--conf {main}: name the file inside the tree, without ..")
        if root is not None and not root.startswith("/"):
            raise DriftscanError(f"--root {root}: write an absolute path, such as /etc")
        versions = Options(
            None if nginx_version is None else NginxVersion.parse(nginx_version),
            None if openssl_version is None else Library.parse(openssl_version),
        )
        given = Given(root, tuple(dict.fromkeys(main_files)), versions)
        settings = configured(click.get_current_context())
        found = Place.of(directory or Path(settings.settings.host.directory), given, settings)
        return function(place=found, **rest)

    return wrapper


@dataclass(frozen=True, slots=True)
class Asked:
    """Which commits."""

    revisions: str | None
    window: Window
    limit: int | None

    @property
    def selection(self) -> Selection:
        """The same for the repository."""
        after, dots, tip = (self.revisions or "").rpartition("..")
        if after.endswith("."):
            raise DriftscanError(f"{self.revisions}: A...B is not a range of one line of history; write A..B")
        left = (after or "HEAD") if dots else None
        return Selection(tip or "HEAD", left, self.window.since, self.window.until, self.limit)

    def describe(self) -> str:
        """The resolved range in one line."""
        of = f" of {self.revisions}" if self.revisions else ""
        newest = f", the newest {self.limit}" if self.limit else ""
        return f"{self.window.describe()}{of}{newest}"


def asked(function: Callable[..., int]) -> Callable[..., int]:
    """The argument and options that say which commits; the verb gets them as `asked`."""

    @_options(
        click.argument("revisions", required=False, metavar="[REV|REV..REV]"),
        click.option("--since", metavar="DATE", help="Only commits from then on; a bare date is its whole day."),
        click.option("--until", metavar="DATE", help="Only commits up to then; a bare date is its whole day."),
        click.option("-n", "limit", type=click.IntRange(min=1), metavar="N", help="Only the newest N commits."),
    )
    @functools.wraps(function)
    def wrapper(
        *,
        revisions: str | None,
        since: str | None,
        until: str | None,
        limit: int | None,
        **rest: Any,  # noqa: ANN401 - what other decorators and the verb itself declare
    ) -> int:
        window = Window.parse(since, until, datetime.now().astimezone())
        return function(asked=Asked(revisions, window, limit), **rest)

    return wrapper


def query(function: Callable[..., int]) -> Callable[..., int]:
    """The options that say what to keep; the verb gets them as `query`."""

    @_options(
        click.option("--server", metavar="GLOB", help="Only servers with such a name or address."),
        click.option("--directive", metavar="GLOB", help="Only changes of such a directive."),
        click.option("--pattern", metavar="ID", help="Only this known breakage; `driftscan patterns` lists them."),
        click.option(
            "--min-severity",
            type=click.Choice([str(severity) for severity in Severity]),
            help="Only steps with a finding at least this bad.",
        ),
    )
    @functools.wraps(function)
    def wrapper(
        *,
        server: str | None,
        directive: str | None,
        pattern: str | None,
        min_severity: str | None,
        **rest: Any,  # noqa: ANN401 - what other decorators and the verb itself declare
    ) -> int:
        if pattern is not None and pattern not in {known.id for known in catalogue()}:
            raise DriftscanError(f"{pattern!r} is no known breakage; `driftscan patterns` lists them")
        severity = None if min_severity is None else Severity[min_severity.upper()]
        found = Query(server, directive, None if pattern is None else PatternId(pattern), severity)
        return function(query=found, **rest)

    return wrapper


def formats(*names: str) -> Callable[[F], F]:
    """`--format`, the first one being the default."""
    return click.option(
        "--format", "form", type=click.Choice(names), default=names[0], show_default=True, help="What to print."
    )


def unless_given(setting: Callable[[Settings], str]) -> Callable[[click.Context, click.Parameter, str | None], str]:
    """Makes a setting the default of an option."""

    def value(context: click.Context, _: click.Parameter, given: str | None) -> str:
        return setting(configured(context).settings) if given is None else given

    return value


def _colored(context: click.Context, _: click.Parameter, given: str | None) -> str:
    try:
        return given or configured(context).settings.color
    except DriftscanError:  # what needs more than colour says what is wrong with the settings
        return DEFAULT.settings.color


color = click.option(
    "--color",
    type=click.Choice(get_args(Color)),
    callback=_colored,
    help="Colour; auto means on a terminal, and NO_COLOR is obeyed. [default: auto, or what the settings say]",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors.")
strict = click.option("--strict", is_flag=True, help="Exit 3 when something could not be read.")
exit_code = click.option(
    "--exit-code", is_flag=True, help="Exit 1 when a finding is introduced; for report, when one is open."
)


show_suppressed = click.option(
    "--show-suppressed", is_flag=True, help="List the findings that somebody has decided to live with."
)


def matchers() -> tuple[Matcher, ...]:
    """All known breakages."""
    return tuple(known.matcher for known in catalogue())


def tell(line: str, *, quiet: bool) -> None:
    """One line to stderr, which never holds results."""
    if not quiet:
        print(printable(line), file=sys.stderr)
