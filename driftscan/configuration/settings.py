"""Every setting there is, with its default and what it means.

What is said of a host counts for the repository of that host alone: a history from elsewhere ran other versions, and
lay in other places.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Threshold = Literal["low", "medium", "high", "critical", "none"]
"""A severity from which on something is done, or `none`: it is never done."""
Color = Literal["auto", "always", "never"]
_TAME: Final = r"^(?![\s\S]*[\x00-\x1f\x7f])"
"""What the pattern of a path begins with: no control character in any of it."""
AbsolutePath = Annotated[str, Meta(pattern=_TAME + "/", extra={"wanted": "an absolute path of printable characters"})]
MetricsFile = Annotated[str, Meta(pattern=_TAME + r"/.*\.prom$", extra={"wanted": "an absolute path ending in .prom"})]
PathInTree = Annotated[
    str, Meta(pattern=_TAME + r"(?!(.*/)?\.\.(/|$)).", extra={"wanted": "paths inside the tree, without .."})
]
Word = Annotated[str, Meta(pattern=r"^[^\x00]*$", extra={"wanted": "strings without NUL"})]

DEFAULT_FILE: Final = Path("/etc/driftscan.toml")


class HostSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is true of this host; it counts only where its own `directory` is looked at."""

    directory: Annotated[
        AbsolutePath, Meta(description="The repository that etckeeper keeps: what `-C` means when it is left out.")
    ] = "/etc"
    root: Annotated[AbsolutePath, Meta(description="Where the tree lies on the host.")] = "/etc"
    conf: Annotated[
        list[PathInTree], Meta(description="nginx's main files in the tree; empty for nginx/nginx.conf.")
    ] = []
    nginx_version: Annotated[str | None, Meta(description="What nginx runs, whatever the history says.")] = None
    openssl_version: Annotated[
        str | None, Meta(description="The TLS library of that nginx, whatever the history says.")
    ] = None


class CheckSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`driftscan check`."""

    fail_on: Annotated[Threshold, Meta(description="The least severity for exit code 1.")] = "high"


class HookSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happens after a commit."""

    notify: Annotated[
        Threshold,
        Meta(description="The least severity of a new finding that is printed, and told to `command` and `syslog`."),
    ] = "high"
    state: Annotated[
        AbsolutePath | None,
        Meta(
            description="Where reports, events and the place in the history are kept, as an absolute path; by default "
            "/var/lib/driftscan for root, and ~/.local/state/driftscan for anybody else."
        ),
    ] = None
    reports: Annotated[int, Meta(ge=0, le=1000, description="How many reports are kept; 0 writes none.")] = 20
    time_limit: Annotated[
        int, Meta(ge=1, le=3600, description="Seconds after which the examination of a commit is ended.")
    ] = 60
    command: Annotated[
        list[Word],
        Meta(
            description="A program with its arguments, run without a shell for every run with news; it reads the "
            "events on stdin."
        ),
    ] = []
    command_time_limit: Annotated[int, Meta(ge=1, le=600, description="Seconds after which `command` is ended.")] = 10
    syslog: Annotated[
        bool, Meta(description="Whether news go to the system's log, which is the journal where systemd keeps it.")
    ] = False
    textfile: Annotated[
        MetricsFile | None,
        Meta(description="A file of metrics for Prometheus' node exporter, as an absolute path ending in `.prom`."),
    ] = None


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How driftscan behaves on this host."""

    color: Annotated[Color, Meta(description="Colour; auto means on a terminal, and NO_COLOR is obeyed.")] = "auto"
    host: HostSettings = HostSettings()
    check: CheckSettings = CheckSettings()
    hook: HookSettings = HookSettings()


DEFAULTS: Final = Settings()
