"""On which versions the configuration is judged, and whether this host runs others."""

import re
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from driftscan.doctor.check import Check, ok, option, warning
from driftscan.doctor.subject import Subject
from driftscan.history.platform import Evidence, Platform
from driftscan.history.versions import Library, NginxVersion

PATIENCE: Final = 5.0
"""Seconds for `nginx -V`."""
LARGEST: Final = 64 * 1024
_VERSION: Final = re.compile(r"(?m)^nginx version: nginx/(\d+\.\d+\.\d+)")
_LIBRARY: Final = re.compile(
    r"(?m)^built with (?P<built>(?:Open|Libre|Boring)SSL[^\n(]*)(?:\(running with (?P<running>[^\n)]*)\))?"
)


@dataclass(frozen=True, slots=True)
class Running:
    """What nginx of this host says of itself."""

    nginx: NginxVersion
    library: Library | None


def versions(subject: Subject, platform: Platform) -> Iterator[Check]:
    """nginx, its TLS library and certbot, each with what it is known by."""
    running = says_itself(subject.surroundings.nginx) if subject.is_this_host else None
    check = f"driftscan check{option(subject.directory)}"
    yield _nginx(platform, running, check)
    yield _library(platform, running, check)
    certbot = platform.certbot
    if certbot is not None:
        yield ok("certbot", f"{certbot.version} ({certbot.evidence.value}: {certbot.source})")


def _nginx(platform: Platform, running: Running | None, check: str) -> Check:
    known = platform.nginx
    found = f"{known.version} ({known.evidence.value}: {known.source})"
    if running is not None and running.nginx != known.version:
        cure = f"{check} --nginx-version {running.nginx}  # for good: [host] nginx_version in /etc/driftscan.toml"
        return warning("nginx version", f"the history says {found}, `nginx -V` says {running.nginx}", cure)
    if running is None and not known.evidence.is_of_host:
        how = "assumed" if known.evidence is Evidence.ASSUMED else "what the distribution ships"
        cure = "nginx -v  # then [host] nginx_version in /etc/driftscan.toml, or --nginx-version"
        return warning("nginx version", f"{known.version} is {how} ({known.source})", cure)
    return ok("nginx version", found + (", as `nginx -V` says" if running is not None else ""))


def _library(platform: Platform, running: Running | None, check: str) -> Check:
    known, real = platform.library, None if running is None else running.library
    if known is None:
        if real is not None:
            number = _quoted(real)
            cure = f"{check} --openssl-version {number}  # for good: [host] openssl_version in /etc/driftscan.toml"
            return warning("TLS library", f"the history names none, `nginx -V` says {real}", cure)
        cure = "nginx -V  # then [host] openssl_version in /etc/driftscan.toml, or --openssl-version"
        return warning("TLS library", "the history names none: what depends on it is told with that doubt", cure)
    found = f"{known.version} ({known.evidence.value}: {known.source})"
    if real is not None and real != known.version:
        cure = f"{check} --openssl-version {_quoted(real)}  # for good: [host] openssl_version in /etc/driftscan.toml"
        return warning("TLS library", f"the history says {found}, `nginx -V` says {real}", cure)
    return ok("TLS library", found + (", as `nginx -V` says" if real is not None else ""))


def _quoted(library: Library) -> str:
    return f"'{library}'"


def says_itself(program: Path) -> Running | None:
    """What `nginx -V` says; `None` where there is no nginx, or one that somebody else than root could have written."""
    try:
        real = program.resolve(strict=True)
        places = [real, *real.parents]
        if not all(place.stat().st_uid == 0 and not _others_write(place) for place in places):
            return None
        if not stat.S_ISREG(real.stat().st_mode):
            return None
        done = subprocess.run(  # noqa: S603 - root's own program; -V says what it is, and does nothing
            (str(real), "-V"),
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, RuntimeError):
        return None
    return _read(done.stderr[:LARGEST].decode("utf-8", "replace"))


def _others_write(place: Path) -> bool:
    mode = place.stat().st_mode
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH)) and not mode & stat.S_ISVTX


def _read(said: str) -> Running | None:
    version, library = _VERSION.search(said), _LIBRARY.search(said)
    if version is None:
        return None
    name = None if library is None else (library["running"] or library["built"])
    return Running(NginxVersion.parse(version[1]), None if name is None else Library.parse(name))
