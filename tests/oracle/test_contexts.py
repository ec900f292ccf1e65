"""Declarations against a real nginx: where it lets a directive stand, with how many arguments, and how often."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from driftscan.history.platform import Platform
from driftscan.history.versions import NginxVersion
from driftscan.nginx.directives import DECLARATIONS, FORMS
from driftscan.nginx.directives.base import AnyDeclaration, Family, Repetition, fact
from driftscan.nginx.directives.forms import Context, Form
from driftscan.nginx.directives.upstream_ssl import UPSTREAM_SIDES
from driftscan.nginx.directives.values import show
from tests.nginx.trees import platform
from tests.oracle.load import refusal
from tests.oracle.server import PATH

pytestmark = pytest.mark.nginx

HTTP = "http { access_log off; "
AROUND: dict[Context, tuple[str, str]] = {
    Context.MAIN: ("", ""),
    Context.EVENTS: ("events { ", " }"),
    Context.HTTP: (HTTP, " }"),
    Context.SERVER: (f"{HTTP}server {{ ", " } }"),
    Context.SERVER_IF: (f"{HTTP}server {{ if ($host) {{ ", " } } }"),
    Context.LOCATION: (f"{HTTP}server {{ location / {{ ", " } } }"),
    Context.LOCATION_IF: (f"{HTTP}server {{ location / {{ if ($host) {{ ", " } } } }"),
    Context.LIMIT_EXCEPT: (f"{HTTP}server {{ location / {{ limit_except GET {{ ", " } } } }"),
    Context.UPSTREAM: (f"{HTTP}upstream u {{ ", " server 127.0.0.1; } }"),
    Context.STREAM: ("stream { ", " }"),
    Context.STREAM_SERVER: ("stream { server { ", " } }"),
    Context.STREAM_UPSTREAM: ("stream { upstream u { ", " server 127.0.0.1:1; } }"),
    Context.MAIL: ("mail { ", " }"),
    Context.MAIL_SERVER: ("mail { server { ", " } }"),
}
"""What stands before and behind a directive of a context."""
MODULE = {"stream": "ngx_stream_module", "mail": "ngx_mail_module"}
OPTIONS = {
    "ngx_stream_module": "--with-stream",
    "ngx_mail_module": "--with-mail",
    "ngx_http_v3_module": "--with-http_v3_module",
}


class Installed:
    """The nginx of this machine: its release, and which modules it has or can load."""

    def __init__(self) -> None:
        told = subprocess.run(["nginx", "-V"], env={"PATH": PATH}, capture_output=True, text=True, check=True).stderr
        options = told.split()
        version = re.search(r"nginx/([\d.]+)", told)
        folder = re.search(r"--modules-path=(\S+)", told)
        assert version is not None, told
        # NGINX_MODULES names a directory of modules that are unpacked and not installed.
        modules = Path(os.environ.get("NGINX_MODULES") or (folder[1] if folder else "/usr/lib/nginx/modules"))
        files = {name: modules / f"{name}.so" for name in OPTIONS}
        self.version = NginxVersion.parse(version[1])
        self.loaded = [file for file in files.values() if file.exists()]
        self.modules = {name for name, file in files.items() if file.exists() or OPTIONS[name] in options} | {None}

    def need(self, family: str) -> None:
        """Skip the test where a module is missing that nginx itself does without."""
        if MODULE.get(family) not in self.modules:
            pytest.skip(f"{MODULE[family]} is not here; `apt-get install libnginx-mod-{family}`")

    @property
    def platform(self) -> Platform:
        return platform(str(self.version), None)

    def has(self, entry: Form) -> bool:
        return (
            entry.module in self.modules
            and NginxVersion.parse(entry.since) <= self.version
            and (entry.gone is None or self.version < NginxVersion.parse(entry.gone))
        )

    def refusal(self, directory: Path, directive: str, context: Context) -> str | None:
        before, behind = AROUND[context]
        load = " ".join(f"load_module {file};" for file in self.loaded)
        events = "" if context is Context.EVENTS else "events {} "
        return refusal(directory, f"{load} pid nginx.pid; {events}{before}{directive}{behind}\n")


@pytest.fixture(scope="module")
def installed() -> Installed:
    return Installed()


def expected(installed: Installed, name: str, context: Context, count: int) -> str | None:
    entries = [entry for entry in FORMS[name] if installed.has(entry)]
    here = [entry for entry in entries if context in entry.contexts]
    if not entries:
        return f'unknown directive "{name}"'
    if not here:
        return f'"{name}" directive is not allowed here'
    if not any(entry.arguments.allows(count) for entry in here):
        return f'invalid number of arguments in "{name}" directive'
    return None


TABLE_SAYS = re.compile(r'unknown directive |"\w+" directive is not allowed here|invalid number of arguments in ')


@pytest.mark.parametrize("context", Context)
def test_a_directive_may_stand_where_its_table_entry_says(
    context: Context, installed: Installed, tmp_path: Path
) -> None:
    installed.need(context.partition("-")[0])
    differences = []
    allowed = 0
    for name, entries in FORMS.items():
        if not any(map(installed.has, entries)) and context is not Context.HTTP:
            continue  # unknown is unknown everywhere: asked once
        # One more and one less than it takes show the number; elsewhere any number will do.
        for count in range(5) if any(context in entry.contexts for entry in entries) else (1,):
            said = installed.refusal(tmp_path, " ".join([name, *["x"] * count, ";"]), context)
            ours = expected(installed, name, context, count)
            allowed += ours is None
            if (said if said is not None and TABLE_SAYS.match(said) else None) != ours:
                differences.append(f"{name} with {count}: {said}, not {ours}")
    assert differences == []
    assert allowed > 0


def arguments(declaration: AnyDeclaration, installed: Installed, file: Path) -> str:
    """Something that nginx takes while it reads; nothing of it is used."""
    default = fact(declaration.default, installed.platform)
    if declaration.name.endswith("_conf_command"):
        return "a b"
    return str(file) if default is None else show(default).replace(" of ", "-")


@pytest.mark.parametrize("family", Family)
def test_a_second_occurrence_does_what_its_declaration_says(
    family: Family, installed: Installed, tmp_path: Path
) -> None:
    installed.need(family)
    (tmp_path / "words").write_text("secret\n")
    tables = [DECLARATIONS[family], *(side.declarations for side in UPSTREAM_SIDES if side.family is family)]
    known = [
        declaration for table in tables for declaration in table.values() if any(map(installed.has, declaration.forms))
    ]
    said = {}
    for declaration in known:
        once = f"{declaration.name} {arguments(declaration, installed, tmp_path / 'words')};"
        assert installed.refusal(tmp_path, once, Context(family)) is None
        said[declaration.name] = installed.refusal(tmp_path, once * 2, Context(family))
    fatal = {
        declaration.name: f'"{declaration.name}" directive is duplicate'
        for declaration in known
        if fact(declaration.repetition, installed.platform) is Repetition.FATAL
    }
    assert len(said) > len(fatal) > 10
    assert {name: text for name, text in said.items() if text is not None} == fatal
