"""What the settings say of this host, for the one directory that they say it of."""

from dataclasses import dataclass, field
from pathlib import Path

from driftscan.configuration.read import Configured
from driftscan.configuration.settings import HostSettings
from driftscan.history.observe import NO_OPTIONS, Options
from driftscan.history.versions import Library, NginxVersion
from driftscan.nginx.includes import Layout


@dataclass(frozen=True, slots=True)
class Facts:
    """What is taken for true of a host, whatever its history says."""

    layout: Layout = field(default_factory=Layout)
    versions: Options = NO_OPTIONS
    root_given: bool = False
    """Whether somebody said where the tree lies, and it is not only the default."""


def facts_of(directory: Path, configured: Configured) -> Facts:
    """What the settings say of the host whose tree is `directory`; nothing where it is that of another host."""
    host = configured.settings.host
    if not _is_same(directory, Path(host.directory)):
        return Facts()
    return Facts(
        Layout(host.root, tuple(dict.fromkeys(host.conf))),
        _versions(host, configured),
        "host.root" in configured.sources,
    )


def _versions(host: HostSettings, configured: Configured) -> Options:
    versions = NO_OPTIONS
    if host.nginx_version is not None:
        source = configured.sources["host.nginx_version"]
        versions = versions.over(Options(nginx=NginxVersion.parse(host.nginx_version), nginx_source=source))
    if host.openssl_version is not None:
        source = configured.sources["host.openssl_version"]
        versions = versions.over(Options(library=Library.parse(host.openssl_version), library_source=source))
    return versions


def _is_same(one: Path, other: Path) -> bool:
    """Whether both lead to the same place, through links or not."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # what is not there, or cannot be entered, is not examined as that host either
        return False
